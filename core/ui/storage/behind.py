"""What stands behind a chart: its table, and the same as CSV."""

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.storage.charts import Spec

if TYPE_CHECKING:
    import pandas as pd

NAMES = {
    "usd": "US dollars", "per_kept": "US dollars per kept item", "in_trash": "In the trash", "sha256": "SHA-256",
    "trash_items": "Items in the trash", "trash_bytes": "Bytes in the trash", "created_at": "Made",
    "total_items": "Items in all", "total_bytes": "Bytes in all", "spared": "Bytes to spare", "ids": "Items (ids)",
    "unknown": "Of unknown cost", "id": "Item", "items": "Items", "bytes": "Bytes",
}  # fmt: skip


def chart(drawn: "tuple[pd.DataFrame, Spec]", *, key: str, alt: str) -> None:
    """A chart in its place, told in words to those who do not see it."""
    frame, spec = drawn
    st.vega_lite_chart(frame, spec, width="stretch", key=key, alt=alt)


def behind(frame: "pd.DataFrame", name: str, title: str = "Table") -> None:
    """The frame as a table that opens, to be looked at and downloaded."""
    opened = st.expander(title, icon=":material/table:", key=f"{name}_table", on_change="rerun")
    if not opened.open:  # a table that nobody looks at is not sent
        return
    with opened:
        config = {column: _column(column, frame[column]) for column in frame.columns}
        st.dataframe(frame, hide_index=True, column_config=config, key=f"{name}_rows")
        st.download_button(
            "CSV", partial(csv, frame), f"{name}.csv", "text/csv", icon=":material/download:", key=f"{name}_csv",
            on_click="ignore",
        )  # fmt: skip


def csv(frame: "pd.DataFrame") -> bytes:
    """The frame as a file that spreadsheets open: UTF-8 with its mark, lists with spaces in between."""
    lists = {name: frame[name].map(lambda each: " ".join(map(str, each))) for name in frame if name == "ids"}
    return str(frame.assign(**lists).to_csv(index=False)).encode("utf-8-sig")


def _column(name: str, values: "pd.Series") -> Any:
    title, config = NAMES.get(name, name.replace("_", " ").capitalize()), st.column_config
    if name == "share":
        return config.NumberColumn("Share", format="percent")
    if name in ("day", "week", "month"):
        return config.DateColumn(title, format="YYYY-MM" if name == "month" else "YYYY-MM-DD")
    if name in ("usd", "per_kept"):
        return config.NumberColumn(title, format="%.4g")
    return config.NumberColumn(title, format="localized") if values.dtype == "int64" else config.Column(title)
