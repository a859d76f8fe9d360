"""Where an item stands in the search that it was found in: the ways to those beside it, and back to the library."""

import streamlit as st

from core import search
from core.errors import NotFound
from core.library import Item
from core.search import to_params
from core.search.pages import Neighbours
from core.studio import Studio
from core.ui.shell import query_here

TITLES = {"image": "Image", "video": "Video", "audio": "Sound"}


def heading(studio: Studio, item: Item) -> None:
    """The title between the way back and the ways to the items beside it."""
    found = beside(studio, item.id)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            tip = "To where this item is in the library."
            if st.button("Library", key="to_library", icon=":material/arrow_back:", help=tip):
                st.switch_page("library.py", query_params={**to_params(query_here()), "at": str(item.id)})
            st.title(f"{TITLES[item.kind]} {item.id}", anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            st.button(
                "Previous", icon=":material/chevron_left:", key="previous", disabled=found.previous is None,
                on_click=step, args=(studio, item.id), kwargs={"back": True}, help="The item before (←)",
            )  # fmt: skip
            st.button(
                "Next", icon=":material/chevron_right:", icon_position="right", key="next", disabled=found.next is None,
                on_click=step, args=(studio, item.id), kwargs={"back": False}, help="The next item (→)",
            )  # fmt: skip


def beside(studio: Studio, media_id: int) -> Neighbours:
    """The items before and after one in the search that the address speaks of."""
    try:
        return search.neighbours(studio.database, query_here(), media_id)
    except NotFound:
        return Neighbours(None, None)


def step(studio: Studio, media_id: int, *, back: bool) -> None:
    """Let the address name the item beside one, if there is any; a callback."""
    found = beside(studio, media_id)
    wanted = found.previous if back else found.next
    if wanted is not None:
        st.query_params["id"] = str(wanted)
