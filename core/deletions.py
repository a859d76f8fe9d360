"""Whose hand deletes, and the log of what went. The log is written by triggers; see migration 0004.

Within a transaction `by` names the hand: a person's own may delete anything, a rule's may trash and thin, the emptying
of the trash may delete what lies in it; the database itself keeps what is protected from both.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, delete, func, select

from core.database import Database
from core.models import deleting, deletion_log

DAILY: Final = "daily"
ASKED: Final = "asked"


@dataclass(frozen=True)
class Hand:
    """`hand` is person, rule or trash (its emptying); `run` tells one run from others."""

    hand: str
    run: str
    policy_id: int | None = None
    rule: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the log. `act` is trash, thin or delete; `bytes` are those that the item had."""

    id: int
    at: datetime
    hand: str
    act: str
    run: str
    policy_id: int | None
    rule: str
    media_id: int
    generation_id: int | None
    kind: str
    sha256: str | None
    bytes: int


def person() -> Hand:
    """A person's own hand."""
    return Hand("person", f"{ASKED}-{uuid4().hex}")


@contextmanager
def by(connection: Connection, hand: Hand, now: datetime) -> Iterator[None]:
    """What is deleted in this block of the caller's transaction is by `hand`, at `now`."""
    row = {"hand": hand.hand, "run": hand.run, "policy_id": hand.policy_id, "rule": hand.rule}
    connection.execute(deleting.insert().values(id=1, at=now, **row))
    yield
    connection.execute(delete(deleting))


def log(database: Database, *, limit: int, before: int | None = None) -> list[Line]:
    """The newest lines first; those before the line `before`."""
    query = select(deletion_log).order_by(deletion_log.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(deletion_log.c.id < before)
    with database.read() as connection:
        return [Line(**row) for row in connection.execute(query).mappings()]


def of_item(database: Database, media_id: int) -> Line | None:
    """The newest line about an item."""
    query = select(deletion_log).where(deletion_log.c.media_id == media_id).order_by(deletion_log.c.id.desc())
    with database.read() as connection:
        row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else Line(**row)


def lines(database: Database) -> int:
    """How many lines there are."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(deletion_log)).scalar_one())


def taken(connection: Connection, since: datetime, *, hands: Sequence[str] = ("rule", "trash")) -> int:
    """How many items daily runs have touched after `since`, within the caller's transaction."""
    daily = deletion_log.c.run.startswith(DAILY, autoescape=True)
    query = select(func.count()).where(deletion_log.c.at > since, deletion_log.c.hand.in_(hands), daily)
    return int(connection.execute(query).scalar_one())
