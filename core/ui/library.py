"""The Library page's parts: filter, gallery, what can be done with a selection, paging."""

from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core import search
from core.search import Page
from core.studio import Studio
from core.ui.components import Tile, gallery
from core.ui.shell import base, number, open_item

FILTERS: Final = {"all": "All", "image": "Images", "video": "Videos"}


def browse(studio: Studio) -> None:
    """One page of the library under the filter and key in the address."""
    kind = _heading(studio)
    before, after = (number(st.query_params.get(name)) for name in ("before", "after"))
    page = search.page(studio.database, kind=kind, before=before, after=after)
    if not page.hits:
        return _empty(kind)
    _gallery(studio, page)
    _paging(page)


def _heading(studio: Studio) -> str | None:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        place = st.empty()
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        chosen = st.segmented_control(
            "Show",
            list(FILTERS),
            format_func=FILTERS.__getitem__,
            default="all",
            required=True,
            key="show",
            bind="query-params",
            label_visibility="collapsed",
            on_change=_first_page,
        )
    kind = None if chosen in ("all", None) else chosen
    place.title("Library", anchor=False)
    return kind


def _first_page() -> None:
    for name in ("before", "after"):
        st.query_params.pop(name, None)


def _empty(kind: str | None) -> None:
    word = {"image": "pictures", "video": "videos"}.get(kind or "", "pictures or videos")
    with st.container(border=True, horizontal_alignment="center"):
        st.space("medium")
        st.subheader(f"No {word} here yet", anchor=False, text_alignment="center")
        st.caption("What you make is kept in your one file and shown here.", text_alignment="center")
        if st.button("Create something", type="primary", icon=":material/auto_awesome:"):
            st.switch_page("create.py")
        st.space("medium")


def _gallery(studio: Studio, page: Page) -> None:
    actions = st.container()
    tiles = [Tile(hit.id, hit.kind, hit.width, hit.height, hit.caption, hit.duration) for hit in page.hits]
    clear = st.session_state.setdefault("gallery_clear", 0)
    event = gallery(tiles, base=base(), key="gallery", clear=clear)
    if event.opened:
        open_item(event.opened)
    with actions:
        _selection(studio, event.selected)


def _selection(studio: Studio, selected: tuple[int, ...]) -> None:
    if not selected:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"{len(selected)} selected", icon=":material/check_circle:", color="violet")
        if len(selected) == 1 and st.button("Open", icon=":material/open_in_full:"):
            open_item(selected[0])
        if st.button("Vary", icon=":material/casino:", help="Run each recipe again with a new seed."):
            made = studio.vary(selected, now=datetime.now(UTC))
            st.toast(f"{len(made)} new runs started." if made else "Uploads have no recipe to vary.")
        if st.button("Clear", icon=":material/close:"):
            st.session_state["gallery_clear"] += 1
            st.rerun()


def _paging(page: Page) -> None:
    with st.container(horizontal=True, horizontal_alignment="center"):
        if page.newer and st.button("Newer", icon=":material/arrow_back:"):
            _go(after=page.newer)
        if page.older and st.button("Older", icon=":material/arrow_forward:", icon_position="right"):
            _go(before=page.older)


def _go(**key: int) -> None:
    _first_page()
    for name, value in key.items():
        st.query_params[name] = str(value)
    st.rerun()
