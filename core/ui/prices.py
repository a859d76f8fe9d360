"""The Settings page's price table: edited and kept as a whole; what is wrong is told and nothing typed is lost."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from math import isnan, nan
from typing import Any, Final

import streamlit as st

from core import prices, suggestions
from core.amounts import UNITS
from core.errors import InvalidInput
from core.prices import Price, dollars
from core.studio import Studio

Columns = Mapping[str, Sequence[Any]]

NAMES: Final = ("Model", "US dollars", "Per", "Condition", "As of", "Note", "Age")
BY_KIND: Final = {"image": "image", "video": "video second", "audio": "audio second"}
INTRODUCTION: Final = (
    "Replicate tells no prices, so the studio goes by this table: look a model's price up on its page and write it "
    "down with the day. Several units of a model add up. A condition such as `resolution=1080p` or "
    "`resolution=1080p, generate_audio=true` makes a price count for those inputs alone, before one with fewer "
    "conditions. What no price covers is shown as unknown, never guessed."
)


def price_table(studio: Studio) -> None:
    """The editor, what was wrong with it, and Save."""
    st.markdown(INTRODUCTION)
    today = datetime.now(UTC).date()
    _add(studio, today)
    rows, kept = _parsed(_editor(studio, today)), prices.table(studio.database)
    with st.container(horizontal=True):
        st.button("Save", type="primary", icon=":material/check:", on_click=_save, args=(studio,))
        if rows != _parsed(_columns(kept, today)):
            st.button("Undo changes", icon=":material/undo:", on_click=_forget)
    wrong, sentences = st.session_state.get("price_errors", ("", ()))
    for sentence in sentences if wrong == repr(rows) else ():
        st.error(sentence)
    _old(kept, today)


def _add(studio: Studio, today: date) -> None:
    """New rows for a model of the shelf, for one with a suggested price, or for any other."""
    shelf = {known.model.id: known.model.kind for known in studio.catalogue.shelf()}
    named = [model for model in shelf if model.partition("/")[0] not in prices.FREE]
    named += [row.model for row in suggestions.suggested() if row.model not in shelf]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox(
            "Model", named, index=None, placeholder="owner/name, or pick one", key="price_model",
            accept_new_options=True, label_visibility="collapsed",
        )  # fmt: skip
        unit = BY_KIND.get(shelf.get(model or "", ""), "run")
        blank = Price(model or "", unit, nan, today.isoformat())
        st.button("Add a price", icon=":material/add:", disabled=not model, on_click=_add_rows, args=([blank], today))
    if model and (found := suggestions.for_model(model)):
        told = ", ".join(f"{dollars(row.usd)} per {row.unit}" for row in found)
        st.caption(f"Suggested: {told}, as of {found[0].dated} ({found[0].note}).".replace("$", "\\$"))
        st.button("Add suggested price", icon=":material/lightbulb:", on_click=_add_rows, args=(found, today))


def _add_rows(new: Sequence[Price], today: date) -> None:
    """A callback: put rows below what was typed; nothing is kept before Save."""
    rows = [*_parsed(st.session_state["prices_typed"]), *new]
    _forget()
    st.session_state["prices_base"] = _columns(rows, today)
    st.session_state["price_model"] = None


def _editor(studio: Studio, today: date) -> Columns:
    """The table as it is typed. Its beginning stays the same while it is on show, and what was typed comes back."""
    state = st.session_state
    key = f"prices-{state.setdefault('prices_turn', 0)}"
    if key not in state:
        typed_before = state.get("prices_typed", state.get("prices_base"))
        rows = prices.table(studio.database) if typed_before is None else _parsed(typed_before)
        state["prices_base"] = _columns(rows, today)
    config = st.column_config
    typed: Columns = st.data_editor(
        state["prices_base"],
        key=key,
        num_rows="dynamic",
        hide_index=True,
        placeholder="",
        column_config={  # none is required: a row of which something is missing would not be heard of
            "Model": config.TextColumn(help="owner/name, without a version", width=215),
            "US dollars": config.NumberColumn(format="%.6g", width=115),
            "Per": config.SelectboxColumn(options=list(UNITS), width=130),
            "Condition": config.TextColumn(help="Such as resolution=1080p; empty: always.", width=190),
            "As of": config.DateColumn(format="YYYY-MM-DD", default=today, width=105),
            "Note": config.TextColumn(width=125),
            "Age": config.TextColumn(disabled=True, width=50),
        },
    )
    state["prices_typed"] = typed
    return typed


def _columns(rows: Sequence[Price], today: date) -> Columns:
    """The table by column, as the editor takes it; a blank row where there is none, for a column has a type by that."""
    rows = rows or [Price("", "", nan, today.isoformat())]
    return {
        "Model": [row.model for row in rows],
        "US dollars": [None if isnan(row.usd) else row.usd for row in rows],
        "Per": [row.unit or None for row in rows],
        "Condition": [row.condition for row in rows],
        "As of": [_day(row.dated) for row in rows],
        "Note": [row.note for row in rows],
        "Age": [_age(row, today) for row in rows],
    }


def _parsed(columns: Columns) -> list[Price]:
    """The rows as they were typed, right or wrong; those without a word are passed over."""
    rows = zip(*(columns[name] for name in NAMES[:-1]), strict=True)
    return [
        Price(_text(model), _text(unit), _number(usd), _text(dated)[:10], _text(condition), _text(note))
        for model, usd, unit, condition, dated, note in rows
        if _text(model) or _text(unit) or _text(condition) or usd is not None
    ]


def _save(studio: Studio) -> None:
    """A callback, so that the editor begins anew with what was kept."""
    now, state = datetime.now(UTC), st.session_state
    rows = _parsed(state["prices_typed"])
    try:
        known = studio.set_prices(rows, now=now)
    except InvalidInput as error:
        state["price_errors"] = repr(rows), list(error.fields.values())
        return
    _forget()
    more = f" The cost of {known} earlier runs is known now." if known else ""
    st.toast(
        f"{len(rows)} prices are kept.{more}" if len(rows) != 1 else f"1 price is kept.{more}", icon=":material/check:"
    )


def _forget() -> None:
    """Let the editor begin with what is kept."""
    state = st.session_state
    state["prices_turn"] = state.get("prices_turn", 0) + 1
    for name in ("prices_base", "prices_typed", "price_errors"):
        state.pop(name, None)


def _old(rows: Sequence[Price], today: date) -> None:
    old = sorted({row.model for row in rows if row.is_old(today)})
    if old:
        st.warning(
            f"Prices older than {prices.OLD.days} days: {', '.join(f'`{model}`' for model in old)}. Look them up again "
            "and write the day down.",
            icon=":material/history:",
        )


def _age(row: Price, today: date) -> str:
    try:
        return "old" if row.is_old(today) else ""
    except ValueError:
        return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _number(value: Any) -> float:
    return nan if value is None else float(value)
