"""Where an item comes from and what came of it: the items that its run used, and those of runs that used it.

Bounded in depth and number. An item that was deleted for ever is named by its number; nothing is known beyond it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from core.changes import steps
from core.database import Database
from core.errors import NotFound
from core.models import SHOWN, generation, generation_input, media

DEPTH: Final = 4
MOST: Final = 60  # items
SIBLINGS: Final = 60


@dataclass(frozen=True)
class Node:
    """An item of a lineage. `level` is 0 for the one asked for, -1 for what it was made from, 1 for what it led to.

    `state` is "here", "trash" or "deleted"; of one that is deleted only the number is known.
    """

    id: int
    level: int
    state: str
    kind: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    caption: str = ""


@dataclass(frozen=True)
class Edge:
    """An item that was used to make another, as the input `role` of a run."""

    source: int
    target: int
    role: str
    run: int


@dataclass(frozen=True)
class Lineage:
    """The items around one, by level; `more`: there are others beyond the bounds. `waiting` are runs that used the item
    and have nothing to show."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    more: bool
    waiting: tuple[int, ...]


def lineage(database: Database, media_id: int, *, depth: int = DEPTH, most: int = MOST) -> Lineage:
    """What an item was made from and led to, over `depth` steps each way; raises `NotFound`."""
    with database.read() as connection:
        if not _rows(connection, [media_id]):
            raise NotFound(f"There is no item {media_id}.")
        levels, more = {media_id: 0}, False
        for step in (-1, 1):
            front = [media_id]
            for level in range(1, depth + 2):
                around = _sources(connection, front, most) if step < 0 else _results(connection, front, most)
                front = [each for each in around if each not in levels]
                room = most - len(levels) if level <= depth else 0
                more, front = more or len(front) > room, front[:room]
                levels |= dict.fromkeys(front, step * level)
                if not front:
                    break
        return Lineage(_nodes(connection, levels), _edges(connection, levels), more, _waiting(connection, media_id))


def siblings(database: Database, media_id: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The other items of the same run, and those of the other runs of its batch; not those in the trash."""
    with database.read() as connection:
        rows = _rows(connection, [media_id])
        if not rows:
            raise NotFound(f"There is no item {media_id}.")
        own, batch = rows[0].generation_id, rows[0].batch
        shown = select(media.c.id, media.c.generation_id).where(media.c.state.in_(SHOWN), media.c.trashed_at.is_(None))
        joined = shown.join(generation, generation.c.id == media.c.generation_id).where(generation.c.batch == batch)
        order = joined.where(media.c.id != media_id).order_by(generation.c.id, media.c.position).limit(SIBLINGS)
        others = connection.execute(order).all() if own is not None else []
    return (
        tuple(row.id for row in others if row.generation_id == own),
        tuple(row.id for row in others if row.generation_id != own),
    )


def _sources(connection: Connection, items: Sequence[int], most: int) -> list[int]:
    """What the runs of these items used."""
    query = select(generation_input.c.media_id).join(media, media.c.generation_id == generation_input.c.generation_id)
    bounded = query.where(media.c.id.in_(items)).distinct().order_by(generation_input.c.media_id).limit(most + 1)
    return list(connection.execute(bounded).scalars())


def _results(connection: Connection, items: Sequence[int], most: int) -> list[int]:
    """What runs made that used these items."""
    query = select(media.c.id).join(generation_input, media.c.generation_id == generation_input.c.generation_id)
    used = query.where(generation_input.c.media_id.in_(items), media.c.state.in_(SHOWN))
    return list(connection.execute(used.distinct().order_by(media.c.id).limit(most + 1)).scalars())


def _edges(connection: Connection, items: Iterable[int]) -> tuple[Edge, ...]:
    """Every use of one of these items for another of them."""
    known, used = list(items), generation_input
    columns = (used.c.media_id, media.c.id, used.c.role, used.c.generation_id)
    query = select(*columns).join(media, media.c.generation_id == used.c.generation_id)
    among = query.where(used.c.media_id.in_(known), media.c.id.in_(known), media.c.state.in_(SHOWN))
    ordered = among.distinct().order_by(media.c.id, used.c.role, used.c.media_id)
    return tuple(Edge(*row) for row in connection.execute(ordered))


def _rows(connection: Connection, items: Sequence[int]) -> list[Any]:
    columns = (media.c.kind, media.c.width, media.c.height, media.c.duration, media.c.name, media.c.trashed_at)
    query = select(media.c.id, media.c.generation_id, *columns, generation.c.prompt, generation.c.batch)
    joined = query.select_from(media.outerjoin(generation, generation.c.id == media.c.generation_id))
    found: list[Any] = []
    for part in steps(items):
        found += connection.execute(joined.where(media.c.id.in_(part), media.c.state.in_(SHOWN)))
    return found


def _nodes(connection: Connection, levels: dict[int, int]) -> tuple[Node, ...]:
    rows = {row.id: row for row in _rows(connection, list(levels))}
    ordered = sorted(levels, key=lambda each: (levels[each], each))
    return tuple(_node(each, levels[each], rows.get(each)) for each in ordered)


def _node(media_id: int, level: int, row: Any) -> Node:
    if row is None:
        return Node(media_id, level, "deleted", caption=f"Item {media_id}, deleted")
    state = "trash" if row.trashed_at else "here"
    caption = row.prompt or row.name or "Uploaded"
    return Node(media_id, level, state, row.kind, row.width, row.height, row.duration, caption)


def _waiting(connection: Connection, media_id: int) -> tuple[int, ...]:
    """Runs that used the item and show nothing: under way, failed, or with all their items deleted."""
    shown = select(media.c.id).where(
        media.c.generation_id == generation_input.c.generation_id, media.c.state.in_(SHOWN)
    )
    using = select(generation_input.c.generation_id).where(generation_input.c.media_id == media_id, ~shown.exists())
    ordered = using.distinct().order_by(generation_input.c.generation_id.desc()).limit(SIBLINGS)
    return tuple(connection.execute(ordered).scalars())
