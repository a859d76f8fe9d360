"""The worker by single steps, with time as an argument, against a provider that gives queued answers."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import jobs, library, search
from core.away import at_once
from core.blobs import read
from core.course import ATTEMPTS
from core.database import Database
from core.errors import DiskFull, PredictionLost, StorageBusy
from core.jobs import LEASE
from core.media import Inspector
from core.providers import Capabilities, Known, Model, Output, Prediction, Request
from core.providers.sketch import STILL
from core.scratch import Scratch
from core.worker import WAIT, Worker
from tests.factories import picture, run

SECOND = timedelta(seconds=1)


class Scripted:
    """A provider whose predictions go as its script says: states, or exceptions to raise."""

    name = "sketch"

    def __init__(self, folder: Path, *script: Any, repeatable: bool = True) -> None:
        self.capabilities = Capabilities(cancel=True, repeatable=repeatable, concurrency=2)
        self.script = list(script)
        self.folder = folder
        self.submitted: list[Request] = []
        self.canceled: list[str] = []
        self.forgotten: list[str] = []
        self.known: set[str] = set()
        self.data = picture()
        self.prefix = ""

    def models(self) -> Sequence[Model]:
        return (STILL,)

    def describe(self, model: str) -> Model:
        return STILL

    def understand(self, model: str, raw: Any) -> Model:
        return STILL

    def size(self, model: str, inputs: Any) -> tuple[int, int]:
        return (64, 48)

    def find(self, request: Request, since: datetime, known: Known) -> Prediction | None:
        return None

    def recall(self, raw: Any) -> Prediction:
        if self.capabilities.repeatable:
            raise PredictionLost("The provider does not know it.")
        return Prediction("handle", "succeeded", outputs=[Output("0")], raw=raw)

    def submit(self, request: Request) -> Prediction:
        self.submitted.append(request)
        handle = f"{self.prefix}handle-{len(self.submitted)}"
        self.known.add(handle)
        return Prediction(handle, "starting")

    def poll(self, handle: str) -> Prediction:
        if handle not in self.known:
            raise PredictionLost("The provider does not know it.")
        step = self.script.pop(0) if self.script else "succeeded"
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            return Prediction(handle, "processing", step, f"at {step}")
        outputs = [Output(str(n)) for n in range(1)] if step == "succeeded" else []
        return Prediction(handle, step, 1.0, "log", outputs, "It says no." if step == "failed" else None, raw={"a": 1})

    def cancel(self, handle: str) -> None:
        self.canceled.append(handle)

    def fetch(self, output: Output, target: Path, pulse: Callable[[], None]) -> None:
        target.write_bytes(self.data)

    def forget(self, handle: str) -> None:
        self.forgotten.append(handle)
        if self.capabilities.repeatable:
            self.known.discard(handle)

    def warm(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    made = Scratch(tmp_path)
    yield made
    made.close()


@pytest.fixture
def worker_of(database: Database, inspector: Inspector, scratch: Scratch) -> Callable[[Scripted], Worker]:
    return lambda provider: Worker(database, {"sketch": provider}, inspector, scratch, away=at_once)


def steps(worker: Worker, now: datetime, seconds: int = 12) -> datetime:
    """Step once each half second."""
    for _ in range(seconds * 2):
        worker.clock = lambda: now  # noqa: B023
        worker.step(now)
        now += SECOND / 2
    return now


def row(database: Database) -> dict[str, Any]:
    return jobs.recent(database)[0]


WorkerOf = Callable[[Scripted], Worker]


def test_a_run_goes_from_queue_to_library(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path, scratch: Scratch
) -> None:
    provider = Scripted(tmp_path, 0.2, 0.6, "succeeded")
    jobs.enqueue(database, "batch", [run()], now)
    steps(worker_of(provider), now)
    (hit,) = search.page(database).hits
    item = library.item(database, hit.id)
    assert b"".join(read(database, item.id, 0, item.bytes)) == provider.data
    assert item.recipe is not None
    assert (item.recipe.status, item.recipe.response, item.recipe.logs) == ("succeeded", {"a": 1}, "log")
    assert len(provider.submitted) == 1
    assert provider.known == set()
    assert [child.name for child in scratch.folder.iterdir()] == ["lock"]


def test_progress_is_kept_while_it_runs(database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path) -> None:
    jobs.enqueue(database, "batch", [run()], now)
    worker = worker_of(Scripted(tmp_path, 0.2, 0.4, 0.6))
    steps(worker, now, 2)
    assert row(database)["progress"] == 0.6
    assert row(database)["logs"] == "at 0.6"


def test_two_runs_are_under_way_at_a_time(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    provider = Scripted(tmp_path, *[0.1] * 100)
    jobs.enqueue(database, "batch", [run()] * 5, now)
    steps(worker_of(provider), now, 2)
    assert len(provider.submitted) == 2
    assert jobs.counts(database)["queued"] == 3


def test_failure_is_a_state_with_a_sentence(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    jobs.enqueue(database, "batch", [run()], now)
    steps(worker_of(Scripted(tmp_path, 0.3, "failed")), now)
    assert (row(database)["status"], row(database)["error"]) == ("failed", "It says no.")
    assert row(database)["error_code"] == "prediction_failed"


def test_bad_output_is_a_failure_with_its_reason(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    provider = Scripted(tmp_path, "succeeded")
    provider.data = b"<html>not found</html>"
    jobs.enqueue(database, "batch", [run()], now)
    steps(worker_of(provider), now)
    assert row(database)["status"] == "failed"
    assert "text/html" in row(database)["error"]
    assert search.count(database) == 0


def test_an_unexpected_error_is_one_calm_sentence(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    jobs.enqueue(database, "batch", [run()], now)
    steps(worker_of(Scripted(tmp_path, ZeroDivisionError("secret detail"))), now)
    assert "Something went wrong" in row(database)["error"]
    assert "secret" not in row(database)["error"]


def test_cancel_reaches_the_provider(database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path) -> None:
    provider = Scripted(tmp_path, *[0.1] * 100)
    (generation_id,) = jobs.enqueue(database, "batch", [run()], now)
    worker = worker_of(provider)
    later = steps(worker, now, 1)
    jobs.cancel(database, generation_id, later)
    steps(worker, later, 2)
    assert row(database)["status"] == "canceled"
    assert provider.canceled == ["handle-1"]
    assert worker.step(later + 10 * SECOND) is False


def test_after_a_crash_the_prediction_is_polled_again(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    provider = Scripted(tmp_path, 0.1, 0.2, "succeeded", repeatable=False)
    jobs.enqueue(database, "batch", [run()], now)
    worker_of(provider).step(now)  # and is never heard of again
    steps(worker_of(provider), now + SECOND)
    assert row(database)["status"] == "succeeded"
    assert len(provider.submitted) == 1


def test_a_lost_prediction_is_made_anew_only_where_that_is_free(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    for repeatable, status in ((True, "succeeded"), (False, "failed")):
        provider = Scripted(tmp_path, repeatable=repeatable)
        jobs.enqueue(database, "batch", [run()], now)
        worker_of(provider).step(now)
        provider.known.clear()
        steps(worker_of(provider), now + LEASE, 30)
        assert row(database)["status"] == status
        assert len(provider.submitted) == (2 if repeatable else 1)
        now += 60 * SECOND


def test_a_run_that_takes_the_studio_down_is_given_up(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    provider = Scripted(tmp_path, *[0.1] * 100)
    jobs.enqueue(database, "batch", [run()], now)
    for _ in range(ATTEMPTS + 1):
        provider.known.clear()
        worker_of(provider).step(now)
        now += LEASE
    assert row(database)["status"] == "failed"
    assert "interrupted" in row(database)["error"]


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("error", [DiskFull("The disk is full."), StorageBusy("Busy.")])
def test_a_run_waits_while_storage_cannot_take_it(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path, error: Exception, repeatable: bool
) -> None:
    provider = Scripted(tmp_path, error, repeatable=repeatable)
    jobs.enqueue(database, "batch", [run()], now)
    worker = worker_of(provider)
    worker.step(now)
    worker.step(now + SECOND)
    assert row(database)["status"] == "running"
    steps(worker, now + SECOND + WAIT)
    assert row(database)["status"] == "succeeded"
    assert len(provider.submitted) == (2 if repeatable else 1)


def test_an_unknown_provider_fails_its_run(
    database: Database, now: datetime, inspector: Inspector, scratch: Scratch
) -> None:
    jobs.enqueue(database, "batch", [run()], now)
    Worker(database, {}, inspector, scratch).step(now)
    assert row(database)["error"] == "This studio has no provider 'sketch'."


def test_two_workers_on_one_file_do_each_run_once(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    providers = [Scripted(tmp_path), Scripted(tmp_path)]
    providers[1].prefix = "other-"
    jobs.enqueue(database, "batch", [run()] * 12, now)
    workers = [worker_of(provider) for provider in providers]
    for turn in range(40):
        steps(workers[turn % 2], now + turn * SECOND / 2, 1)
    assert search.count(database) == 12
    assert sum(len(provider.submitted) for provider in providers) == 12


def test_a_resting_worker_seals_the_file(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    from shutil import copy

    from core.database import open_database

    jobs.enqueue(database, "batch", [run()], now)
    steps(worker_of(Scripted(tmp_path)), now, 10)
    copy(database.path, tmp_path / "copy.db")
    alone = open_database(tmp_path / "copy.db")
    assert search.count(alone) == 1
    alone.close()


def test_stopping_gives_runs_back(database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path) -> None:
    jobs.enqueue(database, "batch", [run()], now)
    worker = worker_of(Scripted(tmp_path, *[0.1] * 1000))
    worker.start()
    started = threading.Event()
    for _ in range(200):
        if row(database)["status"] == "running":
            break
        started.wait(0.02)
    worker.stop()
    after = jobs.claim(database, "next", worker.clock())
    assert after is not None
    assert after.attempts == 1


def until(done: Callable[[], bool], work: Callable[[], object], seconds: float = 20) -> None:
    """Do `work` again and again until `done`."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        work()
        time.sleep(0.01)


def test_a_long_fetch_keeps_leases_and_does_not_hold_up_others(
    database: Database, now: datetime, inspector: Inspector, scratch: Scratch, tmp_path: Path
) -> None:
    provider, begun, go_on = Scripted(tmp_path), threading.Event(), threading.Event()

    def fetch(output: Output, target: Path, pulse: Callable[[], None]) -> None:
        target.write_bytes(provider.data)
        if not begun.is_set():
            begun.set()
            go_on.wait(20)

    provider.fetch = fetch  # type: ignore[method-assign]
    worker = Worker(database, {"sketch": provider}, inspector, scratch)
    slow, quick = jobs.enqueue(database, "batch", [run(), run()], now)
    status = {}

    def work() -> None:
        worker.step(now)
        status.update({row["id"]: row["status"] for row in jobs.recent(database)})

    until(begun.is_set, work)
    late = now + LEASE * 3
    for second in range(int(LEASE.total_seconds()) * 3):
        worker.step(now + second * SECOND)
    assert jobs.claim(database, "other", late) is None
    until(lambda: status.get(quick) == "succeeded", work)
    assert status[slow] == "running"
    go_on.set()
    until(lambda: status[slow] == "succeeded", work)


def test_a_canceled_run_is_never_submitted(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    provider = Scripted(tmp_path)
    (generation_id,) = jobs.enqueue(database, "batch", [run()], now)
    assert jobs.claim(database, "crashed", now) is not None
    jobs.cancel(database, generation_id, now)
    steps(worker_of(provider), now + LEASE)
    assert row(database)["status"] == "canceled"
    assert provider.submitted == []


def test_cancel_is_heard_while_collecting(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    provider = Scripted(tmp_path, "succeeded")
    (generation_id,) = jobs.enqueue(database, "batch", [run()], now)
    worker = worker_of(provider)
    worker.step(now)

    def fetch(output: Output, target: Path, pulse: Callable[[], None]) -> None:
        jobs.cancel(database, generation_id, now)
        worker._active[generation_id].cancel = True  # as the next beat would tell
        pulse()

    provider.fetch = fetch  # type: ignore[method-assign]
    worker.step(now + SECOND)
    assert row(database)["status"] == "canceled"
    assert provider.forgotten == ["handle-1"]


def test_an_output_too_large_is_refused(
    database: Database, now: datetime, inspector: Inspector, scratch: Scratch, tmp_path: Path
) -> None:
    jobs.enqueue(database, "batch", [run()], now)
    worker = Worker(database, {"sketch": Scripted(tmp_path)}, inspector, scratch, media_limit=1000, away=at_once)
    steps(worker, now)
    assert "keeps up to 1,000" in row(database)["error"]


def test_a_stopped_workers_paid_prediction_goes_on(
    database: Database, now: datetime, worker_of: WorkerOf, tmp_path: Path
) -> None:
    provider = Scripted(tmp_path, 0.1, "succeeded", repeatable=False)
    jobs.enqueue(database, "batch", [run()], now)
    first = worker_of(provider)
    first.clock = lambda: now
    first.step(now)
    first.stop()
    database._hurry.clear()
    steps(worker_of(provider), now)
    assert row(database)["status"] == "succeeded"
    assert len(provider.submitted) == 1
