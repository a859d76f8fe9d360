"""What stands out on the Storage page: the largest items, what is there twice, and what kept items cost."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.prices import dollars
from core.search import Hit
from core.stats import Storage
from core.studio import Studio
from core.ui.components import input_items
from core.ui.family import hits_of
from core.ui.shell import base, open_item
from core.ui.storage import charts
from core.ui.storage.behind import behind, chart
from core.ui.storage.charts import BARS, size
from core.ui.storage.words import cards, text_colour

if TYPE_CHECKING:
    import pandas as pd

LARGEST: Final = 12
TWINS: Final = 6  # groups of duplicates with pictures
TWINS_EACH: Final = 12


def show_remarkable(studio: Studio, found: Storage) -> None:
    """The largest items as pictures that lead to them; duplicates and costs where there are any."""
    _largest(studio, found.frames["largest"])
    _duplicates(studio, found.frames["duplicates"])
    _costs(found.frames["costs"])


def _largest(studio: Studio, frame: "pd.DataFrame") -> None:
    st.header("Largest items", anchor=False)
    rows = frame.iloc[:LARGEST].itertuples(index=False)
    shown = [
        (size(row.bytes), [Hit(row.id, row.kind, row.width, row.height, _seconds(row.duration), row.caption)])
        for row in rows
    ]
    _thumbs(studio, shown, key="largest")
    behind(frame, "largest")


def _duplicates(studio: Studio, frame: "pd.DataFrame") -> None:
    st.header("Duplicates", anchor=False)
    if frame.empty:
        st.caption("No two items have the same bytes.")
        return
    groups = "1 file is" if len(frame) == 1 else f"{len(frame):,} files are"
    spared = size(int(frame["spared"].sum()))
    st.markdown(f"{groups} there more than once. Keeping one of each would spare {spared}.")
    shown = [
        (f"{row.items} times {size(row.bytes)}", list(hits_of(studio, row.ids[:TWINS_EACH])))
        for row in frame.iloc[:TWINS].itertuples(index=False)
    ]
    _thumbs(studio, shown, key="duplicates")
    behind(frame, "duplicates")


def _costs(frame: "pd.DataFrame") -> None:
    if frame.empty:
        return
    st.header("What kept items cost", anchor=False)
    spent, kept, unknown = float(frame["usd"].sum()), int(frame["kept"].sum()), int(frame["unknown"].sum())
    cards(
        (dollars(spent / kept) if kept else "-", "per kept item"),
        (dollars(spent), "spent in all"),
        (f"{kept:,}", "items kept of what that made"),
    )
    shown = frame.iloc[:BARS].assign(
        told=[_cost(*row) for row in zip(frame["usd"], frame["per_kept"], strict=True)][:BARS]
    )
    drawn = charts.bars(shown, list(shown["model"]), text=text_colour(), value="usd")
    told = ", ".join(f"{row.model}: {row.told}" for row in shown.itertuples(index=False))
    chart(drawn, key="costs_chart", alt=f"Spending by model: {told}.")
    more = f" {unknown:,} requests without a known price are in no sum." if unknown else ""
    st.caption("What went out to hosted models, by the items that are still here and not in the trash." + more)
    behind(frame, "costs")


def _cost(usd: float, per_kept: float) -> str:
    return dollars(usd) + (", none kept" if per_kept != per_kept else f" · {dollars(per_kept)} each kept")


def _thumbs(studio: Studio, groups: Sequence[tuple[str, Sequence[Hit]]], *, key: str) -> None:
    opened = input_items(groups, base=base(), file=studio.file_key, key=f"storage_{key}", flow=True)
    if opened:
        open_item(opened)


def _seconds(value: float | None) -> float | None:
    """Seconds as a plain number; a frame has NaN where there are none."""
    return None if value is None or value != value else float(value)
