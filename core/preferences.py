"""What the owner may change while the studio runs; kept in the file, so that it comes along. Knows no widgets."""

from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from core.database import Database
from core.errors import InvalidInput
from core.models import meta

LONGEST_PATH: Final = 1000  # characters
PREFIX: Final = "preference:"
LIMITS: Final = {
    "budget_day": 1e6,
    "budget_month": 1e6,
    "retries": 2,
    "cancel_after": 86_400,
    "backup_hours": 24 * 90,
    "backup_keep": 1000,
}
LABELS: Final = {  # as people call them
    "budget_day": "Budget a day",
    "budget_month": "Budget a month",
    "retries": "Tries after passing failures",
    "cancel_after": "Give up after, in seconds,",
    "backup_hours": "Hours between two backups",
    "backup_keep": "Backups kept",
}
MINIMUM: Final = {"cancel_after": 5, "backup_hours": 1, "backup_keep": 1}  # the provider takes no less than 5 seconds
CASTS: Final[dict[str, Any]] = dict.fromkeys(("retries", "cancel_after", "backup_hours", "backup_keep"), int) | {
    "backup_folder": str
}


@dataclass(frozen=True)
class Preferences:
    """Budgets are in US dollars, None: no limit. `retries` are new predictions after passing failures, 0 to 2.
    `cancel_after` is in seconds, None: the provider's own end. Backups are made every `backup_hours` (None: only when
    asked for), into `backup_folder` (None: `backups` beside the file), and the newest `backup_keep` are kept."""

    budget_day: float | None = None
    budget_month: float | None = None
    retries: int = 0
    cancel_after: int | None = None
    backup_folder: str | None = None
    backup_hours: int | None = None
    backup_keep: int = 7


def preferences(database: Database) -> Preferences:
    """The preferences in force."""
    with database.read() as connection:
        return current(connection)


def current(connection: Connection) -> Preferences:
    """The preferences in force, within the caller's transaction."""
    rows = connection.execute(select(meta.c.key, meta.c.value).where(meta.c.key.startswith(PREFIX))).all()
    known = {field.name for field in fields(Preferences)}
    kept = {row.key.removeprefix(PREFIX): row.value for row in rows}
    return Preferences(**{name: CASTS.get(name, float)(value) for name, value in kept.items() if name in known})


def require(wanted: Preferences) -> None:
    """Raise `InvalidInput` with a sentence for each preference that cannot be."""
    wrong = {name: sentence for name, value in vars(wanted).items() if (sentence := _wrong(name, value))}
    if wrong:
        raise InvalidInput(wrong)


def prefer(database: Database, wanted: Preferences) -> None:
    """Put preferences in force; raises `InvalidInput` with a sentence for each that cannot be."""
    require(wanted)
    values = vars(wanted)
    rows = [{"key": PREFIX + name, "value": str(value)} for name, value in values.items() if value is not None]
    with database.write() as connection:
        connection.execute(delete(meta).where(meta.c.key.startswith(PREFIX)))
        connection.execute(meta.insert(), rows)


def _wrong(name: str, value: Any) -> str | None:
    if name == "backup_folder":
        return _wrong_folder(value)
    low, high = MINIMUM.get(name, 0), LIMITS[name]
    if value is None or low <= value <= high:
        return None
    return f"{LABELS[name]} must be from {low:,} to {high:,.0f}."


def _wrong_folder(value: str | None) -> str | None:
    if value is None or (value.isprintable() and PurePath(value).is_absolute() and len(value) <= LONGEST_PATH):
        return None
    return "The folder for backups must be a whole path, such as /media/disk/backups."
