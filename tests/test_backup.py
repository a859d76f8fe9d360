"""Rows 10 and 11 from the side of making: copied beside writers, checked before it counts, rotated with care."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core import backup, library, sqlite, tags
from core.backup import Backup
from core.backup.keeping import kept
from core.database import Database, open_database
from core.errors import BackupRefused, InvalidInput, WorkStopped
from core.preferences import prefer, preferences
from core.progress import Progress
from core.scratch import Scratch
from core.upkeep import Upkeep
from core.worker import Worker
from tests.factories import add

MOST = 1000  # writes of a writer that bring an item, so that a hundred backups end some day
TABLES = ("media", "media_chunk", "thumbnail", "generation", "job", "tag", "media_tag", "entry", "facet", "facet_total")


def rows(database: Database) -> dict[str, list[Any]]:
    """Everything of the tables that matter, in order."""
    with database.read() as connection:
        return {name: list(connection.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2"))) for name in TABLES}


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Database]]:
    known: list[Database] = []

    def one(path: Path) -> Database:
        known.append(open_database(path))
        return known[-1]

    yield one
    for each in known:
        each.close()


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    held = Scratch(folder)
    yield held
    held.close()


def test_a_backup_is_one_whole_studio(
    database: Database, now: datetime, opened: Callable[[Path], Database], tmp_path: Path
) -> None:
    items = [add(database, now, bytes([number]) * 1_500_000) for number in range(3)]
    tags.add(database, items, ["sea"])
    made = backup.make(database, now, Progress())
    assert (made.state, made.items, made.damaged, made.reason) == ("good", 3, 0, "asked")
    assert made.path.parent == tmp_path / "backups"
    assert [path.name for path in made.path.parent.iterdir() if not path.name.endswith(".lock")] == [made.path.name]
    assert made.bytes == made.path.stat().st_size
    assert made.sha256 == backup.examine(made.path, Progress()).sha256
    assert rows(opened(made.path)) == rows(database)
    assert backup.summary(database, now).last_good == made


def write_beside(database: Database, now: datetime, stop: threading.Event, stalls: list[float]) -> None:
    """Items, and pairs of values that are written together, as long as it is let."""
    number = 0
    while not stop.is_set():
        number += 1
        started = time.monotonic()
        with database.write() as connection:
            for key in ("left", "right"):
                put = "INSERT OR REPLACE INTO meta (key, value) VALUES (:key, :value)"
                connection.execute(text(put), {"key": f"{key}-{threading.get_ident()}", "value": str(number)})
        stalls.append(time.monotonic() - started)
        if number % 10 == 0 and number <= MOST:
            add(database, now, number.to_bytes(4, "big") * 100_000)


def pairs(database: Database) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with database.read() as connection:
        query = "SELECT key, value FROM meta WHERE key LIKE 'left-%' OR key LIKE 'right-%'"
        for key, value in connection.execute(text(query)):
            side, _, writer = key.partition("-")
            found.setdefault(writer, {})[side] = int(value)
    return found


@pytest.mark.parametrize(
    ("times", "bulk"), [(3, 4), pytest.param(100, 60, marks=pytest.mark.torture)], ids=["few", "hundred"]
)
def test_writers_beside_a_backup(
    database: Database, now: datetime, times: int, bulk: int, opened: Callable[[Path], Database], tmp_path: Path
) -> None:
    """Row 10: what was acknowledged before is in it, transactions are whole, and writers hardly wait."""
    for number in range(bulk):
        add(database, now, bytes([number]) * 1_000_000)
    stop, stalls = threading.Event(), list[float]()
    writers = [threading.Thread(target=write_beside, args=(database, now, stop, stalls)) for _ in range(2)]
    for each in writers:
        each.start()
    try:
        for turn in range(times):
            before = pairs(database)
            made = backup.make(database, now + timedelta(seconds=turn), Progress(), folder=tmp_path / "elsewhere")
            assert made.state == "good"
            copy = open_database(made.path)
            held = pairs(copy)
            copy.close()
            made.path.unlink()
            assert all(each["left"] == each["right"] for each in held.values())
            assert all(held[writer]["left"] >= each["left"] for writer, each in before.items())
    finally:
        stop.set()
        for each in writers:
            each.join()
    made = backup.make(database, now + timedelta(hours=1), Progress())
    assert rows(opened(made.path)) == rows(database)
    stalls.sort()
    if times > 10:
        print(f"\nwriters beside {times} backups: {len(stalls):,} writes, p99 {stalls[len(stalls) * 99 // 100]:.3f} s")
        assert stalls[len(stalls) * 99 // 100] < 0.25


def test_another_process_may_write_meanwhile(
    database: Database, now: datetime, opened: Callable[[Path], Database]
) -> None:
    """SQLite begins a copy anew when another connection writes; then it is made of what one reader sees."""
    for number in range(8):
        add(database, now, bytes([number]) * 1_000_000)
    other = sqlite.library().connect(str(database.path), isolation_level=None)

    class Disturbed(Progress):
        def rest(self, seconds: float) -> None:
            other.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('disturbed', hex(randomblob(4)))")

    made = backup.make(database, now, Disturbed())
    other.close()
    assert made.state == "good"
    assert rows(opened(made.path)) == rows(database)


def undo(database: Database) -> None:
    """A write that fails half way."""
    with suppress(RuntimeError), database.write() as connection:
        connection.execute(text("DELETE FROM media"))
        raise RuntimeError


def test_a_write_that_is_undone_does_not_spoil_the_copy(
    database: Database, now: datetime, opened: Callable[[Path], Database]
) -> None:
    for number in range(8):
        add(database, now, bytes([number]) * 1_000_000)
    turns = 0

    class Undoing(Progress):
        def rest(self, seconds: float) -> None:
            nonlocal turns
            turns += 1
            if turns % 3 == 0:
                undo(database)

    made = backup.make(database, now, Undoing())
    assert (made.state, made.items) == ("good", 8)
    assert rows(opened(made.path)) == rows(database)


def test_a_backup_can_be_stopped_and_leaves_nothing(database: Database, now: datetime) -> None:
    add(database, now, b"x" * 3_000_000)
    progress = Progress()
    progress.stop()
    with pytest.raises(WorkStopped):
        backup.make(database, now, progress)
    assert backup.listed(database) == []
    assert list(backup.folder_of(database).glob("*.db")) == []


@pytest.mark.parametrize("phase", ["Copying", "Checking every item", "Taking the file's own hash"])
def test_killed_in_the_middle_nothing_counts(database: Database, now: datetime, tmp_path: Path, phase: str) -> None:
    add(database, now, b"x" * 4_000_000)
    database.seal()
    folder = tmp_path / "backups"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.backup_process", str(database.path), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    said = 0
    for line in process.stdout:
        said += line.strip() == phase
        if said == 3:
            break
        process.stdin.write("\n")
        process.stdin.flush()
    process.kill()
    process.wait(30)
    process.stdin.close()
    process.stdout.close()
    assert list(folder.glob("*.db")) == []
    assert list(folder.glob(".*.part"))
    assert backup.listed(database) == []
    made = backup.make(database, now, Progress())
    assert [path.name for path in folder.iterdir() if not path.name.endswith(".lock")] == [made.path.name]


def test_damage_is_carried_over_and_told(database: Database, now: datetime) -> None:
    items = [add(database, now, bytes([number]) * 10_000) for number in range(3)]
    first = backup.make(database, now, Progress())
    with database.write() as connection:
        connection.execute(text("UPDATE media_chunk SET data = zeroblob(10000) WHERE media_id = :id"), {"id": items[1]})
    second = backup.make(database, now + timedelta(seconds=1), Progress())
    assert (second.state, second.damaged) == ("flawed", 1)
    assert backup.examine(second.path, Progress()).damaged == (items[1],)
    found = backup.summary(database, now)
    assert (found.last, found.last_good) == (second, first)


# --- rotation


def test_the_oldest_go_and_the_last_good_one_stays(database: Database, now: datetime) -> None:
    item = add(database, now, b"x" * 1000)
    backup.schedule(database, hours=None, keep=2, folder=None)
    made = [backup.make(database, now + timedelta(seconds=turn), Progress()) for turn in range(4)]
    assert [each.here for each in made] == [False, False, True, True]
    with database.write() as connection:
        connection.execute(text("UPDATE media_chunk SET data = zeroblob(10) WHERE media_id = :id"), {"id": item})
    later = [backup.make(database, now + timedelta(minutes=turn), Progress()) for turn in range(1, 5)]
    assert [each.state for each in later] == ["flawed"] * 4
    assert [each.here for each in (*made, *later)] == [False, False, False, True, False, False, True, True]
    assert [each.id for each in backup.listed(database)] == [8, 7, 4]


@given(st.lists(st.sampled_from(("good", "flawed")), max_size=12), st.integers(1, 5))
def test_rotation_keeps_the_newest_and_a_good_one(states: list[str], number: int) -> None:
    moment = datetime(2026, 1, 1)
    here = [
        Backup(len(states) - place, Path("x"), "asked", moment, moment, state, None, 1, "", 1, 0, None)
        for place, state in enumerate(states)
    ]
    staying = set(kept(here, number))
    assert {each.id for each in here[:number]} <= staying
    assert len(staying) <= number + 1
    assert any(each.state == "good" and each.id in staying for each in here) == ("good" in states)


def test_what_the_owner_put_elsewhere_is_never_removed(database: Database, now: datetime, tmp_path: Path) -> None:
    add(database, now, b"x" * 1000)
    backup.schedule(database, hours=None, keep=1, folder=None)
    away = backup.make(database, now, Progress(), folder=tmp_path / "stick")
    stranger = tmp_path / "backups" / "studio-0000-20200101T000000Z.db"
    stranger.parent.mkdir()
    shutil.copy(away.path, stranger)
    for turn in range(1, 4):
        backup.make(database, now + timedelta(seconds=turn), Progress())
    assert away.here
    assert stranger.exists()
    assert len([each for each in backup.listed(database) if each.here]) == 2


# --- refusals


def test_no_room_is_told_before_anything_is_written(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(database.path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(BackupRefused, match="GiB are free"):
        backup.make(database, now, Progress())
    (failed,) = backup.listed(database)
    assert failed.state == "failed"
    assert "Make room" in str(failed.error)
    assert backup.summary(database, now).failed == failed


def test_a_disk_that_is_away_is_not_replaced_by_a_folder(database: Database, now: datetime, tmp_path: Path) -> None:
    chosen = tmp_path / "disk" / "backups"
    backup.schedule(database, hours=None, keep=2, folder=str(chosen))
    assert chosen.is_dir()
    shutil.rmtree(tmp_path / "disk")
    with pytest.raises(BackupRefused, match="Connect its disk"):
        backup.make(database, now, Progress())
    assert not (tmp_path / "disk").exists()


def test_two_at_a_time_are_one_too_many(database: Database, now: datetime) -> None:
    add(database, now, b"x")

    class Nested(Progress):
        def rest(self, seconds: float) -> None:
            with pytest.raises(BackupRefused, match="Another backup"):
                backup.make(database, now + timedelta(seconds=1), Progress())

    assert backup.make(database, now, Nested()).state == "good"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"hours": 0}, "backup_hours"),
        ({"keep": 0}, "backup_keep"),
        ({"folder": "backups"}, "backup_folder"),
        ({"folder": "/a\0b"}, "backup_folder"),
        ({"folder": "/proc/nowhere"}, "backup_folder"),
    ],
)
def test_wrong_wishes_are_told_and_change_nothing(database: Database, values: dict[str, Any], field: str) -> None:
    before = preferences(database)
    with pytest.raises(InvalidInput) as refused:
        backup.schedule(database, **{"hours": 24, "keep": 7, "folder": None, **values})
    assert set(refused.value.fields) == {field}
    assert preferences(database) == before


# --- the schedule


def test_a_backup_is_due_by_the_schedule(database: Database, now: datetime) -> None:
    assert backup.due_at(database, now) is None
    backup.schedule(database, hours=6, keep=2, folder=None)
    assert backup.due_at(database, now) == now
    made = backup.make(database, now, Progress(), reason="schedule")
    assert backup.due_at(database, now) == now + timedelta(hours=6)
    made.path.unlink()
    assert backup.due_at(database, now) == now
    assert backup.due_at(database, now - timedelta(days=400)) == now - timedelta(days=400)


def test_a_failed_one_is_tried_again_later(database: Database, now: datetime, tmp_path: Path) -> None:
    backup.schedule(database, hours=6, keep=2, folder=str(tmp_path / "disk"))
    (tmp_path / "disk").rmdir()
    with pytest.raises(BackupRefused):
        backup.make(database, now, Progress(), reason="schedule")
    (failed,) = backup.listed(database)
    assert backup.due_at(database, failed.finished_at) == failed.finished_at + timedelta(hours=1)


def test_the_worker_sees_to_it(database: Database, now: datetime, inspector: Any, scratch: Any) -> None:
    add(database, now, b"x")
    prefer(database, replace(preferences(database), backup_hours=1))
    upkeep = Upkeep(database, scratch)
    worker = Worker(database, {}, inspector, scratch, errands=(upkeep.tend,))
    worker.step(now)
    last = upkeep.wait(30)
    assert last
    assert last.good, last
    (made,) = backup.listed(database)
    assert made.reason == "schedule"
    worker.step(now + timedelta(seconds=40))
    upkeep.wait(30)
    assert len(backup.listed(database)) == 1


def test_an_errand_that_fails_does_not_stop_the_worker(
    database: Database, now: datetime, inspector: Any, scratch: Any
) -> None:
    asked = []

    def errand(moment: datetime) -> bool:
        asked.append(moment)
        raise BackupRefused("no")

    worker = Worker(database, {}, inspector, scratch, errands=(errand,))
    for second in (0, 10, 29, 30, 31):
        worker.step(now + timedelta(seconds=second))
    assert asked == [now, now + timedelta(seconds=30)]


def test_the_name_tells_the_file_and_the_moment(database: Database, now: datetime) -> None:
    made = backup.make(database, now, Progress())
    assert made.path.name == f"studio-{library.file_key(database)}-20261122T090000Z.db"
