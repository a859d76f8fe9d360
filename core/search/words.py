"""The full-text index: expressions in its language, its matches as bits of segments, and their ranking.

SQLite's own ranking reads every match of every word before it gives the first one, half a second for common words in a
large library. So the newest CANDIDATES matches are ranked here: by how often and in how short a text the words stand,
in the prompt and the tags more than in a note, in those more than in a model's name or an error.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from core.search.conditions import SPAN, by_segment, members
from core.search.rows import rows
from core.search.syntax import Term

CANDIDATES: Final = 500
WEIGHTS: Final = {"prompt": 4.0, "tags": 4.0, "note": 3.0, "model": 1.0, "error": 1.0}  # logs alone: none
FEW: Final = 256  # rows of the first block
MANY: Final = 8_192  # rows of a block, at most
PROBE: Final = 250  # rows that are read in the time in which one entry is asked for by itself
_MARK: Final = "\x01"
_MATCHES: Final = """
SELECT json_group_array(rowid) FROM (
  SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid {} LIMIT ?)
"""  # one row of many numbers is read in half the time of many rows
_PROBED: Final = """
SELECT json_group_array(rowid) FROM words WHERE words MATCH ? AND rowid IN (SELECT value FROM json_each(?))
"""
_COLUMNS: Final = ("prompt", "tags", "note", "model", "error", "logs")
_MARKED: Final = ", ".join(f"highlight(words, {_COLUMNS.index(name)}, char(1), '')" for name in WEIGHTS)
_RANKED: Final = f"""
SELECT rowid, {_MARKED} FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?
AND {{}}rowid IN (SELECT value FROM json_each(?))
"""  # a + here keeps SQLite from asking the index once for each of them


def expression(terms: Sequence[Term], but: Sequence[Term] = (), within: Sequence[Sequence[Term]] = ()) -> str:
    """All of the terms, one of each group `within`, and none of `but`, in the index's language.

    Anything that people type is quoted.
    """
    groups = [f"({' OR '.join(map(_quoted, group))})" for group in within]
    wanted = " AND ".join([*map(_quoted, terms), *groups])
    return f"({wanted}) NOT ({' OR '.join(map(_quoted, but))})" if but else wanted


def _quoted(term: Term) -> str:
    phrase = '"' + term.text.replace('"', " ") + '"' + ("*" if term.prefix else "")
    return f"{term.column} : {phrase}" if term.column else phrase


class Stream:
    """The matches of an expression, read in blocks from the side where one begins; asked for segments in that order.

    `read` counts rows, or what takes as long; `spent`: they are as many as the budget allows.
    """

    def __init__(self, connection: Connection, expression: str, descending: bool, budget: int | None) -> None:
        self._connection = connection
        self._expression = expression
        self._descending = descending
        self._budget = budget
        self._block = FEW
        self._bits: dict[int, int] = {}
        self._known: int | None = None  # everything up to here has been read, in this direction
        self._per_segment = 0  # matches, by the last block
        self._ended = False
        self.spent = False
        self.read = 0

    def among(self, number: int, bits: int) -> int:
        """Those of a segment's `bits` that match."""
        first, last = number * SPAN, number * SPAN + SPAN - 1
        while not self._covers(first, last):
            if bits.bit_count() * PROBE < self._per_segment and "*" not in self._expression:
                return self._probed(number, bits)
            self._read(first, last)
        return bits & self._bits.get(number, 0)

    def _probed(self, number: int, bits: int) -> int:
        """A few entries of a segment full of matches are asked for one by one."""
        entries = list(members(number, bits, descending=True))
        self._spend(len(entries) * PROBE)
        found = rows(self._connection, _PROBED, self._expression, json.dumps(entries))
        return by_segment(json.loads(found[0][0])).get(number, 0)

    def _covers(self, first: int, last: int) -> bool:
        if self._ended or self._known is None:
            return self._ended
        return self._known <= first if self._descending else self._known >= last

    def _read(self, first: int, last: int) -> None:
        """The next block, from this segment on: what was passed over need not be read."""
        if self._descending:
            start = last if self._known is None else min(self._known - 1, last)
            low, high, order = 0, start, "DESC"
        else:
            start = first if self._known is None else max(self._known + 1, first)
            low, high, order = start, 2**62, "ASC"
        found = rows(self._connection, _MATCHES.format(order), self._expression, low, high, self._block)
        entries: list[int] = json.loads(found[0][0])
        self._ended = len(entries) < self._block
        for number, bits in by_segment(entries).items():
            self._bits[number] = self._bits.get(number, 0) | bits
        if entries:
            self._known = entries[-1]
            self._per_segment = len(entries) * SPAN // (abs(entries[0] - entries[-1]) + 1)
        self._block = min(2 * self._block, MANY)
        self._spend(len(entries))

    def _spend(self, rows: int) -> None:
        self.read += rows
        self.spent = self._budget is not None and self.read >= self._budget and not self._ended


def rank(connection: Connection, expression: str, entries: Sequence[int], among: int) -> list[int]:
    """The entries, the best first, the newer first where they are as good; each must match.

    `among` is how many matches there are between the first and the last of them.
    """
    if not entries:
        return []
    one_by_one = len(entries) * PROBE < among and "*" not in expression
    asked = (expression, min(entries), max(entries), json.dumps(list(entries)))
    found = rows(connection, _RANKED.format("" if one_by_one else "+"), *asked)
    average = [sum(len(row[place]) for row in found) / len(found) or 1.0 for place in range(1, len(WEIGHTS) + 1)]
    scores = {row[0]: _score(row, average) for row in found}
    return sorted(entries, key=lambda entry: (-scores.get(entry, 0.0), -entry))


def _score(row: Any, average: Sequence[float]) -> float:
    """As BM25 has it, without the rarity of words: every candidate has them all."""
    score = 0.0
    for place, weight in enumerate(WEIGHTS.values(), start=1):
        times = row[place].count(_MARK)
        if times:
            length = len(row[place]) / average[place - 1]
            score += weight * times / (times + 0.3 + 0.9 * length)
    return score
