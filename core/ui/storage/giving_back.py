"""The button that makes the file shorter, and how far it is."""

import humanize
import streamlit as st

from core import compaction
from core.studio import Studio
from core.ui.widgets import literal


def show_giving_back(studio: Studio) -> None:
    """What the file holds and does not need, and giving it back."""
    st.header("Give space back", anchor=False)
    with st.container(border=True):
        running = studio.compactor.state.running
        st.fragment(_state, run_every=1 if running else None)(studio, running)


def _state(studio: Studio, was_running: bool) -> None:
    state = studio.compactor.state
    if state.running:
        share = state.returned / state.total if state.total else 1.0
        words = f"{humanize.naturalsize(state.returned)} of {humanize.naturalsize(state.total)}"
        st.progress(min(share, 1.0), f"Giving back: {words}")
        if st.button("Stop", icon=":material/stop_circle:", key="stop_compaction"):
            studio.compactor.cancel()
        return
    if was_running:
        st.rerun()
    free = compaction.free_bytes(studio.database)
    st.markdown(
        f"**{humanize.naturalsize(free)}** of the file are free pages, which new items use first. "
        "Given back, they are the disk's again; the studio can be used meanwhile."
    )
    if state.error:
        st.error(literal(state.error), icon=":material/error:")
    elif state.returned:
        st.caption(
            f"Last time {humanize.naturalsize(state.returned)} went back{', then it was stopped' * state.canceled}."
        )
    if st.button("Give it back", icon=":material/compress:", key="start_compaction", disabled=not free):
        studio.compactor.start()
        st.rerun()
