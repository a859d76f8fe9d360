"""How far a long work is: written by the thread that works, read by whoever shows it, who may ask it to end."""

import threading
from dataclasses import dataclass, field

from core.errors import WorkStopped


@dataclass
class Progress:
    """`done` of `total`, in any unit; `total` 0: it cannot be told how much there is. `words` says what is done now."""

    words: str = ""
    done: int = 0
    total: int = 0
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask for the end; the work ends at its next step."""
        self._stop.set()

    def begin(self, words: str, total: int = 0) -> None:
        """A new part of the work begins."""
        self.words, self.done, self.total = words, 0, total
        self.check()

    def advance(self, amount: int = 0) -> None:
        """So much more is done; raises `WorkStopped` when somebody asked for the end."""
        self.done += amount
        self.check()

    def check(self) -> None:
        """Raise `WorkStopped` when somebody asked for the end."""
        if self._stop.is_set():
            raise WorkStopped("Stopped as you asked. Nothing was lost; it can be started again.")

    def rest(self, seconds: float) -> None:
        """Let others work, unless the end is asked for."""
        self._stop.wait(seconds)
        self.check()
