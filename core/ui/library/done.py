"""What was done in this session, newest last, each in words and with what takes it back."""

from collections.abc import Callable
from dataclasses import dataclass, field
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


@dataclass
class History:
    """A session's actions, and how many of the gallery's wishes were carried out.

    Got once before something is done: a run of a page may end at any call of Streamlit, its session state among them,
    and what was done and could not be written down could not be undone.
    """

    heard: int = 0
    latest: Done | None = None
    undoable: list[Done] = field(default_factory=list)

    def changed(self, studio: Studio, change: Change) -> None:
        """Tell of a change and keep it for Undo."""
        if change.number:
            self.say(change.sentence, partial(changes.undo, studio.database, change))
        else:
            self.say("Nothing changed: it was so already.")

    def say(self, sentence: str, undo: Callable[[], str] | None = None) -> None:
        """Tell of something that was done."""
        self.latest = Done(self.latest.number + 1 if self.latest else 1, sentence, undo)
        if undo:
            self.undoable = [*self.undoable, self.latest][-KEPT:]

    def take_back(self) -> None:
        """Undo the last action that can be undone."""
        if not self.undoable:
            return self.say("There is nothing to undo.")
        last = self.undoable.pop()
        assert last.undo is not None
        try:
            told = last.undo()
        except StudioError as error:
            return self.say(error.sentence)
        self.say(f"Undone: {last.sentence}" if told == "Undone." else told)


def history() -> History:
    """This session's."""
    found: History = st.session_state.setdefault("done", History())
    return found
