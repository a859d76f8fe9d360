"""One item as large as the page allows: a picture, or a player with frames, speed and loop. Python hears of frames to
be kept."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.library import Item
from core.ui.components._assets import script, style
from core.ui.components._events import ignore

_viewer = st.components.v2.component(
    "studio_viewer", css=style("viewer.css"), js=script("icons.js", "keys.js", "frames.js", "viewer.js")
)


def viewer_of(
    item: Item, *, ahead: Sequence[tuple[int, str]], base: str, file: str, key: str, note: str = ""
) -> float | None:
    """Shows an item of the studio file named `file`; `ahead` are (id, kind) of those to be fetched before their
    turn; `note` stands beside what is left of an item that was thinned.

    Returns the moment in seconds of a frame that is to be kept, for one rerun.
    """
    data = {
        "base": base,
        "file": file,
        "item": {
            "id": item.id,
            "kind": item.kind,
            "width": item.width,
            "height": item.height,
            "caption": item.caption,
            "duration": item.duration,
            "fps": item.fps,
            "thinned": item.thinned,
        },
        "note": note,
        "ahead": [{"id": media_id, "kind": kind} for media_id, kind in ahead],
    }
    return _moment(_viewer(key=key, data=data, on_frame_change=ignore).frame, item.id)


def _moment(value: Any, media_id: int) -> float | None:
    if not isinstance(value, list) or len(value) != 2 or value[0] != media_id:
        return None
    return float(value[1]) if isinstance(value[1], int | float) else None
