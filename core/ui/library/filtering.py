"""Filters: a panel that is built only when it is open, and the bar of those in force."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from core import search
from core.search import Query
from core.studio import Studio
from core.ui.library import address
from core.ui.library.words import ASPECTS, DURATIONS, KINDS, PROPERTIES, RATINGS, SIZES, STATES, chip
from core.ui.widgets import literal


def switch_panel(query: Query) -> None:
    """The button that opens and closes the panel; it says how many filters there are."""
    number = len(query.filters)
    st.button(
        f"Filters ({number})" if number else "Filters", icon=":material/tune:", key="filters",
        type="secondary", on_click=_switch,
    )  # fmt: skip


def _switch() -> None:
    st.session_state["filters_open"] = not st.session_state.get("filters_open", False)


def panel(studio: Studio, query: Query) -> None:
    """Every filter, with the choices that there are; each goes to the address at once."""
    if not st.session_state.get("filters_open", False):
        return
    with st.container(border=True, key="filter_panel"):
        first, second, third, fourth = (column.container() for column in st.columns(4))
        with first:
            _several(query, "kind", "Kind", {name: KINDS.get(name, name) for name in _there(studio, query, "kind")})
            _several(query, "model", "Model", _there(studio, query, "model"))
            _several(query, "provider", "Provider", _there(studio, query, "provider"))
        with second:
            _several(query, "tag", "Tag", _there(studio, query, "tag"))
            _one(query, "rating", "Rating", RATINGS)
            _several(query, "experiment", "Experiment", _there(studio, query, "experiment"))
        with third:
            _dates(query)
            _several(query, "status", "Status", {n: STATES.get(n, n) for n in _there(studio, query, "status")})
        with fourth:
            _several(query, "aspect", "Shape", ASPECTS)
            _one(query, "duration", "Length", DURATIONS)
            _one(query, "size", "Size", SIZES)
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            _properties(query)
            _batch(query)


def bar(query: Query) -> None:
    """The filters in force, each with an x; and all of them away at once."""
    if not query.filters:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="filter_bar"):
        for key, value in query.filters:
            st.button(
                literal(chip(key, value)), icon=":material/close:", icon_position="right", key=f"chip {key} {value}",
                help="Take this filter away", on_click=address.go, args=(address.without(query, key, value),),
            )  # fmt: skip
        st.button("Clear all", type="tertiary", on_click=address.go, args=(address.cleared(query),))


def _there(studio: Studio, query: Query, key: str) -> dict[str, str]:
    """The values of a filter, with how many items have each."""
    found = search.choices(studio.database, key, trash=query.trash, limit=500)
    return {choice.name: f"{choice.name} ({choice.number:,})" for choice in found}


def _several(query: Query, key: str, label: str, words: Mapping[str, str]) -> None:
    asked = query.values(key)
    options = [*words, *(value for value in asked if value not in words)]
    st.session_state[f"filter_{key}"] = list(asked)
    st.multiselect(
        label, options, key=f"filter_{key}", placeholder="Any", format_func=lambda value: words.get(value, value),
        on_change=_take, args=(query, key),
    )  # fmt: skip


def _one(query: Query, key: str, label: str, words: Mapping[str, str]) -> None:
    asked = query.values(key)
    options = [*words, *(value for value in asked if value not in words)]
    st.session_state[f"filter_{key}"] = asked[0] if asked else None
    st.selectbox(
        label, options, key=f"filter_{key}", index=None, placeholder="Any",
        format_func=lambda value: words.get(value, value), on_change=_take, args=(query, key),
    )  # fmt: skip


def _take(query: Query, key: str) -> None:
    """What a widget says goes to the address."""
    chosen: Any = st.session_state[f"filter_{key}"]
    values: Sequence[str] = [chosen] if isinstance(chosen, str) and chosen.strip() else chosen or ()
    address.filter_by(query, key, *values)


def _batch(query: Query) -> None:
    asked = query.values("batch")
    st.session_state["filter_batch"] = asked[0] if asked else ""
    st.text_input("Batch", key="filter_batch", placeholder="Any", width=260, on_change=_take, args=(query, "batch"))


def _dates(query: Query) -> None:
    """First and last day, as date:first..last."""
    first, _, last = (query.values("date") or ("",))[0].partition("..")
    for key, label, text in (("from", "From", first), ("to", "To", last)):
        st.session_state[f"filter_{key}"] = _day(text)
        st.date_input(label, value=None, key=f"filter_{key}", format="YYYY-MM-DD", on_change=_take_dates, args=(query,))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # a month or year from the search box: the bar shows it


def _take_dates(query: Query) -> None:
    first, last = (st.session_state[f"filter_{key}"] for key in ("from", "to"))
    address.filter_by(query, "date", *([f"{first or ''}..{last or ''}"] if first or last else []))


def _properties(query: Query) -> None:
    """What an item is or has: several at once."""
    asked = [pair for pair in PROPERTIES if pair in query.filters]
    st.session_state["filter_properties"] = asked
    st.pills(
        "Only", list(PROPERTIES), selection_mode="multi", key="filter_properties", format_func=PROPERTIES.__getitem__,
        on_change=_take_properties, args=(query,),
    )  # fmt: skip


def _take_properties(query: Query) -> None:
    chosen = [tuple(pair) for pair in st.session_state["filter_properties"]]
    for key in ("is", "has"):
        others = [value for value in query.values(key) if (key, value) not in PROPERTIES]
        query = query.having(key, *others, *(value for name, value in chosen if name == key))
    address.go(query)
