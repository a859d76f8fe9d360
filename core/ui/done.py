"""What was done in this session to items, newest last, each in words and with what takes it back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

import streamlit as st

from core import changes, marks, tags, trash
from core.changes import Change
from core.database import Database
from core.errors import InvalidInput, StudioError
from core.studio import Studio

LIBRARY: Final = "library"  # the Library page, whatever it acts on
KEPT: Final = 50  # actions that can be undone
ACTS: Final[Mapping[str, Callable[[Database, Sequence[int], Any, datetime], Change]]] = {  # by what browsers call them
    "favour": lambda database, items, on, _: marks.favour(database, items, bool(on)),
    "rate": lambda database, items, rating, _: marks.rate(database, items, int(rating)),
    "tag": lambda database, items, name, _: tags.add(database, items, [str(name)]),
    "untag": lambda database, items, name, _: tags.remove(database, items, [str(name)]),
    "note": lambda database, items, text, _: marks.write_note(database, items[0], str(text)),
    "discard": lambda database, items, _, now: trash.discard(database, items, now),
    "restore": lambda database, items, *_: trash.restore(database, items),
}


@dataclass(frozen=True)
class Done:
    """An action: `number` grows with each; `undo` takes it back and says so, None: there is nothing to take back."""

    number: int
    sentence: str
    undo: Callable[[], str] | None


@dataclass
class History:
    """A session's actions, and how many of a component's wishes were carried out.

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


def history(about: int | str) -> History:
    """This session's for an item, by its number, or for what else acts on items, by its name."""
    found: dict[int | str, History] = st.session_state.setdefault("done", {})
    return found.setdefault(about, History())


def change(database: Database, act: str, items: Sequence[int], value: Any, now: datetime) -> Change:
    """Do one of `ACTS` to items; raises `InvalidInput` for what is none of them or cannot be."""
    if act not in ACTS:
        raise InvalidInput({"act": "This cannot be done here. Reload the page."})
    return ACTS[act](database, items, value, now)
