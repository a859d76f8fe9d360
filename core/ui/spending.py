"""The Settings page's section on spending: what went out, day by day, and what holds it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core import spending as money
from core.errors import InvalidInput
from core.preferences import LIMITS, MINIMUM, Preferences, preferences
from core.prices import dollars
from core.spending import Day, Spent
from core.studio import Studio

KEY: Final = "preference:"
MONEY: Final = ("budget_day", "budget_month", "retries", "cancel_after")  # the preferences of this section
RETRIES: Final = {0: "None", 1: "Once", 2: "Twice"}
STYLE: Final = """
<style>
.studio-days { display: flex; gap: 3px; height: 130px; border-block: 1px solid;
  border-color: color-mix(in srgb, currentColor 14%, transparent); }
.studio-days > div { flex: 1; display: flex; flex-direction: column; justify-content: flex-end; border-radius: 3px; }
.studio-days > div:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
.studio-days i, .studio-legend i { background: #7765E3; border-radius: 2px; }
.studio-days i.about, .studio-legend i.about { background: color-mix(in srgb, #7765E3 40%, transparent); }
.studio-most, .studio-ends, .studio-legend { font-size: 0.8rem; opacity: 0.72; }
.studio-ends { display: flex; justify-content: space-between; }
.studio-legend { display: flex; align-items: center; gap: 0.4rem; margin-top: 0.3rem; }
.studio-legend i { width: 0.7rem; height: 0.7rem; }
</style>
"""


def spending(studio: Studio) -> None:
    """Today, this month, the last thirty days, and budgets."""
    now, wanted = datetime.now(UTC), preferences(studio.database)
    day = money.midnight(now)
    today, month = money.spent(studio.database, day), money.spent(studio.database, day.replace(day=1))
    left, middle, right = st.columns(3)
    _amount(left, "Today", today, wanted.budget_day)
    _amount(middle, "This month", month, wanted.budget_month)
    right.metric(
        "Without a price, this month", f"{month.unknown:,}", border=True, height="stretch",
        help="Requests of which neither cost nor estimate is known. They are in no sum: add their models under Prices.",
    )  # fmt: skip
    _chart(studio, now)
    _preferences(studio, wanted)


def _amount(place: "st.delta_generator.DeltaGenerator", label: str, spent: Spent, budget: float | None) -> None:
    about = "about " if spent.expected else ""
    parts = f"Known: {dollars(spent.usd)}. Estimated, for runs under way or of unknown cost: {dollars(spent.expected)}."
    note = f"of {dollars(budget)}" if budget is not None else "no budget"
    place.metric(
        f"{label} (UTC)", f"{about}{dollars(spent.total)}", note, delta_color="off", delta_arrow="off", border=True,
        help=parts.replace("$", "\\$"), height="stretch",
    )  # fmt: skip


def _chart(studio: Studio, now: datetime) -> None:
    """A bar a day, drawn without the libraries that a chart would load."""
    days = money.by_day(studio.database, now)
    st.header("Last thirty days", anchor=False)
    if not any(each.spent.requests for each in days):
        st.caption("Nothing went out to a hosted model yet. What does is counted here, by its day in UTC.")
        return
    most = max(each.spent.total for each in days)
    bars = "".join(_bar(each, most or 1.0) for each in days)
    ends = f"<span>{_date(days[0])}</span><span>{_date(days[-1])}</span>"
    words = f"Spending by day: {dollars(most)} on the dearest of them"
    st.html(
        f'{STYLE}<div class="studio-most">{dollars(most)}</div>'
        f'<div class="studio-days" role="img" aria-label="{words}">{bars}</div>'
        f'<div class="studio-ends">{ends}</div><div class="studio-legend"><i></i>known<i class="about"></i>'
        "estimated: under way, or of unknown cost</div>"
    )


def _bar(each: Day, most: float) -> str:
    spent = each.spent
    told = f"{_date(each)}: {dollars(spent.usd)} known"
    told += f", {dollars(spent.expected)} estimated" if spent.expected else ""
    told += f", {spent.unknown} without a price" if spent.unknown else ""
    heights = (spent.expected / most * 100, spent.usd / most * 100)
    return (
        f'<div title="{told}"><i class="about" style="height:{heights[0]:.2f}%"></i>'
        f'<i style="height:{heights[1]:.2f}%"></i></div>'
    )


def _date(each: Day) -> str:
    return f"{each.day.day} {each.day:%B}"


def _preferences(studio: Studio, wanted: Preferences) -> None:
    st.header("Budgets and patience", anchor=False)
    for name in MONEY:
        st.session_state.setdefault(
            KEY + name, getattr(wanted, name)
        )  # a default of the widget's own could not be emptied
    with st.form("preferences"):
        left, right = st.columns(2, gap="large")
        with left:
            _budget("Budget a day, in US dollars", "budget_day")
            _budget("Budget a month, in US dollars", "budget_month")
        with right:
            st.segmented_control(
                "Try again after passing failures", list(RETRIES), format_func=RETRIES.__getitem__, required=True,
                key=KEY + "retries",
                help="When the provider says that it was interrupted and may do better, a new prediction is asked for. "
                "Whether the failed one is billed is not known.",
            )  # fmt: skip
            st.number_input(
                "Give up after, in seconds", value=None, step=60, placeholder="the provider's own end",
                key=KEY + "cancel_after",
                help="From the moment that a prediction is asked for. One that was not started by then is not billed; "
                "one that runs is billed for the time that it ran. Empty: Replicate ends it after 30 minutes of "
                f"running. From {MINIMUM['cancel_after']} seconds to {LIMITS['cancel_after'] // 3600:.0f} hours.",
            )  # fmt: skip
        st.form_submit_button("Save", type="primary", icon=":material/check:", on_click=_save, args=(studio,))
    for sentence in st.session_state.pop("preference_errors", ()):
        st.error(sentence)


def _budget(label: str, name: str) -> None:
    st.number_input(
        label, value=None, step=1.0, format="%.2f", placeholder="none", key=KEY + name,
        help="A run that would go over it waits, with a sentence on Jobs, until the next day or month (UTC) or until "
        "you raise it. Runs under way count with their estimates. Empty: no budget.",
    )  # fmt: skip


def _save(studio: Studio) -> None:
    """A callback, so that the sums above show the new budgets."""
    state = st.session_state
    wanted = replace(preferences(studio.database), **{name: state[KEY + name] for name in MONEY})
    try:
        studio.prefer(wanted, now=datetime.now(UTC))
    except InvalidInput as error:
        state["preference_errors"] = list(error.fields.values())
    else:
        st.toast("Saved. Runs that waited for a budget are looked at again.", icon=":material/check:")
