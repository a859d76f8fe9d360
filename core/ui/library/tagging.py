"""All tags at a glance: rename one, make two into one, or delete it; each with Undo."""

from typing import Final

import streamlit as st

from core import search, tags
from core.errors import StudioError
from core.search import Query
from core.studio import Studio
from core.ui.done import LIBRARY, history

EVERY: Final = 10**9  # items that one tag may have


def tag_manager(studio: Studio) -> None:
    """Built only when it is open."""
    popover = st.popover("Tags", icon=":material/label:", key="tags", on_change="rerun")
    if not popover.open:
        return
    with popover:
        known = {choice.name: choice.number for choice in search.choices(studio.database, "tag")}
        if not known:
            st.caption("There are no tags yet. Select items and press T to tag them.")
            return
        if st.session_state.get("managed_tag") not in known:
            st.session_state["managed_tag"] = next(iter(known))
        name = st.selectbox("Tag", list(known), key="managed_tag", format_func=lambda tag: f"{tag} ({known[tag]:,})")
        tip = "The name of another tag makes one of both."
        st.text_input("New name", key="new_tag", max_chars=tags.LONGEST, help=tip)
        with st.container(horizontal=True):
            st.button("Rename", key="rename_tag", type="primary", on_click=_rename, args=(studio, name))
            st.button("Delete tag", key="delete_tag", on_click=_delete, args=(studio, name))
        if refusal := st.session_state.pop("tag_refusal", None):
            st.error(refusal)


def _rename(studio: Studio, name: str) -> None:
    try:
        history(LIBRARY).changed(studio, tags.rename(studio.database, name, st.session_state["new_tag"] or ""))
    except StudioError as error:
        st.session_state["tag_refusal"] = error.sentence
        return
    st.session_state["new_tag"] = ""


def _delete(studio: Studio, name: str) -> None:
    """From the items in the library and from those in the trash."""
    query = Query(filters=(("tag", name),))
    items = search.items(studio.database, query, limit=EVERY)
    items += search.items(studio.database, Query(filters=query.filters, trash=True), limit=EVERY)
    history(LIBRARY).changed(studio, tags.remove(studio.database, items, [name]))
