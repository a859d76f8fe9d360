"""Read-only mode: after the disk failed at a write nothing is written for a while, and pages say so.

What was being written when a disk fails is in doubt, so no write follows on its heels; then one at a time tries whether
the disk is well again. Reading goes on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from core.errors import DiskFailed

AGAIN: Final = 10.0  # seconds without a write after one that failed


class ReadOnly:
    """The mode of one open file. Used by whoever holds the writer, one at a time; `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._try_at = 0.0
        self.why: str | None = None  # a sentence while the mode is on

    @property
    def due(self) -> bool:
        """Whether the mode is on, and the time has come to try a write."""
        return self.why is not None and self._clock() >= self._try_at

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around a write: raises `DiskFailed` at once while none may be tried; the next success ends the mode."""
        if self.why is not None and not self.due:
            raise DiskFailed(self.why)
        try:
            yield
        except DiskFailed as error:
            self.why, self._try_at = error.sentence, self._clock() + AGAIN
            raise
        self.why = None
