"""Where a short read runs: in the event loop while what is read is in the system's cache, in a thread while it is not.

A read in the loop costs a tenth of one in a thread, but where the disk has to be waited for it holds up everybody. So
the loop tries, and after a slow read leaves reading to threads for a while: longer each time that it was slow again.
At most one read in a rest is slow in the loop, and a read is 256 KiB at most.
"""

import time
from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from core.database import Database

P = ParamSpec("P")
T = TypeVar("T")
Read = Callable[Concatenate[Database, P], T]

SLOW: Final = 0.008  # seconds; a read of 256 KiB takes 0.04 ms from the cache, and a busy thread keeps the GIL for 5 ms
REST: Final = 0.5  # seconds that threads read after the first slow read
LONGEST_REST: Final = 8.0


class Pace:
    """Chooses for all answers of one server; used from its event loop alone."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
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
            ended = self._clock()
            if ended - began > SLOW:
                self._slow(began, ended)

    def _slow(self, began: float, ended: float) -> None:
        again = began - self._threads_until < self._rest
        self._rest = min(self._rest * 2, LONGEST_REST) if again else REST
        self._threads_until = ended + self._rest
