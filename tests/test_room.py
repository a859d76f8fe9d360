"""Room on the disk: the ballast, work that waits, and a disk that is really full."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from core import Settings, Studio, blobs, compaction, jobs, library, results, retention, room, search, trash
from core.database import Database, open_database
from core.errors import DiskFull
from core.migrations import migrate
from core.progress import Progress
from core.providers import Prediction
from core.studio import Upload
from tests.factories import add, claimed, found, picture

MIB = 2**20
FILLS = int(os.environ.get("STUDIO_TORTURE_KILLS", "500")) // 10


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 56 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=56m", "tmpfs", str(place)]
    if not hasattr(os, "getuid") or os.getuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a small disk takes a privileged user")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def stuff(folder: Path) -> Path:
    """Fill the disk to its last byte with something that is none of ours."""
    path = folder / "other"
    with path.open("ab", buffering=0) as file:
        for size in (MIB, 4096, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return path


def store(database: Database, now: datetime, number: int) -> int:
    """An item of 1 MiB; raises `DiskFull`."""
    claim = claimed(database, now)
    data = number.to_bytes(4, "big") * (MIB // 4)
    results.answered(database, claim, [("[0]", None)], Prediction("", "succeeded"))
    media_id = results.receive(database, claim, 0, found(), None, now)
    stored = blobs.write(database, media_id, BytesIO(data), lambda: None)
    results.keep(database, claim, 0, media_id, stored, found())
    results.finish(database, claim, {}, now)
    return media_id


def filled(database: Database, now: datetime, kept: dict[int, int], number: int) -> int:
    """Store items until the disk is full; returns the number that comes next."""
    while True:
        try:
            kept[store(database, now, number)] = number
        except DiskFull:
            return number + 1
        number += 1


def require_kept(database: Database, kept: dict[int, int]) -> None:
    for media_id, number in kept.items():
        item = library.item(database, media_id)
        assert b"".join(blobs.read(database, media_id, 0, item.bytes)) == number.to_bytes(4, "big") * (MIB // 4)


def test_the_ballast_takes_real_room_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    assert room.keep_ballast(path)
    ballast = room.ballast_of(path)
    assert ballast.name == "studio.db-ballast"
    assert ballast.stat().st_size == room.BALLAST
    assert ballast.stat().st_blocks * 512 >= room.BALLAST
    assert room.spend_ballast(path)
    assert not room.spend_ballast(path)
    assert room.keep_ballast(path)
    assert [each.name for each in tmp_path.iterdir()] == ["studio.db-ballast"]


def test_a_shortage_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    assert room.shortage(path, 0) is None
    sentence = str(room.shortage(path, 2**60))
    assert "empty the trash" in sentence
    assert "Nothing is lost" in sentence


def test_new_work_waits_for_room_and_nothing_is_lost(settings: Settings, now: datetime) -> None:
    """Low disk stops intake and never takes anything: no rule runs that would not have run."""
    from dataclasses import replace

    studio = Studio(replace(settings, disk_reserve=2**60))
    old = add(studio.database, now - timedelta(days=9))
    retention.add(studio.database, retention.Rule("old", older_than=1))
    (run,) = studio.generate("sketch/still", {"prompt": "hills", "size": 256}, now=now)
    studio.worker.step(now)
    (row,) = jobs.recent(studio.database, ids=[run])
    assert (row["status"], "new work waits until" in row["waiting"]) == ("queued", True)
    with pytest.raises(DiskFull, match="new work waits"):
        studio.upload(Upload("a.png", picture()), now=now)
    assert search.items(studio.database, limit=9) == [old]
    studio.worker.shortage = lambda: None
    studio.worker.step(now + timedelta(seconds=1))
    assert jobs.recent(studio.database, ids=[run])[0]["status"] == "queued"
    studio.worker.step(now + timedelta(seconds=6))
    (row,) = jobs.recent(studio.database, ids=[run])
    assert (row["status"], row["waiting"]) == ("running", None)
    studio.close()


def full_disk(small: Path, now: datetime, fills: int) -> None:
    """Fill the disk, delete by way of the ballast, give space back, go on; all that was kept stays whole."""
    database = open_database(small / "studio.db")
    migrate(database, now)
    room.PLENTY, plenty = room.BALLAST, room.PLENTY
    kept: dict[int, int] = {}
    number = spent = 0
    for _ in range(fills):
        assert room.keep_ballast(database.path)
        number = filled(database, now, kept, number)
        other = stuff(small)
        require_kept(database, kept)
        items = list(kept)[: len(kept) // 2 + 1]
        gone = [media_id for media_id in items if media_id % 2] or items
        room.making_room(database, lambda: trash.discard(database, gone, now))  # noqa: B023
        trash.delete_for_ever(database, gone, now)
        spent += not room.ballast_of(database.path).exists()
        kept = {media_id: value for media_id, value in kept.items() if media_id not in gone}
        compaction.compact(database, Progress())
        other.unlink()
        require_kept(database, kept)
        assert compaction.free_bytes(database) == 0
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    database.close()
    room.PLENTY = plenty
    print(f"{fills} fills, {number} items written, the ballast was spent {spent} times")
    assert spent


def test_a_full_disk_is_left_by_deleting(small: Path, now: datetime) -> None:
    full_disk(small, now, 2)


@pytest.mark.torture
def test_a_disk_that_is_full_again_and_again(small: Path, now: datetime) -> None:
    """Row 6: 50 fills, nothing acknowledged is lost."""
    full_disk(small, now, FILLS)


def test_there_is_no_ballast_where_there_is_little_room(small: Path) -> None:
    path = small / "studio.db"
    assert not room.keep_ballast(path)
    assert list(small.iterdir()) == []
    assert shutil.disk_usage(small).free > 50 * MIB
