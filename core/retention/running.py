"""A plan carried out in short steps, each a transaction of its own: killed anywhere, each item is whole or gone.

Each step looks once more whether its items still match and nothing protects them; a run never takes what its plan did
not show. The emptying of the trash is a run of its own, which takes only what has lain there for the days asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, delete, select, update

from core import deletions, trash
from core.database import Database
from core.deletions import ASKED, DAILY, Hand
from core.errors import InvalidInput, RetentionRefused
from core.models import media, media_chunk, meta
from core.retention import guards, rules
from core.retention.planning import Plan, items, matching, unprotected
from core.room import making_room

SHARE: Final = 0.05  # of the library that runs of a day may touch
MOST: Final = 500  # items that they may touch
DAY: Final = timedelta(days=1)
LONGEST_WAIT: Final = 3_650  # days in the trash
TRASH_DAYS: Final = "trash_days"
TRASH_HELD: Final = "trash_held"


@dataclass(frozen=True)
class Step:
    """How far a run is: items looked at and in all, items and bytes that went."""

    looked_at: int
    total: int
    number: int
    bytes: int


def require_safe(database: Database, plan: Plan, now: datetime, *, confirmed: bool) -> None:
    """Raise `RetentionRefused` where a run is not safe: in doubt, or beyond the limit unless that is confirmed."""
    if why := guards.doubt(database, now):
        raise RetentionRefused(why)
    if not confirmed and (why := beyond(len(plan.goes), plan.library)):
        raise RetentionRefused(why)


def beyond(number: int, library: int, taken: int = 0) -> str | None:
    """Why a run stops and asks instead of taking so many items; `taken` is what earlier runs of the day took."""
    most = min(MOST, ceil(SHARE * library))
    if number + taken <= most:
        return None
    before = f" after {taken:,} earlier today" if taken else ""
    return (
        f"It would take {number:,} of {library:,} items{before}, and rules may take {most:,} a day by themselves "
        f"({SHARE:.0%} of the library, {MOST} at most). Look at the preview and run it by hand, or change the rule."
    )


def run(database: Database, plan: Plan, now: datetime, *, daily: bool = False) -> Iterator[Step]:
    """Take what the plan shows, step by step; yields how far it is after each. The caller has seen that it is safe.

    Raises `RetentionRefused` when the rule or a protection has changed since the plan was made.
    """
    with database.read() as connection:
        rule = plan.rule if plan.policy_id is None else rules.known(connection, plan.policy_id).rule
        if rules.fingerprint(connection, rule) != plan.fingerprint:
            raise RetentionRefused("The rule or a protection has changed since the preview. Look at it again.")
    chosen = [each.id for each in plan.goes]
    hand = Hand("rule", f"{DAILY if daily else ASKED}-{uuid4().hex}", plan.policy_id, plan.rule.name)
    looked_at = number = size = 0
    for part in trash.parts(database, chosen):
        went = making_room(database, partial(_take, database, plan, part, hand, now))
        looked_at, number, size = looked_at + len(part), number + len(went), size + sum(went)
        yield Step(looked_at, len(chosen), number, size)
    if plan.policy_id is not None:
        with database.write() as connection:
            rules.note_run(connection, plan.policy_id, now)
    if number:
        guards.witness(database)


def run_of_trash(database: Database, chosen: Sequence[int], now: datetime) -> Iterator[Step]:
    """Delete for ever what has been in the trash for long enough, unless something protects it."""
    hand = Hand("trash", f"{DAILY}-{uuid4().hex}", rule="")
    looked_at = number = size = 0
    for part in trash.parts(database, chosen):
        went = making_room(database, partial(_delete, database, part, hand, now))
        looked_at, number, size = looked_at + len(part), number + went.number, size + went.bytes
        yield Step(looked_at, len(chosen), number, size)
    if number:
        guards.witness(database)


def due_in_trash(database: Database, now: datetime) -> list[int]:
    """What has been in the trash for longer than the owner wants and nothing protects; nothing where it stays."""
    days = trash_days(database)
    if days is None:
        return []
    waiting = trash.waiting_since(database, now - timedelta(days=days))
    with database.read() as connection:
        return unprotected(connection, waiting)


def trash_days(database: Database) -> int | None:
    """Days after which what is in the trash is deleted for ever; None: never by itself."""
    with database.read() as connection:
        kept = connection.execute(select(meta.c.value).where(meta.c.key == TRASH_DAYS)).scalar()
        return None if kept is None else int(kept)


def wait_in_trash(database: Database, days: int | None) -> None:
    """Let items stay in the trash so many days, or until a person empties it; raises `InvalidInput`."""
    if days is not None and not 1 <= days <= LONGEST_WAIT:
        raise InvalidInput({"days": f"Days in the trash must be from 1 to {LONGEST_WAIT:,}."})
    with database.write() as connection:
        connection.execute(delete(meta).where(meta.c.key == TRASH_DAYS))
        if days is not None:
            connection.execute(meta.insert().values(key=TRASH_DAYS, value=str(days)))


def trash_held(database: Database) -> str | None:
    """Why the last emptying of the trash stopped and asks."""
    with database.read() as connection:
        kept = connection.execute(select(meta.c.value).where(meta.c.key == TRASH_HELD)).scalar()
        return None if kept is None else str(kept)


def hold_trash(database: Database, why: str | None) -> None:
    """Say why the emptying of the trash stopped; None: it did not."""
    if why == trash_held(database):
        return
    with database.write() as connection:
        connection.execute(delete(meta).where(meta.c.key == TRASH_HELD))
        if why is not None:
            connection.execute(meta.insert().values(key=TRASH_HELD, value=why))


def taken_today(database: Database, now: datetime) -> int:
    """Items that daily runs touched in the last day."""
    with database.read() as connection:
        return deletions.taken(connection, now - DAY)


def library(database: Database) -> int:
    """How many items there are, those in the trash included."""
    with database.read() as connection:
        return items(connection)


def _take(database: Database, plan: Plan, part: Sequence[int], hand: Hand, now: datetime) -> list[int]:
    """The sizes of those that still match and went, in one transaction."""
    with database.write() as connection:
        still = select(media.c.id, trash.HELD_BYTES).where(media.c.id.in_(part), *matching(plan.rule, plan.at))
        sizes = {row[0]: row[1] for row in connection.execute(still)}
        chosen = unprotected(connection, sizes)
        with deletions.by(connection, hand, now):
            _STRENGTHS[plan.rule.strength](connection, chosen, now)
    return [sizes[each] for each in chosen]


def _delete(database: Database, part: Sequence[int], hand: Hand, now: datetime) -> trash.Deleted:
    with database.read() as connection:
        chosen = unprotected(connection, part)
    return trash.delete_part(database, chosen, hand, now)


def _trash(connection: Connection, chosen: Sequence[int], now: datetime) -> None:
    connection.execute(update(media).where(media.c.id.in_(chosen)).values(trashed_at=now))


def _thin(connection: Connection, chosen: Sequence[int], _now: datetime) -> None:
    connection.execute(update(media).where(media.c.id.in_(chosen)).values(state="thinned"))
    connection.execute(delete(media_chunk).where(media_chunk.c.media_id.in_(chosen)))


_STRENGTHS: Final = {"trash": _trash, "thin": _thin}
