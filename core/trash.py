"""The trash: items wait there, whole and reachable, until they are restored or deleted for ever.

Deleting for ever takes whole items: a row and all of its bytes go in one transaction, however the process ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import case, delete, func, select

from core import changes, deletions, room
from core.changes import Change, steps
from core.database import Database
from core.deletions import Hand
from core.marks import several
from core.models import media

AT_ONCE: Final = 50  # items deleted in a transaction
BYTES_AT_ONCE: Final = 64 * 2**20  # of them, unless one alone is larger
HELD_BYTES: Final = case((media.c.state == "thinned", 0), else_=func.coalesce(media.c.bytes, 0))  # in the file


@dataclass(frozen=True)
class Deleted:
    """What is gone for ever."""

    number: int
    bytes: int

    @property
    def sentence(self) -> str:
        """The same in words."""
        return f"{several(self.number)} deleted for ever."


def discard(database: Database, items: Sequence[int], now: datetime) -> Change:
    """Move items to the trash; those that are there already stay as they are."""
    change = changes.put(database, "media", "trashed_at", _outside(database, items), now)
    return change.saying(f"{several(change.number)} moved to the trash.")


def restore(database: Database, items: Sequence[int]) -> Change:
    """Bring items back from the trash, with all that was made of them."""
    change = changes.put(database, "media", "trashed_at", items, None)
    return change.saying(f"{several(change.number)} restored.")


def delete_for_ever(database: Database, items: Sequence[int], now: datetime) -> Deleted:
    """Delete those of the items that are in the trash; their bytes cannot be had again. The log keeps a line of each.

    Runs that used them keep their recipes, which go on naming them by number.
    """
    hand, number, size = deletions.person(), 0, 0
    for part in parts(database, items):
        found = room.making_room(database, partial(delete_part, database, part, hand, now))
        number, size = number + found.number, size + found.bytes
    return Deleted(number, size)


def delete_part(database: Database, items: Sequence[int], hand: Hand, now: datetime) -> Deleted:
    """Delete those of a few items that are in the trash, in one transaction."""
    with database.write() as connection, deletions.by(connection, hand, now):
        waiting = delete(media).where(media.c.id.in_(items), media.c.trashed_at.is_not(None))
        gone = connection.execute(waiting.returning(HELD_BYTES)).scalars().all()
    return Deleted(len(gone), sum(gone))


def empty(database: Database, now: datetime) -> Deleted:
    """Delete for ever what was moved to the trash at `now` or earlier, so what is moved there meanwhile stays."""
    return delete_for_ever(database, waiting_since(database, now), now)


def waiting_since(database: Database, before: datetime) -> list[int]:
    """The items that were moved to the trash at `before` or earlier."""
    with database.read() as connection:
        waiting = select(media.c.id).where(media.c.trashed_at <= before).order_by(media.c.id)
        return list(connection.execute(waiting).scalars())


def holds(database: Database) -> Deleted:
    """How many items are in the trash, and their bytes: what `empty` would delete."""
    query = select(func.count(), func.coalesce(func.sum(HELD_BYTES), 0)).where(media.c.trashed_at.is_not(None))
    with database.read() as connection:
        return Deleted(*connection.execute(query).one())


def parts(
    database: Database, items: Sequence[int], *, number: int = AT_ONCE, size: int = BYTES_AT_ONCE
) -> Iterator[list[int]]:
    """The items in parts of at most `number`, with `size` bytes in all unless one alone has more."""
    for some in steps(items):
        with database.read() as connection:
            sizes = select(media.c.id, HELD_BYTES).where(media.c.id.in_(some))
            rows = [(row[0], row[1]) for row in connection.execute(sizes)]
        part: list[int] = []
        total = 0
        for media_id, its_size in rows:
            if part and (len(part) >= number or total + its_size > size):
                yield part
                part, total = [], 0
            part.append(media_id)
            total += its_size
        if part:
            yield part


def _outside(database: Database, items: Sequence[int]) -> list[int]:
    """Those that are not in the trash."""
    found: list[int] = []
    with database.read() as connection:
        for part in steps(items):
            outside = select(media.c.id).where(media.c.id.in_(part), media.c.trashed_at.is_(None))
            found += connection.execute(outside).scalars()
    return found
