"""The Jobs page's part: the live list and what can be done with a run."""

from datetime import UTC, datetime

import streamlit as st

from core import jobs as queue
from core.studio import Studio
from core.ui.components import jobs
from core.ui.create import reuse_recipe
from core.ui.shell import base, open_item


def job_list(studio: Studio) -> None:
    """The newest runs, following the queue by themselves."""
    if not queue.recent(studio.database, limit=1):
        st.info("No runs yet. Everything you start on Create is listed here.", icon=":material/schedule:")
        if st.button("Create something", type="primary", icon=":material/auto_awesome:"):
            st.switch_page("create.py")
        return
    event = jobs(base=base(), key="jobs")
    if event.opened:
        open_item(event.opened)
    if event.cancel:
        studio.cancel(event.cancel, now=datetime.now(UTC))
    if event.again:
        studio.again(event.again, now=datetime.now(UTC))
        st.toast("The run is queued again.", icon=":material/replay:")
    if event.reuse:
        reuse_recipe(studio, event.reuse)
