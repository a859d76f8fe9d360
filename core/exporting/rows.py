"""The rows that belong to some items, read from one studio file and put into another."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select

from core.database import Database
from core.models import (
    former,
    generation,
    generation_input,
    job,
    media,
    media_tag,
    model,
    output,
    tag,
    thumbnail,
)

UNFINISHED: Final = ("queued", "running", "uncertain")
CUT_OFF: Final = "This run was under way when its item was exported. What else came of it is in the studio it ran in."

Rows = Mapping[Table, list[dict[str, Any]]]


def read(database: Database, ids: Sequence[int], now: datetime) -> Rows:
    """All rows that belong to some items, in one short read, as another file may hold them: nothing under way."""
    runs = select(media.c.generation_id).where(media.c.id.in_(ids))
    asked = {
        generation: generation.c.id.in_(runs),
        job: job.c.generation_id.in_(runs),
        generation_input: generation_input.c.generation_id.in_(runs),
        model: model.c.id.in_(select(generation.c.model).where(generation.c.id.in_(runs))),
        tag: tag.c.id.in_(select(media_tag.c.tag_id).where(media_tag.c.media_id.in_(ids))),
        media: media.c.id.in_(ids),
        thumbnail: thumbnail.c.media_id.in_(ids),
        media_tag: media_tag.c.media_id.in_(ids),
        output: output.c.media_id.in_(ids),
        former: former.c.media_id.in_(ids),
    }
    with database.read() as connection:
        found = {
            table: [dict(row._mapping) for row in connection.execute(select(table).where(condition))]
            for table, condition in asked.items()
        }
    found[media].sort(key=lambda row: ids.index(row["id"]))
    _end(found, now)
    return found


def insert_before(connection: Connection, found: Rows) -> None:
    """What items refer to, unless an earlier one has brought it."""
    _insert(connection, found, (generation, job, generation_input, model, tag))


def insert_after(connection: Connection, found: Rows) -> None:
    """What refers to items."""
    _insert(connection, found, (thumbnail, media_tag, output, former))


def _insert(connection: Connection, found: Rows, tables: Sequence[Table]) -> None:
    for table in tables:
        if found[table]:
            connection.execute(insert(table).prefix_with("OR IGNORE"), found[table])


def _end(found: Rows, now: datetime) -> None:
    """What was under way must not go on in two places, and be paid for twice."""
    under_way = set()
    for run in found[generation]:
        if run["status"] in UNFINISHED:
            under_way.add(run["id"])
            run |= {"status": "canceled", "finished_at": now, "waiting": None, "progress": None, "error": CUT_OFF}
    for each in found[job]:
        each |= {"owner": None, "lease_until": None, "cancel_requested": False}
        if each["generation_id"] in under_way or each["finished_at"] is None:
            each |= {"finished_at": now, "handle": None, "nonce": None, "intended_at": None}
    for each in found[media]:
        each["trashed_at"] = None
    for each in found[model]:
        each["used_at"] = None
