"""What the gallery asks for, carried out in order and once: marks, tags, trash, runs, and where to go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core import search
from core.errors import StudioError
from core.exporting import Selection
from core.search import Query, to_params
from core.studio import Studio
from core.ui import wishes
from core.ui.components import Wish
from core.ui.create import ask_for_recipe
from core.ui.done import History, change
from core.ui.library.exporting import ask as ask_to_export
from core.ui.shell import open_compare, open_item

AT_ONCE: Final = 10_000  # items, where all that match are meant
COMPARED: Final = 4


@dataclass(frozen=True)
class Asked:
    """Items whose tags the gallery waits for, since its wish of this number."""

    number: int
    items: tuple[int, ...]


@dataclass(frozen=True)
class Occasion:
    """Where a wish is carried out."""

    studio: Studio
    history: History
    query: Query


def carry_out(studio: Studio, history: History, query: Query, wanted: Sequence[Wish]) -> None:
    """Do what has not been done yet."""
    for wish in wanted:
        if wish.number > history.heard:
            history.heard = wish.number
            _one(studio, history, query, wish)


def _one(studio: Studio, history: History, query: Query, wish: Wish) -> None:
    try:
        items = search.items(studio.database, query, limit=AT_ONCE) if wish.ids is None else wish.ids
        if wish.act in OTHERS:
            OTHERS[wish.act](Occasion(studio, history, query), items, wish)
        else:
            history.changed(studio, change(studio.database, wish.act, items, wish.value, datetime.now(UTC)))
    except StudioError as error:
        history.say(error.sentence)


def _vary(here: Occasion, items: Sequence[int], _wish: Wish) -> None:
    made = here.studio.vary(items, now=datetime.now(UTC))
    started = "Run started." if len(made) == 1 else f"{len(made)} runs started."
    here.history.say(started if made else "Uploads have no recipe to vary.")


def _compare(here: Occasion, items: Sequence[int], _wish: Wish) -> None:
    if not 2 <= len(items) <= COMPARED:
        return here.history.say(f"Select 2 to {COMPARED} items to compare.")
    open_compare(items)


def _open(here: Occasion, items: Sequence[int], _wish: Wish) -> None:
    """The item's page, which knows what it was found with."""
    open_item(items[0], to_params(here.query))


def _again(here: Occasion, _items: Sequence[int], wish: Wish) -> None:
    if wishes.run_again(here.studio, int(wish.value)):
        here.history.say("The run is queued again.")


def _reuse(here: Occasion, _items: Sequence[int], wish: Wish) -> None:
    if wishes.attempt(ask_for_recipe, here.studio, int(wish.value)):
        st.switch_page("create.py")


def _delete(_here: Occasion, items: Sequence[int], _wish: Wish) -> None:
    """Only asks; the page opens the question."""
    st.session_state["to_delete"] = tuple(items)


def _ask_tags(_here: Occasion, items: Sequence[int], wish: Wish) -> None:
    st.session_state["asked_tags"] = Asked(wish.number, tuple(items))


def _export(here: Occasion, _items: Sequence[int], wish: Wish) -> None:
    """Only asks; the page opens the question. All that match may be more than what is done at once."""
    ask_to_export(Selection(wish.ids, here.query))


OTHERS: Final[dict[str, Callable[[Occasion, Sequence[int], Wish], None]]] = {
    "vary": _vary,
    "compare": _compare,
    "open": _open,
    "again": _again,
    "reuse": _reuse,
    "delete": _delete,
    "export": _export,
    "tags": _ask_tags,
    "undo": lambda here, *_: here.history.take_back(),
}
