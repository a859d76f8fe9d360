"""Which row becomes which item, in which order: the same for the same file each time. Holds a few numbers a row.

Images keep their ids. A video whose id is taken, and whatever has no id that an address could name, gets a new one
above all that were ever given, so that no address of old can mean two things.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.upgrade.source import TABLES, Source
from core.upgrade.values import LARGEST_KEPT, identity, moment

BEAT: Final = 1000  # rows between two signs of life


@dataclass(frozen=True, slots=True)
class Step:
    """A row to bring over: the id that it had (None: none that an address could name) and the one that it gets."""

    kind: str
    row: int
    number: int | None
    media_id: int
    moment: datetime
    dated: bool  # whether it said when it was made


@dataclass(frozen=True)
class Plan:
    """All steps in the order of time, the number above which new items begin, and those that both tables used."""

    steps: tuple[Step, ...]
    last_id: int
    shared: frozenset[int]


def make(source: Source, path: Path, pulse: Callable[[], None]) -> Plan:
    """Look through all rows; `pulse` is called now and then."""
    undated = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    found: list[tuple[str, int, int | None, datetime, bool]] = []
    for kind, table in source.tables.items():
        before = undated
        for row, said, created in source.keys(table):
            when = moment(created)
            before = when or before
            found.append((kind, row, identity(said), before, when is not None))
            if len(found) % BEAT == 0:
                pulse()
    numbers = [number for _, _, number, _, _ in found if number] + source.last_ids()
    fresh = iter(range(max((n for n in numbers if n <= LARGEST_KEPT), default=0) + 1, 2**62))
    ids = list(_ids([number for _, _, number, _, _ in found], fresh))
    steps = [Step(kind, row, number, media_id, when, dated) for (kind, row, number, when, dated), media_id
             in zip(found, ids, strict=True)]  # fmt: skip
    steps.sort(key=lambda step: (step.moment, step.kind, step.row))
    of = {kind: {number for one, _, number, _, _ in found if one == kind and number} for kind in TABLES}
    return Plan(tuple(steps), next(fresh) - 1, frozenset(of["image"] & of["video"]))


def _ids(numbers: list[int | None], fresh: Iterator[int]) -> Iterator[int]:
    """The ids for numbers in their order; images come first, so they keep theirs."""
    taken: set[int] = set()
    for number in numbers:
        if number is None or number > LARGEST_KEPT or number in taken:
            yield next(fresh)
        else:
            taken.add(number)
            yield number
