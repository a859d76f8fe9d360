"""Killed at any moment and started again an upgrade ends right; two at once are one."""

import hashlib
import io
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from core import blobs, library
from core.database import open_database
from core.errors import UnusableDatabase
from core.settings import Settings
from core.upgrade import Telling, upgrade, upgrade_report
from tests.earlier import IMAGES, VIDEOS, earlier, insert
from tests.factories import clip, picture
from tests.serving import ROOT

KILLS = int(os.environ.get("STUDIO_TORTURE_UPGRADES", "100"))
STAGES = ("planned", "taken", "chunks", "kept", "built", "verified", "linked", "cleared", "swapped")
BEFORE_THE_END = ("built", "verified", "linked")  # stages of a start that has something to copy
LARGE = os.urandom(9 * 2**20 + 1)  # more than goes into one transaction


def spawn(path: Path, *stage: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.upgrade_process", str(path), str(path.parent / "temporary"), *stage]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def end(path: Path, *stage: str) -> tuple[int, str]:
    """(exit code, words) of an upgrade, which may kill itself."""
    process = spawn(path, *stage)
    said, errors = process.communicate(timeout=300)
    return process.returncode, said + errors


def home(
    tmp_path: Path, *, log: bool = False, pictures: int = 3, large: bytes = LARGE
) -> tuple[Path, dict[str, bytes]]:
    """An earlier file of a few items, with its newest in a WAL or not, and its bytes by address."""
    (tmp_path / "temporary").mkdir()
    moving = clip(tmp_path / "clip.mp4", seconds=0.5).read_bytes()
    path = earlier(tmp_path / "studio.db", (IMAGES, VIDEOS))
    kept = {f"image {n}": picture(seed=n) for n in range(1, pictures + 1)} | {"video 1": moving}
    connection = sqlite3.connect(path)
    if log:
        connection.execute("PRAGMA journal_mode = WAL")
    for name, data in kept.items():
        kind, number = name.split()
        insert(connection, kind, id=int(number), data=data)
    insert(connection, "video", id=2, data=large)
    insert(connection, status="failed", id=99)
    connection.commit()
    if log:  # the file as a crash leaves it
        sides = {side: Path(f"{path}{side}").read_bytes() for side in ("", "-wal")}
        connection.close()
        for side, content in sides.items():
            Path(f"{path}{side}").write_bytes(content)
    connection.close()
    return path, kept


def require_right(path: Path, kept: dict[str, bytes], before: dict[str, str], large: bytes = LARGE) -> None:
    """Every byte is in the new file, the original is as it was, and nothing else is left."""
    originals = [found for found in path.parent.glob("studio.db.earlier-*") if found.name.endswith("Z")]
    assert len(originals) == 1
    assert digests(originals[0]) == before
    database = open_database(path)
    for name, data in kept.items():
        kind, number = name.split()
        item = library.addressed(database, kind, int(number))
        assert b"".join(blobs.read(database, item.id, 0, item.bytes)) == data
    with database.read() as connection:
        states = connection.exec_driver_sql("SELECT state, count(*) FROM media GROUP BY state").all()
        assert [tuple(row) for row in states] == [("damaged", 1), ("ready", len(kept))]
        number, size, digest = connection.exec_driver_sql(
            "SELECT id, bytes, sha256 FROM media WHERE state = 'damaged'"
        ).one()
        assert connection.exec_driver_sql("SELECT count(*) FROM generation").scalar() == len(kept) + 2
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert (size, digest) == (len(large), hashlib.sha256(large).hexdigest())
    found = hashlib.sha256()
    for piece in blobs.read(database, number, 0, size):
        found.update(piece)
    assert found.hexdigest() == digest
    assert "The original is unchanged" in "\n".join(upgrade_report(database) or [])
    database.close()
    allowed = {"studio.db", "temporary", "clip.mp4", *(f"{originals[0].name}{side}" for side in before)}
    assert {found.name for found in path.parent.iterdir()} == allowed
    assert list((path.parent / "temporary").iterdir()) == []


def digests(path: Path) -> dict[str, str]:
    sides = {side: Path(f"{path}{side}") for side in ("", "-wal", "-journal")}
    return {side: hashlib.sha256(found.read_bytes()).hexdigest() for side, found in sides.items() if found.exists()}


@pytest.mark.parametrize(
    ("log", "stages"),
    [
        pytest.param(False, ("chunks", "kept", "linked"), id="alone"),
        pytest.param(True, ("cleared",), id="with a WAL"),
        pytest.param(False, STAGES, id="all, alone", marks=pytest.mark.torture),
        pytest.param(True, STAGES, id="all, with a WAL", marks=pytest.mark.torture),
    ],
)
def test_a_kill_at_a_stage(tmp_path: Path, log: bool, stages: tuple[str, ...]) -> None:
    """One file, killed at one stage after the other, each time a little further; then it ends right."""
    path, kept = home(tmp_path, log=log)
    before = digests(path)
    assert set(before) == ({"", "-wal"} if log else {""})
    for stage in stages:
        code, said = end(path, stage, "1")
        assert code == -9, (stage, said)
        assert ("going on after" in said) == ("kept" in stages[: stages.index(stage)] and stage in BEFORE_THE_END)
        if stage not in ("linked", "cleared", "swapped"):
            assert digests(path) == before, stage
        elif stage != "swapped":
            with pytest.raises(UnusableDatabase, match="make run"):
                open_database(path)  # no other way to open it takes it for an empty studio
    code, said = end(path)
    assert code == 0
    assert (said == "") == (stages[-1] == "swapped")  # there was nothing left to do
    require_right(path, kept, before)


def stopped(path: Path, at: str) -> None:
    """An upgrade that is stopped by hand at a stage."""

    def reach(stage: str) -> None:
        if stage == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        here(path, reach=reach)


def here(path: Path, **options: Any) -> str:
    """What an upgrade in this process says."""
    said = io.StringIO()
    settings = Settings(database=path, temporary=path.parent / "temporary")
    upgrade(settings, datetime.now(UTC), Telling(said), **options)
    return said.getvalue()


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    path, kept = home(tmp_path, pictures=70)
    before = digests(path)
    stopped(path, "kept")
    assert "Copying 73 rows, going on after 64." in here(path)
    require_right(path, kept, before)


def test_a_file_that_changed_in_between_is_begun_anew(tmp_path: Path) -> None:
    path, kept = home(tmp_path)
    stopped(path, "built")
    connection = sqlite3.connect(path)
    data = picture(seed=50)
    insert(connection, id=50, data=data)
    connection.commit()
    connection.close()
    before = digests(path)
    assert "going on" not in here(path)
    require_right(path, kept | {"image 50": data}, before)


def test_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two renames the path leads nowhere; the next start finishes, nothing else begins an empty one."""

    def refused(*_paths: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    path, kept = home(tmp_path)
    before = digests(path)
    monkeypatch.setattr(os, "link", refused)
    stopped(path, "linked")
    assert not path.exists()
    with pytest.raises(UnusableDatabase, match="which was interrupted"):
        open_database(path)
    here(path)
    require_right(path, kept, before)


def test_two_at_once_are_one(tmp_path: Path) -> None:
    path, kept = home(tmp_path)
    before = digests(path)
    first = spawn(path, "hold", "1")
    assert first.stdout is not None
    lines = iter(first.stdout.readline, "")
    assert any(line == "holding\n" for line in lines)
    code, said = end(path)
    assert code == 1
    assert f"Another process is upgrading {path} just now. Wait until it has ended, then start again." in said
    first.communicate("\n", timeout=60)
    assert first.returncode == 0
    require_right(path, kept, before)


@pytest.mark.torture
@pytest.mark.parametrize("log", [False, True], ids=["alone", "with a WAL"])
def test_kill_9_at_random_moments(tmp_path: Path, log: bool) -> None:
    """KILLS kills in all: each upgrade is killed again and again until one gets through."""
    chance, kills, number = random.Random(11), 0, 0
    while kills < KILLS // 2:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        path, kept = home(folder, log=log, pictures=12)
        before = digests(path)
        patience = 0.3
        while True:
            process = spawn(path)
            try:
                process.wait(chance.uniform(0.05, patience))
            except subprocess.TimeoutExpired:
                children = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                psutil.wait_procs(children, timeout=10)
                kills += 1
                patience *= 1.15
            said, errors = process.communicate()
            if process.returncode == 0:
                break
            assert process.returncode == -9, said + errors
        assert end(path)[0] == 0
        require_right(path, kept, before)
    print(f"{kills} kills over {number} upgrades, each ended right")


@pytest.mark.torture
def test_hundreds_of_megabytes_in_bounded_memory(tmp_path: Path) -> None:
    """Ten BLOBs of 40 MiB and one of 300 MiB: the process never holds any of them whole."""
    path, _ = home(tmp_path, large=b"\0")
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM generated_videos WHERE id = 2")
    for number in range(10, 20):
        insert(connection, "video", id=number, data=os.urandom(40 * 2**20))
    size = 300 * 2**20
    insert(connection, "video", id=2, data=b"")
    connection.execute("UPDATE generated_videos SET video_data = randomblob(?) WHERE id = 2", (size,))
    connection.commit()
    connection.close()
    code = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime; from core import Settings\n"
        "from core.upgrade import Telling, upgrade; from tests.measuring import peak\n"
        "where = Path(sys.argv[1]); settings = Settings(database=where, temporary=where.parent / 'temporary')\n"
        "upgrade(settings, datetime.now(UTC), Telling(sys.stdout)); print('peak', peak())"
    )
    peaks = []
    (tmp_path / "small").mkdir()
    for target in (home(tmp_path / "small", large=b"\0" * 1000)[0], path):
        started = time.monotonic()
        done = subprocess.run([sys.executable, "-c", code, str(target)], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        peaks.append(int(re.findall(r"peak (\d+)", done.stdout)[0]))
        print(done.stdout[-300:], f"{time.monotonic() - started:.1f} s")
    assert peaks[1] - peaks[0] < 64  # MiB
