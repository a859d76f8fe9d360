"""Long runs, behind `make torture`: kills without end, and a crowd of writers and readers."""

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select, text

from core import blobs, deletions, jobs, library, retention, search, tags, trash
from core.database import Database, open_database
from core.migrations import migrate
from core.models import deleting, media, media_chunk, thumbnail
from core.retention import Protections, Rule
from core.search import Query
from core.sqlite import library as sqlite_library
from tests.factories import add, run
from tests.serving import ROOT
from tests.test_index import require_index

pytestmark = pytest.mark.torture
KILLS = int(os.environ.get("STUDIO_TORTURE_KILLS", "500"))
SECONDS = float(os.environ.get("STUDIO_TORTURE_SECONDS", "60"))


def spawn(database: Path, temporary: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.worker_process", str(database), str(temporary)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> None:
    """Kill, and see that no helper process outlives it."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


def check(path: Path) -> None:
    """Integrity, and every item whole by its hash."""
    connection = sqlite_library().connect(str(path))
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    database = open_database(path)
    for row in jobs.recent(database, limit=10_000):
        if row["status"] == "succeeded":
            (shown,) = row["media"]
            item = library.item(database, shown["id"])
            digest = hashlib.sha256(b"".join(blobs.read(database, item.id, 0, item.bytes))).hexdigest()
            assert digest == item.sha256
    database.close()


def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    """Row 2 with `sketch`: no lost and no duplicate media, no temporary file left, work resumes in 5 s or less."""
    chance = random.Random(7)
    path, temporary = tmp_path / "studio.db", tmp_path / "temporary"
    temporary.mkdir()
    database = open_database(path)
    migrate(database, datetime.now(UTC))
    database.close()
    asked, resumed = 0, []
    for turn in range(KILLS):
        database = open_database(path)
        open_before = sum(jobs.counts(database)[status] for status in jobs.OPEN)
        if open_before < 3:
            clip = run("sketch/clip", f"clip {turn}", size=256, duration=2)
            batch = [run(prompt=f"still {turn}", size=256, seed=turn), clip][: 1 + turn % 2]
            asked += len(jobs.enqueue(database, f"batch {turn}", batch, datetime.now(UTC)))
        before = {row["id"]: row["logs"] for row in jobs.recent(database, limit=10) if row["status"] in jobs.OPEN}
        database.close()
        process = spawn(path, temporary)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if turn % 25 == 24:
            resumed.append(seconds_until_something_moves(path, before))
        else:
            time.sleep(chance.uniform(0.0, 2.5))
        end(process)
    process = spawn(path, temporary)
    database = open_database(path)
    deadline = time.monotonic() + 180
    while any(jobs.counts(database)[status] for status in jobs.OPEN) and time.monotonic() < deadline:
        time.sleep(0.2)
    counts = jobs.counts(database)
    database.close()
    process.terminate()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    check(path)
    database = open_database(path)
    with database.read() as connection:
        rows = connection.execute(select(media.c.state, func.count()).group_by(media.c.state)).all()
        states = {row[0]: row[1] for row in rows}
    database.close()
    database = open_database(path)
    failed = [row for row in jobs.recent(database, limit=10_000) if row["status"] == "failed"]
    database.close()
    assert {row["error_code"] for row in failed} <= {"prediction_lost"}  # after many attempts, in words
    interrupted = len(failed)
    assert interrupted == 0
    assert counts["succeeded"] + interrupted == asked
    assert states == {"ready": counts["succeeded"]}
    assert max(resumed, default=0) <= 5
    print(f"{KILLS} kills, {asked} runs, {interrupted} given up, resumed after {max(resumed, default=0):.1f} s at most")


def seconds_until_something_moves(path: Path, before: dict[int, str]) -> float:
    """How long after the start an interrupted run is seen to go on."""
    started = time.monotonic()
    database = open_database(path)
    while time.monotonic() - started < 20:
        for row in jobs.recent(database, ids=list(before)):
            if row["status"] not in jobs.OPEN or row["logs"] != before[row["id"]]:
                database.close()
                return time.monotonic() - started
        time.sleep(0.05)
    database.close()
    return 20.0


def test_eight_writers_and_sixty_four_readers(database: Database, now: datetime) -> None:
    """Row 12: no "database is locked" reaches anybody; commits take 200 ms at the 99th percentile at most."""
    media_id = add(database, now, bytes(3 * 2**20))
    stop = time.monotonic() + SECONDS
    errors: list[BaseException] = []
    took: list[float] = []

    def write(name: int) -> None:
        turn = 0
        while time.monotonic() < stop:
            turn += 1
            started = time.monotonic()
            with database.write() as connection:
                connection.execute(text("INSERT INTO meta VALUES (:key, 'x')"), {"key": f"k{name}-{turn}"})
            took.append(time.monotonic() - started)
            time.sleep(0.005)

    def read() -> None:
        while time.monotonic() < stop:
            search.page(database)
            assert len(next(blobs.read(database, media_id, 2**20, 2 * 2**20))) == 2**20
            time.sleep(0.2)  # a browser reads no faster

    def guarded(work: object, *arguments: object) -> None:
        try:
            work(*arguments)  # type: ignore[operator]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(write, name)) for name in range(8)]
    threads += [threading.Thread(target=guarded, args=(read,)) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert database.wal_bytes() <= 256 * 2**20
    p99 = sorted(took)[int(len(took) * 0.99)]
    print(f"{len(took)} commits, p50 {sorted(took)[len(took) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms")
    assert p99 <= 0.2


def test_many_processes_write_at_once(tmp_path: Path) -> None:
    """Four studios on one file: leases share the work, each run is done once."""
    path, temporary = tmp_path / "studio.db", tmp_path / "temporary"
    temporary.mkdir()
    database = open_database(path)
    migrate(database, datetime.now(UTC))
    jobs.enqueue(database, "batch", [run(size=256, seed=n) for n in range(60)], datetime.now(UTC))
    studios = [spawn(path, temporary) for _ in range(4)]
    deadline = time.monotonic() + 240
    while jobs.counts(database)["succeeded"] < 60 and time.monotonic() < deadline:
        time.sleep(0.2)
    for studio in studios:
        end(studio)
    assert jobs.counts(database)["succeeded"] == 60
    assert search.count(database) == 60
    database.close()
    check(path)


def sealing(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.sealing_process", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_opening_beside_a_process_that_marks_and_seals(database: Database) -> None:
    """No healthy file is ever taken for one whose WAL was lost."""
    process, opened, stop = sealing(database.path), 0, time.monotonic() + SECONDS / 6
    while time.monotonic() < stop:
        open_database(database.path).close()
        opened += 1
    end(process)
    print(f"opened {opened} times")


def test_killed_while_marking_and_sealing(database: Database) -> None:
    """The windows between the marks are milliseconds; the file opens after a kill in any of them."""
    chance = random.Random(3)
    database.close()
    for _ in range(max(10, KILLS // 5)):
        process = sealing(database.path)
        time.sleep(chance.uniform(0, 0.05))
        end(process)
        open_database(database.path).close()


def fill_trash(database: Database, chance: random.Random, turn: int, number: int) -> None:
    """Items of a few chunks each, with tags, some of them in the trash."""
    now = datetime.now(UTC)
    with database.write() as connection:
        for each in range(number):
            data = chance.randbytes(chance.randint(100_000, 2_500_000))
            digest = hashlib.sha256(data).hexdigest()
            row = {"kind": "image", "mime": "image/png", "name": f"{turn} {each}", "bytes": len(data), "sha256": digest}
            row |= {"width": 9, "height": 9, "state": "ready", "created_at": now}
            made = connection.execute(media.insert().values(row)).inserted_primary_key
            assert made is not None
            blobs.insert(connection, made[0], blobs.split(data))
            small = {"media_id": made[0], "mime": "image/webp", "width": 9, "height": 9, "data": data[:2000]}
            connection.execute(thumbnail.insert().values(small))
    items = search.items(database, limit=10_000)
    tags.add(database, chance.sample(items, len(items) // 2), ["sea"])
    trash.discard(database, chance.sample(items, len(items) * 3 // 4), now)


def require_whole_items(path: Path) -> int:
    """Every item has all of its bytes, nothing else has any, and what can be found is what there is."""
    connection = sqlite_library().connect(str(path))
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    database = open_database(path)
    with database.read() as reading:
        rows = reading.execute(select(media.c.id, media.c.bytes, media.c.sha256, media.c.state)).all()
        assert {row.state for row in rows} <= {"ready", "thinned"}
        for table, of in ((media_chunk, ("ready",)), (thumbnail, ("ready", "thinned"))):
            having = set(reading.execute(select(table.c.media_id)).scalars())
            assert having == {row.id for row in rows if row.state in of}
    for row in [row for row in rows if row.state == "ready"]:
        assert hashlib.sha256(b"".join(blobs.read(database, row.id, 0, row.bytes))).hexdigest() == row.sha256
    require_index(database)
    database.close()
    return len(rows)


def test_killed_while_the_trash_is_emptied(tmp_path: Path) -> None:
    """Row 37: 100 kills, and every item is whole or gone."""
    chance, path = random.Random(37), tmp_path / "studio.db"
    database = open_database(path)
    migrate(database, datetime.now(UTC))
    interrupted = 0
    for turn in range(max(10, KILLS // 5)):
        held = trash.holds(database)
        if held.number < 40:
            fill_trash(database, chance, turn, 60)
        before = trash.holds(database).number
        database.close()
        command = [sys.executable, "-m", "tests.emptying_process", str(path), ("all", "singly")[turn % 2]]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.2))
        end(process)
        require_whole_items(path)
        database = open_database(path)
        interrupted += 0 < trash.holds(database).number < before
    print(f"{turn + 1} kills, {interrupted} of them between the first item and the last")
    assert interrupted > turn // 10, "the kills must fall into the work"
    kept = search.count(database)
    trash.empty(database, datetime.now(UTC))
    assert trash.holds(database).number == 0
    database.close()
    assert require_whole_items(path) == kept


def test_killed_while_a_rule_runs(tmp_path: Path) -> None:
    """Row 37 for rules: each item is whole, in the trash or thinned, and the log has a line for each that went."""
    chance, path = random.Random(73), tmp_path / "studio.db"
    database = open_database(path)
    migrate(database, datetime.now(UTC))
    retention.protect(database, Protections(None, (), False, 0))
    interrupted, turns = 0, max(10, KILLS // 5)
    for turn in range(turns):
        how = ("trash", "thin")[turn % 2]
        plan = retention.plan(database, Rule("old", how, tag="sea"), datetime.now(UTC))
        while len(plan.goes) < 120:
            fill_trash(database, chance, turn, 60)
            trash.restore(database, search.items(database, Query(trash=True), limit=10_000))
            plan = retention.plan(database, Rule("old", how, tag="sea"), datetime.now(UTC))
        before = len(plan.goes)
        database.close()
        command = [sys.executable, "-m", "tests.emptying_process", str(path), how]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.3))
        end(process)
        require_whole_items(path)
        database = open_database(path)
        left = len(retention.plan(database, Rule("old", how, tag="sea"), datetime.now(UTC)).goes)
        interrupted += 0 < left < before
        with database.read() as reading:
            thinned = set(reading.execute(select(media.c.id).where(media.c.state == "thinned")).scalars())
            assert reading.execute(select(func.count()).select_from(deleting)).scalar() == 0
        logged = {line.media_id for line in deletions.log(database, limit=10**6) if line.act == "thin"}
        assert thinned <= logged
        trash.empty(database, datetime.now(UTC))
    print(f"{turns} kills, {interrupted} of them between the first item and the last")
    assert interrupted > turns // 10, "the kills must fall into the work"
    database.close()
