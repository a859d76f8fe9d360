"""Hosted runs while the studio is killed: paid once, home once."""

import os
import random
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core import Settings, Studio, jobs
from core.database import open_database
from tests.hosted_runs import END, MODEL, end, make, spawn, until
from tests.standin import StandIn

STEPS = (
    "before intent",
    "after intent",
    "after request",
    "after handle",
    "after answer",
    "after output",
    "before finish",
)
KILLS = int(os.environ.get("STUDIO_TORTURE_KILLS", "500"))
TIMES = int(os.environ.get("STUDIO_TORTURE_FAILPOINTS", "50"))


def killed_at(hosted: Settings, standin: StandIn, step: str) -> None:
    """One run, a studio killed at the step, and another that goes on: paid once, home once."""
    standin.reset()
    waiting = Studio(hosted)
    number = make(waiting, num_outputs=2, seed=random.randrange(10**9))
    waiting.close()
    first = spawn(hosted, step)
    assert first.wait(30) == -9
    assert first.stdout is not None
    first.stdout.close()
    second = spawn(hosted)
    database = open_database(hosted.database)
    until(lambda: jobs.recent(database, ids=[number])[0]["status"] in END)
    done = jobs.recent(database, ids=[number])[0]
    database.close()
    end(second)
    assert (done["status"], len(done["media"]), done["lost"]) == ("succeeded", 2, []), step
    assert standin.report()["created"] == 1, step
    assert [path.name for path in hosted.temporary.rglob("output*")] == []


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_it_is_paid_once(hosted: Settings, standin: StandIn, step: str) -> None:
    killed_at(hosted, standin, step)


def test_killed_while_the_request_is_on_its_way(hosted: Settings, standin: StandIn) -> None:
    standin.fault("delay", route="create", seconds=3)
    waiting = Studio(hosted)
    number = make(waiting)
    waiting.close()
    first = spawn(hosted)
    until(lambda: standin.report()["created"])
    end(first)
    second = spawn(hosted)
    database = open_database(hosted.database)
    until(lambda: jobs.recent(database, ids=[number])[0]["status"] in END)
    assert jobs.recent(database, ids=[number])[0]["status"] == "succeeded"
    database.close()
    end(second)
    assert standin.report()["created"] == 1


@pytest.mark.torture
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_many_times(hosted: Settings, standin: StandIn, step: str) -> None:
    """Row 3: named steps x 50, no prediction paid twice."""
    for _ in range(TIMES):
        killed_at(hosted, standin, step)


@pytest.mark.torture
def test_kill_9_at_random_moments(hosted: Settings, standin: StandIn) -> None:
    """Row 2: kills without end; nothing paid twice, nothing lost, nothing twice, work resumes in 5 s or less."""
    chance, asked, resumed = random.Random(2), 0, []
    standin.set(speed=20)
    for turn in range(KILLS):
        waiting = Studio(hosted)
        if sum(jobs.counts(waiting.database)[status] for status in jobs.OPEN) < 4:
            values = {"prompt": f"barn {turn}", "num_outputs": 2}
            asked += len(waiting.generate(MODEL, values, now=datetime.now(UTC), n=2))
        waiting.close()
        process = spawn(hosted)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if turn % 25 == 24:
            resumed.append(seconds_until_held(hosted, process.pid))
        else:
            time.sleep(chance.uniform(0, 2))
        end(process)
    last = spawn(hosted)
    database = open_database(hosted.database)
    until(lambda: not any(jobs.counts(database)[status] for status in jobs.OPEN), 120)
    rows = jobs.recent(database, limit=10_000)
    database.close()
    end(last)
    assert {row["status"] for row in rows} == {"succeeded"}
    assert [len(row["media"]) for row in rows] == [2] * asked
    assert standin.report()["created"] == asked
    print(f"{KILLS} kills, {asked} runs paid once each, taken up again after {max(resumed, default=0):.1f} s at most")
    assert max(resumed, default=0) <= 5


def seconds_until_held(hosted: Settings, pid: int) -> float:
    """How long after the start every run that was under way is in the new process's hands."""
    started, database = time.monotonic(), open_database(hosted.database)
    query = text(
        "SELECT count(*) FROM job JOIN generation ON generation.id = generation_id WHERE status = 'running' "
        "AND job.finished_at IS NULL AND (owner IS NULL OR owner NOT LIKE :own)"
    )
    while time.monotonic() - started < 20:
        with database.read() as connection:
            if not connection.execute(query, {"own": f"%/{pid}/%"}).scalar_one():
                break
        time.sleep(0.05)
    database.close()
    return time.monotonic() - started
