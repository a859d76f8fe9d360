"""Filters as arithmetic on bits: a bit stands for an entry, and a condition keeps those for which it holds.

Knows neither SQL nor what the facets mean. A number is held as one facet for each binary digit, `bytes.0`, `bytes.1`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

SPAN = 16384  # entries in a segment, as in migration 0003


class Segment(Protocol):
    """The entries from number * SPAN on; bit 0 is the first of them."""

    number: int

    def facet(self, name: str) -> int:
        """Those that have the facet."""

    def matching(self, expression: str, bits: int) -> int:
        """Those of `bits` whose words match."""


class Condition(Protocol):
    """Something that holds for an entry or does not."""

    def facets(self) -> Iterable[str]:
        """The names of the facets that it looks at."""

    def among(self, segment: Segment, bits: int) -> int:
        """Those of `bits` for which it holds."""


@dataclass(frozen=True)
class Has:
    """The entry has the facet."""

    name: str

    def facets(self) -> Iterable[str]:
        """See `Condition`."""
        return (self.name,)

    def among(self, segment: Segment, bits: int) -> int:
        """See `Condition`."""
        return bits & segment.facet(self.name)


@dataclass(frozen=True)
class Not:
    """The other does not hold."""

    inner: Condition

    def facets(self) -> Iterable[str]:
        """See `Condition`."""
        return self.inner.facets()

    def among(self, segment: Segment, bits: int) -> int:
        """See `Condition`."""
        return bits & ~self.inner.among(segment, bits)


@dataclass(frozen=True)
class All:
    """Every one of them holds; the cheap ones should come first."""

    inner: Sequence[Condition]

    def facets(self) -> Iterable[str]:
        """See `Condition`."""
        return [name for condition in self.inner for name in condition.facets()]

    def among(self, segment: Segment, bits: int) -> int:
        """See `Condition`."""
        for condition in self.inner:
            if not bits:
                break
            bits = condition.among(segment, bits)
        return bits


@dataclass(frozen=True)
class Some:
    """At least one of them holds; with none of them nothing does."""

    inner: Sequence[Condition]

    def facets(self) -> Iterable[str]:
        """See `Condition`."""
        return [name for condition in self.inner for name in condition.facets()]

    def among(self, segment: Segment, bits: int) -> int:
        """See `Condition`."""
        found = 0
        for condition in self.inner:
            found |= condition.among(segment, bits & ~found)
        return found


@dataclass(frozen=True)
class Between:
    """A number is at least `low` and, with `high`, at most that."""

    field: str
    digits: int
    low: int
    high: int | None

    def facets(self) -> Iterable[str]:
        """See `Condition`."""
        return digit_names(self.field, self.digits)

    def among(self, segment: Segment, bits: int) -> int:
        """See `Condition`."""
        names = digit_names(self.field, self.digits)
        above, equal = compared(segment.facet, names, self.low, bits)
        found = above | equal
        if self.high is not None and found:
            found &= ~compared(segment.facet, names, self.high, found)[0]
        return found


@dataclass(frozen=True)
class Words:
    """The entry's words match a full-text expression."""

    expression: str

    def facets(self) -> Iterable[str]:
        """See `Condition`."""
        return ()

    def among(self, segment: Segment, bits: int) -> int:
        """See `Condition`."""
        return segment.matching(self.expression, bits)


@dataclass(frozen=True)
class Listed:
    """The entry is one of these; `bits` are theirs by segment."""

    bits: dict[int, int]

    def facets(self) -> Iterable[str]:
        """See `Condition`."""
        return ()

    def among(self, segment: Segment, bits: int) -> int:
        """See `Condition`."""
        return bits & self.bits.get(segment.number, 0)


def digit_names(field: str, digits: int, place: str = "") -> list[str]:
    """The facets of a number's digits, the lowest first."""
    return [f"{place}{field}.{digit}" for digit in range(digits)]


def compared(facet: Callable[[str], int], names: Sequence[str], value: int, bits: int) -> tuple[int, int]:
    """Those of `bits` whose number is above `value`, and those where it is equal.

    `names` are the facets of its binary digits, the lowest first.
    """
    if value < 0:
        return bits, 0
    if value >> len(names):
        return 0, 0
    above, equal = 0, bits
    for digit in reversed(range(len(names))):
        if not equal:
            break
        ones = equal & facet(names[digit])
        if value >> digit & 1:
            equal = ones
        else:
            above |= ones
            equal ^= ones
    return above, equal


def members(number: int, bits: int, *, descending: bool) -> Iterator[int]:
    """The entries that the bits of a segment stand for, in order."""
    first = number * SPAN
    while bits:
        place = (bits if descending else bits & -bits).bit_length() - 1
        bits ^= 1 << place
        yield first + place


def by_segment(entries: Iterable[int]) -> dict[int, int]:
    """Entries as bits, by segment."""
    places: dict[int, bytearray] = {}
    current, held = -1, bytearray()
    for entry in entries:  # every match of a common word comes through here
        segment = entry // SPAN
        if segment != current:
            current, held = segment, places.setdefault(segment, bytearray(SPAN // 8))
        held[entry % SPAN >> 3] |= 1 << (entry & 7)
    return {segment: int.from_bytes(found, "little") for segment, found in places.items()}
