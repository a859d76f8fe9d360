"""The trash: what waits there, and the questions before anything is deleted for ever."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import humanize
import streamlit as st

from core import search, trash
from core.errors import StudioError
from core.marks import several
from core.search import Page, Query
from core.studio import Studio
from core.trash import Deleted
from core.ui.done import LIBRARY, history
from core.ui.library import address


def way_to_trash(studio: Studio) -> None:
    """The link to the trash, with how much is in it."""
    number = search.count(studio.database, Query(trash=True))
    st.button(
        f"Trash ({number:,})" if number else "Trash", icon=":material/delete:", key="trash", type="tertiary",
        on_click=address.go, args=(Query(trash=True),),
    )  # fmt: skip


def trash_bar(studio: Studio) -> None:
    """What can be done with the trash as a whole."""
    st.button("Back to the library", icon=":material/arrow_back:", key="leave", on_click=address.go, args=(Query(),))
    held = trash.holds(studio.database)
    if st.button("Empty the trash", icon=":material/delete_forever:", key="empty", disabled=not held.number):
        _ask_to_empty(studio, held, datetime.now(UTC))


def questions(studio: Studio, page: Page) -> None:
    """Opens the question that the gallery asked for, about items that are on the page."""
    asked = st.session_state.pop("to_delete", ())
    sizes = {hit.id: hit.bytes for hit in page.hits if hit.id in asked}
    if sizes:
        _ask_to_delete(studio, sizes)


@st.dialog("Delete for ever?", icon=":material/delete_forever:")
def _ask_to_delete(studio: Studio, sizes: Mapping[int, int]) -> None:
    _question(Deleted(len(sizes), sum(sizes.values())))
    _answers("Delete for ever", lambda: trash.delete_for_ever(studio.database, list(sizes), datetime.now(UTC)))


@st.dialog("Empty the trash?", icon=":material/delete_forever:")
def _ask_to_empty(studio: Studio, held: Deleted, now: datetime) -> None:
    _question(held)
    _answers("Empty the trash", lambda: trash.empty(studio.database, now))


def _question(held: Deleted) -> None:
    verb = "is" if held.number == 1 else "are"
    st.write(
        f"**{several(held.number)}** ({humanize.naturalsize(held.bytes)}) {verb} deleted with all bytes. "
        "This cannot be undone. The recipes of their runs stay."
    )


def _answers(label: str, act: Callable[[], Deleted]) -> None:
    """Keeping comes first, so that Enter or a hasty key loses nothing. Either closes the question."""
    with st.container(horizontal=True):
        keep = st.button("Keep", key="keep")
        icon = ":material/delete_forever:"
        if st.button(label, key="for_ever", type="primary", icon=icon, on_click=_do, args=(act,)) or keep:
            st.rerun()


def _do(act: Callable[[], Deleted]) -> None:
    try:
        gone = act()
        history(LIBRARY).say(f"{gone.sentence[:-1]}, {humanize.naturalsize(gone.bytes)}.")
    except StudioError as error:
        history(LIBRARY).say(error.sentence)
