"""The dialog in which a rule is written. What is wrong with it is told by `core.retention`."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from core import retention, search
from core.errors import InvalidInput, NotFound
from core.marks import HIGHEST
from core.models import KINDS
from core.retention import Policy, Rule
from core.studio import Studio
from core.ui.widgets import literal

STRENGTHS: Final = {"trash": "Move to the trash", "thin": "Thin: keep all but the bytes"}
KIND_WORDS: Final = {"image": "Images", "video": "Videos", "audio": "Sounds"}
LIMITS: Final = {"none": "Take all of them", "total": "Keep the newest GB", "model": "Keep the newest of each model"}
GB: Final = 10**9


def edit_rule(policy: Policy | None) -> None:
    """Ask for the dialog on a rule that is there, or a new one."""
    st.session_state["editing_rule"] = policy.id if policy else 0


def rule_dialog(studio: Studio, kept: Sequence[Policy]) -> None:
    """The dialog, while it is asked for."""
    asked = st.session_state.get("editing_rule")
    if asked is None:
        return
    policy = next((each for each in kept if each.id == asked), None)
    st.dialog("Edit the rule" if policy else "New rule", on_dismiss=_leave)(_form)(studio, policy)


def _form(studio: Studio, policy: Policy | None) -> None:
    if st.session_state.get("editing_rule") is None:
        st.rerun()  # it was kept: the dialog closes
    rule = policy.rule if policy else Rule("")
    with st.form(f"rule-{policy.id if policy else 'new'}", border=False):
        st.text_input("Name", rule.name, placeholder="Old drafts", key="rule-name")
        st.radio(
            "What happens", list(STRENGTHS), index=list(STRENGTHS).index(rule.strength),
            format_func=STRENGTHS.__getitem__, key="rule-strength",
            help="Thinning drops the bytes at once and for good; thumbnail, recipe, marks and hash stay.",
        )  # fmt: skip
        st.markdown("**Which items** (all of these must hold)")
        _conditions(studio, rule)
        _limit(rule)
        for sentence in st.session_state.pop("rule_errors", ()):
            st.error(literal(sentence), icon=":material/error:")
        st.form_submit_button(
            "Save the rule", type="primary", icon=":material/check:", on_click=_save, args=(studio, policy)
        )


def _conditions(studio: Studio, rule: Rule) -> None:
    left, right = st.columns(2)
    left.number_input("Older than, in days", value=rule.older_than, step=1, placeholder="any", key="rule-days")
    right.selectbox(
        "Kind", KINDS, index=KINDS.index(rule.kind) if rule.kind else None, placeholder="any",
        format_func=KIND_WORDS.__getitem__, key="rule-kind",
    )  # fmt: skip
    ratings = list(range(2, HIGHEST + 1))
    left.selectbox(
        "Rated below", ratings, index=ratings.index(rule.rating_below) if rule.rating_below else None,
        placeholder="any", key="rule-below",
    )  # fmt: skip
    known = [choice.name for choice in search.choices(studio.database, "tag")]
    known += [rule.tag] if rule.tag and rule.tag not in known else []
    right.selectbox(
        "With the tag", known, index=known.index(rule.tag) if rule.tag else None, placeholder="any", key="rule-tag"
    )
    left.toggle("Not rated", rule.unrated, key="rule-unrated", help="With a rating beside it: either of the two.")
    right.toggle("Of failed runs", rule.failed, key="rule-failed")


def _limit(rule: Rule) -> None:
    limit = "total" if rule.total_bytes is not None else "model" if rule.per_model is not None else "none"
    how, much = st.columns([3, 2])
    how.selectbox(
        "Of those", list(LIMITS), index=list(LIMITS).index(limit), format_func=LIMITS.__getitem__, key="rule-limit"
    )
    much.number_input("How many", value=_number(rule), step=1.0, format="%g", placeholder="-", key="rule-number")


def _number(rule: Rule) -> float | None:
    if rule.total_bytes is not None:
        return rule.total_bytes / GB
    return None if rule.per_model is None else float(rule.per_model)


def _typed() -> Rule:
    """The rule as it was typed, right or wrong."""
    state = st.session_state
    limit, number = state["rule-limit"], state["rule-number"]
    return Rule(
        state["rule-name"],
        state["rule-strength"],
        older_than=state["rule-days"],
        kind=state["rule-kind"],
        tag=state["rule-tag"],
        rating_below=state["rule-below"],
        unrated=state["rule-unrated"],
        failed=state["rule-failed"],
        total_bytes=_whole(number, GB) if limit == "total" else None,
        per_model=_whole(number, 1) if limit == "model" else None,
    )


def _whole(number: float | None, unit: int) -> int:
    return -1 if number is None else int(number * unit)  # what was left empty is refused in words


def _save(studio: Studio, policy: Policy | None) -> None:
    """A callback: keep the rule and let the dialog close, or have it say what is wrong."""
    try:
        if policy is None:
            retention.add(studio.database, _typed())
        else:
            retention.change(studio.database, policy.id, _typed())
    except InvalidInput as error:
        st.session_state["rule_errors"] = list(error.fields.values())
    except NotFound as error:
        st.session_state["rule_errors"] = [error.sentence]
    else:
        _leave()
        st.toast("The rule is kept. Look at its preview, then arm it.", icon=":material/check:")


def _leave() -> None:
    st.session_state.pop("editing_rule", None)
