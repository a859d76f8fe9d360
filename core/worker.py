"""`step(now)`: the only place where providers meet storage. Knows no SQL and no widgets.

A step renews leases, moves every run under way on by one, and claims new ones where there is room; what takes long
is done away from it. All that matters is in the database between two steps, so the process may be killed at any moment.
"""

import logging
import os
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from core import jobs
from core.active import Active, Canceled, Stopping
from core.away import Away, in_thread
from core.course import SETTLE, Course
from core.database import Database
from core.delivery import Delivery
from core.errors import (
    BudgetReached,
    DiskFull,
    LeaseLost,
    SecretElsewhere,
    StorageBusy,
    StudioError,
    UnknownModel,
)
from core.media import Inspector
from core.providers import Provider
from core.scratch import Scratch

log = logging.getLogger(__name__)

BEAT: Final = timedelta(seconds=1)  # between two renewals of a lease
WAIT: Final = timedelta(seconds=5)  # before a run is tried again that storage could not take
BUDGET_WAIT: Final = timedelta(seconds=5)  # before the budget is looked at again
STUMBLE: Final = 2.0  # seconds after an unexpected error; less than a lease
GOODBYE: Final = 2.0  # seconds that the thread gets to end, and then requests that are under way
REST: Final = timedelta(seconds=2)  # without work before the file is sealed
ACTIVE_PAUSE: Final = 0.1  # seconds between steps with runs under way
ERRANDS: Final = timedelta(seconds=30)  # between two rounds of what is not a run
IDLE_PAUSE: Final = 0.5  # seconds between steps without: how soon work of other processes is seen


@dataclass
class Worker:
    """Works the queue of one file; each provider says how many of its runs may be under way."""

    database: Database
    providers: Mapping[str, Provider]
    inspector: Inspector
    scratch: Scratch
    media_limit: int = 2**31  # bytes of one output
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}")
    away: Away = in_thread
    reach: Callable[[str], None] = lambda _step: None
    secrets: Callable[[int], Mapping[str, str]] = lambda _run: {}
    errands: Sequence[Callable[[datetime], bool]] = ()  # a small thing each now and then; whether there is more
    settle: timedelta = SETTLE  # in which a request that went out may still become a prediction
    shortage: Callable[[], str | None] = lambda: None  # why no new work may begin

    def __post_init__(self) -> None:
        self._active: dict[int, Active] = {}
        self._hints: set[int] = set()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._worked_at: datetime | None = None
        self.stepped_at: datetime | None = None  # when the last step ended well, or the thread began
        self._errands_at: datetime | None = None
        self._unfinished: list[Callable[[datetime], bool]] = []
        reach, clock, away = lambda step: self.reach(step), lambda: self.clock(), lambda work: self.away(work)
        delivery = Delivery(self.database, self.inspector, self.scratch, clock, self._stop, reach, self.media_limit)
        self._course = Course(
            self.database,
            self.scratch,
            delivery,
            away,
            self._drop,
            reach,
            self.secrets,
            self.settle,
        )

    def step(self, now: datetime) -> bool:
        """Do what is due at `now`; returns whether there is more to do soon."""
        self._course.crowd = len(self._active)
        while self._hints:
            if run := self._active.get(self._hints.pop()):
                run.look_at = min(run.look_at, now)
        for run in list(self._active.values()):
            self._guarded(run, now, self._advance)
        while self._begin(now):
            pass
        if self._active:
            self._worked_at = now
        elif self._worked_at is None or now - self._worked_at > REST:
            self.database.seal()
            self._worked_at = now
        more = self._run_errands(now)
        self.stepped_at = now
        return more or bool(self._active)

    def start(self) -> None:
        """Step in a thread of its own until `stop`."""
        self.stepped_at = self.clock()
        self._thread = threading.Thread(target=self._loop, name="worker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be work: do not wait for the next look."""
        self._wake.set()

    def hint(self, generation_id: int) -> None:
        """There may be news of this run at its provider."""
        self._hints.add(generation_id)
        self.wake()

    def stop(self) -> None:
        """End the thread; runs under way are given back and go on at the next start."""
        self._stop.set()
        self._wake.set()
        self.database.hurry()
        if self._thread is not None:
            self._thread.join(GOODBYE)
        self._await_requests()
        for run in list(self._active.values()):
            if not self._release(run, self.clock()):
                return  # the file is not to be had: leases run out by themselves

    def _await_requests(self) -> None:
        """The answer to a request that is paid for is worth a short wait; if it stays away the next start finds it."""
        asking = [run for run in self._active.values() if run.asking and run.call is not None]
        wait([run.call for run in asking if run.call], timeout=GOODBYE)
        for run in asking:
            if run.call is not None and run.call.done():
                self._guarded(run, self.clock(), self._course.settle)

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                pause = ACTIVE_PAUSE if self.step(self.clock()) else IDLE_PAUSE
            except StudioError as error:
                log.warning("%s", error.sentence)
                pause = STUMBLE
            except Exception:
                log.exception("The worker stumbled and goes on.")
                pause = STUMBLE
            self._wake.wait(pause)

    def _run_errands(self, now: datetime) -> bool:
        """A round of all, if it is time for one, or of those with more to do; returns whether there is more at once."""
        if self._stop.is_set():
            return False
        if self._errands_at is None or abs(now - self._errands_at) >= ERRANDS:
            self._errands_at, self._unfinished = now, list(self.errands)
        self._unfinished = [errand for errand in self._unfinished if self._run_errand(errand, now)]
        return bool(self._unfinished)

    def _run_errand(self, errand: Callable[[datetime], bool], now: datetime) -> bool:
        try:
            return errand(now)
        except StudioError as error:
            log.warning("%s", error.sentence)
            return False

    def _begin(self, now: datetime) -> bool:
        busy = Counter(run.provider.name for run in self._active.values())
        full = [name for name, one in self.providers.items() if busy[name] >= one.capabilities.concurrency]
        if self._stop.is_set() or len(full) == len(self.providers) > 0:
            return False
        if why := self.shortage():
            jobs.hold_queued(self.database, now, now + WAIT, why)
        claim = jobs.claim(self.database, self.owner, now, full=full)
        if claim is None:
            return False
        provider = self.providers.get(claim.provider)
        if provider is None:
            jobs.fail(self.database, claim, UnknownModel(f"This studio has no provider '{claim.provider}'."), now)
            return True
        run = Active(claim, provider, beat_at=now, since=now, look_at=now, cancel=claim.cancel_requested)
        self._active[claim.id] = run
        self._guarded(run, now, self._advance)
        return True

    def _advance(self, run: Active, now: datetime) -> None:
        if now - run.beat_at >= BEAT or now < run.beat_at:
            run.cancel = jobs.heartbeat(self.database, run.claim, now) or run.cancel
            run.beat_at = now
        self._course.advance(run, now)

    def _guarded(self, run: Active, now: datetime, act: Callable[[Active, datetime], None]) -> None:
        """Let `act` work on the run, and turn whatever it raises into a state with a sentence."""
        try:
            try:
                act(run, now)
            except Canceled:
                self._course.advance(run, now)
            except StudioError as error:
                self._course.hold(run, error, now)
        except Stopping:
            return
        except LeaseLost:
            log.warning("Run %d went on elsewhere.", run.claim.id)
            self._drop(run)
        except (StorageBusy, DiskFull, SecretElsewhere) as error:
            log.warning("Run %d waits: %s", run.claim.id, error.sentence)
            self._release(run, now + WAIT, error.sentence)
        except BudgetReached as error:
            self._release(run, now + BUDGET_WAIT, error.sentence, jobs.hold_back)
        except StudioError as error:
            self._fail(run, error, now)
        except Exception:
            log.exception("Run %d failed.", run.claim.id)
            self._fail(run, StudioError("Something went wrong inside the studio; its log has the details."), now)

    def _fail(self, run: Active, error: StudioError, now: datetime) -> None:
        try:
            jobs.fail(self.database, run.claim, error, now)
        except LeaseLost:
            log.warning("Run %d went on elsewhere.", run.claim.id)
        self._drop(run)

    def _release(
        self, run: Active, until: datetime, why: str | None = None, give_back: Callable[..., None] = jobs.postpone
    ) -> bool:
        """Give the job back; returns whether that could be written. If not, its lease runs out by itself."""
        self._drop(run)
        try:
            give_back(self.database, run.claim, until, why)
        except StudioError as error:
            log.warning("Run %d is let go: %s", run.claim.id, error.sentence)
            return False
        return True

    def _drop(self, run: Active) -> None:
        self._active.pop(run.claim.id, None)
        if run.claim.handle is not None:
            run.provider.forget(run.claim.handle)
        with suppress(OSError):
            self.scratch.drop(str(run.claim.id))
