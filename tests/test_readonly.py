"""Row 7: a disk that fails. Nothing is said to be saved that is not, nothing is written after, and pages say why."""

import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import text

from core import Studio
from core.database import Database, open_database
from core.errors import DiskFailed
from core.readonly import AGAIN, ReadOnly
from tests.serving import ROOT

CALLS = ("fsync,fdatasync", "pwrite64")  # which of the two syncs is used depends on how SQLite was built
FAULTS = ("EIO", "ENOSPC")
FEW = [(CALLS[0], "EIO", 3), (CALLS[0], "EIO", 26), (CALLS[1], "EIO", 40), (CALLS[1], "ENOSPC", 25)]
MANY = list(product(CALLS, FAULTS, range(1, 201)))


class Clock:
    """Seconds that a test moves on."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def fail(mode: ReadOnly) -> None:
    with pytest.raises(DiskFailed), mode.writing():
        raise DiskFailed("The disk failed.")


def test_after_a_failure_nothing_is_tried_for_a_while() -> None:
    clock = Clock()
    mode = ReadOnly(clock)
    assert (mode.why, mode.due) == (None, False)
    fail(mode)
    assert mode.why == "The disk failed."
    tried = []
    with pytest.raises(DiskFailed, match="The disk failed"), mode.writing():
        tried.append(1)
    assert tried == []
    clock.now += AGAIN
    assert mode.due
    fail(mode)
    assert not mode.due
    clock.now += AGAIN
    with mode.writing():
        tried.append(2)
    assert (tried, mode.why) == ([2], None)


def test_other_errors_do_not_turn_it_on() -> None:
    mode = ReadOnly()
    with pytest.raises(ValueError, match="x"), mode.writing():
        raise ValueError("x")
    assert mode.why is None


def test_a_studio_says_why_and_begins_nothing_until_a_write_succeeds(studio: Studio) -> None:
    clock = Clock()
    studio.database.readonly = ReadOnly(clock)
    fail(studio.database.readonly)
    assert studio.shortage() == "The disk failed."
    with pytest.raises(DiskFailed), studio.database.write() as connection:
        connection.execute(text("DELETE FROM meta"))
    with studio.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM meta")).scalar_one() > 0
    studio.database.recover()
    assert studio.database.readonly.why, "it is not time yet"
    clock.now += AGAIN
    studio.database.recover()
    assert studio.database.readonly.why is None
    assert studio.shortage() is None


def traced(folder: Path, call: str, fault: str, nth: int) -> list[list[str]]:
    """What the process said, with the nth such call, and all that follow for a while, failing."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed (Debian: apt install strace)")
    inject = f"inject={call}:error={fault}:when={nth}..{nth + 2}"
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", inject,
               sys.executable, "-m", "tests.failing_process", str(folder / "studio.db")]  # fmt: skip
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    if "PTRACE" in answer.stderr or "ptrace" in answer.stderr:
        pytest.skip("this machine lets nobody trace a process")
    assert answer.returncode == 0, answer.stderr
    return [line.split() for line in answer.stdout.splitlines()]


def check(folder: Path, empty_file: Path, call: str, fault: str, nth: int) -> list[list[str]]:
    """Let a call fail, and look whether everything that was said to be saved is there and the file is sound."""
    folder.mkdir()
    shutil.copy(empty_file, folder / "studio.db")
    said = traced(folder, call, fault, nth)
    saved = {f"row-{line[1]}" for line in said if line[0] == "saved"}
    database: Database = open_database(folder / "studio.db")
    with database.read() as connection:
        kept = set(connection.execute(text("SELECT key FROM meta WHERE key LIKE 'row-%'")).scalars())
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    database.close()
    assert saved - kept == set(), (call, fault, nth)
    shutil.rmtree(folder)
    return said


@pytest.mark.parametrize(("call", "fault", "nth"), FEW)
def test_what_was_said_to_be_saved_is_there(tmp_path: Path, empty_file: Path, call: str, fault: str, nth: int) -> None:
    said = check(tmp_path / "one", empty_file, call, fault, nth)
    codes = {line[2] for line in said if line[0] == "refused"}
    assert codes <= {"disk_failed", "disk_full", "storage", "storage_busy"}
    assert said


@pytest.mark.torture
def test_every_call_may_fail(tmp_path: Path, empty_file: Path) -> None:
    """N = 1..200 of each call and fault: 0 false success."""
    refused = 0
    for number, (call, fault, nth) in enumerate(MANY):
        refused += any(line[0] != "saved" for line in check(tmp_path / str(number), empty_file, call, fault, nth))
    print(f"{len(MANY)} faults, {refused} times something was refused, 0 times falsely saved")
    assert refused > len(MANY) // 10
