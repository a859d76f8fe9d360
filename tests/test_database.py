"""Pragmas, transactions, start-up checks and surgery on the file."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from core import sqlite
from core.database import Database, open_database
from core.errors import DiskFull, LostWal, SelfCheckFailed, StorageBusy, StorageError, UnusableDatabase
from core.migrations import migrate
from core.preflight import wal_of
from core.wal import AGAIN, REFUSE_ABOVE
from tests.factories import add

SOME = text("INSERT INTO meta (key, value) VALUES (:key, :value)")


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM meta WHERE key LIKE 'k%'")).scalar_one())


def copy_with_wal(database: Database, target: Path) -> None:
    """What a crash leaves: the file and its WAL as they are on the disk."""
    shutil.copy(database.path, target)
    shutil.copy(wal_of(database.path), wal_of(target))


def test_every_pooled_connection_has_every_pragma(database: Database) -> None:
    """Row 5 of the reliability table: all pragmas on 100 connections."""
    seen = []
    opened = [open_database(database.path) for _ in range(3)]
    for one in (database, *opened):
        held = [one._reader.connect() for _ in range(32)] + [one._writer.connect()]
        for connection in held:
            driver = connection.connection.dbapi_connection
            sqlite.check(driver)
            seen.append(id(driver))
        for connection in held:
            connection.close()
    assert len(set(seen)) == 132
    for one in opened:
        one.close()


@pytest.mark.parametrize("name", [*sorted(sqlite.PRAGMAS), "busy_timeout"])
def test_a_wrong_pragma_fails_the_self_check(database: Database, name: str) -> None:
    wrong = {"synchronous": 1, "secure_delete": 1, "temp_store": 0}.get(name, 1 - min(sqlite.PRAGMAS.get(name, 0), 1))
    with database.read() as connection:
        driver = connection.connection.dbapi_connection
    driver = sqlite.library().connect(str(database.path), isolation_level=None)
    sqlite.configure(driver, exclusive=False, query_only=False)
    driver.execute(f"PRAGMA {name}={wrong}")
    with pytest.raises(SelfCheckFailed, match=name):
        sqlite.check(driver)
    driver.close()


def test_the_file_is_made_in_the_right_order(database: Database) -> None:
    with database.read() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("page_size", "auto_vacuum", "journal_mode", "application_id")
        }
    assert found == {
        "page_size": 16384,
        "auto_vacuum": 2,
        "journal_mode": "wal",
        "application_id": sqlite.APPLICATION_ID,
    }


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(UnusableDatabase), database.read() as connection:
        connection.execute(SOME, {"key": "k", "value": ""})


def test_an_exception_rolls_back(database: Database) -> None:
    def stumble() -> None:
        with database.write() as connection:
            connection.execute(SOME, {"key": "k", "value": ""})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    assert count(database) == 0


def test_one_writer_at_a_time(database: Database) -> None:
    def work(name: int) -> None:
        for turn in range(25):
            with database.write() as connection:
                connection.execute(SOME, {"key": f"k{name}-{turn}", "value": ""})

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 200


def test_two_processes_share_the_file(database: Database) -> None:
    code = (
        "import sys; from pathlib import Path; from sqlalchemy import text; from core.database import open_database\n"
        "db = open_database(Path(sys.argv[1]))\n"
        "for i in range(50):\n"
        "    with db.write() as c: c.execute(text('INSERT INTO meta VALUES (:k, 1)'), {'k': f'k{sys.argv[2]}-{i}'})\n"
        "db.close()"
    )
    others = [subprocess.Popen([sys.executable, "-c", code, database.path, str(n)]) for n in range(2)]
    for turn in range(50):
        with database.write() as connection:
            connection.execute(SOME, {"key": f"k-{turn}", "value": ""})
    assert [other.wait(60) for other in others] == [0, 0]
    assert count(database) == 150


# SQLite versions: row 4


@pytest.mark.parametrize(
    ("number", "affected"),
    [
        ((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 45, 0), True), ((3, 50, 6), True),
        ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 4), False), ((4, 0, 0), False),
    ],
)  # fmt: skip
def test_versions_with_the_wal_reset_bug_are_known(number: tuple[int, ...], affected: bool) -> None:
    assert sqlite.has_wal_reset_bug(number) is affected


def test_a_sqlite_too_old_is_refused(tmp_path: Path) -> None:
    old = SimpleNamespace(sqlite_version_info=(3, 31, 1))
    with pytest.raises(UnusableDatabase, match=r"3\.31\.1 is too old"):
        Database(tmp_path / "studio.db", old)  # type: ignore[arg-type]


SAFE_MODE = """
import sqlite3, sys, threading
from datetime import UTC, datetime
from pathlib import Path
from core import sqlite
from core.database import open_database
from core.migrations import migrate
sqlite.has_wal_reset_bug = lambda version: True  # as on 3.40
db = open_database(Path(sys.argv[1]), library=sqlite3)
assert db.exclusive
migrate(db, datetime.now(UTC))
from sqlalchemy import text
def work(name):
    for i in range(20):
        with db.write() as c: c.execute(text("INSERT INTO meta VALUES (:k, '')"), {"k": f"k{name}-{i}"})
        with db.read() as c: c.execute(text("SELECT count(*) FROM meta")).scalar()
threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
[t.start() for t in threads]; [t.join() for t in threads]
with db.read() as c: assert c.execute(text("SELECT count(*) FROM meta WHERE key LIKE 'k%'")).scalar() == 120
try:
    other = sqlite3.connect(sys.argv[1], timeout=0.1); other.execute("SELECT * FROM meta").fetchall(); print("shared")
except sqlite3.OperationalError as error: print(error)
db.close()
"""


def test_an_affected_sqlite_gets_one_exclusive_connection(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SAFE_MODE, str(tmp_path / "studio.db")]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert "locked" in answer.stdout


# The file: row 9


def surgeries() -> dict[str, Callable[[Path], None]]:
    """What may have happened to a studio file; each must be refused with a sentence."""

    def overwrite(offset: int, data: bytes) -> Callable[[Path], None]:
        def act(path: Path) -> None:
            with path.open("r+b") as file:
                file.seek(offset)
                file.write(data)

        return act

    def cut(part: float) -> Callable[[Path], None]:
        return lambda path: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])

    def foreign(path: Path) -> None:
        path.unlink()
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE songs (title)")
        connection.commit()
        connection.close()

    def folder(path: Path) -> None:
        path.unlink()
        path.mkdir()

    def dangling(path: Path) -> None:
        path.unlink()
        path.symlink_to(path.parent / "nowhere.db")

    def orphaned(path: Path) -> None:
        wal_of(path).write_bytes(b"x" * 1000)
        path.unlink()

    return {
        "empty": lambda path: path.write_bytes(b""),
        "one byte": cut(0.00001),
        "half a header": lambda path: path.write_bytes(path.read_bytes()[:50]),
        "a quarter": cut(0.25),
        "half": cut(0.5),
        "all but the last page": lambda path: path.write_bytes(path.read_bytes()[:-16384]),
        "all but the last byte": lambda path: path.write_bytes(path.read_bytes()[:-1]),
        "zeroed header": overwrite(0, bytes(100)),
        "wrong magic": overwrite(0, b"SQLite format 2\0"),
        "another application": overwrite(68, b"ABCD"),
        "text": lambda path: path.write_text("not a database\n" * 1000),
        "a picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000)),
        "random": lambda path: path.write_bytes(b"\xa5\x5a" * 9000),
        "a foreign SQLite file": foreign,
        "a folder": folder,
        "a dangling link": dangling,
        "gone, with its WAL left": orphaned,
        "schema page zeroed": overwrite(100, bytes(16384 - 100)),
        "page size of zero": overwrite(16, bytes(2)),
    }


@pytest.mark.parametrize("name", sorted(surgeries()))
def test_a_file_after_surgery_is_refused(tmp_path: Path, now: datetime, name: str) -> None:
    path = tmp_path / "studio.db"
    whole = open_database(path)
    migrate(whole, now)
    add(whole, now, bytes(300_000))
    whole.close()
    surgeries()[name](path)
    with pytest.raises(UnusableDatabase) as refused:
        migrate(open_database(path), now)
    assert str(path) in refused.value.sentence or path.name in refused.value.sentence
    assert refused.value.sentence.endswith(".")


def test_a_lost_wal_is_refused_and_may_be_accepted(database: Database, now: datetime, tmp_path: Path) -> None:
    add(database, now)
    copy = tmp_path / "copy.db"
    shutil.copy(database.path, copy)  # without its -wal
    with pytest.raises(LostWal, match=r"copy\.db-wal"):
        open_database(copy)
    open_database(copy, accept_lost_wal=True).close()
    open_database(copy).close()


def test_a_file_with_its_wal_loses_nothing(database: Database, now: datetime, tmp_path: Path) -> None:
    with database.write() as connection:
        connection.execute(SOME, {"key": "k1", "value": ""})
    copy = tmp_path / "copy.db"
    copy_with_wal(database, copy)
    other = open_database(copy)
    assert count(other) == 1
    other.close()


def test_a_resting_studio_is_whole_in_one_file(database: Database, tmp_path: Path) -> None:
    for turn in range(3):
        with database.write() as connection:
            connection.execute(SOME, {"key": f"k{turn}", "value": ""})
        database.seal()
        copy = tmp_path / f"copy{turn}.db"
        shutil.copy(database.path, copy)
        other = open_database(copy)
        assert count(other) == turn + 1
        other.close()


def test_another_tool_may_fold_the_wal_in(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        connection.execute(SOME, {"key": "k1", "value": ""})
    copy = tmp_path / "copy.db"
    copy_with_wal(database, copy)
    tool = sqlite.library().connect(str(copy))
    assert tool.execute("SELECT count(*) FROM meta").fetchone()
    tool.close()
    assert not wal_of(copy).exists()
    open_database(copy).close()


def test_a_read_only_file_is_refused(tmp_path: Path, now: datetime, as_user: Callable[[str, Path], str]) -> None:
    path = tmp_path / "studio.db"
    open_database(path).close()
    path.chmod(0o444)
    assert "read-only" in as_user("from core.database import open_database; open_database(path)", path)


def test_a_new_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "studio.db"
    path.parent.mkdir(parents=True)
    leftover = path.with_name(".studio.db.new-crashed")
    leftover.mkdir()
    (leftover / "studio.db").write_bytes(b"half")
    os.utime(leftover, (0, 0))
    open_database(path).close()
    assert [child.name for child in path.parent.iterdir()] == ["studio.db"]


# A reader that never ends: row 13


def test_a_reader_that_never_ends_cannot_grow_the_wal_without_end(database: Database) -> None:
    reader = sqlite.library().connect(str(database.path), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM meta").fetchone()

    def fill() -> None:
        for turn in range(60):
            with database.write() as connection:
                connection.execute(SOME, {"key": f"k{turn}", "value": "x" * (8 * 2**20)})

    with pytest.raises(StorageBusy, match="Another program has been reading"):
        fill()
    assert REFUSE_ABOVE < database.wal_bytes() <= 256 * 2**20
    before = count(database)
    reader.execute("COMMIT")
    with database.write() as connection:
        connection.execute(SOME, {"key": "kafter", "value": ""})
    assert count(database) == before + 1
    assert database.wal_bytes() < 16 * 2**20
    reader.close()


def test_the_wal_stays_small_under_steady_writing(database: Database) -> None:
    peak = 0
    for turn in range(40):
        with database.write() as connection:
            connection.execute(SOME, {"key": f"k{turn}", "value": "x" * (4 * 2**20)})
        peak = max(peak, database.wal_bytes())
    assert peak <= 48 * 2**20


@pytest.mark.parametrize("sealed", [True, False])
def test_a_lock_held_elsewhere_is_told_in_words(database: Database, sealed: bool) -> None:
    with database.write() as connection:
        connection.execute(SOME, {"key": "k1", "value": ""})
    if sealed:
        database.seal()
    other = sqlite.library().connect(str(database.path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database.seal()
    database.hurry()
    started = time.monotonic()
    with pytest.raises(StorageBusy, match="Another program holds"), database.write():
        pytest.fail("nobody else may write now")
    assert time.monotonic() - started < 2
    other.execute("ROLLBACK")
    other.close()
    with database.write() as connection:
        connection.execute(SOME, {"key": "k2", "value": ""})
    assert count(database) == 2


def test_a_write_waits_for_another_process_that_is_soon_done(database: Database) -> None:
    other = sqlite.library().connect(str(database.path), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.6, lambda: other.execute("ROLLBACK"))
    release.start()
    with database.write() as connection:
        connection.execute(SOME, {"key": "k1", "value": ""})
    assert count(database) == 1
    release.join()
    other.close()


def test_a_full_disk_is_told_in_words(database: Database) -> None:
    def fill() -> None:
        with database.write() as connection:
            connection.connection.dbapi_connection.execute("PRAGMA max_page_count=60")  # type: ignore[union-attr]
            connection.execute(SOME, {"key": "k1", "value": "x" * 2**21})

    with pytest.raises(DiskFull, match="nothing was written"):
        fill()
    assert count(database) == 0


@pytest.mark.parametrize("words", ["a full moon", "a busy street", "a locked door", "malformed readonly"])
def test_peoples_words_do_not_choose_the_error(database: Database, words: str) -> None:
    insert = text("INSERT INTO media (kind, mime, state, created_at, name) VALUES ('image', 'x', 'wrong', 'x', :name)")

    def refuse() -> None:
        with database.write() as connection:
            connection.execute(insert, {"name": words})

    with pytest.raises(StorageError) as refused:
        refuse()
    assert type(refused.value) is StorageError
    assert words not in refused.value.sentence


def test_many_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from core import Settings, Studio\n" \
           "Studio(Settings(Path(sys.argv[1]), temporary=Path(sys.argv[2]))).close()"  # fmt: skip
    folder = tmp_path / "made"
    command = [sys.executable, "-c", code, str(folder / "studio.db"), str(tmp_path)]
    starters = [subprocess.Popen(command) for _ in range(4)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0, 0]
    assert [child.name for child in folder.iterdir()] == ["studio.db"]


def test_a_lost_wal_is_noticed_though_somebody_was_reading(database: Database, tmp_path: Path) -> None:
    database.seal()
    reader = sqlite.library().connect(str(database.path), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM meta").fetchone()
    with database.write() as connection:
        connection.execute(SOME, {"key": "k1", "value": ""})
    reader.execute("COMMIT")
    reader.close()
    time.sleep(AGAIN)  # the mark is tried again after this time
    with database.write() as connection:
        connection.execute(SOME, {"key": "k2", "value": ""})
    shutil.copy(database.path, tmp_path / "copy.db")
    with pytest.raises(LostWal):
        open_database(tmp_path / "copy.db")


def test_another_process_that_seals_does_not_hide_a_loss(database: Database, tmp_path: Path) -> None:
    other = open_database(database.path)
    for one, key in ((database, "k1"), (other, "k2")):
        with one.write() as connection:
            connection.execute(SOME, {"key": key, "value": ""})
    other.seal()
    with database.write() as connection:
        connection.execute(SOME, {"key": "k3", "value": ""})
    shutil.copy(database.path, tmp_path / "copy.db")
    with pytest.raises(LostWal):
        open_database(tmp_path / "copy.db")
    other.close()


def test_after_a_crash_the_file_is_sealed_at_the_first_rest(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        connection.execute(SOME, {"key": "k1", "value": ""})
    crashed = tmp_path / "crashed.db"
    copy_with_wal(database, crashed)
    again = open_database(crashed)
    again.seal()
    shutil.copy(crashed, tmp_path / "copy.db")
    alone = open_database(tmp_path / "copy.db")
    assert count(alone) == 1
    alone.close()
    again.close()


def test_a_file_cut_short_beside_a_wal_is_refused(database: Database, now: datetime, tmp_path: Path) -> None:
    add(database, now, bytes(300_000))
    database.close()
    again = open_database(database.path)
    with again.write() as connection:
        connection.execute(SOME, {"key": "k1", "value": ""})
    cut = tmp_path / "cut.db"
    cut.write_bytes(again.path.read_bytes()[: again.path.stat().st_size // 2])
    shutil.copy(wal_of(again.path), wal_of(cut))
    again.close()
    with pytest.raises(UnusableDatabase, match=r"cut short|damaged"):
        open_database(cut)


def test_closing_leaves_one_file(tmp_path: Path, now: datetime) -> None:
    opened = open_database(tmp_path / "studio.db")
    migrate(opened, now)
    add(opened, now)
    started = time.monotonic()
    opened.close()
    assert [child.name for child in tmp_path.iterdir()] == ["studio.db"]
    assert time.monotonic() - started < 5


def test_what_interrupts_a_write_is_told_not_what_its_rollback_stumbled_over(database: Database) -> None:
    def interrupted() -> None:
        with database.write() as connection:
            connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
