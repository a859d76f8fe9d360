"""Row 8: flipped bytes are found, what they hit is set apart and nothing else; stopped, it goes on; backups mend."""

import random
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from core import backup, blobs, library, search, verification
from core.api import create_app
from core.database import Database, open_database
from core.errors import ItemDamaged, WorkStopped
from core.progress import Progress
from core.search import Query, soundness
from core.verification import verify
from tests.factories import add, found

ITEMS = 6
WINDOW = 32  # bytes by which a place is found in the file
LIMITED = 60_000  # bytes of an item of the torture's file


@pytest.fixture
def room(tmp_path: Path) -> Callable[[], Path]:
    """Empty folders, one after the other."""
    numbers = iter(range(10_000))

    def empty() -> Path:
        folder = tmp_path / f"room-{next(numbers)}"
        folder.mkdir()
        return folder

    return empty


def bytes_of(number: int, size: int = LIMITED) -> bytes:
    return random.Random(number).randbytes(size)


@pytest.fixture
def template(database: Database, now: datetime) -> Path:
    """A closed studio with items of random bytes."""
    for number in range(1, ITEMS + 1):
        add(database, now, bytes_of(number), prompt=f"item {number}")
    database.seal()
    database.close()
    return database.path


def change(database: Database, statement: str) -> None:
    with database.write() as connection:
        connection.execute(text(statement))


def test_a_whole_studio_is_good(database: Database, now: datetime, room: Callable[[], Path]) -> None:
    for number in range(3):
        add(database, now, bytes_of(number, 2_500_000))
    progress = Progress()
    seen = verify(database, room(), now, progress)
    assert seen.good
    assert (seen.items, seen.bytes, seen.damaged, seen.faults) == (3, 7_500_000, 0, ())
    assert verification.last(database) == seen
    assert verification.damaged(database) == []


def flipped(path: Path, seed: int) -> tuple[int, str]:
    """Flip a bit inside an item's or a small picture's bytes; returns the item and the part that it hit."""
    chance, content = random.Random(seed), bytearray(path.read_bytes())
    small = chance.random() < 0.2
    while True:
        item = chance.randint(1, ITEMS)
        data = found().thumbnail.data if small else bytes_of(item)
        at = chance.randrange(len(data) - WINDOW)
        place = content.find(data[at : at + WINDOW])
        if content.count(data[at : at + WINDOW]) == (ITEMS if small else 1):  # else a page may hold what it had before
            break
    content[place + chance.randrange(WINDOW)] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    return item, "thumbnail" if small else "item"


@pytest.mark.parametrize(
    "seeds", [range(12), pytest.param(range(1000), marks=pytest.mark.torture)], ids=["dozen", "thousand"]
)
def test_every_flipped_bit_is_found(
    template: Path, now: datetime, room: Callable[[], Path], seeds: range, tmp_path: Path
) -> None:
    for seed in seeds:
        path = tmp_path / "flipped.db"
        shutil.copy(template, path)
        item, part = flipped(path, seed)
        database = open_database(path)
        seen = verify(database, room(), now, Progress())
        damage = verification.damaged(database)
        assert [each.part for each in damage] == [part], seed
        assert seen.damaged == 1
        if part == "item":
            assert damage[0].media_id == item
            with pytest.raises(ItemDamaged):
                library.item(database, item)
        for other in {*range(1, ITEMS + 1)} - ({item} if part == "item" else set()):
            data = b"".join(blobs.read(database, other, 0, library.item(database, other).bytes))
            assert data == bytes_of(other), "the rest is served"
        assert search.count(database, Query()) == ITEMS - (part == "item")
        assert verify(database, room(), now, Progress()).damaged == 1, "and it stays known"
        database.close()


def test_missing_and_shortened_bytes_are_told(database: Database, now: datetime, room: Callable[[], Path]) -> None:
    gone, short, gap = (add(database, now, bytes_of(number, 3_000_000)) for number in range(3))
    change(database, f"DELETE FROM media_chunk WHERE media_id = {gone}")
    change(database, f"UPDATE media_chunk SET data = substr(data, 1, 10) WHERE media_id = {short} AND position = 2")
    change(database, f"DELETE FROM media_chunk WHERE media_id = {gap} AND position = 1")
    seen = verify(database, room(), now, Progress())
    assert seen.damaged == 3
    assert {each.reason for each in verification.damaged(database)} == {verification.LOST}


def test_stopped_it_goes_on_where_it_was(
    database: Database, now: datetime, room: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "BATCH", 2)
    for number in range(5):
        add(database, now, bytes_of(number, 1000))

    class Impatient(Progress):
        looked = 0

        def advance(self, amount: int = 0) -> None:
            self.looked += 1
            if self.looked == 4:
                self.stop()
            super().advance(amount)

    with pytest.raises(WorkStopped):
        verify(database, room(), now, Impatient())
    stopped = verification.last(database)
    assert stopped
    assert (stopped.finished_at, stopped.reached, stopped.items, stopped.good) == (None, 3, 3, False)
    done = verify(database, room(), now, Progress())
    assert (done.id, done.items, done.bytes, done.good) == (stopped.id, 5, 5000, True)
    assert verify(database, room(), now, Progress()).id == stopped.id + 1


def test_what_is_deleted_meanwhile_is_not_damaged(database: Database, now: datetime, room: Callable[[], Path]) -> None:
    for number in range(3):
        add(database, now, bytes_of(number, 1000))

    class Deleting(Progress):
        def advance(self, amount: int = 0) -> None:
            change(database, "DELETE FROM media WHERE id = 3")
            change(database, "DELETE FROM media_chunk WHERE media_id NOT IN (SELECT id FROM media)")
            super().advance(amount)

    seen = verify(database, room(), now, Deleting())
    assert (seen.damaged, seen.good) == (0, True)


def test_an_upload_under_way_is_left_alone(database: Database, now: datetime, room: Callable[[], Path]) -> None:
    add(database, now, b"x")
    change(
        database,
        "INSERT INTO media (kind, mime, state, created_at) SELECT kind, mime, 'incoming', created_at FROM media",
    )
    assert verify(database, room(), now, Progress()).good


def test_bytes_that_come_back_are_good_again(database: Database, now: datetime, room: Callable[[], Path]) -> None:
    item = add(database, now, b"right")
    change(database, "UPDATE media_chunk SET data = CAST('wrong' AS BLOB)")
    assert verify(database, room(), now, Progress()).damaged == 1
    change(database, "UPDATE media_chunk SET data = CAST('right' AS BLOB)")
    assert verify(database, room(), now, Progress()).good
    assert library.item(database, item).bytes == 5
    assert verification.damaged(database) == []


# --- the file as a whole


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE facet SET bits = zeroblob(2048) WHERE name = 'media'", "filters are wrong"),
        ("UPDATE facet_total SET number = 9 WHERE name = 'media'", "counts are wrong"),
        ("DELETE FROM entry WHERE id = 1", "1 items cannot be found"),
        ("INSERT INTO words (words, rowid, prompt) VALUES ('delete', 1, 'item 1')", "words are not those"),
        ("UPDATE words_docsize SET sz = x'05' WHERE id = 2", "words are not those"),
        ("INSERT INTO entry (generation_id) VALUES (1)", "1 runs are found that are not there"),
    ],
)
def test_an_index_that_differs_from_the_rows_is_told(
    template: Path, now: datetime, room: Callable[[], Path], statement: str, words: str
) -> None:
    database = open_database(template)
    assert soundness.faults(database, room(), lambda: None) == []
    change(database, statement)
    seen = verify(database, room(), now, Progress())
    assert words in " ".join(seen.faults)
    assert not seen.good
    database.close()


def test_a_reference_to_nothing_is_told(database: Database, now: datetime, room: Callable[[], Path]) -> None:
    add(database, now, b"x")
    with database.write() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    writer = database._writer.raw_connection()
    writer.execute("PRAGMA foreign_keys = OFF")  # type: ignore[attr-defined]
    writer.execute("UPDATE media SET generation_id = 999")  # type: ignore[attr-defined]
    writer.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]
    writer.close()
    assert "1 rows refer to something that is not there." in verify(database, room(), now, Progress()).faults


def test_a_page_of_nothing_is_told_and_the_rest_served(template: Path, now: datetime, room: Callable[[], Path]) -> None:
    """A whole page inside an item's bytes: its chain is broken, so reading itself fails."""
    content = bytearray(template.read_bytes())
    place = content.find(bytes_of(2)[20_000:20_032]) // 16384 * 16384
    content[place : place + 16384] = b"\xff" * 16384
    template.write_bytes(content)
    database = open_database(template)
    seen = verify(database, room(), now, Progress())
    assert [each.media_id for each in verification.damaged(database)] == [2]
    assert any("structure is damaged" in fault for fault in seen.faults)
    assert b"".join(blobs.read(database, 3, 0, LIMITED)) == bytes_of(3)
    database.close()


# --- what shows a damaged item, and mending


def test_a_damaged_item_is_reachable_and_never_shown_as_good(
    database: Database, now: datetime, room: Callable[[], Path]
) -> None:
    data = bytes_of(1, 1_500_000)
    item = add(database, now, data)
    change(database, "UPDATE media_chunk SET data = zeroblob(length(data)) WHERE position = 1")
    verify(database, room(), now, Progress())
    with TestClient(create_app(lambda: database)) as client:
        answer = client.get(f"/api/images/{item}/data")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "item_damaged"
        left = client.get(f"/api/images/{item}/data?damaged=1")
        assert left.content == data[: 2**20] + bytes(len(data) - 2**20)
        assert left.headers["content-disposition"].startswith("attachment")
        assert left.headers["cache-control"] == "no-store"
        assert client.get(f"/api/images/{item}/thumbnail").status_code == 200
    assert library.item(database, item, damaged=True).recipe
    assert verification.set_apart(database) == 1


def test_damaged_items_are_mended_from_a_backup(database: Database, now: datetime, room: Callable[[], Path]) -> None:
    data = bytes_of(1, 20 * 2**20 + 5)
    large, other, never = add(database, now, data), add(database, now, b"other"), 0
    backup.make(database, now, Progress())
    never = add(database, now, b"after the backup")
    change(database, "UPDATE media_chunk SET data = zeroblob(length(data)) WHERE position IN (0, 20)")
    change(database, f"UPDATE thumbnail SET data = zeroblob(9) WHERE media_id = {other}")
    assert verify(database, room(), now, Progress()).damaged == 3
    assert backup.mend(database, Progress()) == [large, other]
    assert [each.media_id for each in verification.damaged(database)] == [never]
    assert b"".join(blobs.read(database, large, 0, len(data))) == data
    assert search.count(database, Query()) == 2
    assert verify(database, room(), now, Progress()).damaged == 1


def test_a_backup_with_the_same_damage_mends_nothing(
    database: Database, now: datetime, room: Callable[[], Path]
) -> None:
    add(database, now, b"right")
    change(database, "UPDATE media_chunk SET data = CAST('wrong' AS BLOB)")
    assert backup.make(database, now, Progress()).state == "flawed"
    verify(database, room(), now, Progress())
    assert backup.mend(database, Progress()) == []
    assert len(verification.damaged(database)) == 1
