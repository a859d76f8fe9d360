"""The button that makes the file shorter, and how far it is."""

from typing import Final

import humanize
import streamlit as st

from core import compaction
from core.studio import Studio
from core.ui.storage.working import begin, elsewhere, under_way

NAME: Final = "Giving space back"  # of the work


def show_giving_back(studio: Studio) -> None:
    """What the file holds and does not need, and giving it back."""
    st.header("Give space back", anchor=False)
    elsewhere(studio, NAME)
    under_way(studio, NAME)
    with st.container(border=True):
        free = compaction.free_bytes(studio.database)
        st.markdown(
            f"**{humanize.naturalsize(free)}** of the file are free pages, which new items use first. "
            "Given back, they are the disk's again; the studio can be used meanwhile."
        )
        idle = studio.upkeep.running is None
        if st.button("Give it back", icon=":material/compress:", key="start_compaction", disabled=not (free and idle)):
            begin(studio.upkeep.compact)
