"""The items that a run was given, as small thumbnails that lead to them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.search import Hit
from core.ui.components._assets import script, style
from core.ui.components._events import identifier, ignore

_inputs = st.components.v2.component(
    "studio_inputs",
    css=style("rows.css", "thumbs.css", "inputs.css"),
    js=script("rows.js", "thumbs.js", "inputs.js"),
)


def input_items(
    groups: Mapping[str, Sequence[Hit]] | Sequence[tuple[str, Sequence[Hit]]],
    *,
    base: str,
    file: str,
    key: str,
    flow: bool = False,
) -> int | None:
    """Shows the items by the title of their group, each group in a line or, with `flow`, as many in a line as fit;
    returns the id of the one to open, for one rerun."""
    rows = [
        [title, [[hit.id, hit.kind, hit.width, hit.height, hit.caption, hit.duration] for hit in hits]]
        for title, hits in (groups.items() if isinstance(groups, Mapping) else groups)
    ]
    data = {"base": base, "file": file, "groups": rows, "flow": flow}
    return identifier(_inputs(key=key, data=data, on_opened_change=ignore).opened)
