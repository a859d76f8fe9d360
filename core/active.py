"""A run under way in this process, and what may interrupt the work on it."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.jobs import Claim
from core.providers import Provider


class Stopping(Exception):
    """The studio closes; whatever lasts must let go."""


class Canceled(Exception):
    """Somebody asked for the end of the run that is worked on."""


@dataclass
class Active:
    """A run under way in this process. `call` is what is being done for it away from the worker's thread."""

    claim: Claim
    provider: Provider
    beat_at: datetime
    since: datetime
    look_at: datetime
    cancel: bool = False
    cancel_sent: datetime | None = None
    noted: tuple[float | None, str] = (None, "")
    noted_at: datetime | None = None
    losses: int = 0
    trouble: int = 0  # passing errors in a row
    asking: bool = False  # whether `call` is a request that creates a prediction
    call: "Future[Any] | None" = None
    then: Callable[["Active", "Future[Any]", datetime], None] | None = None

    @property
    def paid(self) -> bool:
        """Whether a second prediction would cost a second time."""
        return not self.provider.capabilities.repeatable
