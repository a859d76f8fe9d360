"""The Jobs page's part: the live list and what can be done with a run."""

from typing import Final

import streamlit as st

from core import jobs as queue
from core.studio import Studio
from core.ui import wishes
from core.ui.components import JobsEvent, jobs
from core.ui.create import ask_for_recipe
from core.ui.shell import base, lead_to_create, open_item

STEP: Final = 50  # runs shown, and more of them at a time
PLACES: Final = {"replicate": "https://replicate.com/predictions"}  # where a provider lists an account's predictions


def job_list(studio: Studio) -> None:
    """The newest runs, following the queue by themselves."""
    total = sum(queue.counts(studio.database).values())
    if not total:
        st.info("No runs yet. Everything you start on Create is listed here.", icon=":material/schedule:")
        return lead_to_create()
    limit = st.session_state.setdefault("jobs_limit", STEP)
    event = jobs(base=base(), file=studio.file_key, key="jobs", limit=limit, places=PLACES)
    if total > limit and st.button("Show more", icon=":material/expand_more:"):
        st.session_state["jobs_limit"] += STEP
        st.rerun()
    carry_out(studio, event)


def carry_out(studio: Studio, event: JobsEvent) -> None:
    """Do what a person asked for in the list."""
    if event.opened:
        open_item(event.opened)
    if event.cancel:
        wishes.cancel(studio, event.cancel)
    if event.again:
        wishes.run_again(studio, event.again)
    if event.fetch:
        wishes.fetch_again(studio, event.fetch)
    if event.look:
        wishes.decide(studio, event.look, pay=False)
    if event.pay:
        wishes.decide(studio, event.pay, pay=True)
    if event.reuse and wishes.attempt(ask_for_recipe, studio, event.reuse):
        st.switch_page("create.py")
