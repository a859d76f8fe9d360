"""At-least-once work, exactly-once media."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from core import blobs, intents, jobs, library, results, search
from core.blobs import Stored
from core.database import Database, open_database
from core.errors import InvalidInput, LeaseLost, NotFound, StorageError, StudioError
from core.jobs import LEASE, Claim
from core.models import media
from core.providers import Prediction
from tests.factories import add, claimed, found, picture, run

SECOND = timedelta(seconds=1)


def status(database: Database, generation_id: int) -> str:
    return str(jobs.recent(database, ids=[generation_id])[0]["status"])


def collect(database: Database, claim: Claim, now: datetime) -> tuple[int, Stored]:
    results.answered(database, claim, [("[0]", None)], Prediction("", "succeeded"))
    media_id = results.receive(database, claim, 0, found(), None, now)
    return media_id, blobs.write(database, media_id, BytesIO(picture()), lambda: None)


def finish(database: Database, claim: Claim, collected: tuple[int, Stored], now: datetime) -> None:
    results.keep(database, claim, 0, *collected, found())
    results.finish(database, claim, {}, now)


def test_jobs_are_claimed_in_order_and_once(database: Database, now: datetime) -> None:
    ids = jobs.enqueue(database, "batch", [run(), run()], now)
    taken = [jobs.claim(database, f"worker {n}", now) for n in range(3)]
    assert [claim and claim.id for claim in taken] == [*ids, None]


def test_a_lease_that_ran_out_can_be_taken_over(database: Database, now: datetime) -> None:
    first = claimed(database, now)
    assert jobs.claim(database, "other", now + LEASE - SECOND) is None
    second = jobs.claim(database, "other", now + LEASE)
    assert second is not None
    assert (second.id, second.fence, second.attempts) == (first.id, first.fence + 1, 2)


def test_a_heartbeat_keeps_the_lease(database: Database, now: datetime) -> None:
    claim = claimed(database, now)
    jobs.heartbeat(database, claim, now + 3 * SECOND)
    assert jobs.claim(database, "other", now + LEASE + SECOND) is None


def test_whoever_lost_the_fence_changes_nothing(database: Database, now: datetime) -> None:
    old = claimed(database, now)
    outputs = collect(database, old, now)
    new = jobs.claim(database, "other", now + LEASE)
    assert new is not None
    for act in (
        lambda: finish(database, old, outputs, now),
        lambda: results.receive(database, old, 1, found(), None, now),
        lambda: results.lose(database, old, 0, StudioError("late.")),
        lambda: results.try_again(database, old, 0, None, "late."),
        lambda: intents.intend(database, old, now),
        lambda: intents.withdraw(database, old),
        lambda: intents.renew(database, old),
        lambda: intents.ask(database, old),
        lambda: jobs.heartbeat(database, old, now),
        lambda: jobs.progress(database, old, 0.5, "late"),
        lambda: intents.submitted(database, old, "handle"),
        lambda: jobs.fail(database, old, StudioError("late."), now),
        lambda: jobs.canceled(database, old, now),
        lambda: jobs.postpone(database, old, now),
    ):
        with pytest.raises(LeaseLost):
            act()
    finish(database, new, collect(database, new, now), now)
    assert search.count(database) == 1
    assert status(database, new.id) == "succeeded"


def test_taking_over_sweeps_what_was_half_collected(database: Database, now: datetime) -> None:
    collect(database, claimed(database, now), now)
    new = jobs.claim(database, "other", now + LEASE)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(media)).scalar() == 0
    assert new is not None


def test_an_output_is_shown_only_when_it_is_whole(database: Database, now: datetime) -> None:
    claim = claimed(database, now)
    media_id, stored = collect(database, claim, now)
    assert search.count(database) == 0
    with pytest.raises(NotFound):
        library.item(database, media_id)
    finish(database, claim, (media_id, stored), now)
    assert library.item(database, media_id).sha256 == stored.sha256


def test_failure_keeps_the_sentence_and_the_logs(database: Database, now: datetime) -> None:
    claim = claimed(database, now)
    jobs.progress(database, claim, 0.4, "so far so good")
    jobs.fail(database, claim, StudioError("It broke."), now)
    row = jobs.recent(database)[0]
    assert (row["status"], row["error"], row["logs"], row["progress"]) == ("failed", "It broke.", "so far so good", 0.4)


def test_a_queued_run_is_canceled_at_once(database: Database, now: datetime) -> None:
    (generation_id,) = jobs.enqueue(database, "batch", [run()], now)
    jobs.cancel(database, generation_id, now)
    assert status(database, generation_id) == "canceled"
    assert jobs.claim(database, "worker", now) is None


def test_a_running_run_is_canceled_by_its_worker(database: Database, now: datetime) -> None:
    claim = claimed(database, now)
    jobs.cancel(database, claim.id, now)
    assert status(database, claim.id) == "running"
    assert jobs.heartbeat(database, claim, now) is True
    jobs.canceled(database, claim, now)
    assert status(database, claim.id) == "canceled"


def test_canceling_what_has_ended_does_nothing(database: Database, now: datetime) -> None:
    add(database, now)
    jobs.cancel(database, 1, now)
    assert status(database, 1) == "succeeded"


@pytest.mark.parametrize("generation_id", [0, -1, 99, 2**63, 2**90])
def test_runs_that_do_not_exist_are_not_found(database: Database, now: datetime, generation_id: int) -> None:
    with pytest.raises(NotFound, match="no run"):
        jobs.cancel(database, generation_id, now)
    with pytest.raises(NotFound, match="no run"):
        jobs.run_of(database, generation_id)


def test_what_is_under_way_is_listed_first(database: Database, now: datetime) -> None:
    done = add(database, now)
    ids = jobs.enqueue(database, "batch", [run() for _ in range(5)], now)
    running = jobs.claim(database, "worker", now)
    assert running is not None
    listed = [row["id"] for row in jobs.recent(database)]
    assert listed == [running.id, *reversed(ids[1:]), done]
    assert [row["id"] for row in jobs.recent(database, limit=2)] == [running.id, ids[-1]]


def test_a_postponed_job_waits_and_does_not_count_as_an_attempt(database: Database, now: datetime) -> None:
    claim = claimed(database, now)
    jobs.postpone(database, claim, now + 5 * SECOND)
    assert jobs.claim(database, "worker", now + 4 * SECOND) is None
    again = jobs.claim(database, "worker", now + 5 * SECOND)
    assert again is not None
    assert again.attempts == 1


def test_a_batch_is_enqueued_whole_or_not_at_all(database: Database, now: datetime) -> None:
    from dataclasses import replace

    with pytest.raises(InvalidInput, match="no item 77"):
        jobs.enqueue(database, "batch", [run(), replace(run(), inputs={"palette": (77,)})], now)
    assert jobs.recent(database) == []


class Fences(RuleBasedStateMachine):
    """Workers claim, stall, finish late and die in any order; each run yields its media once."""

    def __init__(self) -> None:
        super().__init__()
        self.database: Any = None
        self.claims: list[Claim] = []
        self.fences: set[tuple[int, int]] = set()

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.database = ANOTHER()

    def teardown(self) -> None:
        if self.database:
            self.database.close()

    @rule(n=st.integers(1, 3))
    def enqueue(self, n: int) -> None:
        jobs.enqueue(self.database, "batch", [run()] * n, self.now)

    @rule()
    def claim(self) -> None:
        if taken := jobs.claim(self.database, "worker", self.now):
            self.claims.append(taken)
            self.fences.add((taken.id, taken.fence))

    @rule(seconds=st.integers(0, 6))
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        claim = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
        current = all(fence <= claim.fence for held, fence in self.fences if held == claim.id)
        with suppress(LeaseLost, StorageError):  # a position taken by the current holder counts as lost, too
            finish(self.database, claim, collect(self.database, claim, self.now), self.now)
            assert current

    @invariant()
    def media_are_there_once(self) -> None:
        if self.database:
            done = [row for row in jobs.recent(self.database, limit=999) if row["status"] == "succeeded"]
            assert all(len(row["media"]) == 1 for row in done)
            assert search.count(self.database) == len(done)


NOW: datetime
ANOTHER: Callable[[], Database]


def test_fences_hold_under_any_order(empty_file: Path, tmp_path: Path, now: datetime) -> None:
    global NOW, ANOTHER
    numbers = count()
    NOW, ANOTHER = now, lambda: open_database(Path(shutil.copy(empty_file, tmp_path / f"{next(numbers)}.db")))
    Fences.TestCase.settings = settings(
        max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    Fences.TestCase("runTest").runTest()
