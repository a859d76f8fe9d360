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


def under_way(studio: Studio, *names: str) -> None:
    """How far the work of one of these names is, or how it ended if it was the last."""
    work = studio.upkeep.last
    if work is None or work.name not in names:
        return
    if work.good is None:
        st.fragment(_progress, run_every=LOOK)(studio)
    else:
        _ended(work)


def elsewhere(studio: Studio, *names: str) -> None:
    """How far any other work is, for which these have to wait."""
    work = studio.upkeep.running
    if work is not None and work.name not in names:
        st.fragment(_progress, run_every=LOOK)(studio)


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
