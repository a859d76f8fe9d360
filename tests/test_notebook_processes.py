"""Notebooks beside other processes on one file, and interrupted ones: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import core
from core import Settings, Studio, jobs, search
from core.settings import ROOT

LIGHT = "import sys, json; print(json.dumps([*{'pandas', 'streamlit', 'IPython'} & sys.modules.keys()]))"
PATIENCE = 60.0


@contextmanager
def notebook(database: Path, temporary: Path, code: str) -> Iterator["subprocess.Popen[str]"]:
    """A notebook's process that is gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.notebook_process", str(database), code],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(done: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def test_runs_of_one_process_are_live_in_the_other(studio: Studio, settings: Settings) -> None:
    """The studio of this process carries out nothing: its worker is not started. The notebook's is."""
    code = f"""
{LIGHT}
run = studio.generate("from a notebook", model="sketch/still", size=256)
print(run.media.ids, flush=True)
input()
print(studio.frame("pages").index.tolist(), flush=True)
"""
    with notebook(settings.database, settings.temporary, code) as process:
        until(lambda: bool(jobs.recent(studio.database)), process)  # seen while it is under way, as Jobs sees it
        assert jobs.recent(studio.database)[0]["prompt"] == "from a notebook"
        assert json.loads(line(process.stdout)) == []
        assert json.loads(line(process.stdout)) == [1]
        assert search.items(studio.database, search.Query(text="notebook"), limit=9) == [1]
        (mine,) = studio.generate("sketch/still", {"prompt": "from the pages", "size": 256}, now=datetime.now(UTC))
        until(lambda: jobs.recent(studio.database, ids=[mine])[0]["status"] == "succeeded", process)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert json.loads(line(process.stdout)) == [2]
        assert process.wait(PATIENCE) == 0


def test_an_interrupted_run_is_cancelled(studio: Studio, settings: Settings) -> None:
    code = 'studio.generate("a long film", model="sketch/clip", n=3, size=1280, duration=8, fps=30)'
    with notebook(settings.database, settings.temporary, code) as process:
        until(lambda: jobs.counts(studio.database)["running"] > 0, process)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=PATIENCE)
        assert "Cancelled 3 of 3 runs" in complaints
        assert complaints.count("Traceback") == 1
    assert jobs.counts(studio.database)["canceled"] == 3
    assert sum(jobs.counts(studio.database).values()) == 3
    assert [path.name for path in settings.temporary.iterdir() if path != studio.scratch.folder] == []


def test_two_notebooks_that_ask_for_one_sweep_run_each_cell_once(studio: Studio, settings: Settings) -> None:
    code = """
print("ready", flush=True)
input()
cells = studio.sweep(["a hill", "a sea"], model="sketch/still", size=256, seed=range(8))
print(cells["item"].tolist(), flush=True)
"""
    with (
        notebook(settings.database, settings.temporary, code) as one,
        notebook(settings.database, settings.temporary, code) as other,
    ):
        assert [line(one.stdout), line(other.stdout)] == ["ready", "ready"]
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        found = [json.loads(line(process.stdout)) for process in (one, other)]
    assert found[0] == found[1]
    assert len(set(found[0])) == sum(jobs.counts(studio.database).values()) == 16


def test_a_run_with_secrets_waits_for_the_process_that_knows_them(studio: Studio, settings: Settings) -> None:
    """Row 38: what stands in for a secret in the file is never sent in its place."""
    run = jobs.Run("sketch", "sketch/still", "1", "image", {"prompt": "a", "key": "studio:secret"}, None, {})
    (number,) = jobs.enqueue(studio.database, "batch", [run], datetime.now(UTC))
    with core.open_studio(settings.database) as opened:
        deadline = time.monotonic() + PATIENCE
        while not (waiting := jobs.recent(studio.database, ids=[number])[0]["waiting"]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert "secret inputs" in waiting
        assert opened.runs(number).status[number] in ("queued", "running")
        jobs.hurry(studio.database, datetime.now(UTC))
        assert opened.runs(number).cancel() == 1
        assert opened.runs(number).status[number] == "canceled"
