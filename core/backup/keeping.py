"""Which backups there are, which of them go, and when the next one is due.

A backup is good when it was checked and no item in it is damaged. The newest ones are kept as the owner wants it; the
newest good one is never removed, and no file that is not one of ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from sqlalchemy import select, update

from core.database import Database
from core.errors import BackupRefused, InvalidInput
from core.models import backup_log
from core.preferences import prefer, preferences, require

RETRY: Final = timedelta(hours=1)  # after a backup that failed, or less where the schedule is shorter
LISTED: Final = 100
HERE: Final = ("good", "flawed")  # states with a file


@dataclass(frozen=True)
class Backup:
    """One that was tried. `here`: its file is where it was put, and as long as it was. `bytes` and `sha256` are the
    file's; `state` is "good", "flawed" (with damaged items), "failed" or "removed"."""

    id: int
    path: Path
    reason: str
    started_at: datetime
    finished_at: datetime
    state: str
    error: str | None
    bytes: int | None
    sha256: str | None
    items: int | None
    damaged: int
    checked_at: datetime | None

    @property
    def here(self) -> bool:
        """Whether the file is still there, at its size."""
        try:
            return self.state in HERE and self.path.stat().st_size == self.bytes
        except OSError:
            return False


@dataclass(frozen=True)
class Summary:
    """How it stands with backups. `failed` is the last try if it failed; `due_at` None: none is scheduled."""

    last: Backup | None
    last_good: Backup | None
    failed: Backup | None
    due_at: datetime | None


def default_folder(database: Database) -> Path:
    """Where backups go unless the owner names a folder."""
    return database.path.parent / "backups"


def folder_of(database: Database) -> Path:
    """Where backups go."""
    chosen = preferences(database).backup_folder
    return Path(chosen) if chosen else default_folder(database)


def schedule(database: Database, *, hours: int | None, keep: int, folder: str | None) -> None:
    """Make a backup every so many hours (None: only when asked for) into a folder (None: beside the file), and keep the
    newest. The folder is made where it is missing. Raises `InvalidInput` with a sentence for each that cannot be.
    """
    before = preferences(database)
    wanted = replace(before, backup_hours=hours, backup_keep=keep, backup_folder=folder)
    require(wanted)
    if folder and folder != before.backup_folder:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as error:
            why = f"{folder} cannot be written to: {error.strerror}. Name another folder."
            raise InvalidInput({"backup_folder": why}) from error
    prefer(database, wanted)


def require_folder(database: Database, folder: Path) -> None:
    """Raise `BackupRefused` where the owner's folder is away; the studio's own is made.

    To make a folder below a disk that is not there would fill the disk that is.
    """
    if folder == default_folder(database):
        folder.mkdir(parents=True, exist_ok=True)
    elif not folder.is_dir():
        raise BackupRefused(f"The folder {folder} is not there. Connect its disk, make the folder, or name another.")


def listed(database: Database) -> list[Backup]:
    """The newest tries first, without those whose file the studio removed."""
    query = select(backup_log).where(backup_log.c.state != "removed").order_by(backup_log.c.id.desc()).limit(LISTED)
    with database.read() as connection:
        return [_backup(row) for row in connection.execute(query)]


def summary(database: Database, now: datetime) -> Summary:
    """How it stands with backups."""
    tries = listed(database)
    here = [each for each in tries if each.here]
    failed = tries[0] if tries and tries[0].state == "failed" else None
    good = next((each for each in here if each.state == "good"), None)
    return Summary(here[0] if here else None, good, failed, due_at(database, now))


def due_at(database: Database, now: datetime) -> datetime | None:
    """When the next scheduled backup is to be made; None: never. A clock that was set back does not put it off."""
    hours = preferences(database).backup_hours
    if hours is None:
        return None
    tries = listed(database)
    whole = next((each for each in tries if each.here), None)
    due = min(whole.started_at, now) + timedelta(hours=hours) if whole else now
    if tries and tries[0].state == "failed":
        due = max(due, min(tries[0].finished_at, now) + min(RETRY, timedelta(hours=hours)))
    return due


def rotate(database: Database) -> list[Path]:
    """Remove the oldest backups in the owner's folder beyond those that are to be kept; returns what was removed."""
    folder = folder_of(database)
    here = [each for each in listed(database) if each.here and each.path.parent == folder]
    staying = set(kept(here, preferences(database).backup_keep))
    gone = []
    for each in here:
        if each.id not in staying:
            each.path.unlink(missing_ok=True)
            with database.write() as connection:
                connection.execute(update(backup_log).where(backup_log.c.id == each.id).values(state="removed"))
            gone.append(each.path)
    return gone


def kept(here: Sequence[Backup], number: int) -> list[int]:
    """Of backups, the newest first, those that stay: the newest, and beyond them the newest good one."""
    good = next((each for each in here if each.state == "good"), None)
    return [each.id for each in here if each in here[:number] or each is good]


def _backup(row: Any) -> Backup:
    values = {name: getattr(row, name) for name in Backup.__dataclass_fields__}
    return Backup(**(values | {"path": Path(row.path)}))
