"""Items of the library to choose from, and a strip of those chosen; each says only what a person did."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.search import Hit
from core.ui.components._assets import script, style
from core.ui.components._events import identifier, ignore

_picker = st.components.v2.component(
    "studio_picker", css=style("rows.css", "thumbs.css"), js=script("rows.js", "thumbs.js", "picker.js")
)
_strip = st.components.v2.component(
    "studio_chosen", css=style("rows.css", "thumbs.css"), js=script("rows.js", "thumbs.js", "chosen.js")
)


def picker(
    hits: Sequence[Hit], *, base: str, file: str, chosen: Sequence[int], most: int | None, key: str
) -> tuple[int, ...] | None:
    """The ids that a person settled on, in the order of choosing, for one rerun; `chosen` is where it begins."""
    data = {"base": base, "file": file, "tiles": _tiles(hits), "chosen": list(chosen), "most": most}
    settled = _picker(key=key, data=data, on_settled_change=ignore).settled
    return _ids(settled)


def chosen_items(hits: Sequence[Hit], *, base: str, file: str, label: str, key: str) -> int | None:
    """The id that a person took out of the strip, for one rerun."""
    data = {"base": base, "file": file, "tiles": _tiles(hits), "label": label}
    return identifier(_strip(key=key, data=data, on_removed_change=ignore).removed)


def _tiles(hits: Sequence[Hit]) -> list[list[Any]]:
    return [[hit.id, hit.kind, hit.width, hit.height, hit.caption, hit.duration] for hit in hits if not hit.thinned]


def _ids(settled: Any) -> tuple[int, ...] | None:
    if not isinstance(settled, list) or not all(isinstance(each, int) for each in settled):
        return None
    return tuple(settled)
