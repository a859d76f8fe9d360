"""Orders of what matches, each with a key for every place in it: one whole number, which pages go on from.

By time only as many segments are read as a page needs. By a number the binary digits sort: those that have the highest
digit come first, and so on down, until few enough are left to be looked at one by one. A shuffle is a permutation of
all numbers that the seed chooses. The best of a search are the ranked newest matches.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NoReturn, Protocol

from core.search.conditions import SPAN, compared, digit_names, members
from core.search.filters import DIGITS
from core.search.reading import Held, Reading
from core.search.rows import rows
from core.search.words import CANDIDATES, rank

FEW: Final = 128  # entries that are sorted by their rows
ENTRIES: Final = 2**40  # more than there will ever be; a key is value * ENTRIES + entry

Bits = dict[int, int]  # of segments

_VALUES: Final = """
SELECT e.id, coalesce(m.{column}, 0) FROM json_each(?) AS asked JOIN entry AS e ON e.id = asked.value
LEFT JOIN media AS m ON m.id = e.media_id
"""


class Order(Protocol):
    """A total order of entries."""

    def take(self, reading: Reading, key: int | None, limit: int, *, backwards: bool) -> list[int]:
        """The next entries from a key on, or from the end where one begins."""

    def keys(self, reading: Reading, entries: Sequence[int]) -> list[int | None]:
        """The key of each entry's place; None where it has none."""

    def ahead(self, reading: Reading, key: int) -> int | None:
        """How many matches come before the key; None where only counting from the start would tell."""


@dataclass(frozen=True)
class ByTime:
    """Newest first, or the reverse. The key is the entry itself."""

    reverse: bool = False

    def take(self, reading: Reading, key: int | None, limit: int, *, backwards: bool) -> list[int]:
        """See `Order`."""
        descending = self.reverse == backwards
        found: list[int] = []
        for number, bits in reading.segments(descending=descending, beyond=key):
            found += islice(members(number, bits, descending=descending), limit - len(found))
            if len(found) >= limit:
                break
        return found

    def keys(self, reading: Reading, entries: Sequence[int]) -> list[int | None]:
        """See `Order`."""
        return list(entries)

    def ahead(self, reading: Reading, key: int) -> int | None:
        """See `Order`."""
        return sum(bits.bit_count() for _, bits in reading.segments(descending=self.reverse, beyond=key))


@dataclass
class ByNumber:
    """The greatest first, the newer first among equals; or the reverse of all that."""

    field: str
    reverse: bool = False
    _known: "_Digits | None" = None

    def take(self, reading: Reading, key: int | None, limit: int, *, backwards: bool) -> list[int]:
        """See `Order`."""
        greatest = self.reverse == backwards
        digits, matches = self._digits(reading), reading.matches()
        if key is not None:
            matches = digits.beyond(matches, key, less=greatest)
        found = digits.foremost(matches, limit, greatest=greatest)
        values = digits.values(found)
        return sorted(found, key=lambda entry: (values[entry], entry), reverse=greatest)[:limit]

    def keys(self, reading: Reading, entries: Sequence[int]) -> list[int | None]:
        """See `Order`."""
        values = self._digits(reading).values(entries)
        return [values[entry] * ENTRIES + entry for entry in entries]

    def ahead(self, reading: Reading, key: int) -> int | None:
        """See `Order`."""
        return _number(self._digits(reading).beyond(reading.matches(), key, less=self.reverse))

    def _digits(self, reading: Reading) -> "_Digits":
        if self._known is None:
            self._known = _Digits(reading, self.field)
        return self._known


class _Digits:
    """A number of all matches, as the bits of its binary digits."""

    def __init__(self, reading: Reading, field: str) -> None:
        self._reading = reading
        self._field = field
        self._names = digit_names(field, DIGITS[field])
        self._used = reading.used(self._names)
        self._segments = {number: Held(number, _no_words) for number in reading.matches()}
        self._loaded: set[str] = set()

    def foremost(self, matches: Bits, limit: int, *, greatest: bool) -> list[int]:
        """The first `limit` and perhaps some more, in no order."""
        sure: list[int] = []
        for name in reversed(self._used):
            if _number(matches) + len(sure) <= max(limit, FEW):
                break
            self._load([name])
            ones = {number: bits & self._segments[number].facet(name) for number, bits in matches.items()}
            zeros = {number: bits ^ ones[number] for number, bits in matches.items()}
            first, second = (ones, zeros) if greatest else (zeros, ones)
            if _number(first) + len(sure) >= limit:
                matches = _some(first)
            else:
                sure += _entries(first)
                matches = _some(second)
        else:
            return [*sure, *islice(_entries(matches, newest=greatest), limit)]  # equal in every digit
        return [*sure, *_entries(matches)]

    def beyond(self, matches: Bits, key: int, *, less: bool) -> Bits:
        """Those of the matches that are less than a key, or greater."""
        value, entry = divmod(key, ENTRIES)
        self._load(self._used)
        left = {}
        for number, bits in matches.items():
            facet, place = self._segments[number].facet, entry - number * SPAN
            above, equal = compared(facet, self._names, value, bits)
            older = equal & ((1 << min(max(place, 0), SPAN)) - 1)
            itself = equal & (1 << place) if 0 <= place < SPAN else 0
            left[number] = bits & ~above & ~equal | older if less else above | equal & ~older & ~itself
        return _some(left)

    def values(self, entries: Sequence[int]) -> dict[int, int]:
        """The numbers themselves."""
        query = _VALUES.format(column={"bytes": "bytes", "rating": "rating"}[self._field])
        return {row[0]: row[1] for row in rows(self._reading.connection, query, json.dumps(list(entries)))}

    def _load(self, names: Sequence[str]) -> None:
        """Read digits in the segments with matches, each once."""
        missing = [name for name in names if name not in self._loaded]
        if missing and self._segments:
            self._loaded |= set(missing)
            for number, found in self._reading.facets(list(self._segments), missing).items():
                self._segments[number].hold(found)


def _no_words(expression: str) -> NoReturn:
    raise ValueError(f"digits have no words: {expression}")


@dataclass(frozen=True)
class Shuffled:
    """A seed's own order; the key is the place in it. It holds until the library has twice as many entries."""

    seed: int

    def take(self, reading: Reading, key: int | None, limit: int, *, backwards: bool) -> list[int]:
        """See `Order`."""
        shuffle = _Shuffle(self.seed, reading.top())
        matches = reading.matches()
        if _number(matches) ** 2 > shuffle.size * limit:  # then stepping through the places finds them sooner
            return list(islice(shuffle.walk(matches, key, backwards), limit))
        places = sorted(map(shuffle.place, _entries(matches)), reverse=backwards)
        beyond = [place for place in places if key is None or (place < key if backwards else place > key)]
        return [shuffle.entry(place) for place in beyond[:limit]]

    def keys(self, reading: Reading, entries: Sequence[int]) -> list[int | None]:
        """See `Order`."""
        shuffle = _Shuffle(self.seed, reading.top())
        return [shuffle.place(entry) for entry in entries]

    def ahead(self, reading: Reading, key: int) -> int | None:
        """See `Order`."""
        return None


class _Shuffle:
    """A permutation of the numbers below a power of two: thrice an odd multiplier, a shift and an addition."""

    def __init__(self, seed: int, top: int) -> None:
        width = max(top.bit_length(), 4)
        self.size, self._shift = 1 << width, (width + 1) // 2
        mixed = (seed + 1) * 0x9E3779B97F4A7C15 % 2**64
        self._rounds = []
        for _ in range(3):
            mixed = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 % 2**64
            factor = mixed >> 20 | 1
            self._rounds.append((factor % self.size, pow(factor, -1, self.size), mixed % self.size))

    def entry(self, place: int) -> int:
        """What stands at a place."""
        for factor, _, term in self._rounds:
            place = (place * factor + term) % self.size
            place ^= place >> self._shift
        return place

    def place(self, entry: int) -> int:
        """Where an entry stands."""
        for _, inverse, term in reversed(self._rounds):
            entry ^= entry >> self._shift
            entry = (entry - term) * inverse % self.size
        return entry

    def walk(self, matches: Bits, key: int | None, backwards: bool) -> Iterator[int]:
        """The matches from a place on."""
        if backwards:
            places = range((self.size if key is None else min(key, self.size)) - 1, -1, -1)
        else:
            places = range(0 if key is None else key + 1, self.size)
        for place in places:
            entry = self.entry(place)
            if matches.get(entry // SPAN, 0) >> entry % SPAN & 1:
                yield entry


class Best:
    """The newest matches of some words, the best of them first. The key holds the place in that list and the entry."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._ranked: list[int] | None = None

    def take(self, reading: Reading, key: int | None, limit: int, *, backwards: bool) -> list[int]:
        """See `Order`."""
        ranked = self._all(reading)
        place = None if key is None else self._place(reading, key)
        if backwards:
            return ranked[:place][::-1][:limit]
        first = 0 if place is None else place + 1
        return ranked[first : first + limit]

    def keys(self, reading: Reading, entries: Sequence[int]) -> list[int | None]:
        """See `Order`."""
        places = {entry: place for place, entry in enumerate(self._all(reading))}
        return [places[entry] * ENTRIES + entry if entry in places else None for entry in entries]

    def ahead(self, reading: Reading, key: int) -> int | None:
        """See `Order`."""
        return self._place(reading, key)

    def _place(self, reading: Reading, key: int) -> int:
        """Where the key's entry stands by now; where it stood, if it is gone."""
        place, entry = divmod(key, ENTRIES)
        ranked = self._all(reading)
        return ranked.index(entry) if entry in ranked else place

    def _all(self, reading: Reading) -> list[int]:
        if self._ranked is None:
            newest = ByTime().take(reading, None, CANDIDATES + 1, backwards=False)
            reading.partial = reading.partial or len(newest) > CANDIDATES
            self._ranked = rank(reading.connection, self._words, newest[:CANDIDATES], reading.read)
        return self._ranked


def _number(matches: Bits) -> int:
    return sum(map(int.bit_count, matches.values()))


def _some(matches: Bits) -> Bits:
    return {number: bits for number, bits in matches.items() if bits}


def _entries(matches: Bits, *, newest: bool = True) -> Iterator[int]:
    for number in sorted(matches, reverse=newest):
        yield from members(number, matches[number], descending=newest)
