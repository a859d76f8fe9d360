"""Compares the new file with the earlier one before it takes its place: counts, every byte of media, the file."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, select, text

from core import blobs
from core.blobs import Stored
from core.database import Database
from core.errors import StorageError
from core.models import former, generation, media
from core.upgrade import content
from core.upgrade.plan import Plan, Step
from core.upgrade.source import Source


def verify(database: Database, source: Source, plan: Plan, folder: Path, pulse: Callable[[int, int], None]) -> None:
    """Raises `StorageError` where the copy is not what the original is; `pulse` is told rows and bytes seen."""
    _require(len(plan.steps) == _count(database), "rows are missing")
    seen = 0
    for number, step in enumerate(plan.steps, 1):
        row: Any = _row(database, number)
        _require(row is not None and (row.kind, row.number) == (step.kind, step.number), f"row {number} is another")
        if row.sha256 is not None:
            kept = Stored(row.bytes, row.sha256)
            _require(_kept(database, row) == kept, f"item {row.media_id} changed after it was copied")
            _require(
                any(kept == one for one in _originals(source, step, row.url, folder)), f"item {row.media_id} differs"
            )
            seen += kept.bytes
        pulse(number, seen)
    _check(database)


def _row(database: Database, generation_id: int) -> Any:
    columns = (former.c.kind, former.c.number, former.c.media_id, former.c.url, media.c.bytes, media.c.sha256)
    query = select(*columns).outerjoin(media, media.c.id == former.c.media_id)
    with database.read() as connection:
        return connection.execute(query.where(former.c.generation_id == generation_id)).first()


def _count(database: Database) -> int:
    with database.read() as connection:
        runs = connection.execute(select(func.count()).select_from(generation)).scalar_one()
        rows = connection.execute(select(func.count()).select_from(former)).scalar_one()
    return int(rows) if rows == runs else -1


def _kept(database: Database, row: Row[Any]) -> Stored:
    return content.measured(blobs.read(database, row.media_id, 0, row.bytes))


def _originals(source: Source, step: Step, url: str | None, folder: Path) -> Iterator[Stored]:
    """What the bytes are in the earlier file: as they are meant to be read, then as they are."""
    table = source.tables[step.kind]
    where = content.find(source, table, step.row, url, folder)
    if where is None:
        return
    for way in (where, replace(where, coded="", skip=0) if where.coded in content.CODES else where):
        try:
            yield content.measured(content.pieces(source, table, step.row, way))
        except (OSError, ValueError):
            continue


def _check(database: Database) -> None:
    """SQLite's own look at the whole file."""
    with database.read() as connection:
        answer = connection.execute(text("PRAGMA integrity_check(1)")).scalar()
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    _require(answer == "ok" and broken is None, f"the new file is not sound ({answer})")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise StorageError(
            f"The upgrade was not finished, for the copy is not what the original is: {what}. The original was not "
            "changed. Check the disk and start again."
        )
