"""Pages and searches at 10,000, 100,000 and 1,000,000 items: the whole mix of what people ask, the awkward included."""

import gc
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench import mix
from bench.collection import grow
from bench.harness import Plan, Samples, timed
from bench.items import studio
from bench.painting import painted, with_thumbnails
from bench.peak import watched
from core import changes, marks, search
from core.database import Database
from core.sandbox import Sandbox
from core.scratch import Scratch
from core.search import Query

MEANINGS: Final = {
    "library_page_1m_p95_ms": "a page of 60 of 1,000,000, any filters and order: 95 % within; smaller is better",
    "library_page_1m_median_ms": "the same: half of them within; smaller is better",
    "library_page_1m_slowest_ms": "the same: the slowest of the mix; smaller is better",
    "library_page_1m_vs_100k": "median time at 1,000,000 / at 100,000; 1 = does not grow",
    "library_page_1m_vs_10k": "median time at 1,000,000 / at 10,000; 1 = does not grow",
    "library_search_1m_p95_ms": "a ranked search of 1,000,000, common words too: 95 % within; smaller is better",
    "library_search_1m_median_ms": "the same: half of them within; smaller is better",
    "library_search_1m_slowest_ms": "the same: the slowest of the mix; smaller is better",
    "library_search_1m_vs_100k": "median time at 1,000,000 / at 100,000; 1 = does not grow",
    "library_search_1m_vs_10k": "median time at 1,000,000 / at 10,000; 1 = does not grow",
    "library_count_1m_ms": "counting what a page's query finds, exactly: 95 % within; smaller is better",
    "library_painted_100k_s": "from the click on Library until all thumbnails in sight are painted; smaller is better",
    "library_opened_100k_s": "the same from opening its address in a browser that was there before; smaller is better",
    "library_rate_500_ms": "rating a selection of 500 of 1,000,000 and undoing it; smaller is better",
    "library_1m_peak_mib": "extra memory in MiB for the whole mix at 1,000,000; smaller is better",
    "library_10k_peak_mib": "the same at 10,000: hardly less, as it does not grow; smaller is better",
}
SIZES: Final = (10_000, 100_000, 1_000_000)
QUICK: Final = (500, 1_000, 2_000)

Turn = Callable[[], object]  # asks one thing of a library


def space(plan: Plan) -> int:
    """Bytes of disk for the three libraries and their logs."""
    return plan.size(2_300_000_000, 120_000_000)


def measure(scratch: Scratch, plan: Plan) -> Samples:
    """Milliseconds at the largest size, and how much the smaller ones differ."""
    with scratch.room() as room:
        folders = [_library(room / str(size), size) for size in (QUICK if plan.quick else SIZES)]
        kinds = {"page": mix.pages(), "search": mix.searches(22 if plan.quick else 66)}
        took = {name: [_took(folder, queries, plan.runs) for folder in folders] for name, queries in kinds.items()}
        found: dict[str, Sequence[float]] = {}
        for name, (small, middle, large) in took.items():
            found |= {
                f"library_{name}_1m_p95_ms": [_p95(run) for run in large],
                f"library_{name}_1m_median_ms": [statistics.median(run) for run in large],
                f"library_{name}_1m_slowest_ms": [max(run) for run in large],
                f"library_{name}_1m_vs_100k": _against(large, middle),
                f"library_{name}_1m_vs_10k": _against(large, small),
            }
        with studio(folders[-1]) as database:
            counting = [partial(search.count, database, query) for query in kinds["page"]]
            counts = [_times(counting) for _ in range(plan.runs)]
            found["library_count_1m_ms"] = [_p95(run) for run in counts]
            found["library_rate_500_ms"] = [_rate(database) for _ in range(plan.runs)]
        with_thumbnails(folders[1])
        painting = painted(folders[1], plan.runs)
        found |= {"library_painted_100k_s": painting["click"], "library_opened_100k_s": painting["open"]}
        found["library_1m_peak_mib"] = [_peak(folders[-1]) for _ in range(plan.runs)]
        found["library_10k_peak_mib"] = [_peak(folders[0]) for _ in range(plan.runs)]
    return {name: found[name] for name in MEANINGS}


def peak(folder: Path) -> float:
    """MiB of resident memory above the start while the mix is asked of the library in `folder`."""
    with studio(folder) as database, watched() as looks:
        for query in (*mix.pages(), *mix.searches()):
            search.page(database, query)
    return (max(looks) - looks[0]) / 2**20


def _library(folder: Path, size: int) -> Path:
    folder.mkdir()
    with studio(folder) as database:
        grow(database, size, size)
    return folder


def _took(folder: Path, queries: Sequence[Query], runs: int) -> list[list[float]]:
    """Milliseconds of every first page and the one after it, in each run after one to warm up."""
    with studio(folder) as database:
        firsts: list[Turn] = [partial(search.page, database, query) for query in queries]
        keys = [(query, search.page(database, query).next) for query in queries]
        seconds = [partial(search.page, database, query, following=key) for query, key in keys if key is not None]
        return [_times([*firsts, *seconds]) for _ in range(runs + 1)][1:]


def _times(turns: Sequence[Turn]) -> list[float]:
    gc.collect()
    return [timed(turn) * 1000 for turn in turns]


def _rate(database: Database) -> float:
    """Milliseconds for two writes of 500 rows, and the reading of what they were."""
    items = search.items(database, Query(filters=(("rating", "0"),)), limit=500)
    return timed(lambda: changes.undo(database, marks.rate(database, items, 4))) * 1000


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _against(many: Sequence[Sequence[float]], few: Sequence[Sequence[float]]) -> list[float]:
    pairs = zip(many, few, strict=True)
    return [statistics.median(at_many) / statistics.median(at_few) for at_many, at_few in pairs]


def _peak(folder: Path) -> float:
    fresh = Sandbox(memory=None)
    try:
        return float(fresh.run(peak, folder, seconds=600))
    finally:
        fresh.close()
