"""The Item page's marks: favourite, rating, tags, note and trash, each with a way back; and the keys of that page."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st

from core import changes, search, tags, trash
from core import marks as core_marks
from core.changes import Change
from core.database import Database
from core.errors import InvalidInput, StudioError
from core.library import Item
from core.studio import Studio
from core.ui.components import MarkEvent, mark_bar
from core.ui.place import step
from core.ui.widgets import literal

SUGGESTED: Final = 500  # tags offered while one is typed
KEPT: Final = 50  # changes that can be taken back, for each item


def marks(studio: Studio, item: Item) -> None:
    """Marks to be edited in place, with what was done last and its undo."""
    known = search.choices(studio.database, "tag", limit=SUGGESTED)
    mark_bar(
        item=item.id,
        favourite=item.favourite,
        rating=item.rating,
        tags=item.tags,
        known=[choice.name for choice in known],
        note=item.note,
        trashed=item.trashed_at is not None,
        said=_said(item.id),
        undoable=bool(_changes(item.id)),
        heard=st.session_state.get("marks_heard", 0),
        key="marks",
        wished=lambda events: carry_out(studio, events, now=datetime.now(UTC)),
    )


def carry_out(studio: Studio, events: Sequence[MarkEvent], *, now: datetime) -> None:
    """Do what was asked for and was not done yet; what was wrong is a toast."""
    for event in events:
        if event.number <= st.session_state.get("marks_heard", 0):
            continue
        st.session_state["marks_heard"] = event.number
        try:
            _one(studio, event, now)
        except StudioError as error:
            st.toast(literal(error.sentence), icon=":material/error:")


def keep(media_id: int, change: Change) -> None:
    """Remember a change of an item, so that it can be taken back for as long as the session lasts."""
    if change.number:
        done = st.session_state.setdefault("changes", {})
        done[media_id] = [*done.get(media_id, ()), change][-KEPT:]
        st.session_state["said"] = (media_id, change.sentence)


def undo(studio: Studio, media_id: int) -> None:
    """Take back what was done last to an item."""
    done = _changes(media_id)
    if done:
        st.session_state["said"] = (media_id, changes.undo(studio.database, done.pop()))


def _one(studio: Studio, event: MarkEvent, now: datetime) -> None:
    if event.what == "step":
        step(studio, event.item, back=event.value == -1)
    elif event.what == "undo":
        undo(studio, event.item)
    else:
        keep(event.item, _done(studio.database, event, now))


def _done(database: Database, event: MarkEvent, now: datetime) -> Change:
    acts: Mapping[str, Callable[[int, Any], Change]] = {
        "favour": lambda item, on: core_marks.favour(database, [item], bool(on)),
        "rate": lambda item, rating: core_marks.rate(database, [item], rating),
        "tag": lambda item, name: tags.add(database, [item], [str(name)]),
        "untag": lambda item, name: tags.remove(database, [item], [str(name)]),
        "note": lambda item, text: core_marks.write_note(database, item, str(text)),
        "discard": lambda item, _: trash.discard(database, [item], now),
        "restore": lambda item, _: trash.restore(database, [item]),
    }
    if event.what not in acts:
        raise InvalidInput({"what": "This cannot be done here. Reload the page."})
    return acts[event.what](event.item, event.value)


def _changes(media_id: int) -> list[Change]:
    found = st.session_state.get("changes", {}).get(media_id, [])
    return found if isinstance(found, list) else []


def _said(media_id: int) -> str:
    """What was done last, as long as it was to this item."""
    about, sentence = st.session_state.get("said", (None, ""))
    return str(sentence) if about == media_id else ""
