"""Row 11: what cannot be restored is refused before current data is touched; what can takes its place whole."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from core import Settings, Studio, backup, blobs, jobs, library
from core.__main__ import main
from core.database import Database, open_database
from core.errors import BackupRefused, LostWal, NewerDatabase, StorageBusy, StudioError, UnusableDatabase, WorkStopped
from core.jobs import Run
from core.migrations import HEAD, migrate, version
from core.progress import Progress
from tests.factories import add, picture


@pytest.fixture
def made(database: Database, now: datetime) -> Path:
    """A backup of a studio with three items, which then got a fourth and was closed."""
    for number in range(3):
        add(database, now, picture(300, 200, seed=number))
    path = backup.make(database, now, Progress()).path
    add(database, now, b"since then")
    database.seal()
    database.close()
    return path


def restore(database: Database, chosen: Path, now: datetime, **options: bool) -> backup.Restored:
    return backup.restore(database.path, chosen, now, Progress(), **options)


def flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def opened_and_changed(path: Path, statement: str) -> None:
    changed = open_database(path)
    with changed.write() as connection:
        connection.execute(text(statement))
    changed.seal()
    changed.close()


def blob_offset(path: Path) -> int:
    """A place in the file that is in the middle of the first item's bytes."""
    data = picture(300, 200, seed=0)
    return path.read_bytes().index(data[50_000:50_040]) + 20


def lost_wal(path: Path) -> None:
    """As copied while it was in use, without its log."""
    busy = open_database(path)
    with busy.write() as connection:
        connection.execute(text("UPDATE media SET note = 'newest'"))
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    busy.close()
    copy.replace(path)


def foreign(path: Path) -> None:
    path.unlink()
    tool = sqlite3.connect(path)
    tool.execute("CREATE TABLE media (id INTEGER)")
    tool.commit()
    tool.close()


def empty_studio(path: Path) -> None:
    path.unlink()
    open_database(path).close()


def structure(path: Path) -> None:
    """A page of the schema's tables turned to nothing."""
    with path.open("r+b") as file:
        file.seek(2 * 16384)
        file.write(bytes(16384))


SPOILT: dict[str, tuple[Callable[[Path], object], type[StudioError]]] = {
    "missing": (lambda path: path.unlink(), UnusableDatabase),
    "folder": (lambda path: (path.unlink(), path.mkdir()), UnusableDatabase),
    "nothing in it": (lambda path: os.truncate(path, 0), UnusableDatabase),
    "text": (lambda path: path.write_text("not a database at all, " * 100), UnusableDatabase),
    "foreign": (foreign, UnusableDatabase),
    "cut short": (lambda path: os.truncate(path, path.stat().st_size - 20_000), UnusableDatabase),
    "newer": (lambda path: opened_and_changed(path, "UPDATE alembic_version SET version_num = '9999'"), NewerDatabase),
    "broken structure": (structure, UnusableDatabase),
    "flipped byte": (lambda path: flip(path, blob_offset(path)), BackupRefused),
    "log beside it": (lambda path: Path(f"{path}-wal").write_bytes(b"frames"), UnusableDatabase),
    "copied in use": (lost_wal, LostWal),
    "empty studio": (empty_studio, BackupRefused),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_no_backup_is_refused_and_nothing_touched(
    database: Database, made: Path, now: datetime, name: str
) -> None:
    spoil, expected = SPOILT[name]
    spoil(made)
    before = sha256(database.path.read_bytes()).digest()
    beside = sorted(database.path.parent.iterdir())
    with pytest.raises(expected) as refused:
        restore(database, made, now)
    assert str(made) in refused.value.sentence or made.name in refused.value.sentence
    assert sha256(database.path.read_bytes()).digest() == before
    assert sorted(database.path.parent.iterdir()) == beside


def test_the_studios_own_file_is_no_backup(database: Database, made: Path, now: datetime) -> None:
    with pytest.raises(BackupRefused, match="the studio's file itself"):
        restore(database, database.path, now)


def test_a_restored_studio_is_the_backup_and_the_former_file_stays(
    database: Database, made: Path, now: datetime
) -> None:
    before = sha256(database.path.read_bytes()).digest()
    done = restore(database, made, now)
    assert done.examined.items == 3
    assert done.kept == database.path.with_name("studio.db.before-restore-20261122T090000Z")
    assert sha256(done.kept.read_bytes()).digest() == before
    restored = open_database(database.path)
    migrate(restored, now)
    assert library.item(restored, 1).sha256 == sha256(picture(300, 200, seed=0)).hexdigest()
    data = b"".join(blobs.read(restored, 3, 0, library.item(restored, 3).bytes))
    assert data == picture(300, 200, seed=2)
    with restored.read() as connection:
        marks = dict(connection.execute(text("SELECT key, value FROM meta")).all())  # type: ignore[arg-type]
    assert marks["restored_at"] == "2026-11-22T09:00:00.000Z"
    assert marks["restored_from"] == made.name
    assert add(restored, now, b"new") == 5, "the number of what came after the backup is not given out again"
    restored.close()
    kept = open_database(done.kept)
    assert library.item(kept, 4).bytes == len(b"since then")
    assert marks.get("file_key") != library.file_key(kept)
    kept.close()


def test_a_running_studio_is_not_restored_under_itself(database: Database, made: Path, now: datetime) -> None:
    code = (
        "import sys; from pathlib import Path; from core.database import open_database\n"
        "database = open_database(Path(sys.argv[1])); print('open', flush=True); sys.stdin.readline(); database.close()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(database.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    assert process.stdout.readline() == "open\n"
    with pytest.raises(StorageBusy, match="Stop the studio"):
        restore(database, made, now)
    process.communicate("\n", timeout=30)
    assert restore(database, made, now).kept


def test_damage_is_restored_only_when_accepted(database: Database, made: Path, now: datetime) -> None:
    flip(made, blob_offset(made))
    with pytest.raises(BackupRefused, match="damaged: 1"):
        restore(database, made, now)
    assert restore(database, made, now, accept_damage=True).examined.damaged == (1,)


def test_a_file_beyond_repair_makes_way(database: Database, made: Path, now: datetime) -> None:
    spoilt = b"\0" * 5000
    database.path.write_bytes(spoilt)
    log = database.path.with_name("studio.db-wal")
    log.write_bytes(b"a log that nobody can read")
    done = restore(database, made, now)
    assert done.kept is not None
    assert done.kept.read_bytes() == spoilt
    assert done.kept.with_name(done.kept.name + "-wal").exists()
    assert not log.exists()
    open_database(database.path).close()


def test_a_new_machine_has_nothing_to_keep(made: Path, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "new" / "studio.db"
    assert backup.restore(path, made, now, Progress()).kept is None
    assert sorted(each.name for each in path.parent.iterdir()) == ["studio.db"]
    open_database(path).close()


@pytest.mark.parametrize("schema", ["0001", "0002", "0003"])
def test_an_older_schema_is_upgraded_at_the_next_start(now: datetime, tmp_path: Path, schema: str) -> None:
    """What is known may be restored; the start brings it up to date."""
    old = open_database(tmp_path / "old.db")
    migrate(old, now, head=schema)
    old.seal()
    old.close()
    path = tmp_path / "studio.db"
    assert backup.restore(path, old.path, now, Progress()).examined.schema == schema
    restored = open_database(path)
    migrate(restored, now)
    assert version(restored) == HEAD
    assert add(restored, now, b"x") == 1
    restored.close()


def test_stopping_leaves_everything(database: Database, made: Path, now: datetime) -> None:
    progress = Progress()
    progress.stop()
    beside = sorted(database.path.parent.iterdir())
    with pytest.raises(WorkStopped):
        backup.restore(database.path, made, now, progress)
    assert sorted(database.path.parent.iterdir()) == beside


def test_what_may_have_been_paid_since_is_asked_about(database: Database, now: datetime) -> None:
    """A queued run of the backup may have been sent after it was made; it is never sent again without a question."""
    runs = [Run("replicate", "a/b", "1", "image", {"n": n}, None, {}) for n in (1, 2)]
    waiting, known = jobs.enqueue(database, "batch", runs, now)
    (free,) = jobs.enqueue(database, "batch", [Run("sketch", "sketch/still", "1", "image", {}, None, {})], now)
    with database.write() as connection:
        connection.execute(text("UPDATE job SET handle = 'p1' WHERE generation_id = :id"), {"id": known})
    path = backup.make(database, now, Progress()).path
    database.close()
    restore(database, path, now + timedelta(days=1))
    again = open_database(database.path)
    migrate(again, now)
    states = {row["id"]: (row["status"], row["waiting"]) for row in jobs.recent(again)}
    assert states[waiting][0] == "uncertain"
    assert "restored" in states[waiting][1]
    assert (states[known][0], states[free][0]) == ("queued", "queued")
    with again.read() as connection:
        intended = connection.execute(text(f"SELECT intended_at FROM job WHERE generation_id = {waiting}")).scalar()
    assert intended == "2026-11-22T09:00:00.000Z", "so that looking for it asks the provider first"
    again.close()


# --- on the terminal


@pytest.fixture
def terminal(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("STUDIO_DATABASE", str(database.path))

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_the_terminal_backs_up_verifies_and_restores(
    database: Database, now: datetime, terminal: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    add(database, now, picture())
    code, told, _ = terminal("backup", tmp_path / "stick")
    assert code == 0
    path = Path(told.splitlines()[0])
    assert path.parent == tmp_path / "stick"
    assert sha256(path.read_bytes()).hexdigest() in told
    assert terminal("verify")[:2] == (0, f"1 item, {len(picture()):,} bytes, 0 damaged.\n")
    code, told, _ = terminal("verify", path)
    assert (code, told) == (0, "Whole: 1 items, 1 runs, every hash as stored.\n")
    code, _, wrong = terminal("restore", path)
    assert code == 1
    assert "in use" in wrong
    database.close()
    code, told, _ = terminal("restore", path)
    assert code == 0
    assert "before-restore" in told
    code, _, wrong = terminal("restore", tmp_path / "nothing.db")
    assert (code, wrong.startswith("There is no file")) == (1, True)


def test_the_terminal_tells_damage(
    database: Database, now: datetime, terminal: Callable[..., tuple[int, str, str]]
) -> None:
    add(database, now, b"x" * 1000)
    with database.write() as connection:
        connection.execute(text("UPDATE media_chunk SET data = zeroblob(1000)"))
    code, told, _ = terminal("verify")
    assert code == 1
    assert told.startswith("Item 1: Its bytes are not those that were stored")
    code, _, wrong = terminal("backup")
    assert code == 1
    assert "damaged" in wrong


def test_a_backup_opens_as_a_studio(settings: Settings, now: datetime, tmp_path: Path) -> None:
    studio = Studio(settings)
    add(studio.database, now, picture())
    path = backup.make(studio.database, now, Progress()).path
    studio.close()
    copy = tmp_path / "look.db"
    shutil.copy(path, copy)
    look = Studio(Settings(database=copy, temporary=settings.temporary))
    assert library.item(look.database, 1).bytes == len(picture())
    look.close()
