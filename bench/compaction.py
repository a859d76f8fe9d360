"""Giving space back in short steps against one VACUUM of the same file: how long, and how long others have to wait."""

import os
import shutil
import threading
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from bench.harness import Plan, Samples, timed
from bench.items import MB, claimed, keep, studio
from core import compaction, search, sqlite, trash
from core.database import Database
from core.progress import Progress
from core.scratch import Scratch

MEANINGS: Final = {
    "compaction_vs_vacuum": "giving 100 MB of 200 MB back: our speed / a full VACUUM; bigger is better",
    "compaction_longest_lock_ms": "longest write lock of a step in ms, while others write; 100 at most",
    "compaction_wait_ms": "longest commit of another writer meanwhile, in ms; smaller is better",
    "commit_alone_ms": "longest of as many commits on the same disk without it, in ms: what the disk itself takes",
    "vacuum_lock_ms": "the lock that VACUUM holds in ms, for comparison",
}
ITEMS: Final = 100  # of 2 MB
PAUSE: Final = 0.002  # seconds between two commits of the other writer


def space(plan: Plan) -> int:
    """Bytes of disk: the file with holes, a copy for each side, and the room that VACUUM needs beside it."""
    return plan.size(ITEMS * 2 * MB * 5, 100 * MB)


def measure(scratch: Scratch, plan: Plan) -> Samples:
    """Ratios of speed, and milliseconds."""
    samples: dict[str, list[float]] = {name: [] for name in MEANINGS}
    with scratch.room() as room:
        _with_holes(room, plan)
        for run in range(plan.runs + 1):  # the first is the warm-up
            ours, longest, wait, alone = _ours(room, scratch)
            whole = _vacuum(room, scratch)
            if run:
                found = (whole / ours, longest * 1000, wait * 1000, alone * 1000, whole * 1000)
                for name, value in zip(MEANINGS, found, strict=True):
                    samples[name].append(value)
    return samples


def _with_holes(room: Path, plan: Plan) -> None:
    """A file of which every other item was deleted."""
    now = datetime.now(UTC)
    with studio(room) as database:
        for _ in range(plan.size(ITEMS, 10)):
            keep(database, claimed(database), BytesIO(os.urandom(2 * MB)))
        items = search.items(database, limit=ITEMS)[::2]
        trash.discard(database, items, now)
        trash.delete_for_ever(database, items, now)
        database.seal()


def _ours(room: Path, scratch: Scratch) -> tuple[float, float, float, float]:
    """Seconds in all, of the longest step, of the longest commit beside it, and of the longest without it."""
    with scratch.room() as own:
        shutil.copy(room / "studio.db", own)
        with studio(own) as database:
            waits: list[float] = [0.0]
            over = threading.Event()
            beside = threading.Thread(target=_write, args=(database, over, waits))
            beside.start()
            found: list[compaction.Compacted] = []
            seconds = timed(lambda: found.append(compaction.compact(database, Progress())))
            over.set()
            beside.join()
            alone = [_commit(database, number) for number in range(len(waits))]
            return seconds, found[0].longest, max(waits), max(alone)


def _write(database: Database, over: threading.Event, waits: list[float]) -> None:
    number = 0
    while not over.wait(PAUSE):
        waits.append(_commit(database, number := number + 1))


def _commit(database: Database, number: int) -> float:
    started = time.perf_counter()
    with database.write() as connection:
        connection.exec_driver_sql("INSERT OR REPLACE INTO meta VALUES (?, 'x')", (f"bench-{number % 8}",))
    return time.perf_counter() - started


def _vacuum(room: Path, scratch: Scratch) -> float:
    with scratch.room() as own:
        shutil.copy(room / "studio.db", own)
        connection = sqlite.library().connect(str(own / "studio.db"), isolation_level=None)
        try:
            return timed(lambda: connection.execute("VACUUM"))
        finally:
            connection.close()
