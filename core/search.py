"""Pages of the library, newest first, by key; reads only."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select

from core.database import Database
from core.library import ID_LIMIT
from core.models import generation, media

PAGE = 60


@dataclass(frozen=True)
class Hit:
    """What a gallery needs of an item; pixels and seconds."""

    id: int
    kind: str
    width: int
    height: int
    duration: float | None
    caption: str


@dataclass(frozen=True)
class Page:
    """Some hits, newest first, and the keys of the neighbouring pages (None: there is none)."""

    hits: tuple[Hit, ...]
    newer: int | None  # ask with after=
    older: int | None  # ask with before=


def page(
    database: Database,
    *,
    kind: str | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> Page:
    """The newest `limit` items older than id `before`, or the oldest ones newer than `after`."""
    query = _hits(kind).limit(limit + 1)
    if after is not None:
        query = query.where(media.c.id > min(after, ID_LIMIT)).order_by(media.c.id)
    else:
        query = query.order_by(media.c.id.desc())
        if before is not None:
            query = query.where(media.c.id < min(before, ID_LIMIT))
    with database.read() as connection:
        rows = connection.execute(query).all()
        more, rows = len(rows) > limit, rows[:limit]
        hits = tuple(_hit(row) for row in rows)
        if after is not None:
            hits = hits[::-1]
            return Page(hits, hits[0].id if more else None, hits[-1].id if hits else None)
        newer = before is not None and hits and connection.execute(_any_after(kind, hits[0].id)).first()
        return Page(hits, hits[0].id if newer else None, hits[-1].id if more else None)


def count(database: Database, kind: str | None = None) -> int:
    """How many items there are, of one kind or of all."""
    query = select(func.count()).select_from(media).where(media.c.state == "ready")
    if kind:
        query = query.where(media.c.kind == kind)
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def _hit(row: Row[Any]) -> Hit:
    media_id, kind, width, height, duration, prompt, name = tuple(row)  # by position: a third sooner than by name
    return Hit(media_id, kind, width, height, duration, prompt or name or "Uploaded")


def _hits(kind: str | None) -> Select[Any]:
    columns = (media.c.id, media.c.kind, media.c.width, media.c.height, media.c.duration)
    query = (
        select(*columns, generation.c.prompt, media.c.name)
        .select_from(media.outerjoin(generation, generation.c.id == media.c.generation_id))
        .where(media.c.state == "ready")
    )
    return query.where(media.c.kind == kind) if kind else query


def _any_after(kind: str | None, key: int) -> Select[Any]:
    query = select(media.c.id).where(media.c.state == "ready", media.c.id > key).limit(1)
    return query.where(media.c.kind == kind) if kind else query
