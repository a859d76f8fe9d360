"""Hosted runs of a real studio against the stand-in: asked for, waited for, and a studio in a process of its own."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from core import Settings, Studio, jobs
from tests.serving import ROOT

MODEL = "atelier/swift-still"
END = ("succeeded", "failed", "canceled", "uncertain")


def row(studio: Studio, generation_id: int) -> dict[str, Any]:
    return jobs.recent(studio.database, ids=[generation_id])[0]


def until(found: Callable[[], Any], seconds: float = 40) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)
    return value


def ended(studio: Studio, generation_id: int, seconds: float = 40) -> dict[str, Any]:
    """The run once it has ended or asks."""
    until(lambda: row(studio, generation_id)["status"] in END, seconds)
    return row(studio, generation_id)


def make(studio: Studio, model: str = MODEL, **values: Any) -> int:
    return studio.generate(model, {"prompt": "a red barn", **values}, now=datetime.now(UTC))[0]


def spawn(hosted: Settings, *step: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.hosted_process", str(hosted.database), str(hosted.temporary),
               hosted.replicate_base, hosted.local_deliveries[0], *step]  # fmt: skip
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
