"""What the owner may change while the studio runs; kept in the file, so that it comes along. Knows no widgets."""

from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from core.database import Database
from core.errors import InvalidInput
from core.models import meta

PREFIX: Final = "preference:"
LIMITS: Final = {"budget_day": 1e6, "budget_month": 1e6, "retries": 2, "cancel_after": 86_400}
LABELS: Final = {  # as people call them
    "budget_day": "Budget a day",
    "budget_month": "Budget a month",
    "retries": "Tries after passing failures",
    "cancel_after": "Give up after, in seconds,",
}
MINIMUM: Final = {"cancel_after": 5}  # seconds; the provider takes no less


@dataclass(frozen=True)
class Preferences:
    """Budgets are in US dollars, None: no limit. `retries` are new predictions after passing failures, 0 to 2.
    `cancel_after` is in seconds, None: the provider's own end."""

    budget_day: float | None = None
    budget_month: float | None = None
    retries: int = 0
    cancel_after: int | None = None


def preferences(database: Database) -> Preferences:
    """The preferences in force."""
    with database.read() as connection:
        return current(connection)


def current(connection: Connection) -> Preferences:
    """The preferences in force, within the caller's transaction."""
    casts: dict[str, Any] = {"retries": int, "cancel_after": int}
    rows = connection.execute(select(meta.c.key, meta.c.value).where(meta.c.key.startswith(PREFIX))).all()
    known = {field.name for field in fields(Preferences)}
    kept = {row.key.removeprefix(PREFIX): row.value for row in rows}
    return Preferences(**{name: casts.get(name, float)(value) for name, value in kept.items() if name in known})


def prefer(database: Database, wanted: Preferences) -> None:
    """Put preferences in force; raises `InvalidInput` with a sentence for each that cannot be."""
    values = {field.name: getattr(wanted, field.name) for field in fields(Preferences)}
    wrong = {name: sentence for name, value in values.items() if (sentence := _wrong(name, value))}
    if wrong:
        raise InvalidInput(wrong)
    rows = [{"key": PREFIX + name, "value": str(value)} for name, value in values.items() if value is not None]
    with database.write() as connection:
        connection.execute(delete(meta).where(meta.c.key.startswith(PREFIX)))
        connection.execute(meta.insert(), rows)


def _wrong(name: str, value: float | None) -> str | None:
    low, high = MINIMUM.get(name, 0), LIMITS[name]
    if value is None or low <= value <= high:
        return None
    return f"{LABELS[name]} must be from {low:,} to {high:,.0f}."
