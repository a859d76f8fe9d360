"""What differs between things with named values, and between texts word by word. Pure: reads nothing, draws nothing."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
MANY: Final = 2_000  # words of a text from which common ones are passed over, for time grows with their square


@dataclass(frozen=True)
class Row:
    """A name and its value in each of the things; None where one has none."""

    name: str
    values: tuple[Any, ...]

    @property
    def same(self) -> bool:
        """Whether all have the same."""
        return len({json.dumps(value, sort_keys=True, default=str) for value in self.values}) == 1


@dataclass(frozen=True)
class Piece:
    """A stretch of words: `kind` is "same", "removed" (only in the first text) or "added" (only in the second)."""

    kind: str
    text: str


def rows(things: Sequence[Mapping[str, Any]]) -> tuple[list[Row], list[Row]]:
    """(rows that differ, rows that are the same), in the order in which names first come."""
    names = list(dict.fromkeys(name for thing in things for name in thing))
    found = [Row(name, tuple(thing.get(name) for thing in things)) for name in names]
    return [row for row in found if not row.same], [row for row in found if row.same]


def words(one: str, other: str) -> list[Piece]:
    """What becomes of the words of one text in the other; together its pieces make both."""
    before, after = WORDS.findall(one), WORDS.findall(other)
    matcher = SequenceMatcher(None, before, after, autojunk=max(len(before), len(after)) > MANY)
    return list(_joined(_pieces(matcher, before, after)))


def _pieces(matcher: "SequenceMatcher[str]", before: list[str], after: list[str]) -> Iterator[Piece]:
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(before[start:end]))
            continue
        if start < end:
            yield Piece("removed", "".join(before[start:end]))
        if new_start < new_end:
            yield Piece("added", "".join(after[new_start:new_end]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Changes beside each other as one, with the spaces between them, so that changed words read as a phrase."""
    found = list(pieces)
    changes = {"removed": "", "added": ""}
    for index, piece in enumerate(found):
        inside = piece.text.isspace() and any(changes.values()) and index < len(found) - 1
        if piece.kind == "same" and not inside:
            yield from (Piece(kind, text) for kind, text in changes.items() if text)
            changes = {"removed": "", "added": ""}
            yield piece
        else:
            kinds = ("removed", "added") if piece.kind == "same" else (piece.kind,)
            changes |= {kind: changes[kind] + piece.text for kind in kinds}
    yield from (Piece(kind, text) for kind, text in changes.items() if text)
