"""Giving space back: free pages leave the file a few at a time, while the studio is in use.

Each step is a short transaction that adapts its size to the time it takes, and then lets others write for as long.
VACUUM would hold the file for as long as it copies it, and needs the same room once more; it is never used.
"""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from core.blobs import CHUNK
from core.database import Database
from core.progress import Progress
from core.room import making_room
from core.sqlite import PAGE_SIZE

AIM: Final = 0.04  # seconds that a step should hold the file; the promise is 0.1
FIRST, FEWEST, MOST = 64, 32, 128  # pages of a step; most of it is the commit's wait for the disk, fewer gain nothing
BETWEEN: Final = 256  # pages after which the log is brought into the file, or a writer would have to bring it all
USABLE: Final = PAGE_SIZE - 4  # bytes of an overflow page, https://sqlite.org/fileformat2.html#ovflpgs
LOCAL: Final = PAGE_SIZE - 35  # bytes of a row that stay in its leaf, at most
LEAST: Final = (PAGE_SIZE - 12) * 32 // 255 - 23
HEAD: Final = 12  # bytes before the data in a row of chunks


def pages_of(size: int) -> int:
    """Pages that become free when an item's `size` bytes are deleted; parts of shared pages are not counted."""
    whole, rest = divmod(size, CHUNK)
    return whole * _overflow(CHUNK) + (_overflow(rest) if rest else 0)


def free_bytes(database: Database) -> int:
    """Bytes that the file holds and does not need."""
    with database.read() as connection:
        return int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()) * PAGE_SIZE


def step(database: Database, pages: int) -> tuple[int, float]:
    """Give back up to `pages` free pages in one transaction; returns how many went and the seconds it held the file."""
    with database.write() as connection:
        started = time.perf_counter()
        driver: Any = connection.connection.dbapi_connection
        before = driver.execute("PRAGMA freelist_count").fetchone()[0]
        driver.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()  # to its end: a page goes with each row
        left = driver.execute("PRAGMA freelist_count").fetchone()[0]
    return before - left, time.perf_counter() - started  # with the commit, which waits for the disk


@dataclass(frozen=True)
class Compacted:
    """What it came to: bytes given back, and the longest step in seconds."""

    returned: int
    longest: float


def compact(database: Database, progress: Progress) -> Compacted:
    """Give all free pages back; raises `WorkStopped` when the end is asked for, and what went stays gone."""
    progress.begin("giving pages back", free_bytes(database))
    pages, since, longest = FIRST, 0, 0.0
    try:
        while True:
            went, seconds = making_room(database, partial(step, database, pages))
            longest = max(longest, seconds)
            progress.advance(went * PAGE_SIZE)
            if went < pages:
                return Compacted(progress.done, longest)
            pages = max(FEWEST, min(MOST, int(pages * min(2.0, AIM / max(seconds, 1e-4)))))
            since += went
            if since >= BETWEEN:
                database.checkpoint()
                since = 0
            progress.rest(seconds)
    finally:
        database.seal()  # the file itself becomes shorter when the log is brought into it


def _overflow(size: int) -> int:
    payload = size + HEAD
    if payload <= LOCAL:
        return 0
    local = LEAST + (payload - LEAST) % USABLE
    return -(-(payload - (local if local <= LOCAL else LEAST)) // USABLE)
