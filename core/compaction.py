"""Giving space back: free pages leave the file a few at a time, while the studio is in use.

Each step is a short transaction that adapts its size to the time it takes, and then lets others write for as long.
VACUUM would hold the file for as long as it copies it, and needs the same room once more; it is never used.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from core.blobs import CHUNK
from core.database import Database
from core.errors import StudioError
from core.room import making_room
from core.sqlite import PAGE_SIZE

AIM: Final = 0.04  # seconds that a step should hold the file; the promise is 0.1
FIRST, FEWEST, MOST = 64, 32, 128  # pages of a step; most of it is the commit's wait for the disk, fewer gain nothing
BETWEEN: Final = 256  # pages after which the log is brought into the file, or a writer would have to bring it all
USABLE: Final = PAGE_SIZE - 4  # bytes of an overflow page, https://sqlite.org/fileformat2.html#ovflpgs
LOCAL: Final = PAGE_SIZE - 35  # bytes of a row that stay in its leaf, at most
LEAST: Final = (PAGE_SIZE - 12) * 32 // 255 - 23
HEAD: Final = 12  # bytes before the data in a row of chunks
GOODBYE: Final = 5.0  # seconds that a step under way gets to end


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
class State:
    """How far it is, in bytes; `error` is a sentence. `longest` is the longest step in seconds."""

    running: bool = False
    returned: int = 0
    total: int = 0
    longest: float = 0.0
    canceled: bool = False
    error: str | None = None


def compact(
    database: Database, stopped: Callable[[], bool], told: Callable[[State], None], rest: Callable[[float], object]
) -> State:
    """Give all free pages back, until `stopped` says so. `told` hears how far it is; `rest` waits so many seconds."""
    state, pages, since = State(running=True, total=free_bytes(database)), FIRST, 0
    while not stopped():
        went, seconds = making_room(database, partial(step, database, pages))
        state = replace(state, returned=state.returned + went * PAGE_SIZE, longest=max(state.longest, seconds))
        state = replace(state, total=max(state.total, state.returned))
        told(state)
        if went < pages:
            break
        pages = max(FEWEST, min(MOST, int(pages * min(2.0, AIM / max(seconds, 1e-4)))))
        since += went
        if since >= BETWEEN:
            database.checkpoint()
            since = 0
        rest(seconds)
    database.seal()  # the file itself becomes shorter when the log is brought into it
    state = replace(state, running=False, canceled=stopped())
    told(state)
    return state


class Compactor:
    """One compaction at a time, in a thread of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self.state = State()

    def start(self) -> None:
        """Begin, unless it is under way already."""
        with self._turn:
            if self._thread is not None and self._thread.is_alive():
                return
            self._stop.clear()
            self.state = State(running=True, total=free_bytes(self._database))
            self._thread = threading.Thread(target=self._run, name="compaction", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Stop after the step under way; what was given back stays given."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and wait for the step under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(GOODBYE)

    def _run(self) -> None:
        try:
            compact(self._database, self._stop.is_set, self._tell, self._stop.wait)
        except StudioError as error:
            self.state = replace(self.state, running=False, error=error.sentence)

    def _tell(self, state: State) -> None:
        self.state = state


def _overflow(size: int) -> int:
    payload = size + HEAD
    if payload <= LOCAL:
        return 0
    local = LEAST + (payload - LEAST) % USABLE
    return -(-(payload - (local if local <= LOCAL else LEAST)) // USABLE)
