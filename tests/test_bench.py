"""The bench itself, at small sizes: what it writes, what it refuses, and that it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from bench.__main__ import NAMES, main
from bench.harness import Spread, interleaved, spread, workplace
from core.errors import DiskFull
from core.settings import ROOT


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The bench at work in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-m", "bench", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


LONG = {"library", "serving"}  # they start browsers and servers


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.torture) if n in LONG else n for n in NAMES])
def test_figures(name: str, tmp_path: Path) -> None:
    running = start(tmp_path, name, "--quick", "--runs", "1", "--json", "figures.json")
    table, complaints = running.communicate(timeout=120)
    assert (running.returncode, complaints) == (0, "")
    figures = json.loads((tmp_path / "figures.json").read_text())
    meanings = import_module(f"bench.{name}").MEANINGS
    measured = [name for name in meanings if name in figures or "is skipped" not in table]  # without its peer
    assert list(figures) == measured
    for figure, found in figures.items():
        assert list(found) == ["min", "median", "max"]
        assert 0 < found["min"] <= found["median"] <= found["max"]
        assert f"{found['median']:,.2f}" in table
        assert meanings[figure] in table
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


def test_an_interrupted_run_tidies_up(tmp_path: Path) -> None:
    running = start(tmp_path, "ingest")
    while not list(tmp_path.glob("build/bench/*/*/studio.db")):
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    _, complaints = running.communicate(timeout=30)
    assert (running.returncode, complaints) == (130, "Interrupted; nothing was left behind.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["pages"], f"There is no measurement 'pages'; there are {', '.join(NAMES)}.\n"),
        (["page", "--runs", "0"], "--runs must be 1 or more.\n"),
        (["page", "--json", "missing/figures.json"], "There is no folder missing for the figures.\n"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == sentence


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DiskFull, match=r"needs .* MB of free disk space, and there are"), workplace(2**62):
        pass
    assert list(tmp_path.iterdir()) == []


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(NAMES)


def test_sides_take_turns() -> None:
    calls = []

    def side(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    assert interleaved(2, lambda: side("A"), lambda: side("B")) == [(3, 4), (5, 6)]
    assert "".join(calls) == "ABABAB"


def test_spread() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0)
