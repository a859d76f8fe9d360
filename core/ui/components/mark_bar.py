"""An item's marks, to be edited in place by mouse, finger and keyboard; what was done is shown at once.
Python hears of each wish, maybe more than once, and answers with how things stand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.ui.components._assets import script, style

_mark_bar = st.components.v2.component(
    "studio_mark_bar", css=style("mark_bar.css"), js=script("icons.js", "keys.js", "tag_input.js", "mark_bar.js")
)


@dataclass(frozen=True)
class MarkEvent:
    """What a person asked for; numbers grow.

    `what` is favour, rate, tag, untag, note, discard, restore or undo, with the `item` meant and a value; or step, with
    1 for the next item and -1 for the one before.
    """

    number: int
    what: str
    item: int
    value: Any = None


def mark_bar(
    *, item: int, favourite: bool, rating: int, tags: Sequence[str], known: Sequence[str], note: str, trashed: bool,
    said: str, undoable: bool, heard: int, key: str, wished: Callable[[Sequence[MarkEvent]], None],
) -> None:  # fmt: skip
    """Shows the marks of an item; `known` are tags to complete what is typed, `said` is what was done last.

    `wished` is called before the page runs; `heard` is the number of the last wish that was carried out.
    """

    def changed() -> None:
        wished(_events(st.session_state[key].wished))

    data = {
        "item": item,
        "favourite": favourite,
        "rating": rating,
        "tags": list(tags),
        "known": list(known),
        "note": note,
        "trashed": trashed,
        "said": said,
        "undoable": undoable,
        "heard": heard,
    }
    _mark_bar(key=key, data=data, on_wished_change=changed)


def _events(sent: Any) -> list[MarkEvent]:
    """Those of the wishes that have the shape of one."""
    found = []
    for each in sent if isinstance(sent, list) else []:
        match each:
            case [int(number), str(what), int(item), value]:
                found.append(MarkEvent(number, what, item, value))
    return found
