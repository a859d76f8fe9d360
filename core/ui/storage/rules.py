"""The section on rules: what goes by itself, what never does, the trash, space given back, and the log of it all."""

from datetime import UTC, datetime

import humanize
import streamlit as st

from core import retention
from core.retention import Policy
from core.studio import Studio
from core.ui.storage.deletion_log import show_log
from core.ui.storage.giving_back import show_giving_back
from core.ui.storage.rule_editor import edit_rule, rule_dialog
from core.ui.storage.rule_preview import open_preview, show_preview
from core.ui.storage.sparing import show_protections, show_trash
from core.ui.widgets import literal

INTRODUCTION = (
    "A rule runs once a day, after you have looked at its preview and armed it. It moves items to the trash, or drops "
    "their bytes and keeps thumbnail, recipe and hash. Nothing is taken that you protect."
)


def show_rules(studio: Studio) -> None:
    """The rules on the left; on the right what they never touch, the trash, and the room that can be had."""
    now = datetime.now(UTC)
    _doubt(studio, now)
    left, right = st.columns([3, 2], gap="large")
    with left:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
            st.header("Rules", anchor=False, width="content")
            if st.button("New rule", icon=":material/add:", key="new_rule", type="primary"):
                edit_rule(None)
        st.caption(INTRODUCTION)
        kept = retention.policies(studio.database)
        for policy in kept:
            _card(studio, policy, now)
        if not kept:
            _none()
    with right:
        show_protections(studio)
        show_trash(studio)
        show_giving_back(studio)
    show_log(studio)
    rule_dialog(studio, kept)


def _doubt(studio: Studio, now: datetime) -> None:
    """Why nothing goes by itself now, and a person's word that it may."""
    found = retention.doubt(studio.database, now)
    if found is None:
        return
    with st.container(border=True):
        st.warning(f"{literal(found)} Nothing is deleted by itself until then.", icon=":material/gpp_maybe:")
        if st.button("All is well, go on", icon=":material/verified:", key="all_is_well"):
            retention.accept(studio.database, now)
            st.rerun()


def _none() -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.subheader("Nothing goes by itself", anchor=False, text_alignment="center")
        st.caption(
            "Add a rule for what you do not want to keep: old drafts, unrated takes, more than so many of a model.",
            text_alignment="center",
        )
        st.space("small")


def _card(studio: Studio, policy: Policy, now: datetime) -> None:
    with st.container(border=True, key=f"rule-{policy.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(literal(policy.rule.name), anchor=False, width="content")
            _state(policy)
        st.markdown(literal(policy.rule.sentence))
        if policy.held:
            st.warning(literal(policy.held), icon=":material/front_hand:")
        st.caption(f"Last ran {humanize.naturaltime(policy.ran_at, when=now)}." if policy.ran_at else "Has never run.")
        with st.container(horizontal=True):
            if st.button("Preview", icon=":material/visibility:", key=f"preview-{policy.id}"):
                open_preview(studio, policy, now)
            if policy.armed_at and st.button("Disarm", icon=":material/pause:", key=f"disarm-{policy.id}"):
                retention.disarm(studio.database, policy.id)
                st.rerun()
            if st.button("Edit", icon=":material/edit:", key=f"edit-{policy.id}", type="tertiary"):
                edit_rule(policy)
            if st.button("Remove", icon=":material/close:", key=f"remove-{policy.id}", type="tertiary"):
                retention.remove(studio.database, policy.id)
                st.toast(f"The rule '{literal(policy.rule.name)}' is removed.", icon=":material/check:")
                st.rerun()
        show_preview(studio, policy, now)


def _state(policy: Policy) -> None:
    if policy.held:
        st.badge("Stopped, asks you", icon=":material/front_hand:", color="orange")
    elif policy.armed_at:
        st.badge("Armed", icon=":material/schedule:", color="green")
    else:
        st.badge("Not armed", icon=":material/pause_circle:", color="gray")
