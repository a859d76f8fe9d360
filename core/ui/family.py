"""What an item is related to: what it was made from and led to, and the others of its run and batch."""

from collections.abc import Iterator, Sequence
from typing import Final

import streamlit as st

from core import library, lineage
from core.errors import NotFound
from core.library import Item
from core.search import Hit, Query, to_params
from core.studio import Studio
from core.ui.components import input_items, lineage_graph
from core.ui.shell import base, open_compare, open_item, query_here

SHOWN: Final = 12  # siblings of each sort
COMPARED: Final = 4


def family(studio: Studio, item: Item) -> None:
    """The lineage as a graph, and strips of siblings; nothing of what there is none of."""
    _lineage(studio, item)
    _siblings(studio, item)


def hits_of(studio: Studio, media_ids: Sequence[int]) -> Iterator[Hit]:
    """Those of the items that are still there."""
    for media_id in media_ids:
        try:
            item = library.item(studio.database, media_id)
        except NotFound:
            continue
        yield Hit(item.id, item.kind, item.width, item.height, item.duration, item.caption)


def _lineage(studio: Studio, item: Item) -> None:
    found = lineage.lineage(studio.database, item.id)
    if len(found.nodes) < 2 and not found.waiting:
        return
    st.subheader("Lineage", anchor=False)
    if len(found.nodes) > 1:
        opened = lineage_graph(found, base=base(), file=studio.file_key, key="lineage")
        if opened:
            open_item(opened, to_params(query_here()))
    if found.more:
        st.caption("There is more beyond what is shown. Open an item at the edge to see it.")
    if found.waiting:
        number = len(found.waiting)
        runs = "1 run that used it has" if number == 1 else f"{number} runs that used it have"
        st.caption(f"{runs} nothing to show: see Jobs.")


def _siblings(studio: Studio, item: Item) -> None:
    same_run, same_batch = lineage.siblings(studio.database, item.id)
    groups = {"Same run": same_run, "Same batch": same_batch}
    shown = {title: list(hits_of(studio, ids[:SHOWN])) for title, ids in groups.items() if ids}
    if not shown:
        return
    st.subheader("Siblings", anchor=False)
    opened = input_items(shown, base=base(), file=studio.file_key, key="siblings")
    if opened:
        open_item(opened, to_params(query_here()))
    with st.container(horizontal=True):
        nearest = [*same_run, *same_batch][: COMPARED - 1]
        number = len(nearest) + 1
        if st.button(f"Compare {number}" if number > 2 else "Compare both", icon=":material/compare:", key="compare"):
            open_compare([item.id, *nearest])
        total, left = len(same_run) + len(same_batch), sum(len(hits) for hits in shown.values())
        if total > left and item.recipe and st.button(f"All {total + 1}", icon=":material/photo_library:", key="batch"):
            st.switch_page("library.py", query_params=to_params(Query().having("batch", item.recipe.batch)))
