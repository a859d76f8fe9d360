"""The Storage page's overview: what the file holds, what it consists of, how it grows, and what is large or twice."""

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

import streamlit as st

from core import stats
from core.stats import Storage
from core.studio import Studio
from core.ui.shell import lead_to_create, lead_to_import
from core.ui.storage import charts
from core.ui.storage.behind import behind, chart
from core.ui.storage.charts import BARS, COLOURS, size
from core.ui.storage.remarkable import show_remarkable
from core.ui.storage.words import KINDS, STYLE, cards, number, text_colour

if TYPE_CHECKING:
    import pandas as pd

BY: Final = {"model": "Model", "kind": "Kind", "provider": "Provider", "tag": "Tag", "experiment": "Experiment",
             "rating": "Rating", "favourite": "Favourite"}  # fmt: skip
UNITS: Final = {"month": "Months", "week": "Weeks", "day": "Days"}
FEWEST: Final = 4  # months are shown from so many of them on, then weeks


def show_overview(studio: Studio) -> None:
    """Everything that statistics tell, or what will be here while there is nothing to count."""
    now = datetime.now(UTC)
    found = stats.recent(studio.database, now)
    if not found.items:
        _empty(found)
        return
    _headline(found)
    _parts(found)
    _by(found)
    _growth(found, now)
    show_remarkable(studio, found)


def _empty(found: Storage) -> None:
    with st.container(horizontal_alignment="center", gap="small"):
        st.space("large")
        st.header("Nothing is stored yet", anchor=False, text_alignment="center")
        told = f"The empty file takes {size(found.room.file)}, and its disk has room for {size(found.room.disk_free)}. "
        st.caption(
            told + "What you make is counted here: by model, by month, by tag, and how long the disk will last.",
            text_alignment="center",
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            lead_to_create()
            lead_to_import(_to_transfer)


def _to_transfer() -> None:
    """A callback: the section's own widget holds the address, which nothing else may change."""
    st.session_state["section"] = "transfer"


def _headline(found: Storage) -> None:
    room = found.room
    holds = f"{number(found.items)} in one file. {found.forecast.sentence}"
    st.html(f'{STYLE}<p class="studio-holds"><strong>{size(room.file)}</strong><span>{escape(holds)}</span></p>')
    cards(
        (size(room.disk_free), f"free on its disk, of {size(room.disk_total)}"),
        (size(room.returned), "would come back by compacting"),
        (size(room.wal), "in the log beside it"),
        (f"{room.content / room.file:.0%}", "is items and thumbnails"),
    )
    if found.forecast.near:
        st.warning(
            f"{found.forecast.sentence} Empty the trash, delete what you do not need, or move to a larger disk.",
            icon=":material/hard_drive:",
        )


def _parts(found: Storage) -> None:
    st.header("What the file consists of", anchor=False)
    parts = found.frames["parts"]
    rows = list(parts[parts["bytes"] > 0].itertuples(index=False))
    told = ", ".join(f"{row.name} {size(row.bytes)}" for row in rows)
    chart(charts.stacked(parts), key="parts_chart", alt=f"The file by parts: {told}.")
    entries = (
        f'<li><i style="background:{COLOURS[row.part]}"></i>{escape(row.name)}<b>{size(row.bytes)}</b></li>'
        for row in rows
    )
    st.html(f'{STYLE}<ul class="studio-parts">{"".join(entries)}</ul>')
    behind(found.frames["tables"], "tables", "Every table and index")


def _by(found: Storage) -> None:
    st.space("small")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header("What takes the room", anchor=False, width="content")
        chosen = st.segmented_control(
            "By", list(BY), format_func=BY.__getitem__, default="model", required=True, key="storage_by",
            label_visibility="collapsed", wrap=True,
        )  # fmt: skip
    dimension = chosen or "model"
    frame = found.frames[dimension]
    if frame.empty:
        st.caption(f"Nothing has a {dimension} yet.")
        return
    shown = _most(frame, dimension)
    names = [_name(dimension, each) for each in shown[dimension]]
    told = ", ".join(f"{name}: {words}" for name, words in zip(names, shown["told"], strict=True))
    chart(charts.bars(shown, names, text=text_colour()), key=f"by_{dimension}", alt=f"Bytes by {dimension}: {told}.")
    if dimension == "tag":
        st.caption("An item with several tags counts for each of them.")
    behind(frame, f"by_{dimension}")


def _growth(found: Storage, now: datetime) -> None:
    frame = found.frames["growth"]
    st.header("How it grows", anchor=False)
    total = size(found.bytes)
    if len(frame) < 2:
        st.markdown("Everything here is of one day. From the second day on, this shows how the file grows.")
        return behind(frame, "growth")
    st.markdown(_pace(found))
    alt = f"Bytes of items over time, up to {total} now. {found.forecast.sentence}"
    chart(charts.grown(frame, found.forecast, now), key="growth_chart", alt=alt)
    st.caption("Items that are still there, by the day in UTC on which they were made; dashed: at the present pace.")
    behind(frame, "growth")
    unit = _unit(found)
    chart(charts.added(found.frames[unit], unit), key=f"added_{unit}", alt=f"Bytes added by {unit}.")
    behind(found.frames[unit], f"by_{unit}")


def _unit(found: Storage) -> str:
    st.space("small")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Added", anchor=False, width="content")
        chosen = st.segmented_control(
            "In steps of", list(UNITS), format_func=UNITS.__getitem__, required=True, key="storage_unit",
            default=next((unit for unit in UNITS if len(found.frames[unit]) >= FEWEST), "day"),
            label_visibility="collapsed", wrap=True,
        )  # fmt: skip
    return chosen or "month"


def _pace(found: Storage) -> str:
    pace = found.forecast.pace
    return (
        f"It grows by about {size(pace)} a day." if pace >= 1 and not found.forecast.early else found.forecast.sentence
    )


def _most(frame: "pd.DataFrame", dimension: str) -> "pd.DataFrame":
    """The rows that are shown, all others as one, with their words."""
    import pandas as pd

    first, others = frame.iloc[:BARS], frame.iloc[BARS:]
    if len(others) > 1:
        rest = {dimension: f"{len(others)} others", "items": others["items"].sum(), "bytes": others["bytes"].sum()}
        first = pd.concat([first.astype({dimension: object}), pd.DataFrame([rest])], ignore_index=True)
    elif len(others):
        first = frame
    rows = zip(first["items"], first["bytes"], strict=True)
    return first.assign(told=[f"{number(int(items))} · {size(each)}" for items, each in rows])


def _name(dimension: str, value: object) -> str:
    """A row's name in words."""
    if dimension == "kind":
        return KINDS.get(str(value), str(value))
    if dimension == "rating":
        return "★" * int(str(value)) or "Unrated"
    if dimension == "favourite":
        return "Favourites" if value else "Others"
    return str(value)
