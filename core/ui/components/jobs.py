"""The live list of jobs: progress, logs and what can be done with each; nothing while there are none.
It follows the server by itself; Python hears only what a person asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.ui.components._assets import script, style
from core.ui.components._events import identifier, ignore

_jobs = st.components.v2.component(
    "studio_jobs",
    css=style("jobs.css"),
    js=script(
        "polling.js",
        "guarded.js",
        "job_words.js",
        "job_ask.js",
        "job_lost.js",
        "job_details.js",
        "job_row.js",
        "jobs.js",
    ),
)


@dataclass(frozen=True)
class JobsEvent:
    """What a person asked for, for one rerun: `opened` is a media id, the others are job ids."""

    cancel: int | None
    again: int | None
    opened: int | None
    reuse: int | None
    fetch: int | None
    look: int | None
    pay: int | None


def jobs(*, base: str, file: str, key: str, limit: int, places: Mapping[str, str]) -> JobsEvent:
    """Shows `limit` runs, those under way first, with pictures from the studio file that is named `file`.

    `places` are the addresses of the account's own predictions, by provider.
    """
    result = _jobs(
        key=key,
        data={"base": base, "file": file, "limit": limit, "places": dict(places)},
        on_cancel_change=ignore,
        on_again_change=ignore,
        on_opened_change=ignore,
        on_reuse_change=ignore,
        on_fetch_change=ignore,
        on_look_change=ignore,
        on_pay_change=ignore,
    )
    return JobsEvent(
        cancel=identifier(result.cancel),
        again=identifier(result.again),
        opened=identifier(result.opened),
        reuse=identifier(result.reuse),
        fetch=identifier(result.fetch),
        look=identifier(result.look),
        pay=identifier(result.pay),
    )
