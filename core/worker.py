"""`step(now)`: the only place where providers meet storage. Knows no SQL and no widgets.

A step renews leases, moves every run under way on by one, and claims a new one if there is room. All that matters
is in the database between two steps, so the process may be killed at any moment.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from core import blobs, jobs, library
from core.database import Database
from core.errors import (
    DiskFull,
    LeaseLost,
    MediaRefused,
    PredictionFailed,
    PredictionLost,
    StorageBusy,
    StudioError,
    UnknownModel,
)
from core.jobs import Claim, Collected
from core.media import EXTENSIONS, Inspector
from core.providers import Prediction, Provider, Request
from core.scratch import Scratch

log = logging.getLogger(__name__)

BEAT: Final = timedelta(seconds=1)  # between two renewals of a lease
NOTE: Final = timedelta(milliseconds=250)  # between two records of a run's progress
WAIT: Final = timedelta(seconds=5)  # before a run is tried again that storage could not take
STUMBLE: Final = 2.0  # seconds after an unexpected error; less than a lease
GOODBYE: Final = 2.0  # seconds that the thread gets to end
REST: Final = timedelta(seconds=2)  # without work before the file is sealed
ATTEMPTS: Final = 20  # then a run that takes the studio down each time is given up
LOSSES: Final = 3  # of a prediction in one process before the run is given up
ACTIVE_PAUSE: Final = 0.1  # seconds between steps with runs under way
IDLE_PAUSE: Final = 0.5  # seconds between steps without: how soon work of other processes is seen


class Stopping(Exception):
    """The studio closes; whatever lasts must let go."""


class Canceled(Exception):
    """Somebody asked for the end of the run that is worked on."""


@dataclass
class Active:
    """A run under way in this process."""

    claim: Claim
    provider: Provider
    beat_at: datetime
    noted_at: datetime
    noted: tuple[float | None, str] = (None, "")
    cancel: bool = False
    losses: int = 0


@dataclass
class Worker:
    """Works the queue of one file with up to `concurrency` runs under way."""

    database: Database
    providers: Mapping[str, Provider]
    inspector: Inspector
    scratch: Scratch
    concurrency: int
    media_limit: int = 2**31  # bytes of one output
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self._active: dict[int, Active] = {}
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._worked_at: datetime | None = None
        self._now = datetime.min.replace(tzinfo=UTC)

    def step(self, now: datetime) -> bool:
        """Do what is due at `now`; returns whether runs are under way."""
        self._now = now
        for run in list(self._active.values()):
            self._guarded(run, self._now, self._advance)
        while len(self._active) < self.concurrency and self._begin(self._now):
            pass
        if self._active:
            self._worked_at = now
        elif self._worked_at is None or now - self._worked_at > REST:
            self.database.seal()
            self._worked_at = now
        return bool(self._active)

    def start(self) -> None:
        """Step in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._loop, name="worker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be work: do not wait for the next look."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread; runs under way are given back and go on at the next start."""
        self._stop.set()
        self._wake.set()
        self.database.hurry()
        if self._thread is not None:
            self._thread.join(GOODBYE)
        for run in list(self._active.values()):
            if not self._release(run, self.clock()):
                return  # the file is not to be had: leases run out by themselves

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                pause = ACTIVE_PAUSE if self.step(self.clock()) else IDLE_PAUSE
            except Stopping:
                return
            except StudioError as error:
                log.warning("%s", error.sentence)
                pause = STUMBLE
            except Exception:
                log.exception("The worker stumbled and goes on.")
                pause = STUMBLE
            self._wake.wait(pause)

    def _begin(self, now: datetime) -> bool:
        claim = jobs.claim(self.database, self.owner, now)
        if claim is None:
            return False
        provider = self.providers.get(claim.provider)
        if provider is None:
            jobs.fail(self.database, claim, UnknownModel(f"This studio has no provider '{claim.provider}'."), now)
            return True
        run = self._active[claim.id] = Active(claim, provider, now, now, cancel=claim.cancel_requested)
        self._guarded(run, now, self._advance)
        return True

    def _guarded(self, run: Active, now: datetime, act: Callable[[Active, datetime], None]) -> None:
        """Let `act` work on the run, and turn whatever it raises into a state with a sentence."""
        try:
            act(run, now)
        except Stopping:
            raise
        except Canceled:
            self._guarded(run, self._now, self._cancel)
        except LeaseLost:
            log.warning("Run %d went on elsewhere.", run.claim.id)
            self._drop(run)
        except (StorageBusy, DiskFull) as error:
            log.warning("Run %d waits: %s", run.claim.id, error.sentence)
            self._release(run, now + WAIT)
        except StudioError as error:
            self._fail(run, error, now)
        except Exception:
            log.exception("Run %d failed.", run.claim.id)
            self._fail(run, StudioError("Something went wrong inside the studio; its log has the details."), now)

    def _submit(self, run: Active, now: datetime) -> None:
        claim = run.claim
        if claim.attempts > ATTEMPTS:
            raise PredictionLost(f"The studio was interrupted {ATTEMPTS} times during this run. Run it again.")
        folder = self.scratch.keep(str(claim.id))
        files = {role: self._file(folder, role, media_id) for role, media_id in claim.inputs.items()}
        prediction = run.provider.submit(Request(claim.model, claim.version, claim.request, folder, files))
        run.claim = replace(claim, handle=prediction.handle)
        jobs.submitted(self.database, claim, prediction.handle)

    def _advance(self, run: Active, now: datetime) -> None:
        self._beat(run, now)
        handle = run.claim.handle
        if run.cancel:
            return self._cancel(run, now)
        if handle is None:
            return self._submit(run, now)
        try:
            prediction = run.provider.poll(handle)
        except PredictionLost:
            run.losses += 1
            if not run.provider.capabilities.repeatable or run.losses > LOSSES:
                raise
            return self._submit(run, now)
        self._follow(run, prediction, now)

    def _cancel(self, run: Active, now: datetime) -> None:
        if run.claim.handle is not None:
            run.provider.cancel(run.claim.handle)
        jobs.canceled(self.database, run.claim, now)
        self._drop(run)

    def _follow(self, run: Active, prediction: Prediction, now: datetime) -> None:
        if prediction.state == "succeeded":
            self._collect(run, prediction)
        elif prediction.state == "failed":
            self._note(run, prediction)
            raise PredictionFailed(prediction.error or "The provider gave no reason.")
        elif prediction.state == "canceled":
            jobs.canceled(self.database, run.claim, now)
            self._drop(run)
        elif now - run.noted_at >= NOTE and (prediction.progress, prediction.logs) != run.noted:
            self._note(run, prediction)
            run.noted_at = now

    def _note(self, run: Active, prediction: Prediction) -> None:
        jobs.progress(self.database, run.claim, prediction.progress, prediction.logs)
        run.noted = (prediction.progress, prediction.logs)

    def _collect(self, run: Active, prediction: Prediction) -> None:
        """Bring every output home and show them all at once."""

        def pulse() -> None:
            if self._stop.is_set():
                raise Stopping
            self._now = self.clock()  # a step may last; those after this run must not beat with an old time
            self._beat(run, self._now)
            for other in self._active.values():
                with suppress(LeaseLost):  # told again when it is its turn
                    self._beat(other, self._now)
            if run.cancel:
                raise Canceled

        collected = []
        for position, output in enumerate(prediction.outputs):
            with self.scratch.room() as room:
                path = room / "output"
                run.provider.fetch(output, path, pulse)
                self._require_size(path)
                found = self.inspector.inspect(path, pulse)
                media_id = jobs.receive(self.database, run.claim, position, found, output.url, self.clock())
                with path.open("rb") as file:
                    stored = blobs.write(self.database, media_id, file, pulse)
            collected.append(Collected(media_id, stored, found))
        if not collected:
            raise PredictionFailed("The run ended well but gave no picture or video.")
        jobs.finish(
            self.database,
            run.claim,
            collected,
            self.clock(),
            logs=prediction.logs,
            response=prediction.raw,
            metrics=prediction.metrics,
        )
        self._drop(run)

    def _require_size(self, path: Path) -> None:
        size = path.stat().st_size
        if size > self.media_limit:
            raise MediaRefused(f"The output has {size:,} bytes; the studio keeps up to {self.media_limit:,}.")

    def _file(self, folder: Path, role: str, media_id: int) -> Path:
        """An item's bytes as a file for the provider."""
        item = library.item(self.database, media_id)
        path = folder / f"input-{role}.{EXTENSIONS[item.mime]}"
        with path.open("wb") as file:
            for piece in blobs.read(self.database, item.id, 0, item.bytes):
                file.write(piece)
        return path

    def _beat(self, run: Active, now: datetime) -> None:
        if now - run.beat_at >= BEAT or now < run.beat_at:
            run.cancel = jobs.heartbeat(self.database, run.claim, now) or run.cancel
            run.beat_at = now

    def _fail(self, run: Active, error: StudioError, now: datetime) -> None:
        try:
            jobs.fail(self.database, run.claim, error, now)
        except LeaseLost:
            log.warning("Run %d went on elsewhere.", run.claim.id)
        self._drop(run)

    def _release(self, run: Active, until: datetime) -> bool:
        """Give the job back; returns whether that could be written. If not, its lease runs out by itself."""
        self._drop(run)
        try:
            jobs.postpone(self.database, run.claim, until)
        except StudioError as error:
            log.warning("Run %d is let go: %s", run.claim.id, error.sentence)
            return False
        return True

    def _drop(self, run: Active) -> None:
        self._active.pop(run.claim.id, None)
        if run.claim.handle is not None:
            run.provider.forget(run.claim.handle)
        self.scratch.drop(str(run.claim.id))
