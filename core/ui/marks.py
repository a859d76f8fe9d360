"""The Item page's marks: favourite, rating, tags, note and trash, each with a way back; and the keys of that page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core import search
from core.errors import StudioError
from core.library import Item
from core.studio import Studio
from core.ui.components import MarkEvent, mark_bar
from core.ui.done import History, change, history
from core.ui.place import step
from core.ui.widgets import literal

BAR: Final = "marks"  # the mark bar, whichever item it shows
SUGGESTED: Final = 500  # tags offered while one is typed


def marks(studio: Studio, item: Item) -> None:
    """Marks to be edited in place, with what was done last and its undo."""
    known = search.choices(studio.database, "tag", limit=SUGGESTED)
    done = history(item.id)
    mark_bar(
        item=item.id,
        favourite=item.favourite,
        rating=item.rating,
        tags=item.tags,
        known=[choice.name for choice in known],
        note=item.note,
        trashed=item.trashed_at is not None,
        said=done.latest.sentence if done.latest else "",
        undoable=bool(done.undoable),
        heard=history(BAR).heard,
        key="marks",
        wished=lambda events: carry_out(studio, events, now=datetime.now(UTC)),
    )


def carry_out(studio: Studio, events: Sequence[MarkEvent], *, now: datetime) -> None:
    """Do what was asked for and was not done yet; what was wrong is a toast."""
    bar, histories = history(BAR), {event.item: history(event.item) for event in events}
    for event in events:
        if event.number <= bar.heard:
            continue
        bar.heard = event.number
        try:
            _one(studio, histories[event.item], event, now)
        except StudioError as error:
            st.toast(literal(error.sentence), icon=":material/error:")


def _one(studio: Studio, done: History, event: MarkEvent, now: datetime) -> None:
    if event.what == "step":
        step(studio, event.item, back=event.value == -1)
    elif event.what == "undo":
        done.take_back()
    else:
        done.changed(studio, change(studio.database, event.what, [event.item], event.value, now))
