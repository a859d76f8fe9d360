"""The Jobs page's part: the live list and what can be done with a run."""

from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core import jobs as queue
from core.studio import Studio
from core.ui.components import jobs
from core.ui.create import ask_for_recipe
from core.ui.shell import base, lead_to_create, open_item

STEP: Final = 50  # runs shown, and more of them at a time


def job_list(studio: Studio) -> None:
    """The newest runs, following the queue by themselves."""
    total = sum(queue.counts(studio.database).values())
    if not total:
        st.info("No runs yet. Everything you start on Create is listed here.", icon=":material/schedule:")
        return lead_to_create()
    limit = st.session_state.setdefault("jobs_limit", STEP)
    event = jobs(base=base(), file=studio.file_key, key="jobs", limit=limit)
    if total > limit and st.button("Show more", icon=":material/expand_more:"):
        st.session_state["jobs_limit"] += STEP
        st.rerun()
    if event.opened:
        open_item(event.opened)
    if event.cancel:
        studio.cancel(event.cancel, now=datetime.now(UTC))
    if event.again:
        studio.again(event.again, now=datetime.now(UTC))
        st.toast("The run is queued again.", icon=":material/replay:")
    if event.reuse:
        ask_for_recipe(studio, event.reuse)
        st.switch_page("create.py")
