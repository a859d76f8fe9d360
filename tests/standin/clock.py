"""The stand-in's own time: the real clock plus an offset that tests move, or a clock that stands still."""

import asyncio
import math
import threading
import time
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970 as the stand-in sees them; `speed` shortens what models take, never the clock itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0
        self._still: float | None = None

    def now(self) -> float:
        """Seconds since 1970, with microseconds."""
        with self._lock:
            return self._still if self._still is not None else time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        with self._lock:
            self._offset += seconds
            if self._still is not None:
                self._still += seconds

    def freeze(self, frozen: bool) -> None:
        """Stop the clock at a whole millisecond, or let it run on: real time plus what was advanced."""
        current = math.floor(self.now() * 1000) / 1000
        with self._lock:
            self._still = current if frozen else None

    def reset(self) -> None:
        """Back to the real time."""
        with self._lock:
            self._offset, self._still = 0.0, None

    @property
    def frozen(self) -> bool:
        """Whether time passes by `advance` alone."""
        return self._still is not None


class Pulse:
    """Wakes coroutines of the server's loop when anything changed; `fire` may be called from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self.count = 0  # of wakings; take it before looking, give it to `wait`, and no change is missed

    def bind(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Say which loop the waiting coroutines run in."""
        self._loop = loop

    def fire(self) -> None:
        """Wake everybody who waits now."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self.count += 1
        for future in list(self._waiting):
            if not future.done():
                future.set_result(None)

    async def wait(self, seconds: float | None, since: int | None = None) -> None:
        """Until the next `fire`, but no longer than these real seconds; not at all if one came `since`."""
        if since not in (None, self.count):
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait([future], timeout=None if seconds is None else max(0.0, seconds))
        finally:
            self._waiting.discard(future)


def stamp(seconds: float, digits: int = 6) -> str:
    """ISO 8601 in UTC with so many fraction digits; the service has been seen with 3, 4, 6 and 9."""
    moment = datetime.fromtimestamp(round(seconds, 6), UTC)
    fraction = f"{moment.microsecond:06d}134"[:digits]
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}Z"


def parse(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 time; raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
