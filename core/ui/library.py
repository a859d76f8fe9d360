"""The Library page's parts: filter, gallery, what can be done with a selection, paging."""

from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core import search
from core.errors import InvalidInput
from core.search import Page
from core.studio import Studio
from core.ui.components import Tile, gallery
from core.ui.shell import base, lead_to_create, number, open_item

FILTERS: Final = {"all": "All", "image": "Images", "video": "Videos"}


def browse(studio: Studio) -> None:
    """One page of the library under the filter and key in the address."""
    kind = _heading()
    before, after = (number(st.query_params.get(name)) for name in ("before", "after"))
    page = search.page(studio.database, kind=kind, before=before, after=after)
    if not page.hits and (before is not None or after is not None):  # an address from another time
        _first_page()
        page = search.page(studio.database, kind=kind)
    if not page.hits:
        return _empty(kind)
    _gallery(studio, page, search.count(studio.database, kind))
    _paging(page)


def _heading() -> str | None:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.title("Library", anchor=False)
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
    return None if chosen in ("all", None) else chosen


def _first_page() -> None:
    for name in ("before", "after"):
        st.query_params.pop(name, None)


def _empty(kind: str | None) -> None:
    word = {"image": "pictures", "video": "videos"}.get(kind or "", "pictures or videos")
    with st.container(border=True, horizontal_alignment="center"):
        st.space("medium")
        st.header(f"No {word} here yet", anchor=False, text_alignment="center")
        st.caption("What you make is kept in your one file and shown here.", text_alignment="center")
        lead_to_create()
        st.space("medium")


def _gallery(studio: Studio, page: Page, total: int) -> None:
    bar = st.container(horizontal=True, vertical_alignment="center")
    tiles = [Tile(hit.id, hit.kind, hit.width, hit.height, hit.caption, hit.duration) for hit in page.hits]
    clear = st.session_state.setdefault("gallery_clear", 0)
    event = gallery(tiles, base=base(), file=studio.file_key, key="gallery", clear=clear)
    if event.opened:
        open_item(event.opened)
    with bar:
        _selection(studio, event.selected, total)


def _selection(studio: Studio, selected: tuple[int, ...], total: int) -> None:
    """What can be done with the selection; always there, so that nothing moves under the pointer."""
    none = not selected
    if none:
        st.badge(f"{total:,} items" if total != 1 else "1 item", icon=":material/photo_library:", color="gray")
    else:
        st.badge(f"{len(selected)} selected", icon=":material/check_circle:", color="violet")
    if st.button("Open", icon=":material/open_in_full:", disabled=len(selected) != 1):
        open_item(selected[0])
    tip = "Run each recipe again with a new seed."
    if st.button("Vary", icon=":material/casino:", help=tip, disabled=none):
        _vary(studio, selected)
    if st.button("Clear", icon=":material/close:", disabled=none):
        st.session_state["gallery_clear"] += 1
        st.rerun()


def _vary(studio: Studio, selected: tuple[int, ...]) -> None:
    try:
        made = studio.vary(selected, now=datetime.now(UTC))
    except InvalidInput as error:
        st.toast(error.sentence, icon=":material/error:")
        return
    started = "Run started." if len(made) == 1 else f"{len(made)} runs started."
    st.toast(started if made else "Uploads have no recipe to vary.", icon=":material/casino:")


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
