"""What an action changed, kept so that it can be taken back. Knows rows, not what they mean.

Long selections are worked through in steps, each a short transaction of its own. Taking back touches only what is still
as the action left it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, insert, select, update

from core.database import Database
from core.models import generation, media, media_tag, tag

STEP: Final = 250  # rows in a transaction
TABLES: Final[dict[str, Table]] = {"media": media, "generation": generation}


@dataclass(frozen=True)
class Former:
    """The value of a column in some rows before it was set to `made`."""

    table: str
    column: str
    ids: tuple[int, ...]
    value: Any
    made: Any


@dataclass(frozen=True)
class Change:
    """What was done, as a sentence; `number` is of the rows it touched, the rest is what `undo` needs.

    `tagged` and `untagged` are (tag, items) to which it came and from which it went.
    """

    sentence: str
    number: int
    former: tuple[Former, ...] = ()
    tagged: tuple[tuple[str, tuple[int, ...]], ...] = ()
    untagged: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def saying(self, sentence: str) -> "Change":
        """The same in other words."""
        return replace(self, sentence=sentence)


def put(database: Database, table: str, column: str, ids: Sequence[int], value: Any) -> Change:
    """Set a column of some rows; those that have the value already count as untouched."""
    former: list[Former] = []
    for part in steps(ids):
        with database.write() as connection:
            former += _put(connection, TABLES[table], column, part, value)
    return Change("", sum(len(each.ids) for each in former), tuple(former))


def undo(database: Database, change: Change) -> str:
    """Take a change back as far as nothing else has changed the same since; returns what was done as a sentence."""
    number = sum(_put_back(database, each) for each in change.former)
    for name, items in change.tagged:
        number += len(in_steps(database, items, partial(detach, name=name)))
    for name, items in change.untagged:
        number += len(in_steps(database, items, partial(attach, name=name)))
    expected = change.number
    if number >= expected:
        return "Undone."
    return f"Undone for {number:,} of {expected:,}; the others have been changed since."


def attach(connection: Connection, items: Sequence[int], name: str) -> list[int]:
    """Give a tag to items that exist and do not have it, within the caller's transaction; returns those."""
    tag_id = connection.execute(select(tag.c.id).where(tag.c.name == name)).scalar()
    if tag_id is None:
        tag_id = connection.execute(insert(tag).values(name=name)).inserted_primary_key[0]  # type: ignore[index]
    having = select(media_tag.c.media_id).where(media_tag.c.tag_id == tag_id)
    wanted = select(media.c.id).where(media.c.id.in_(items), media.c.id.not_in(having))
    found = list(connection.execute(wanted).scalars())
    if found:
        connection.execute(insert(media_tag), [{"media_id": each, "tag_id": tag_id} for each in found])
    else:
        _drop_unused(connection, tag_id)
    return found


def detach(connection: Connection, items: Sequence[int], name: str) -> list[int]:
    """Take a tag from items that have it, within the caller's transaction; returns those. No tag stays unused."""
    tag_id = connection.execute(select(tag.c.id).where(tag.c.name == name)).scalar()
    linked = (media_tag.c.tag_id == tag_id) & media_tag.c.media_id.in_(items)
    found = list(connection.execute(select(media_tag.c.media_id).where(linked)).scalars())
    connection.execute(delete(media_tag).where(linked))
    _drop_unused(connection, tag_id)
    return found


def in_steps(
    database: Database, ids: Sequence[int], act: Callable[[Connection, Sequence[int]], list[int]]
) -> tuple[int, ...]:
    """What `act` returned for all parts of a selection, each in a transaction."""
    found: list[int] = []
    for part in steps(ids):
        with database.write() as connection:
            found += act(connection, part)
    return tuple(found)


def steps(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """A selection in parts, each number once; those that can be no number of a row are passed over."""
    known = [each for each in dict.fromkeys(ids) if 0 < each < 2**63]
    for first in range(0, len(known), STEP):
        yield known[first : first + STEP]


def _put(connection: Connection, table: Table, column: str, ids: Sequence[int], value: Any) -> list[Former]:
    target = table.c[column]
    differing = select(table.c.id, target).where(table.c.id.in_(ids), target.is_distinct_from(value))
    by_value: dict[Any, list[int]] = {}
    for row in connection.execute(differing):
        by_value.setdefault(row[1], []).append(row[0])
    touched = [each for several in by_value.values() for each in several]
    connection.execute(update(table).where(table.c.id.in_(touched)).values({column: value}))
    return [Former(table.name, column, tuple(several), former, value) for former, several in by_value.items()]


def _put_back(database: Database, former: Former) -> int:
    table = TABLES[former.table]
    number = 0
    for part in steps(former.ids):
        unchanged = table.c.id.in_(part) & table.c[former.column].is_not_distinct_from(former.made)
        with database.write() as connection:
            back = update(table).where(unchanged).values({former.column: former.value})
            number += connection.execute(back).rowcount
    return number


def _drop_unused(connection: Connection, tag_id: int | None) -> None:
    used = select(media_tag.c.media_id).where(media_tag.c.tag_id == tag_id).exists()
    connection.execute(delete(tag).where(tag.c.id == tag_id, ~used))
