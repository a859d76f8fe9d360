"""What an item was made from and led to, as a small graph of thumbnails that lead to their items."""

import streamlit as st

from core.lineage import Lineage
from core.ui.components._assets import script, style
from core.ui.components._events import identifier, ignore

_lineage = st.components.v2.component(
    "studio_lineage", css=style("rows.css", "lineage.css"), js=script("rows.js", "lineage.js")
)


def lineage_graph(lineage: Lineage, *, base: str, file: str, key: str) -> int | None:
    """Shows the items by level with the inputs between them; returns the id of the one to open, for one rerun."""
    nodes = [
        [node.id, node.level, node.state, node.kind, node.width, node.height, node.duration, node.caption]
        for node in lineage.nodes
    ]
    edges = [[edge.source, edge.target, edge.role.replace("_", " ")] for edge in lineage.edges]
    data = {"base": base, "file": file, "nodes": nodes, "edges": edges}
    return identifier(_lineage(key=key, data=data, on_opened_change=ignore).opened)
