"""What no rule touches, and how long the trash keeps what is in it."""

from typing import Final

import humanize
import streamlit as st

from core import retention, search, trash
from core.errors import InvalidInput
from core.marks import HIGHEST, several
from core.retention import Protections
from core.search import Query
from core.studio import Studio
from core.ui.widgets import literal

RATINGS: Final = list(range(1, HIGHEST + 1))


def show_protections(studio: Studio) -> None:
    """The protections in force; taking one away disarms every rule."""
    kept = retention.protections(studio.database)
    st.header("Never touched", anchor=False)
    st.caption(":material/star: Favourites, always. The file itself enforces this and what follows.")
    with st.form("protections", border=True):
        rating, newest = st.columns(2)
        least = rating.selectbox(
            "Rated at least", RATINGS, index=None if kept.rating is None else RATINGS.index(kept.rating),
            placeholder="none", key="protect-rating",
        )  # fmt: skip
        number = newest.number_input("The newest items", value=kept.newest, step=10, key="protect-newest")
        known = [choice.name for choice in search.choices(studio.database, "tag")]
        tags = st.multiselect(
            "With one of these tags", sorted({*known, *kept.tags}), default=list(kept.tags), accept_new_options=True,
            key="protect-tags",
        )  # fmt: skip
        inputs = st.toggle("Used as an input of a run", kept.inputs, key="protect-inputs")
        saved = st.form_submit_button("Save", icon=":material/check:", key="protect-save")
    if saved:
        _protect(studio, Protections(least, tuple(tags), inputs, int(number)))


def show_trash(studio: Studio) -> None:
    """How long the trash keeps things, what it holds, and why its emptying stopped."""
    st.header("Trash", anchor=False)
    held, days = trash.holds(studio.database), retention.trash_days(studio.database)
    st.caption(f"{several(held.number)}, {humanize.naturalsize(held.bytes)}. Emptied by a run of its own, once a day.")
    why = retention.trash_held(studio.database)
    if why:
        st.warning(literal(why), icon=":material/front_hand:")
    with st.form("trash", border=True):
        wanted = st.number_input(
            "Days in the trash", value=days, step=1, placeholder="until you empty it", key="trash-days",
            help="After so many days what is in the trash is deleted for ever. Empty: never by itself.",
        )  # fmt: skip
        saved = st.form_submit_button("Save", icon=":material/check:", key="trash-save")
    if saved:
        _wait(studio, wanted)
    if held.number and st.button("Look into the trash", icon=":material/delete:", key="to-trash", type="tertiary"):
        st.switch_page("library.py", query_params=search.to_params(Query(trash=True)))


def _protect(studio: Studio, wanted: Protections) -> None:
    armed = sum(policy.armed_at is not None for policy in retention.policies(studio.database))
    try:
        retention.protect(studio.database, wanted)
    except InvalidInput as error:
        for sentence in error.fields.values():
            st.error(literal(sentence), icon=":material/error:")
        return
    still = sum(policy.armed_at is not None for policy in retention.policies(studio.database))
    words = "Saved. Rules are disarmed: look at their previews again." if still < armed else "Saved."
    st.toast(words, icon=":material/shield:")
    st.session_state.pop("plan", None)
    st.rerun()


def _wait(studio: Studio, days: int | None) -> None:
    try:
        retention.wait_in_trash(studio.database, days)
    except InvalidInput as error:
        st.error(literal(error.sentence), icon=":material/error:")
        return
    st.toast("Saved.", icon=":material/check:")
    st.rerun()
