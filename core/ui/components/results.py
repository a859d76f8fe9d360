"""Tiles for runs: real progress while they are pending, and each output in its place as soon as it is home.
The tiles follow the job list by themselves; the page runs once more when the last pending one has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.ui.components._assets import script, style
from core.ui.components._events import identifier, ignore

_FALLBACK_SIZE = (3, 2)

_results = st.components.v2.component(
    "studio_results",
    css=style("rows.css", "lightbox.css", "results.css"),
    js=script("rows.js", "lightbox.js", "polling.js", "media_tile.js", "result_tile.js", "results.js"),
)


@dataclass(frozen=True)
class ResultsEvent:
    """What happened, for one rerun: `opened` is a media id; the others are job ids."""

    opened: int | None
    again: int | None
    cancel: int | None
    reuse: int | None
    fetch: int | None
    decide: int | None


def results(
    *, base: str, file: str, key: str, jobs: Sequence[int], placeholders: Mapping[int, tuple[int, int]]
) -> ResultsEvent:
    """Shows the runs `jobs` in this order; `placeholders` are their expected sizes in pixels."""
    result = _results(
        key=key,
        data={"base": base, "file": file, "jobs": [[job, *placeholders.get(job, _FALLBACK_SIZE)] for job in jobs]},
        on_opened_change=ignore,
        on_again_change=ignore,
        on_cancel_change=ignore,
        on_reuse_change=ignore,
        on_fetch_change=ignore,
        on_decide_change=ignore,
        on_settled_change=ignore,
    )
    return ResultsEvent(
        opened=identifier(result.opened),
        again=identifier(result.again),
        cancel=identifier(result.cancel),
        reuse=identifier(result.reuse),
        fetch=identifier(result.fetch),
        decide=identifier(result.decide),
    )
