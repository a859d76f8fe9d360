"""Progress on a terminal: one line that changes, or now and then a line where nobody watches."""

import time
from collections.abc import Callable
from typing import Final, TextIO

from core.upgrade.report import size_words

OFTEN: Final = 0.1  # seconds between two changes of the line
SELDOM: Final = 10.0  # seconds between two lines in a log
WIDTH: Final = 78


class Telling:
    """Writes to `stream`; a stream that is gone is no reason to stop."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._watched = stream.isatty()
        self._next = 0.0
        self._began = 0.0
        self._open = False

    def say(self, line: str) -> None:
        """A line that stays."""
        self._write(f"\r{'':{WIDTH}}\r{line}\n" if self._open else f"{line}\n")
        self._open = False

    def begin(self, line: str) -> None:
        """A new stage."""
        self.say(line)
        self._began = self._clock()
        self._next = self._began + (OFTEN if self._watched else SELDOM)

    def progress(self, done: int, of: int, size: int, *, since: int = 0) -> None:
        """So many rows of all, and so many bytes; `since` is where this stage began."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + (OFTEN if self._watched else SELDOM)
        seconds = (now - self._began) / max(done - since, 1) * (of - done)
        line = f"  {done:,} of {of:,} rows, {size_words(size)}{_left(seconds)}"
        self._write(f"\r{line:{WIDTH}}" if self._watched else f"{line}\n")
        self._open = self._watched

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._watched = False


def _left(seconds: float) -> str:
    if seconds < 10:
        return ""
    return f", about {seconds / 60:.0f} min left" if seconds > 90 else f", about {seconds:.0f} s left"
