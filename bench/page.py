"""A gallery page of 60 out of 100,000 items by key, against LIMIT and OFFSET through the same connections."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import func, select

from bench.harness import Plan, Samples, interleaved, timed
from bench.items import studio
from bench.rows import fill
from core import search
from core.database import Database
from core.models import entry, generation, media
from core.scratch import Scratch
from core.search import PAGE, Query

MEANINGS: Final = {
    "page_first_vs_offset": "the newest page of 100,000: our speed / LIMIT + OFFSET; bigger is better",
    "page_middle_vs_offset": "the page in the middle: our speed / LIMIT + OFFSET; bigger is better",
    "page_last_vs_offset": "the last page: our speed / LIMIT + OFFSET; bigger is better",
    "page_100k_vs_1k": "time of a page at 100,000 items / at 1,000; smaller is better, 1 = does not grow",
    "page_ms": "milliseconds for one page at 100,000, any position and filter; smaller is better",
}
KINDS: Final = (None, "image", "video")
REPEATS: Final = 4  # of each page in a run

Spot = tuple[str | None, int, int | None]  # filter, number of newer items, key that the page follows
Shown = tuple[int, str]  # an item and its caption


@dataclass(frozen=True)
class Shelf:
    """A studio file with many items, and where its first, middle and last pages begin: one spot for each filter."""

    database: Database
    first: list[Spot]
    middle: list[Spot]
    last: list[Spot]

    @property
    def spots(self) -> list[Spot]:
        """All of them."""
        return self.first + self.middle + self.last


def space(plan: Plan) -> int:
    """Bytes of disk for the rows and their log."""
    return plan.size(400_000_000, 20_000_000)


def measure(scratch: Scratch, plan: Plan) -> Samples:
    """Ratios of speed and time, and milliseconds."""
    with scratch.room() as one, scratch.room() as other, studio(one) as many, studio(other) as few:
        large, small = _shelf(many, plan.size(100_000, 1_000)), _shelf(few, plan.size(1_000, 500))
        growth = interleaved(plan.runs, partial(_walk, _ours, large), partial(_walk, _ours, small))
        singles = [timed(partial(_ours, large.database, spot)) for _ in range(plan.runs) for spot in large.spots]
        return {
            "page_first_vs_offset": _against(large, large.first, plan),
            "page_middle_vs_offset": _against(large, large.middle, plan),
            "page_last_vs_offset": _against(large, large.last, plan),
            "page_100k_vs_1k": [at_many / at_few for at_many, at_few in growth],
            "page_ms": [seconds * 1000 for seconds in singles],
        }


def _shelf(database: Database, items: int) -> Shelf:
    fill(database, items)
    totals = [(kind, search.count(database, _query(kind))) for kind in KINDS]
    starts = (lambda total: 0), (lambda total: total // 2), (lambda total: total - PAGE)
    return Shelf(database, *([_spot(database, kind, start(total)) for kind, total in totals] for start in starts))


def _spot(database: Database, kind: str | None, skipped: int) -> Spot:
    if skipped <= 0:
        return kind, 0, None
    before, _ = _offset(database, (kind, skipped - 1, None))[0]
    with database.read() as connection:
        return kind, skipped, connection.execute(select(entry.c.id).where(entry.c.media_id == before)).scalar_one()


def _against(shelf: Shelf, spots: list[Spot], plan: Plan) -> list[float]:
    """How many times as fast as the peer we are on these pages, in each run."""
    for spot in spots:
        assert _ours(shelf.database, spot) == _offset(shelf.database, spot), "the two do not do the same job"
    sides = partial(_walk, _ours, shelf, spots), partial(_walk, _offset, shelf, spots)
    return [peer / ours for ours, peer in interleaved(plan.runs, *sides)]


def _walk(turn: Callable[[Database, Spot], object], shelf: Shelf, spots: list[Spot] | None = None) -> float:
    """Seconds to turn to each of these pages a few times."""
    return timed(lambda: [turn(shelf.database, spot) for spot in (spots or shelf.spots) * REPEATS])


def _ours(database: Database, spot: Spot) -> list[Shown]:
    kind, _, key = spot
    return [(hit.id, hit.caption) for hit in search.page(database, _query(kind), following=key).hits]


def _query(kind: str | None) -> Query:
    return Query().having("kind", *([kind] if kind else []))


def _query(kind: str | None) -> Query:
    return Query().having("kind", *([kind] if kind else []))


def _offset(database: Database, spot: Spot) -> list[Shown]:
    """The same hits as most programs page: count off the newer ones."""
    kind, skipped, _ = spot
    caption = func.coalesce(generation.c.prompt, media.c.name)
    query = (
        select(media.c.id, media.c.kind, media.c.width, media.c.height, media.c.duration, caption)
        .select_from(media.outerjoin(generation, generation.c.id == media.c.generation_id))
        .where(media.c.state == "ready", *([media.c.kind == kind] if kind else []))
        .order_by(media.c.id.desc())
    )
    with database.read() as connection:
        return [(row[0], row[5]) for row in connection.execute(query.limit(PAGE).offset(skipped))]
