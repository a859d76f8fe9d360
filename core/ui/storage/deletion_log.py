"""The log of every deletion: what, when, by whose hand, which rule, hash, bytes."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from core import deletions
from core.deletions import Line
from core.studio import Studio

SHOWN: Final = 50
MOST: Final = 100_000  # lines in a download
HANDS: Final = {"person": "You", "rule": "Rule", "trash": "Trash run", "unknown": "Another program"}
ACTS: Final = {"trash": "Moved to the trash", "thin": "Thinned", "delete": "Deleted for ever"}


def show_log(studio: Studio) -> None:
    """The newest lines, more on demand, all as CSV."""
    st.header("Log of deletions", anchor=False)
    shown = st.session_state.get("log_shown", SHOWN)
    lines, number = deletions.log(studio.database, limit=shown), deletions.lines(studio.database)
    if not lines:
        st.caption("Nothing was ever deleted for ever, thinned, or moved to the trash by a rule.")
        return
    st.dataframe(_table(lines), hide_index=True, column_config={
        "When": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width="medium"),
        "Bytes": st.column_config.NumberColumn(format="bytes"),
        "SHA-256": st.column_config.TextColumn(width="medium"),
    })  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        if number > shown and st.button(f"Show more of {number:,}", icon=":material/expand_more:", key="more_log"):
            st.session_state["log_shown"] = shown + 10 * SHOWN
            st.rerun()
        st.download_button(
            "Download as CSV", lambda: _csv(studio), "deletions.csv", "text/csv", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip


def _table(lines: Sequence[Line]) -> dict[str, list[Any]]:
    return {
        "When": [line.at for line in lines],
        "What": [ACTS[line.act] for line in lines],
        "Item": [line.media_id for line in lines],
        "Kind": [line.kind for line in lines],
        "By": [HANDS.get(line.hand, line.hand) for line in lines],
        "Rule": [line.rule for line in lines],
        "Bytes": [line.bytes for line in lines],
        "SHA-256": [line.sha256 for line in lines],
    }


def _csv(studio: Studio) -> str:
    import pandas as pd

    return str(pd.DataFrame(_table(deletions.log(studio.database, limit=MOST))).to_csv(index=False))
