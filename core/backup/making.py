"""Makes one backup: copied while the studio is in use, sealed, checked, and only then given its name.

A process that is killed on the way leaves nothing that counts: a part with a name of its own, which the next sweeps.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from core import library, sqlite
from core.backup.examining import Examined, examine, immutable, sentence_of
from core.backup.keeping import Backup, folder_of, listed, require_folder, rotate
from core.database import Database, sync_folder
from core.errors import BackupRefused, StudioError, WorkStopped
from core.models import backup_log
from core.progress import Progress

PAGES: Final = 64  # copied at a time: 1 MiB; with 256 writers waited up to 0.2 s, see the README
REST: Final = 0.003  # seconds between two steps, in which writers take their turn
SPARE: Final = 64 * 2**20  # bytes of disk that a backup leaves free
COUNTED: Final = ("media", "media_chunk", "thumbnail", "generation", "job", "tag", "media_tag")
NAME: Final = "{stem}-{key}-{moment:%Y%m%dT%H%M%SZ}.db"


def make(
    database: Database, now: datetime, progress: Progress, *, reason: str = "asked", folder: Path | None = None
) -> Backup:
    """Make a backup in `folder`, which is made where it is missing, or (None) in that of the preferences, and check it.

    In the latter the oldest beyond those that are to be kept are removed then.

    Raises `BackupRefused`, `DiskFull`, `StorageBusy` with what to do, and `WorkStopped`; a failure is in the list.
    """
    named, folder = folder, folder or folder_of(database)
    path = folder / NAME.format(stem=database.path.stem, key=library.file_key(database), moment=now)
    try:
        named.mkdir(parents=True, exist_ok=True) if named else require_folder(database, folder)
        with _alone(folder, database) as prefix:
            _require_new(path)
            _require_room(folder, database)
            part = folder / f"{prefix}{path.name}.part"
            try:
                found = copy(database, part, progress)
                _give_name(part, path)
            finally:
                _drop(part)
    except WorkStopped:
        raise
    except (StudioError, OSError) as error:
        _note(database, path, reason, now, state="failed", error=sentence_of(error))
        if isinstance(error, OSError):
            raise BackupRefused(f"No backup was made in {folder}: {error.strerror}. Name another folder.") from error
        raise
    made = _note(database, path, reason, now, **_values(found))
    if not named:
        rotate(database)
    return made


def copy(database: Database, part: Path, progress: Progress) -> Examined:
    """Copy the file to `part` while it is in use, and check every byte of the copy; raises like `make`."""
    progress.begin("Copying")
    counted: list[tuple[int, ...]] = []
    library_ = sqlite.library()
    try:
        with closing(library_.connect(str(part), isolation_level=None)) as target:
            for pragma in ("synchronous=OFF", "journal_mode=OFF"):  # a part that is cut off is thrown away
                target.execute(f"PRAGMA {pragma}")
            database.copy_into(
                target, pages=PAGES, between=_between(progress), at_end=lambda source: counted.append(_counts(source))
            )
            _seal(target)
    except library_.OperationalError as error:
        raise BackupRefused(f"The copy could not be written to {part.parent}: {error}. Make room there.") from error
    shutil.copymode(database.path, part)
    sync(part)
    found = examine(part, progress)
    with closing(immutable(part)) as copied:
        if _counts(copied) != counted[-1]:
            raise BackupRefused("The copy does not hold what the studio's file does. Check the disk and try again.")
    return found


def sync(path: Path) -> None:
    """Bring a file's bytes to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _between(progress: Progress) -> Any:
    def between(left: int, number: int) -> None:
        progress.done, progress.total = (number - left) * sqlite.PAGE_SIZE, number * sqlite.PAGE_SIZE
        progress.rest(REST)

    return between


def _seal(target: Any) -> None:
    """Say in the copy that it is whole without any log beside it, and leave none; see `core.wal`."""
    target.execute("PRAGMA synchronous=FULL")
    mark = "SELECT coalesce(max(value), '0') FROM meta WHERE key = 'wal_expected'"
    for key in ("wal_reached", "wal_sealed"):
        target.execute(f"INSERT OR REPLACE INTO meta (key, value) VALUES ('{key}', ({mark}))")
    target.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _counts(driver: Any) -> tuple[int, ...]:
    """Rows of the tables that matter."""
    return tuple(driver.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED)


@contextmanager
def _alone(folder: Path, database: Database) -> Iterator[str]:
    """Nobody else backs this file up into the folder; what an earlier one left half made is swept. Gives a prefix."""
    prefix = f".{database.path.stem}-{library.file_key(database)}."
    lock = FileLock(folder / f"{prefix}lock")
    try:
        with lock.acquire(timeout=0):
            for leftover in folder.glob(f"{prefix}*.part*"):
                leftover.unlink(missing_ok=True)
            yield prefix
    except Timeout:
        raise BackupRefused("Another backup is being made just now. Wait until it is done.") from None


def _require_new(path: Path) -> None:
    if path.exists():
        raise BackupRefused(f"{path} is there already. Try again in a second.")


def _require_room(folder: Path, database: Database) -> None:
    needed, free = database.path.stat().st_size + database.wal_bytes() + SPARE, shutil.disk_usage(folder).free
    if free < needed:
        raise BackupRefused(
            f"A backup needs {needed / 2**30:.1f} GiB in {folder}, and {free / 2**30:.1f} GiB are free. "
            "Make room, keep fewer backups, or name a folder on another disk."
        )


def _give_name(part: Path, path: Path) -> None:
    part.rename(path)
    sync_folder(path.parent)


def _drop(part: Path) -> None:
    for name in (part.name, f"{part.name}-wal", f"{part.name}-shm", f"{part.name}-journal"):
        part.with_name(name).unlink(missing_ok=True)


def _values(found: Examined) -> dict[str, Any]:
    return {
        "state": "flawed" if found.damaged else "good",
        "bytes": found.bytes,
        "sha256": found.sha256,
        "items": found.items,
        "damaged": len(found.damaged),
    }


def _note(database: Database, path: Path, reason: str, started_at: datetime, **values: Any) -> Backup:
    finished_at = datetime.now(UTC)
    row = {"path": str(path), "reason": reason, "started_at": started_at, "finished_at": max(started_at, finished_at)}
    if values["state"] != "failed":
        row["checked_at"] = row["finished_at"]
    with database.write() as connection:
        connection.execute(backup_log.insert().values({**row, **values}))
    return listed(database)[0]
