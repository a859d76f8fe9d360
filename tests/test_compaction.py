"""Giving space back: pages really leave the file, in short steps, and it can be stopped; VACUUM is nowhere."""

import re
import threading
import time
from datetime import datetime
from pathlib import Path

from core import blobs, compaction, library, trash
from core.compaction import Compactor, State, compact
from core.database import Database
from core.sqlite import PAGE_SIZE
from tests.factories import add

ROOT = Path(__file__).resolve().parents[1]
MIB = 2**20


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
    told: list[State] = []
    state = compact(database, lambda: False, told.append, lambda _seconds: None)
    assert compaction.free_bytes(database) == 0
    assert database.path.stat().st_size <= before - free
    assert (state.running, state.canceled, state.error) == (False, False, None)
    assert state.returned == free == state.total
    assert [each.returned for each in told] == sorted(each.returned for each in told)
    assert len(told) > 3
    whole(database, left)


def test_nothing_to_give_back(database: Database) -> None:
    state = compact(database, lambda: False, lambda _state: None, lambda _seconds: None)
    assert (state.returned, state.running) == (0, False)


def test_it_can_be_stopped_and_goes_on_later(database: Database, now: datetime) -> None:
    left = with_holes(database, now)
    free, turns = compaction.free_bytes(database), iter([False, False, True, True])
    state = compact(database, lambda: next(turns), lambda _state: None, lambda _seconds: None)
    assert state.canceled
    assert 0 < state.returned < free
    assert compaction.free_bytes(database) == free - state.returned
    whole(database, left)
    compact(database, lambda: False, lambda _state: None, lambda _seconds: None)
    assert compaction.free_bytes(database) == 0
    whole(database, left)


def test_in_its_thread_others_write_between_the_steps(database: Database, now: datetime) -> None:
    left = with_holes(database, now)
    compactor = Compactor(database)
    compactor.start()
    compactor.start()
    assert [thread.name for thread in threading.enumerate()].count("compaction") == 1
    written, deadline = 0, time.monotonic() + 20
    while compactor.state.running and time.monotonic() < deadline:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO meta VALUES (?, 'x')", (f"beside-{written}",))
        written += 1
    compactor.close()
    assert (compactor.state.error, compactor.state.running) == (None, False)
    assert written > 3
    assert compaction.free_bytes(database) < 4 * PAGE_SIZE
    whole(database, left)


def test_closing_ends_it(database: Database, now: datetime) -> None:
    with_holes(database, now)
    compactor = Compactor(database)
    compactor.start()
    compactor.close()
    assert not compactor.state.running
    again = Compactor(database)
    again.cancel()
    again.close()


def test_nothing_ever_calls_for_a_whole_vacuum() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "core").rglob("*.py"))
    assert re.findall(r"[\"'(]\s*VACUUM\b", code) == []
