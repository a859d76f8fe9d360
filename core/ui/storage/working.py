"""A long work that is under way, with its progress, and how the last one ended."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core.studio import Studio
from core.ui import wishes
from core.ui.widgets import literal
from core.upkeep import Work

LOOK: Final = 1.0  # seconds between two looks at how far it is


def begin(act: Callable[..., Work]) -> None:
    """Begin a work and show it; says why where that cannot be."""
    if wishes.attempt(lambda: act(datetime.now(UTC))):
        st.rerun()


def under_way(studio: Studio) -> None:
    """How far the work is that is under way, or how the last one ended."""
    work = studio.upkeep.running
    if work is not None:
        st.fragment(_progress, run_every=LOOK)(studio)
    elif studio.upkeep.last is not None:
        _ended(studio.upkeep.last)


def _progress(studio: Studio) -> None:
    work = studio.upkeep.running
    if work is None:  # it ended: the whole page tells of it
        st.rerun()
    at = work.progress
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        words = f"{work.name}: {at.words.lower() or 'beginning'}" + (f", {at.share:.0%}" if at.total else "")
        st.progress(at.share, text=words)
        if st.button("Stop", icon=":material/stop:", disabled=at.stopping, key="stop_work"):
            at.stop()


def _ended(work: Work) -> None:
    if work.good:
        st.success(literal(work.sentence), icon=":material/check_circle:")
    else:
        st.warning(f"{work.name}: {literal(work.sentence)}", icon=":material/error:")
