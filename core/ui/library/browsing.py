"""The Library page as a whole: what the address asks for, found, shown, and what was done said."""

import secrets
from dataclasses import replace

import streamlit as st

from core import search, tags, verification
from core.errors import NotFound
from core.marks import several
from core.search import Page, Query
from core.studio import Studio
from core.ui.components import Answer, gallery, wishes_of
from core.ui.done import LIBRARY, History, history
from core.ui.library import acting, address, filtering, trashing
from core.ui.library.exporting import export_question, way_to_export
from core.ui.library.searching import order, search_line
from core.ui.library.tagging import tag_manager
from core.ui.library.viewing import saved_views
from core.ui.library.words import counted, nothing
from core.ui.shell import base, lead_to_create, lead_to_import, query_here

KEY = "gallery"
SHOW = {"all": "All", "image": "Images", "video": "Videos", "audio": "Sounds"}


def browse(studio: Studio) -> None:
    """One page of what the address asks for."""
    query = query_here()
    done = history(LIBRARY)
    acting.carry_out(studio, done, query, wishes_of(KEY, _token()))
    found = _found(studio, query)
    number = search.count(studio.database, query)
    with st.container():
        _heading(query)
        _damage(studio)
    with st.container(gap="small"):
        search_line(query, found.notes)
        filtering.panel(studio, query)
        filtering.bar(query)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _status(studio, query, number)
    with st.container():
        if not found.hits:
            _empty(studio, query)
    with st.container():
        _gallery(studio, done, query, found, number)
    with st.container():
        _paging(query, found)
    trashing.questions(studio, found)
    export_question(studio, query, number)


def _found(studio: Studio, query: Query) -> Page:
    """The page of the key or item in the address; the first where that is from another time."""
    item = address.place("at")
    if item is not None:
        try:
            return search.page_of(studio.database, query, item)
        except NotFound:
            return search.page(studio.database, query)
    following, preceding = address.place("following"), address.place("preceding")
    found = search.page(studio.database, query, following=following, preceding=preceding)
    if not found.hits and (following is not None or preceding is not None):
        return search.page(studio.database, query)
    return found


def _heading(query: Query) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Trash" if query.trash else "Library", anchor=False, width="content")
        kinds = query.values("kind")
        st.session_state["show"] = kinds[0] if len(kinds) == 1 and kinds[0] in SHOW else "all" if not kinds else None
        st.segmented_control(
            "Show", list(SHOW), format_func=SHOW.__getitem__, key="show", label_visibility="collapsed",
            on_change=_show, args=(query,),
        )  # fmt: skip


def _damage(studio: Studio) -> None:
    """That some items are shown nowhere, and why."""
    if number := verification.set_apart(studio.database):
        words = f"{several(number)} {'is' if number == 1 else 'are'} damaged and set apart"
        st.page_link("storage.py", label=words, icon=":material/healing:", query_params={"section": "Backup"})


def _show(query: Query) -> None:
    chosen = st.session_state["show"]
    address.filter_by(query, "kind", *([] if chosen in ("all", None) else [chosen]))


def _status(studio: Studio, query: Query, number: int) -> None:
    """How much there is, and what belongs to no single item."""
    st.markdown(counted(query, number), width="content")
    if query.trash:
        order(query)
        return trashing.trash_bar(studio)
    st.session_state["runs"] = bool(query.runs)
    st.toggle(
        "Runs without a result", key="runs", on_change=_with_runs, args=(query,),
        help="Also shows runs that failed or were canceled, with what went wrong.",
    )  # fmt: skip
    order(query)
    saved_views(studio, query)
    tag_manager(studio)
    way_to_export(query, number)
    trashing.way_to_trash(studio)


def _with_runs(query: Query) -> None:
    address.go(replace(query, runs="too" if st.session_state["runs"] else ""))


def _empty(studio: Studio, query: Query) -> None:
    """Why nothing is shown, and the one click that changes it."""
    bare = address.cleared(query)
    with st.container(border=True, horizontal_alignment="center"):
        st.space("medium")
        if query == bare and query.trash:
            st.header("The trash is empty", anchor=False, text_alignment="center")
            st.caption("What you delete waits here until you delete it for ever.", text_alignment="center")
        elif query == bare or not search.count(studio.database, bare):
            word = "pictures or videos" if nothing(query) == "items" else nothing(query)
            st.header(f"No {word} here yet", anchor=False, text_alignment="center")
            st.caption("What you make is kept in your one file and shown here.", text_alignment="center")
            with st.container(horizontal=True, horizontal_alignment="center"):
                lead_to_create()
                lead_to_import()
        else:
            st.header(f"No {nothing(query)} match this", anchor=False, text_alignment="center")
            st.caption(_looser(query), text_alignment="center")
            st.button("Show everything", type="primary", key="show_all", on_click=address.go, args=(bare,))
        st.space("medium")


def _looser(query: Query) -> str:
    """What to loosen."""
    if query.text.strip() and query.filters:
        return "Try fewer words, or take a filter away."
    if query.text.strip():
        return "Try fewer words, or the beginning of one with a * after it."
    return "Take a filter away." if len(query.filters) == 1 else "Take one of the filters away."


def _gallery(studio: Studio, done: History, query: Query, found: Page, number: int) -> None:
    gallery(
        found.hits, base=base(), file=studio.file_key, key=KEY, token=_token(), heard=done.heard,
        trash=query.trash, said=_said(done), tags=_tags(studio), at=address.place("at"),
        more=number if number > len(found.hits) else 0,
    )  # fmt: skip


def _said(done: History) -> tuple[int, str, bool] | None:
    last = done.latest
    return (last.number, last.sentence, last.undo is not None) if last else None


def _tags(studio: Studio) -> Answer | None:
    """The tags of the items that the gallery asked about, and all that there are."""
    asked: acting.Asked | None = st.session_state.get("asked_tags")
    if asked is None:
        return None
    known = [(choice.name, choice.number) for choice in search.choices(studio.database, "tag")]
    return Answer(asked.number, known, tags.of_items(studio.database, asked.items), len(asked.items))


def _paging(query: Query, found: Page) -> None:
    with st.container(horizontal=True, horizontal_alignment="center"):
        if found.previous is not None:
            st.button(
                "Previous page", icon=":material/arrow_back:", key="previous", on_click=address.go, args=(query,),
                kwargs={"preceding": found.previous},
            )  # fmt: skip
        if found.next is not None:
            st.button(
                "Next page", icon=":material/arrow_forward:", icon_position="right", key="next",
                on_click=address.go, args=(query,), kwargs={"following": found.next},
            )  # fmt: skip
    if found.partial:
        st.caption("There are so many matches that only the newest of them are in this order.")


def _token() -> str:
    """Tells this session's wishes from those that a browser kept from an earlier one."""
    token: str = st.session_state.setdefault("gallery_token", secrets.token_hex(8))
    return token
