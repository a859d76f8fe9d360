"""What all tables share: moments in UTC, the words of states, one collection of tables."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, stored as text that sorts by time: 2026-11-22T09:36:00.000Z."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else stamp(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def stamp(moment: datetime) -> str:
    """`moment` as the text that the database and the JSON answers use; it must carry its time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


KINDS = ("image", "video", "audio")
STATES = ("incoming", "ready", "thinned", "damaged", "lost")  # of media; thinned: kept, but without its bytes
SHOWN = ("ready", "thinned")
STRENGTHS = ("trash", "thin")
STATUSES = ("queued", "running", "uncertain", "succeeded", "failed", "canceled")


def listed(words: tuple[str, ...]) -> str:
    """Words as SQL writes them in an IN."""
    return ", ".join(f"'{word}'" for word in words)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
