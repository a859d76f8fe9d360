"""Saved views: the query of the address under a name, and those kept so far."""

from dataclasses import replace
from functools import partial

import streamlit as st

from core import views
from core.errors import StudioError
from core.search import Query
from core.studio import Studio
from core.ui.done import LIBRARY, history
from core.ui.library import address
from core.ui.widgets import literal
from core.views import View


def saved_views(studio: Studio, query: Query) -> None:
    """All views, to go to, rename or delete; and this one, to be saved. Built only when it is open."""
    popover = st.popover("Views", icon=":material/bookmark:", key="views", on_change="rerun")
    if not popover.open:
        return
    with popover:
        kept = views.views(studio.database)
        if not kept:
            st.caption("A view is a search with its filters and order, under a name.")
        for number, view in enumerate(kept):
            _row(studio, number, view, current=_same(view.query, query))
        _saving(studio, query)


def _row(studio: Studio, number: int, view: View, *, current: bool) -> None:
    if st.session_state.get("renaming") == view.name:
        return _renaming(studio, number, view)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            literal(view.name), key=f"view_{number}", width="stretch", on_click=address.go, args=(view.query,),
            icon=":material/check:" if current else None,
        )  # fmt: skip
        st.button(
            "", icon=":material/edit:", help=f"Rename '{view.name}'", key=f"rename_{number}", type="tertiary",
            on_click=_rename_this, args=(view.name,),
        )  # fmt: skip
        st.button(
            "", icon=":material/delete:", help=f"Delete '{view.name}'", key=f"forget_{number}", type="tertiary",
            on_click=_forget, args=(studio, view.name),
        )  # fmt: skip


def _renaming(studio: Studio, number: int, view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input(
            f"New name of '{view.name}'", value=view.name, key="new_view_name", max_chars=views.LONGEST,
            on_change=_rename, args=(studio, view.name),
        )  # fmt: skip
        st.button("Rename", key=f"renamed_{number}", on_click=_rename, args=(studio, view.name))
    _refusal("rename")


def _saving(studio: Studio, query: Query) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input("Save what is shown as", key="view_name", max_chars=views.LONGEST, placeholder="A name")
        st.button("Save", key="save_view", type="primary", on_click=_save, args=(studio, query))
    if _refusal("save"):
        st.button("Replace that view", key="replace_view", on_click=_save, args=(studio, query, True))


def _save(studio: Studio, query: Query, replacing: bool = False) -> None:
    name = st.session_state.get("view_name") or ""
    try:
        view = views.save(studio.database, name, replace(query, text=query.text.strip()), replace=replacing)
    except StudioError as error:
        st.session_state["view_refusal"] = ("save", error.sentence)
        return
    st.session_state["view_name"] = ""
    history(LIBRARY).say(f"Saved as '{view.name}'.")


def _rename_this(name: str) -> None:
    st.session_state["renaming"] = name


def _rename(studio: Studio, old: str) -> None:
    new = st.session_state["new_view_name"] or ""
    try:
        views.rename(studio.database, old, new)
    except StudioError as error:
        st.session_state["view_refusal"] = ("rename", error.sentence)
        return
    st.session_state["renaming"] = None
    if new != old:
        history(LIBRARY).say(f"'{old}' is now '{' '.join(new.split())}'.", partial(_rename_back, studio, new, old))


def _rename_back(studio: Studio, new: str, old: str) -> str:
    views.rename(studio.database, new, old)
    return "Undone."


def _forget(studio: Studio, name: str) -> None:
    try:
        view = views.forget(studio.database, name)
    except StudioError as error:
        return history(LIBRARY).say(error.sentence)
    history(LIBRARY).say(f"The view '{view.name}' is deleted.", partial(_save_again, studio, view))


def _save_again(studio: Studio, view: View) -> str:
    views.save(studio.database, view.name, view.query)
    return "Undone."


def _refusal(where: str) -> bool:
    """Say once why the last name was not taken."""
    place, sentence = st.session_state.get("view_refusal", ("", ""))
    if place != where:
        return False
    st.session_state.pop("view_refusal")
    st.error(sentence)
    return True


def _same(one: Query, other: Query) -> bool:
    return replace(one, seed=0) == replace(other, seed=0)
