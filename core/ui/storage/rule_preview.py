"""What a rule would take now, with pictures: looked at, then armed or run. A run takes what the preview shows."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

import humanize
import streamlit as st

from core import retention
from core.errors import StudioError
from core.library import FAMILIES
from core.marks import several
from core.retention import Candidate, Plan, Policy
from core.studio import Studio
from core.ui.shell import base
from core.ui.widgets import literal

SHOWN: Final = 24  # pictures
STYLE: Final = """
<style>
.studio-going { display: grid; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); gap: 6px; margin: 0; }
.studio-going a { position: relative; display: block; aspect-ratio: 1; border-radius: 8px; overflow: hidden;
  background: color-mix(in srgb, currentColor 10%, transparent); }
.studio-going img { width: 100%; height: 100%; object-fit: cover; display: block; }
.studio-going span { position: absolute; inset: auto 0 0 0; padding: 14px 6px 4px; font-size: 0.72rem; color: #fff;
  background: linear-gradient(transparent, rgb(0 0 0 / .8)); line-height: 1.25; }
</style>
"""


def open_preview(studio: Studio, policy: Policy, now: datetime) -> None:
    """Look at what the rule would take; it stays on show until it is closed or something changes."""
    st.session_state["plan"] = retention.plan(studio.database, policy.rule, now, policy.id)


def show_preview(studio: Studio, policy: Policy, now: datetime) -> None:
    """The preview of this rule, if it is on show and still that of the rule."""
    plan: Plan | None = st.session_state.get("plan")
    if plan is None or plan.policy_id != policy.id:
        return
    if plan.rule != policy.rule:
        del st.session_state["plan"]
        return
    st.divider()
    _figures(plan)
    if plan.goes:
        st.html(STYLE + _pictures(studio, plan.goes[:SHOWN]))
        if len(plan.goes) > SHOWN:
            st.caption(f"and {len(plan.goes) - SHOWN:,} more, all in the table below")
    else:
        st.info("Nothing that may go matches now.", icon=":material/check_circle:")
    if plan.protected:
        with st.expander(f"{several(len(plan.protected))} protected, and why", icon=":material/shield:"):
            st.html(STYLE + _pictures(studio, plan.protected[:SHOWN], why=True))
            if len(plan.protected) > SHOWN:
                st.caption(f"and {len(plan.protected) - SHOWN:,} more, all in the table below")
    _table(plan)
    _answers(studio, policy, plan, now)


def _figures(plan: Plan) -> None:
    goes, size, returns = st.columns(3)
    goes.metric("Would go", f"{len(plan.goes):,}", help=f"of {several(plan.library)} in the library and the trash")
    size.metric("Their bytes", humanize.naturalsize(plan.bytes))
    returns.metric("Really comes back", humanize.naturalsize(plan.returns), help=_when(plan))
    st.caption(_when(plan))


def _when(plan: Plan) -> str:
    if plan.rule.strength == "thin":
        return "Comes back to the disk once space is given back. Counted in whole pages of the file."
    return (
        "Comes back to the disk once the trash is emptied and space is given back. Counted in whole pages of the file."
    )


def _pictures(studio: Studio, shown: Sequence[Candidate], *, why: bool = False) -> str:
    cells = []
    for each in shown:
        address = f"{base()}/api/{FAMILIES[each.kind]}/{each.id}/thumbnail?v={studio.file_key}"
        told = f"<span>{escape(', '.join(each.why))}</span>" if why else ""
        words = escape(each.caption[:120], quote=True)
        picture = f'<img src="{address}" alt="{words}" loading="lazy">'
        cells.append(f'<a href="{base()}/item?id={each.id}" target="_blank" title="{words}">{picture}{told}</a>')
    return f'<div class="studio-going">{"".join(cells)}</div>'


def _table(plan: Plan) -> None:
    if not plan.found:
        return
    with st.expander("All of it as a table", icon=":material/table:"):
        frame = plan.frame
        st.dataframe(frame, height=260)
        st.download_button(
            "Download as CSV", frame.to_csv, f"{plan.rule.name}.csv", "text/csv", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip


def _answers(studio: Studio, policy: Policy, plan: Plan, now: datetime) -> None:
    """Arm, run, or neither."""
    beyond = _beyond(studio, plan, now) if plan.goes else None
    sure = True
    if beyond is not None:
        st.warning(literal(beyond), icon=":material/front_hand:")
        sure = st.checkbox(f"I have looked: take {several(len(plan.goes))} now", key=f"sure-{policy.id}")
    with st.container(horizontal=True):
        if not policy.armed_at and st.button(
            "Arm it: run daily", type="primary", icon=":material/schedule:", key=f"arm-{policy.id}"
        ):
            _arm(studio, policy, plan, now)
        run = st.button(
            "Run now", icon=":material/play_arrow:", key=f"run-{policy.id}", disabled=not (plan.goes and sure)
        )
        if st.button("Close", key=f"close-{policy.id}", type="tertiary"):
            del st.session_state["plan"]
            st.rerun()
    if run:
        _run(studio, plan, now, confirmed=beyond is not None)


def _beyond(studio: Studio, plan: Plan, now: datetime) -> str | None:
    """Why a run asks first."""
    try:
        retention.require_safe(studio.database, plan, now, confirmed=False)
    except StudioError as error:
        return error.sentence
    return None


def _arm(studio: Studio, policy: Policy, plan: Plan, now: datetime) -> None:
    try:
        retention.arm(studio.database, policy.id, plan.fingerprint, now)
    except StudioError as error:
        st.error(literal(error.sentence), icon=":material/error:")
        return
    del st.session_state["plan"]
    st.toast(f"'{literal(policy.rule.name)}' is armed. It runs once a day.", icon=":material/schedule:")
    st.rerun()


def _run(studio: Studio, plan: Plan, now: datetime, *, confirmed: bool) -> None:
    """Take what the preview shows, with how far it is."""
    bar, number, size = st.progress(0.0, "Taking what the preview shows"), 0, 0
    try:
        retention.require_safe(studio.database, plan, now, confirmed=confirmed)
        for progress in retention.run(studio.database, plan, now):
            number, size = progress.number, progress.bytes
            bar.progress(progress.looked_at / progress.total, f"{several(number)} of {progress.total:,}")
    except StudioError as error:
        st.error(literal(error.sentence), icon=":material/error:")
        return
    del st.session_state["plan"]
    did = "moved to the trash" if plan.rule.strength == "trash" else "thinned"
    st.toast(f"{several(number)} {did}, {humanize.naturalsize(size)}.", icon=":material/check:")
    st.rerun()
