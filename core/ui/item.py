"""The Item page's parts: the item itself, what can be done with it, what is measured of it, its end in the trash."""

from datetime import UTC, datetime
from typing import Final

import humanize
import streamlit as st

from core import library, trash
from core.errors import BytesGone, ItemDamaged, NotFound, StudioError
from core.library import Item
from core.search import to_params
from core.studio import Studio
from core.ui import wishes
from core.ui.components import viewer_of
from core.ui.damaged import damaged_item
from core.ui.done import history
from core.ui.export import downloads
from core.ui.place import beside
from core.ui.remix import animate_menu, remix_menu, repeat
from core.ui.shell import base, number, open_item, query_here
from core.ui.widgets import literal

NO_PIXELS: Final = "audio"  # its width and height are its waveform's


def find_item(studio: Studio, asked: str | None) -> Item | None:
    """The item that the address names; says so on the page where there is none."""
    media_id = number(asked)
    try:
        if media_id is None:
            raise NotFound(
                "This address does not name an item."
                if asked is None
                else f"'{asked[:40]}' is not the number of an item."
            )
        return library.item(studio.database, media_id)
    except ItemDamaged as error:
        damaged_item(studio, library.item(studio.database, int(media_id or 0), damaged=True), error.sentence)
        return None
    except NotFound as error:
        st.title("No such item", anchor=False)
        st.warning(literal(error.sentence), icon=":material/search_off:")
        st.page_link("library.py", label="Go to the library", icon=":material/photo_library:")
        return None


def viewer(studio: Studio, item: Item) -> None:
    """The picture or the player; a frame that is to be kept becomes an item, with its origin."""
    found = beside(studio, item.id)
    beside_it = [library.item(studio.database, each) for each in (found.next, found.previous) if each]
    ahead = [(each.id, each.kind) for each in beside_it if not each.thinned]
    note = _thinned(studio, item)
    moment = viewer_of(item, ahead=ahead, base=base(), file=studio.file_key, key="viewer", note=note)
    if moment is not None:
        save_frame(studio, item, moment)
    saved = st.session_state.get("frame_saved")
    if saved and saved[0] == item.id:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.success(f"The frame is item {saved[1]}.", icon=":material/photo_camera:")
            if st.button("Open it", key="open_frame", icon=":material/open_in_full:"):
                open_item(saved[1], to_params(query_here()))


def save_frame(studio: Studio, item: Item, seconds: float) -> None:
    """Keep the frame that a video shows at a moment, and remember it for the page."""
    try:
        with st.spinner("Taking the frame"):
            made = studio.save_frame(item.id, seconds, now=datetime.now(UTC))
    except StudioError as error:
        st.toast(literal(error.sentence), icon=":material/error:")
    else:
        st.session_state["frame_saved"] = (item.id, made)


def actions(studio: Studio, item: Item) -> None:
    """Make more of it, or take it elsewhere."""
    with st.container(horizontal=True, gap="small"):
        repeat(studio, item)
        remix_menu(studio, item)
        animate_menu(studio, item)
        downloads(studio, item)


def trash_notice(studio: Studio, item: Item) -> None:
    """That the item is in the trash, and the two ways out."""
    if item.trashed_at is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: In the trash since {item.trashed_at:%d %B %Y, %H:%M} UTC.")
        if st.button("Restore", icon=":material/restore_from_trash:", key="restore"):
            history(item.id).changed(studio, trash.restore(studio.database, [item.id]))
            st.rerun()
        if st.button("Delete for ever", icon=":material/delete_forever:", key="delete"):
            st.session_state["deleting"] = item.id
    if st.session_state.get("deleting") == item.id:
        st.dialog("Delete for ever?", on_dismiss=_keep_it)(_confirm)(studio, item)


def _confirm(studio: Studio, item: Item) -> None:
    st.markdown(
        f"Item {item.id}, {humanize.naturalsize(item.bytes)}, cannot be had again. Items made from it stay, and go on "
        "naming it by its number."
    )
    with st.container(horizontal=True):
        if st.button("Delete for ever", type="primary", icon=":material/delete_forever:", key="delete_surely"):
            found = beside(studio, item.id)
            _keep_it()
            if wishes.attempt(trash.delete_for_ever, studio.database, [item.id], datetime.now(UTC)):
                st.toast(f"Item {item.id} is deleted for ever.", icon=":material/delete_forever:")
                _leave(found.next or found.previous)
        if st.button("Keep it", key="keep"):
            _keep_it()
            st.rerun()


def _keep_it() -> None:
    """There is no question any more."""
    st.session_state.pop("deleting", None)


def _leave(media_id: int | None) -> None:
    if media_id is not None:
        open_item(media_id, to_params(query_here()))
    st.switch_page("library.py", query_params=to_params(query_here()))


def _thinned(studio: Studio, item: Item) -> str:
    """What became of the bytes, where they are not kept."""
    try:
        library.require_bytes(studio.database, item)
    except BytesGone as error:
        return error.sentence
    return ""


def facts(item: Item) -> None:
    """Measures, size, times, hash."""
    shape = [
        "" if item.kind == NO_PIXELS else f"{item.width} × {item.height} px",
        "" if item.duration is None else f"{item.duration:.1f} s",
        f"{item.fps:g} frames/s" if item.fps else "",
    ]
    rows = {
        "Length" if item.kind == NO_PIXELS else "Shape": " · ".join(filter(None, shape)),
        "Size": f"{humanize.naturalsize(item.bytes)} ({item.bytes:,} bytes)" + (", not kept" if item.thinned else ""),
        "Type": item.mime,
        "Made": f"{item.created_at:%d %B %Y, %H:%M:%S} UTC",
    }
    if item.recipe and item.recipe.started_at and item.recipe.finished_at:
        rows["Took"] = f"{(item.recipe.finished_at - item.recipe.started_at).total_seconds():.1f} s"
    st.table(rows, border="horizontal")
    st.caption("SHA-256 of the bytes that it had" if item.thinned else "SHA-256 of the stored bytes")
    st.code(item.sha256, language=None, wrap_lines=True)
