"""Which model Create shows: the one in the address, else this session's, else the one used last.

A model that cannot be described gives way to the last that could, and `trouble` tells why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core.errors import StudioError
from core.providers import Model
from core.studio import Studio
from core.ui.widgets import literal

SAFE: Final = "sketch/still"  # always at hand


@dataclass(frozen=True)
class Trouble:
    """What was wrong with the model that was `wanted`, and the one shown `instead`."""

    wanted: str
    error: StudioError
    instead: str


def current(studio: Studio) -> Model:
    """The chosen model; asks its provider only where it was never described."""
    wanted = st.query_params.get("model") or st.session_state.get("chosen") or _first(studio)
    before = trouble()
    if before and before.wanted != wanted:
        st.session_state.pop("trouble")
    elif before:
        wanted = before.instead
    try:
        model = look_up(wanted, lambda: studio.describe(studio.catalogue.named(wanted)))
    except StudioError as error:
        instead = st.session_state.get("chosen", SAFE)
        st.session_state["trouble"] = Trouble(wanted, error, instead)
        model = studio.describe(instead)
    if not trouble() and st.query_params.get("model", model.id) != model.id:
        st.query_params["model"] = model.id  # as its provider writes it: so it was described, and need not be again
    st.session_state["chosen"] = model.id
    return model


def choose(studio: Studio, model: str, *, focus: str = "") -> None:
    """Show this model from now on, in this session and in the next; the address says so.

    `focus` is the key of what has the focus then.
    """
    _let_go()
    if focus:
        focus_on(focus)
    st.query_params["model"] = model
    studio.catalogue.use(model, datetime.now(UTC))


def choose_quietly(model: str) -> None:
    """Show this model from now on, without a step of its own in the browser's history."""
    _let_go()
    st.session_state["chosen"] = model
    if "model" in st.query_params:
        st.query_params["model"] = model


def try_again(model: str) -> None:
    """Show the model that could not be described, if that is possible now."""
    st.session_state.pop("trouble", None)
    st.query_params["model"] = model


def choose_kind(studio: Studio, kind: str) -> None:
    """Show the model of this kind that was used last."""
    preferred = studio.catalogue.preferred(kind)
    choose(studio, preferred.id if preferred else SAFE, focus="kinds")


def focus_on(key: str) -> None:
    """Give the focus to what has this key once the page is there: what had it was replaced."""
    _, before = focus()
    st.session_state["focus"] = (key, before + 1)


def focus() -> tuple[str, int]:
    """Where the focus was to go last, and how often it was sent so far."""
    key, times = st.session_state.get("focus", ("", 0))
    return str(key), int(times)


def trouble() -> Trouble | None:
    """What was wrong with the model asked for, for as long as another one stands in."""
    found = st.session_state.get("trouble")
    return found if isinstance(found, Trouble) else None


def look_up(name: str, describe: Callable[[], Model]) -> Model:
    """What `describe` returns, with a word on what is waited for."""
    with st.spinner(f"Looking up {literal(name[:80])}"):
        return describe()


def _let_go() -> None:
    """What was wrong with another model, or with values for it, says nothing any more."""
    st.session_state.pop("trouble", None)
    st.session_state["errors"] = {}
    st.query_params.pop("kind", None)


def _first(studio: Studio) -> str:
    kind = st.query_params.get("kind", "").lower() or None
    preferred = studio.catalogue.preferred(kind) or studio.catalogue.preferred()
    return preferred.id if preferred else SAFE
