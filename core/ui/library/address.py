"""What the address asks of the Library: a query, and where in it; the one place that writes either."""

from dataclasses import replace
from typing import Final

import streamlit as st

from core.search import KEYS, Query, to_params
from core.ui.shell import number

PLACES: Final = ("following", "preceding", "at")  # the keys of a page; the item to come back to


def place(name: str) -> int | None:
    """A key or item in the address, one of PLACES."""
    return number(st.query_params.get(name))


def go(query: Query, **places: int) -> None:
    """Ask for something else, from its beginning or from a place on."""
    st.query_params.from_dict({**to_params(query), **{name: str(value) for name, value in places.items()}})


def filter_by(query: Query, key: str, *values: str) -> None:
    """Ask for other values of one filter."""
    go(query.having(key, *values))


def cleared(query: Query) -> Query:
    """The same place and order without words and filters."""
    return Query(order=query.order if query.order != "best" else "", seed=query.seed, trash=query.trash)


def without(query: Query, key: str, value: str) -> Query:
    """The query without one of its filters."""
    assert key in KEYS
    return replace(query, filters=tuple(each for each in query.filters if each != (key, value)))
