"""A safe fetch to a temporary file: checked addresses, a cap, a deadline, and going on after a break.

Knows neither database nor the meaning of the file. What `fetch` returns arrived whole, as far as its host said how
long it is: a body with neither length nor chunks may have been cut, which only decoding it can tell. After any failure
there is no file.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.downloads.addresses import Resolve, admit
from core.downloads.exchange import Line, trusted
from core.downloads.transfer import Fetched, Policy, Transfer
from core.errors import DownloadFailed

__all__ = ["Downloader", "Fetched", "Policy"]

TICK: Final = 1.0  # seconds between two beats of a waiting caller's pulse
FAREWELL: Final = 0.5  # seconds for a thread to notice that its line was cut


def _nothing() -> None:
    """The pulse of a caller that has none."""


class Downloader:
    """Fetches for any number of threads at once."""

    def __init__(
        self,
        policy: Policy,
        *,
        resolve: Resolve = socket.getaddrinfo,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._resolve = resolve
        self._clock = clock
        self._pause = pause
        self._now = now
        self._trust = trust or trusted()
        self._lines: set[Line] = set()

    def fetch(
        self, url: str, target: Path, pulse: Callable[[], None] = _nothing, *, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """Bring what is at `url` to the file `target`; `headers` go to the first host alone.

        `pulse` is called about once a second, also while nothing arrives, and may raise to give up. Raises
        `AddressRefused`, `DownloadTooLarge`, `OutputExpired`, `DiskFull` or, for all else, `DownloadFailed`.
        """
        line = Line()
        self._lines.add(line)
        try:
            address = admit(url, self._policy.hosts, self._policy.local)
            transfer = Transfer(
                address,
                target,
                headers or {},
                policy=self._policy,
                line=line,
                trust=self._trust,
                resolve=self._resolve,
                pause=self._pause or line.wait,
                now=self._now,
            )
            return self._watched(transfer, line, pulse)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        finally:
            self._lines.discard(line)

    def close(self) -> None:
        """Give up whatever is being fetched."""
        for line in self._lines.copy():
            line.cut()

    def _watched(self, transfer: Transfer, line: Line, pulse: Callable[[], None]) -> Fetched:
        """The transfer's result; it runs in a thread of its own, for much of what it waits for has no deadline."""
        deadline = self._clock() + self._policy.seconds
        pulse()
        future = _started(transfer.run)
        try:
            while not wait([future], min(TICK, max(0.0, deadline - self._clock()))).done:
                pulse()
                if self._clock() >= deadline:
                    raise DownloadFailed(
                        f"The {transfer.label} did not arrive within {self._policy.seconds:g} seconds. "
                        "Run it again; if it happens often, the network or the host is too slow."
                    )
            return future.result()
        except BaseException:
            line.cut()
            wait([future], FAREWELL)
            raise


def _started(work: Callable[[], Fetched]) -> "Future[Fetched]":
    """The result to come of `work`, in a thread that does not keep the process from ending."""
    future: Future[Fetched] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="download", daemon=True).start()
    return future
