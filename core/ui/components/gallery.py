"""Justified rows of thumbnails with selection and a lightbox.
`selected` holds only ids that are on show, and is empty as soon as `clear` changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.ui.components._assets import script, style
from core.ui.components._events import identifier, ignore

_gallery = st.components.v2.component(
    "studio_gallery",
    css=style("rows.css", "lightbox.css", "gallery.css"),
    js=script("rows.js", "lightbox.js", "selection.js", "gallery.js"),
)


@dataclass(frozen=True)
class Tile:
    """One picture or video on show; `kind` is "image" or "video", `duration` is in seconds."""

    id: int
    kind: str
    width: int
    height: int
    caption: str
    duration: float | None


@dataclass(frozen=True)
class GallerySelection:
    """What a person did: `selected` stays, `opened` lasts for one rerun."""

    selected: tuple[int, ...]
    opened: int | None


def gallery(tiles: Sequence[Tile], *, base: str, file: str, key: str, clear: int = 0) -> GallerySelection:
    """Shows `tiles` of the studio file that is named `file`; another `clear` empties the selection."""
    result = _gallery(
        key=key,
        data={
            "key": key,
            "base": base,
            "file": file,
            "clear": clear,
            "tiles": [[t.id, t.kind, t.width, t.height, t.caption, t.duration] for t in tiles],
        },
        default={"selected": {"clear": clear, "ids": []}},
        on_selected_change=ignore,
        on_opened_change=ignore,
    )
    return GallerySelection(_selected(result.selected, tiles, clear), identifier(result.opened))


def _selected(value: Any, tiles: Sequence[Tile], clear: int) -> tuple[int, ...]:
    """The ids of `value` that are on show, unless they were chosen before the last `clear`."""
    if not value or value["clear"] != clear:
        return ()
    chosen = set(value["ids"])
    return tuple(tile.id for tile in tiles if tile.id in chosen)
