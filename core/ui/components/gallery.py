"""Justified rows of thumbnails with selection, marks by key, a lightbox, and small dialogs.

What a person asks for comes as numbered wishes. The browser repeats them until their number was heard, so none is lost
when runs of the page meet; a wish of another session is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.search import Hit
from core.ui.components._assets import script, style
from core.ui.components._events import ignore

_gallery = st.components.v2.component(
    "studio_gallery",
    css=style("rows.css", "lightbox.css", "gallery.css", "run_tile.css", "cards.css", "acting.css"),
    js=script(
        "rows.js", "lightbox.js", "selection.js", "wishes.js", "marks.js", "cards.js", "tag_card.js", "run_tile.js",
        "notice.js", "action_bar.js", "gallery_tile.js", "gallery_input.js", "gallery.js",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """Something to be done to items; `ids` None means all that match."""

    number: int
    act: str
    ids: tuple[int, ...] | None
    value: Any


@dataclass(frozen=True)
class Answer:
    """To the wish of this number: all tags with how many items have each, and those of the items asked about."""

    number: int
    known: Sequence[tuple[str, int]]
    had: Mapping[str, int]
    items: int


def wishes_of(key: str, token: str) -> tuple[Wish, ...]:
    """What was asked for in the session of this token, in order; some may have been heard before."""
    sent = (st.session_state.get(key) or {}).get("wishes")
    if not isinstance(sent, Mapping) or sent.get("token") != token:
        return ()
    found = [wish for each in sent.get("list", ()) if (wish := _wish(each))]
    return tuple(sorted(found, key=lambda wish: wish.number))


def gallery(
    hits: Sequence[Hit],
    *,
    base: str,
    file: str,
    key: str,
    token: str,
    heard: int,
    trash: bool = False,
    said: tuple[int, str, bool] | None = None,
    tags: Answer | None = None,
    at: int | None = None,
    more: int = 0,
) -> None:
    """Shows items and runs of the studio file named `file`. `said` is (number, what was done, can be undone); `at` is
    the item to begin at; `more` is how many match, where that is more than are on show."""
    _gallery(
        key=key,
        data={
            "key": key,
            "base": base,
            "file": file,
            "token": token,
            "heard": heard,
            "trash": trash,
            "said": said,
            "tags": tags and {"number": tags.number, "known": tags.known, "had": dict(tags.had), "items": tags.items},
            "at": at,
            "more": more,
            "tiles": [_tile(hit) for hit in hits],
            "marks": [[hit.favourite, hit.rating] for hit in hits],
        },
        default={"wishes": None},
        on_wishes_change=ignore,
    )


def _tile(hit: Hit) -> list[Any]:
    """What does not change by marking; a run without an item goes by its negative number."""
    if hit.id:
        row: list[Any] = [hit.id, hit.kind, hit.width, hit.height, hit.caption, hit.duration]
        return [*row, None, None, True] if hit.thinned else row
    return [-(hit.run or 0), "run", 3, 2, hit.caption, None, hit.status, hit.error]


def _wish(sent: Any) -> Wish | None:
    """A wish, if it has the shape of one."""
    match sent:
        case [int(number), str(act), None, value]:
            return Wish(number, act, None, value)
        case [int(number), str(act), list(ids), value] if all(isinstance(each, int) and each > 0 for each in ids):
            return Wish(number, act, tuple(ids), value)
    return None
