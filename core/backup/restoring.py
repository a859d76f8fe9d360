"""Puts a backup in the place of the studio's file, while the studio is stopped.

The chosen file is copied beside it and checked to its last byte before anything else is touched. The current file stays
under a dated name. Under its own name there is always one whole file, whenever the process is killed.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from core import prices, sqlite
from core.backup.examining import PIECE, Examined, examine, immutable, require_backup
from core.backup.making import SPARE, sync
from core.database import Database, open_database, sync_folder
from core.errors import BackupRefused, DiskFull, StorageBusy, UnusableDatabase
from core.models import stamp
from core.preflight import missing_bytes, require_studio, wal_of
from core.progress import Progress
from core.retention.guards import mark_restored

UNSURE: Final = (
    "This run had not been sent when the backup was made that the studio was restored from; it may have been sent "
    "since. Look at your predictions at the provider; then let it be looked for, run it (it may be paid for twice), or "
    "cancel."
)


@dataclass(frozen=True)
class Restored:
    """What is in place now, and where the file that was there is kept (None: there was none)."""

    examined: Examined
    kept: Path | None


def restore(path: Path, chosen: Path, now: datetime, progress: Progress, *, accept_damage: bool = False) -> Restored:
    """Put a checked copy of `chosen` in the place of the studio file at `path`, which nobody may have open.

    Raises `UnusableDatabase`, `NewerDatabase` or `LostWal` for a file that is no whole backup, `BackupRefused` for one
    with damaged items unless `accept_damage`, `StorageBusy` while the studio runs, `DiskFull`, `WorkStopped`; nothing
    was changed then.
    """
    chosen, path = chosen.absolute(), path.absolute()
    if path.exists() and chosen.exists() and os.path.samefile(chosen, path):
        raise BackupRefused(f"{chosen} is the studio's file itself. Choose one of its backups.")
    require_backup(chosen)
    _require_unused(path)
    fresh = path.with_name(f".{path.name}.restoring")
    try:
        _bring(chosen, fresh, progress)
        found = examine(fresh, progress, known_as=chosen)
        if found.damaged and not accept_damage:
            raise BackupRefused(
                f"{chosen.name}: {found.sentence} Choose another backup, or accept the damage (--accept-damage): the "
                "rest of it is whole."
            )
        _prepare(fresh, _used_numbers(path), chosen, now)
        progress.check()
        _require_unused(path)
        return Restored(found, _swap(path, fresh, now))
    except OSError as error:
        raise BackupRefused(
            f"Nothing was restored: {error.strerror or error}. Check the disk and try again."
        ) from error
    finally:
        for leftover in path.parent.glob(f"{fresh.name}*"):
            leftover.unlink(missing_ok=True)


def _bring(chosen: Path, fresh: Path, progress: Progress) -> None:
    """Copy the chosen file beside the current one, so that it can take its place in one step."""
    fresh.parent.mkdir(parents=True, exist_ok=True)
    size, free = chosen.stat().st_size, shutil.disk_usage(fresh.parent).free
    if free < size + SPARE:
        raise DiskFull(
            f"Restoring needs {size / 2**30:.1f} GiB in {fresh.parent}, and {free / 2**30:.1f} GiB are free. Make room "
            "and try again; nothing was changed."
        )
    progress.begin("Copying the backup", size)
    with chosen.open("rb") as source, fresh.open("wb") as target:
        while piece := source.read(PIECE):
            target.write(piece)
            progress.advance(len(piece))
    shutil.copymode(chosen, fresh)
    sync(fresh)


def _require_unused(path: Path) -> None:
    """Raise `StorageBusy` while any program has the file open; what is in its log is brought into it.

    What is no whole studio file is in nobody's use: it is what somebody wants to be rid of, and SQLite would remove its
    log.
    """
    try:
        if not path.exists() or missing_bytes(path):
            return
        require_studio(path)
    except UnusableDatabase:
        return
    library = sqlite.library()
    with (
        suppress(library.DatabaseError),
        closing(library.connect(str(path), isolation_level=None, timeout=1)) as driver,
    ):
        try:
            driver.execute("PRAGMA locking_mode=EXCLUSIVE")
            driver.execute("BEGIN EXCLUSIVE")
            driver.execute("COMMIT")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except library.OperationalError as error:
            if "locked" in str(error):
                raise StorageBusy(
                    f"{path} is in use. Stop the studio and every program that has it open, then restore."
                ) from None
            raise


def _used_numbers(path: Path) -> Mapping[str, int]:
    """The last number that was given out in each table, as far as the current file can tell."""
    library = sqlite.library()
    with suppress(library.DatabaseError, OSError):
        if path.exists():
            with closing(immutable(path)) as driver:
                return dict(driver.execute("SELECT name, seq FROM sqlite_sequence"))
    return {}


def _prepare(fresh: Path, used: Mapping[str, int], chosen: Path, now: datetime) -> None:
    """Make the copy fit to follow the current file."""
    database = open_database(fresh)
    try:
        with database.write() as connection:
            _mark(connection, chosen, now)
            go_on_numbering(connection, used)
            _ask_before_paying(connection)
        close_whole(database)
    except BaseException:
        database.close()
        raise
    sync(fresh)


def _mark(connection: Connection, chosen: Path, now: datetime) -> None:
    """Say when and from what it was restored. Browsers keep pictures under the file's key, so it gets a new one."""
    connection.execute(text("DELETE FROM meta WHERE key = 'file_key'"))
    put = text("INSERT OR REPLACE INTO meta (key, value) VALUES (:key, :value)")
    connection.execute(
        put, [{"key": "restored_at", "value": stamp(now)}, {"key": "restored_from", "value": chosen.name}]
    )
    mark_restored(
        connection,
        f"This file was restored from {chosen.name}: what rules took may be back. They wait until you have looked.",
    )


def go_on_numbering(connection: Connection, used: Mapping[str, int]) -> None:
    """No number that another file gave out, by table, is given out again: addresses are for ever."""
    known = {row.name: row.seq for row in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    tables = set(connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")).scalars())
    connection.execute(text("DELETE FROM sqlite_sequence"))
    rows = [{"name": name, "seq": max(known.get(name, 0), used.get(name, 0))} for name in sorted(tables)]
    connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), rows)


def _ask_before_paying(connection: Connection) -> None:
    """What waited for a provider that is paid may have been sent after the backup was made."""
    columns = connection.execute(text("SELECT name FROM pragma_table_info('job')")).scalars()
    if "intended_at" not in set(columns):
        return
    free = ", ".join(f"'{name}'" for name in sorted(prices.FREE))
    waiting = (
        f"SELECT g.id FROM generation AS g JOIN job ON job.generation_id = g.id WHERE g.provider NOT IN ({free}) "
        "AND g.status IN ('queued', 'running') AND job.finished_at IS NULL AND job.handle IS NULL"
    )
    connection.execute(text(
        "UPDATE job SET owner = NULL, lease_until = NULL, fence = fence + 1, intended_at = coalesce(intended_at, "
        f"(SELECT created_at FROM generation WHERE id = job.generation_id)) WHERE generation_id IN ({waiting})"
    ))  # fmt: skip
    changed = text(f"UPDATE generation SET status = 'uncertain', waiting = :why WHERE id IN ({waiting})")
    connection.execute(changed, {"why": UNSURE})


def close_whole(database: Database) -> None:
    """Close a file that nobody else has open so that no log is left beside it; raises `UnusableDatabase`."""
    database.seal()
    database.close()
    if wal_of(database.path).exists():
        raise UnusableDatabase(f"{database.path} could not be brought into one file. Try again.")


def _swap(path: Path, fresh: Path, now: datetime) -> Path | None:
    """Let the copy take the place of the current file, which stays under a dated name; returns that."""
    kept = path.with_name(f"{path.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
    present = path.exists()
    if present:
        _keep(path, kept)
    for end in ("-wal", "-shm"):  # of a file too damaged to take its log in; the new one must never meet it
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(kept.with_name(kept.name + end))
    os.replace(fresh, path)
    sync_folder(path.parent)
    return kept if present else None


def _keep(path: Path, kept: Path) -> None:
    """A second name for the file, so that its own is never without one."""
    if kept.exists():
        raise BackupRefused(f"{kept} is there already. Try again in a second.")
    try:
        os.link(path, kept)
    except OSError:  # a file system without hard links
        path.rename(kept)
