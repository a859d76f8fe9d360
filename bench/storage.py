"""Counting everything that the Storage page shows, at 10,000 and 100,000 items; and the pages of the file alone."""

import gc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.collection import grow
from bench.harness import Plan, Samples, timed
from bench.items import studio
from core import stats
from core.database import Database
from core.scratch import Scratch

MEANINGS: Final = {
    "storage_100k_ms": "everything on Storage, of 100,000 items; smaller is better",
    "storage_100k_vs_10k": "the same: time at 100,000 / at 10,000; 10 = grows with the items",
    "storage_pages_100k_ms": "what the file consists of alone, to the byte, at 100,000 items; smaller is better",
}
SIZES: Final = (10_000, 100_000)
QUICK: Final = (300, 1_000)
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)


def space(plan: Plan) -> int:
    """Bytes of disk for both libraries and their logs."""
    return plan.size(400_000_000, 80_000_000)


def measure(scratch: Scratch, plan: Plan) -> Samples:
    """Milliseconds at the larger size, and how much longer that takes than the smaller one."""
    with scratch.room() as room:
        few, many = (_library(room / str(size), size) for size in (QUICK if plan.quick else SIZES))
        small = _times(few, plan.runs, lambda database: stats.storage(database, NOW))
        large = _times(many, plan.runs, lambda database: stats.storage(database, NOW))
        pages = _times(many, plan.runs, stats.consists_of)
    ratios = [at_many / at_few for at_many, at_few in zip(large, small, strict=True)]
    return dict(zip(MEANINGS, (large, ratios, pages), strict=True))


def _library(folder: Path, size: int) -> Path:
    folder.mkdir()
    with studio(folder) as database:
        grow(database, size, size)
    return folder


def _times(folder: Path, runs: int, ask: Callable[[Database], object]) -> list[float]:
    """Milliseconds of each run after one to warm up."""
    gc.collect()
    with studio(folder) as database:
        return [timed(lambda: ask(database)) * 1000 for _ in range(runs + 1)][1:]
