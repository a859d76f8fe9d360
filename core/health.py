"""Whether the studio is well, as `/api/health` tells it to who watches over it. Reads only, in milliseconds.

Anybody may ask, so the sentences name no path and nothing that is in the file.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core import backup, room
from core.database import Database
from core.errors import StudioError
from core.migrations import HEAD, version
from core.preferences import preferences
from core.wal import REFUSE_ABOVE

STILL: Final = timedelta(seconds=60)  # without a step of the worker; storage makes one wait 20 seconds at most
GRACE: Final = timedelta(hours=1)  # beyond a backup's time, for it to be made


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `says` is a sentence for who has to act."""

    name: str
    good: bool
    says: str


@dataclass(frozen=True)
class Health:
    """Everything that was looked at; `schema` is the file's version, None where it does not answer."""

    checks: tuple[Check, ...]
    schema: str | None

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.good for check in self.checks)


def examine(
    database: Database, now: datetime, *, reserve: int = room.RESERVE, stepped_at: datetime | None = None
) -> Health:
    """Look at everything. `reserve` is in bytes; `stepped_at` tells of this process's worker, if it has one."""
    schema = None
    try:
        schema = version(database)
        checks = [_schema(schema), _log(database), _disk(database, reserve), _backup(database, now)]
    except StudioError as error:
        checks = [Check("file", False, f"The file does not answer ({error.code}). The studio's log has more.")]
    else:
        checks.insert(0, Check("file", True, "The file answers."))
    if stepped_at is not None:
        checks.append(_worker(stepped_at, now))
    return Health(tuple(checks), schema)


def _schema(found: str | None) -> Check:
    good = found == HEAD
    return Check(
        "schema", good, "The file is up to date." if good else "A migration is pending: start the studio again."
    )


def _log(database: Database) -> Check:
    size = database.wal_bytes()
    good = size <= REFUSE_ABOVE
    says = f"The write-ahead log has {size / 1e6:,.0f} MB"
    return Check("log", good, f"{says}." if good else f"{says}: a program reads the file without end. Close it.")


def _disk(database: Database, reserve: int) -> Check:
    why = database.readonly.why or room.shortage(database.path, reserve)
    return Check("disk", why is None, why or f"{room.free(database.path) / 1e9:,.1f} GB are free.")


def _backup(database: Database, now: datetime) -> Check:
    hours = preferences(database).backup_hours
    if hours is None:
        return Check("backup", True, "No backups are scheduled.")
    last = backup.summary(database, now).last_good
    if last is None:
        good = not backup.listed(database)
        return Check("backup", good, "The first backup is to be made." if good else "There is no good backup.")
    old, between = now - last.started_at, timedelta(hours=hours)
    good = old <= between + GRACE
    return Check("backup", good, f"The last good backup is {max(0.0, old / timedelta(hours=1)):,.0f} hours old.")


def _worker(stepped_at: datetime, now: datetime) -> Check:
    still = now - stepped_at
    good = still <= STILL
    says = "The worker is at work." if good else f"The worker has not stepped for {still.total_seconds():,.0f} seconds."
    return Check("worker", good, says)
