"""Two to four items beside each other, zoomed, moved and played as one; two pictures or films also under a slider."""

from collections.abc import Sequence

import streamlit as st

from core.library import Item
from core.ui.components._assets import script, style
from core.ui.components._events import identifier, ignore

_compare = st.components.v2.component(
    "studio_compare",
    css=style("viewer.css", "compare.css"),
    js=script("icons.js", "keys.js", "frames.js", "zooming.js", "together.js", "slider.js", "compare.js"),
)


def comparison(items: Sequence[Item], *, base: str, file: str, key: str) -> int | None:
    """Shows the items of the studio file named `file`; returns the id of the one to open, for one rerun."""
    names = ("id", "kind", "width", "height", "caption", "duration", "fps", "has_audio", "thinned")
    data = {"base": base, "file": file, "items": [{name: getattr(item, name) for name in names} for item in items]}
    return identifier(_compare(key=key, data=data, on_opened_change=ignore).opened)
