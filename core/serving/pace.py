"""Where a short read runs: in the event loop while what is read is in the system's cache, in a thread while it is not.

A read in the loop saves the way to a thread and back, but where the disk has to be waited for it holds up everybody. So
the loop tries, and after a slow read leaves reading to threads for a while: longer each time that it was slow again.
At most one read in a rest is slow in the loop, and a read is 1 MiB at most.
"""

import importlib
import time
from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from core.database import Database

P = ParamSpec("P")
T = TypeVar("T")
Read = Callable[Concatenate[Database, P], T]

SLOW: Final = 0.005  # seconds; 1 MiB from the system's cache takes 0.15 ms
STUCK: Final = 0.1  # seconds after which it does not matter what was waited for
REST: Final = 0.5  # seconds that threads read after the first slow read
LONGEST_REST: Final = 8.0


def blocks_read() -> int | None:
    """Blocks that this thread has had fetched from disks so far; None where the system does not tell."""
    try:
        resource = importlib.import_module("resource")
        return int(resource.getrusage(resource.RUSAGE_THREAD).ru_inblock)
    except (ImportError, AttributeError):  # Windows, macOS
        return None


class Pace:
    """Chooses for all answers of one server; used from its event loop alone.

    `blocks` tells reads that waited for the disk from those that waited for a processor or for Python's lock.
    """

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, blocks: Callable[[], int | None] = blocks_read
    ) -> None:
        self._clock = clock
        self._blocks = blocks
        self._seen: int | None = 0
        self._threads_until = float("-inf")
        self._rest = REST

    @property
    def quick(self) -> bool:
        """Whether the loop reads by itself just now."""
        return self._clock() >= self._threads_until

    async def run(self, read: Read[P, T], database: Database, *arguments: P.args, **named: P.kwargs) -> T:
        """What `read(database, ...)` returns."""
        began = self._clock()
        if began < self._threads_until or database.exclusive:  # the one connection may have to be waited for
            return await run_in_threadpool(read, database, *arguments, **named)
        try:
            return read(database, *arguments, **named)
        finally:
            took = self._clock() - began
            if took > SLOW and (self._disk() or took > STUCK):
                self._leave_it(began, began + took)

    def _disk(self) -> bool:
        """Whether the loop's thread had anything fetched from a disk since this was asked last."""
        before, self._seen = self._seen, self._blocks()
        return before is None or self._seen is None or self._seen > before

    def _leave_it(self, began: float, ended: float) -> None:
        again = began - self._threads_until < self._rest
        self._rest = min(self._rest * 2, LONGEST_REST) if again else REST
        self._threads_until = ended + self._rest
