"""Giving space back: pages really leave the file, in short steps, and it can be stopped; VACUUM is nowhere."""

import re
import time
from datetime import datetime
from pathlib import Path

import pytest

from core import blobs, compaction, library, trash
from core.compaction import compact
from core.database import Database
from core.errors import StorageBusy, WorkStopped
from core.progress import Progress
from core.scratch import Scratch
from core.sqlite import PAGE_SIZE
from core.upkeep import Upkeep
from tests.factories import add

ROOT = Path(__file__).resolve().parents[1]
MIB = 2**20


class Watched(Progress):
    """Remembers how far it was at each step, and asks for the end after some."""

    def __init__(self, steps: int = 1000) -> None:
        super().__init__()
        self.told: list[int] = []
        self.steps = steps

    def advance(self, amount: int = 0) -> None:
        self.told.append(self.done + amount)
        if len(self.told) == self.steps:
            self.stop()
        super().advance(amount)


def with_holes(database: Database, now: datetime, number: int = 12) -> list[int]:
    """A file of which every other item has been deleted; returns those that are left."""
    items = [add(database, now, bytes([each]) * MIB) for each in range(number)]
    trash.discard(database, items[::2], now)
    trash.delete_for_ever(database, items[::2], now)
    database.seal()
    return items[1::2]


def whole(database: Database, items: list[int]) -> None:
    for media_id in items:
        item = library.item(database, media_id)
        data = b"".join(blobs.read(database, media_id, 0, item.bytes))
        assert data == bytes([media_id - 1]) * MIB
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_step_frees_all_the_pages_that_it_says(database: Database, now: datetime) -> None:
    """Through a driver's `execute` alone only one would go."""
    with_holes(database, now, 4)
    free = compaction.free_bytes(database)
    went, seconds = compaction.step(database, 50)
    assert went == 50
    assert compaction.free_bytes(database) == free - 50 * PAGE_SIZE
    assert seconds > 0


def test_the_file_becomes_shorter(database: Database, now: datetime) -> None:
    left = with_holes(database, now)
    before, free = database.path.stat().st_size, compaction.free_bytes(database)
    assert free > 5 * MIB
    watched = Watched()
    made = compact(database, watched)
    assert compaction.free_bytes(database) == 0
    assert database.path.stat().st_size <= before - free
    assert made.returned == free == watched.total
    assert made.longest > 0
    assert watched.told == sorted(watched.told)
    assert len(watched.told) > 3
    whole(database, left)


def test_nothing_to_give_back(database: Database) -> None:
    assert compact(database, Progress()).returned == 0


def test_it_can_be_stopped_and_goes_on_later(database: Database, now: datetime) -> None:
    left = with_holes(database, now)
    free, watched = compaction.free_bytes(database), Watched(steps=2)
    with pytest.raises(WorkStopped):
        compact(database, watched)
    assert 0 < watched.done < free
    assert compaction.free_bytes(database) == free - watched.done
    whole(database, left)
    compact(database, Progress())
    assert compaction.free_bytes(database) == 0
    whole(database, left)


def test_in_its_thread_others_write_between_the_steps(database: Database, now: datetime, tmp_path: Path) -> None:
    left = with_holes(database, now)
    upkeep = Upkeep(database, Scratch(tmp_path))
    work = upkeep.compact(now)
    with pytest.raises(StorageBusy, match="Giving space back is under way"):
        upkeep.compact(now)
    written, deadline = 0, time.monotonic() + 20
    while upkeep.running and time.monotonic() < deadline:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO meta VALUES (?, 'x')", (f"beside-{written}",))
        written += 1
    assert work.good
    assert "went back to the disk" in work.sentence
    assert written > 3
    assert compaction.free_bytes(database) < 4 * PAGE_SIZE
    whole(database, left)


def test_closing_ends_it(database: Database, now: datetime, tmp_path: Path) -> None:
    left = with_holes(database, now)
    upkeep = Upkeep(database, Scratch(tmp_path))
    upkeep.compact(now)
    upkeep.stop()
    assert upkeep.running is None
    whole(database, left)


def test_nothing_ever_calls_for_a_whole_vacuum() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "core").rglob("*.py"))
    assert re.findall(r"[\"'(]\s*VACUUM\b", code) == []
