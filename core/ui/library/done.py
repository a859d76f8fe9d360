"""What was done in this session, newest last, each in words and with what takes it back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import streamlit as st

from core import changes
from core.changes import Change
from core.errors import StudioError
from core.studio import Studio

KEPT: Final = 50  # actions that can be undone


@dataclass(frozen=True)
class Done:
    """An action: `number` grows with each; `undo` takes it back and says so, None: there is nothing to take back."""

    number: int
    sentence: str
    undo: Callable[[], str] | None


def changed(studio: Studio, change: Change) -> None:
    """Tell of a change and keep it for Undo."""
    if change.number:
        say(change.sentence, partial(changes.undo, studio.database, change))
    else:
        say("Nothing changed: it was so already.")


def say(sentence: str, undo: Callable[[], str] | None = None) -> None:
    """Tell of something that was done."""
    latest = st.session_state.get("done")
    done = Done(latest.number + 1 if latest else 1, sentence, undo)
    st.session_state["done"] = done
    if undo:
        st.session_state["undoable"] = (*st.session_state.get("undoable", ()), done)[-KEPT:]


def take_back() -> None:
    """Undo the last action that can be undone."""
    *others, last = st.session_state.get("undoable", ()) or (None,)
    if last is None or last.undo is None:
        return say("There is nothing to undo.")
    st.session_state["undoable"] = tuple(others)
    try:
        told = last.undo()
    except StudioError as error:
        return say(error.sentence)
    say(f"Undone: {last.sentence}" if told == "Undone." else told)


def latest() -> Done | None:
    """The last action of this session."""
    found: Done | None = st.session_state.get("done")
    return found
