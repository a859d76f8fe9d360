"""Segments out of the file, in order of time, a few at first and more at a time while nothing is found."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from core.search.conditions import SPAN, All, Condition
from core.search.rows import rows
from core.search.words import Stream

MOST_AT_ONCE: Final = 16  # segments
SOON: Final = 8  # facets of a condition that is looked at before others
_TOP: Final = "SELECT coalesce(max(id), 0) FROM entry"
_FACETS: Final = """
SELECT facet.segment, facet.name, facet.bits FROM json_each(?) AS asked
CROSS JOIN facet ON facet.name = asked.value AND facet.segment {}
"""
_IN_A_ROW: Final = _FACETS.format("BETWEEN ? AND ?")
_SCATTERED: Final = _FACETS.format("IN (SELECT value FROM json_each(?))")
_USED: Final = "SELECT name FROM facet_total WHERE name IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class Plan:
    """What to look for: `place` is "" or "trash/"; `budget` is how many rows of the full-text index may be read."""

    where: Sequence[Condition]
    place: str = ""
    budget: int | None = None


class Held:
    """The facets of a segment. Most are never asked for, so bytes become a number only when one is."""

    def __init__(self, number: int, stream: Callable[[str], Stream]) -> None:
        self.number = number
        self._stream = stream
        self._bytes: dict[str, bytes] = {}
        self._bits: dict[str, int] = {}

    def hold(self, found: Mapping[str, bytes]) -> None:
        """Know more facets."""
        self._bytes |= found

    def facet(self, name: str) -> int:
        """See `Segment`."""
        if name not in self._bits:
            self._bits[name] = int.from_bytes(self._bytes.get(name, b""), "little")
        return self._bits[name]

    def matching(self, expression: str, bits: int) -> int:
        """See `Segment`."""
        return self._stream(expression).among(self.number, bits)


@dataclass
class Reading:
    """One look at the library, within one read transaction. `partial`: the budget ended before the library did.

    `read` is how many matches of words were gone through.
    """

    connection: Connection
    plan: Plan
    partial: bool = field(default=False, init=False)
    read: int = field(default=0, init=False)
    _matches: dict[int, int] | None = field(default=None, init=False)

    def matches(self) -> dict[int, int]:
        """The bits of all segments with matches."""
        if self._matches is None:
            self._matches = dict(self.segments())
        return self._matches

    def segments(self, *, descending: bool = True, beyond: int | None = None) -> Iterator[tuple[int, int]]:
        """(number, bits) of the segments with matches, of the entries beyond that one in this direction."""
        streams: dict[str, Stream] = {}

        def stream(expression: str) -> Stream:
            if expression not in streams:
                streams[expression] = Stream(self.connection, expression, descending, self.plan.budget)
            return streams[expression]

        stages = self._stages()
        for numbers in self._steps(descending, beyond):
            held = {number: Held(number, stream) for number in numbers}
            left = {number: _beyond(number, beyond, descending) for number in numbers}
            for condition, names in stages[:-1]:
                self._hold(held, left, names)
                left = {
                    number: found for number, bits in left.items() if (found := condition.among(held[number], bits))
                }
            condition, names = stages[-1]
            self._hold(held, left, names)
            for number, bits in left.items():
                if any(each.spent for each in streams.values()):
                    self.partial = True
                    return
                found = condition.among(held[number], bits)
                self.read = max(self.read, sum(each.read for each in streams.values()))
                if found:
                    yield number, found

    def facets(self, numbers: Sequence[int], names: Sequence[str]) -> dict[int, dict[str, bytes]]:
        """The bits of facets in segments, as bytes, where there are any."""
        place, first, last = self.plan.place, min(numbers), max(numbers)
        asked = json.dumps([place + name for name in names])
        found: dict[int, dict[str, bytes]] = {number: {} for number in numbers}
        if last - first < 2 * len(numbers):  # reading on is quicker than seeking each
            held = rows(self.connection, _IN_A_ROW, asked, first, last)
        else:
            held = rows(self.connection, _SCATTERED, asked, json.dumps(list(numbers)))
        for number, name, bits in held:
            if number in found:
                found[number][name.removeprefix(place)] = bits
        return found

    def used(self, names: Sequence[str]) -> list[str]:
        """Those of the facets that any entry has."""
        place = self.plan.place
        found = {row[0] for row in rows(self.connection, _USED, json.dumps([place + name for name in names]))}
        return [name for name in names if place + name in found]

    def top(self) -> int:
        """The newest entry's number."""
        return int(rows(self.connection, _TOP)[0][0])

    def _stages(self) -> list[tuple[Condition, list[str]]]:
        """Conditions with few facets, those with many, and words: each is asked only where those before it hold."""
        few: list[Condition] = []
        many: list[Condition] = []
        words: list[Condition] = []
        for condition in self.plan.where:
            number = len(set(condition.facets()))
            (few if 0 < number <= SOON else many if number else words).append(condition)
        stages = [All(several) for several in (few, [*many, *words]) if several]
        return [(stage, self.used(sorted(set(stage.facets())))) for stage in stages]

    def _hold(self, held: Mapping[int, Held], left: Mapping[int, int], names: Sequence[str]) -> None:
        if names and left:
            for number, found in self.facets(list(left), names).items():
                held[number].hold(found)

    def _steps(self, descending: bool, beyond: int | None) -> Iterator[list[int]]:
        last = self.top() // SPAN
        if descending:
            first = last if beyond is None else min(last, (beyond - 1) // SPAN)
            order = list(range(first, -1, -1))
        else:
            order = list(range(0 if beyond is None else max(0, (beyond + 1) // SPAN), last + 1))
        size = 1
        while order:
            yield order[:size]
            order, size = order[size:], min(2 * size, MOST_AT_ONCE)


def _beyond(number: int, key: int | None, descending: bool) -> int:
    """All bits of a segment whose entries are beyond the key."""
    everything = (1 << SPAN) - 1
    if key is None:
        return everything
    place = key - number * SPAN
    if descending:
        return everything if place >= SPAN else (1 << max(place, 0)) - 1
    return everything if place < 0 else everything >> (place + 1) << (place + 1)
