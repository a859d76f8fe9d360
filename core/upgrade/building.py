"""Brings the rows of the earlier system into the new file, one after the other, each whole or not at all.

How far it came is in the same transaction as the row, so that it goes on there after an interruption.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, text, update

from core import blobs
from core.blobs import CHUNK, Stored
from core.database import Database
from core.errors import MediaRefused
from core.library import make_ready
from core.media import Inspection, Inspector
from core.models import former, generation, job, media
from core.scratch import Scratch
from core.upgrade import content, report, values
from core.upgrade.content import Content
from core.upgrade.plan import Plan, Step
from core.upgrade.report import State
from core.upgrade.source import Source, Table, Value

AT_ONCE: Final = 8 * CHUNK  # bytes of an item that goes in with its row in one transaction
JUNK: Final = "application/octet-stream"
TEXTS: Final = ("prompt", "model_id", "parameters", "status", "collection", "metadata", "created_at")


@dataclass(frozen=True)
class Bytes:
    """A row's bytes, out of the earlier file: the temporary file, how they were read, and what they are."""

    path: Path
    read_as: Content
    stored: Stored
    found: Inspection | None  # None: no picture, video or sound
    why: str = ""


class Builder:
    """Fills one new file; `reach` is told of each stage, `pulse` of each row."""

    def __init__(
        self, database: Database, source: Source, folder: Path, inspector: Inspector, scratch: Scratch,
        reach: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._source = source
        self._folder = folder
        self._inspector = inspector
        self._scratch = scratch
        self._reach = reach

    def build(self, plan: Plan, state: State, pulse: Callable[[State], None]) -> None:
        """Bring over what is left of the plan."""
        with self._database.write() as connection:
            connection.execute(delete(media).where(media.c.state == "incoming"))  # an interrupted row's
        state.last_id = max(state.last_id, plan.last_id)
        for step in plan.steps[state.done :]:
            self._bring(step, state, plan.shared)
            pulse(state)
        with self._database.write() as connection:
            _begin_above(connection, state.last_id)
        self._reach("built")

    def _bring(self, step: Step, state: State, shared: frozenset[int]) -> None:
        table = self._source.tables[step.kind]
        row = self._source.values(table, step.row, [*TEXTS, *_extra(table)])
        url = self._url(table, step.row)
        where = content.find(self._source, table, step.row, url, self._folder)
        with self._scratch.room() as room:
            had = None if where is None else self._fetch(table, step.row, where, room / "bytes")
            self._reach("row")
            if had and had.found and had.found.kind != step.kind and step.media_id in shared:
                state.last_id += 1  # its new address would be the old one of another
                step = replace(step, media_id=state.last_id)
            if had and had.stored.bytes > AT_ONCE:
                self._write_ahead(step, had)
            with self._database.write() as connection:
                self._insert(connection, step, table, row, url, had)
                _count(step, row, url, had, state)
                report.save(connection, state)
        self._reach("kept")

    def _url(self, table: Table, row: int) -> str | None:
        """The row's address; of one that holds the bytes themselves nothing is kept as such."""
        kind = self._source.kind_of(table, row, table.url)
        if kind not in ("text", "blob"):
            return values.words(self._source.values(table, row, [table.url])[table.url])
        with self._source.open(table, row, table.url) as blob:
            head = blob.read(min(len(blob), content.HEAD))
        return None if content.DATA_URI.match(head) else values.words(Value(kind, head))

    def _fetch(self, table: Table, row: int, where: Content, target: Path) -> Bytes | None:
        """The bytes, looked through; None where nothing on the disk was worth bringing in."""
        try:
            read_as, stored = content.brought(self._source, table, row, where, target)
        except OSError:
            if where.path is None:
                raise
            return None
        if not stored.bytes:
            return None
        try:
            return Bytes(target, read_as, stored, self._inspector.inspect(target))
        except MediaRefused as error:
            if where.path is not None:
                return None
            if read_as.coded == "base64" and not read_as.skip:  # a text that only looks like it
                return self._fetch(table, row, replace(read_as, coded=""), target)
            return Bytes(target, read_as, stored, None, f"{error.sentence.partition('. ')[0].rstrip('.')}.")

    def _write_ahead(self, step: Step, had: Bytes) -> None:
        """Store many bytes before their row, under an item that nobody sees yet."""
        with self._database.write() as connection:
            connection.execute(media.insert().values(**_measures(step, had), id=step.media_id, state="incoming"))
        with had.path.open("rb") as file:
            blobs.write(self._database, step.media_id, file, lambda: self._reach("chunks"))

    def _insert(
        self, connection: Connection, step: Step, table: Table, row: dict[str, Value], url: str | None,
        had: Bytes | None,
    ) -> None:  # fmt: skip
        state = "lost" if had is None else "ready" if had.found else "damaged"
        kept = had is not None or _was_lost(row, url)
        generation_id = _insert_run(connection, step, table, row, url, had)
        if kept:
            named = {"generation_id": generation_id, "original_url": values.original_url(row, url), "state": state}
            self._insert_item(connection, step, had, named)
        connection.execute(former.insert().values(
            generation_id=generation_id, kind=step.kind, number=step.number, media_id=step.media_id if kept else None,
            url=url, parameters=values.words(row["parameters"]), metadata=values.words(row["metadata"]),
            status=values.words(row["status"]), created_at=values.words(row["created_at"]),
            rest=_rest(row, table) or None,
        ))  # fmt: skip

    def _insert_item(self, connection: Connection, step: Step, had: Bytes | None, named: dict[str, Any]) -> None:
        """The item's row, with its bytes unless those are there already."""
        state = named.pop("state")
        mine = media.c.id == step.media_id
        if had is None or had.stored.bytes <= AT_ONCE:
            connection.execute(media.insert().values(**_measures(step, had), id=step.media_id, state="incoming"))
        if had and had.stored.bytes <= AT_ONCE:
            blobs.insert(connection, step.media_id, blobs.split(had.path.read_bytes()))
        connection.execute(update(media).where(mine).values(named))
        if had and had.found:
            make_ready(connection, step.media_id, had.stored, had.found.thumbnail)
        else:
            measures = {"bytes": had.stored.bytes, "sha256": had.stored.sha256} if had else {}
            connection.execute(update(media).where(mine).values(state=state, **measures))


def _insert_run(
    connection: Connection, step: Step, table: Table, row: dict[str, Value], url: str | None, had: Bytes | None
) -> int:
    """The row's recipe as a run that has ended, with a job that has ended, so that it can be run again."""
    found = had.found if had else None
    run = values.run(table, row) | _ended(step, row, url, had)
    moments = {"created_at": step.moment, "finished_at": step.moment}
    size = {"width": found.width, "height": found.height} if found else {}
    kind = found.kind if found else step.kind
    made = generation.insert().values(
        batch=f"{step.kind}-{step.row}", kind=kind, progress=1.0, **run, **moments, **size
    )
    inserted = connection.execute(made).inserted_primary_key
    assert inserted is not None
    generation_id = int(inserted[0])
    over = {"due_at": step.moment, "finished_at": step.moment}
    connection.execute(job.insert().values(generation_id=generation_id, **over))
    return generation_id


def _ended(step: Step, row: dict[str, Value], url: str | None, had: Bytes | None) -> dict[str, str | None]:
    if had and had.found:
        return {"status": "succeeded"}
    if had:
        return values.junk(step.kind, had.why)
    return values.gone(step.kind, url) if _was_lost(row, url) else values.unfinished(row)


def _was_lost(row: dict[str, Value], url: str | None) -> bool:
    """Whether a row without bytes once had a picture; a run that failed or never ended had none."""
    return bool(url) or values.state(row) == "succeeded"


def _measures(step: Step, had: Bytes | None) -> dict[str, Any]:
    found = had.found if had else None
    if found is None:
        return {"kind": step.kind, "mime": JUNK, "created_at": step.moment}
    names = ("kind", "mime", "width", "height", "duration", "fps", "has_audio")
    return {name: getattr(found, name) for name in names} | {"created_at": step.moment}


def _extra(table: Table) -> list[str]:
    return [name for name in table.columns if name not in table.known]


def _rest(row: dict[str, Value], table: Table) -> dict[str, Any]:
    """The other columns, as they are; bytes stay in the original."""
    kept = {name: row[name] for name in _extra(table) if row[name].type not in ("null", "blob")}
    return {table.columns[name]: values.words(value) for name, value in kept.items()}


def _count(step: Step, row: dict[str, Value], url: str | None, had: Bytes | None, state: State) -> None:
    """Note what the report tells of the row, and that it is done."""
    tally, name = state.tally, step.number if step.number is not None else f"in row {step.row}"
    state.done += 1
    tally.rows[step.kind] += 1
    if had:
        tally.bytes += had.stored.bytes
    if had and had.found:
        tally.ready[had.found.kind] = tally.ready.get(had.found.kind, 0) + 1
    texts = (values.words(row["parameters"]), values.words(row["metadata"]))
    remarks = {
        "new id": step.media_id != step.number,
        "damaged": had is not None and had.found is None,
        "lost": had is None and _was_lost(row, url),
        "disk": had is not None and had.read_as.path is not None,
        "unfinished": had is None and not _was_lost(row, url),
        "undated": not step.dated,
        "not JSON": not all(values.parsed(one)[1] for one in texts),
        "coded": had is not None and had.read_as.coded in ("base64", "percent"),
        "cut": any(value.type == "text" and value.size > len(value.value or b"") for value in row.values()
                   if isinstance(value.value, bytes)),
        "other kind": bool(had and had.found and had.found.kind != step.kind),
    }  # fmt: skip
    for what, holds in remarks.items():
        if holds:
            tally.remark(what, step.kind, name)


def _begin_above(connection: Connection, last_id: int) -> None:
    """Let new items be numbered above all numbers of old."""
    highest = {"id": last_id}
    if connection.execute(text("SELECT 1 FROM sqlite_sequence WHERE name = 'media'")).first() is None:
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('media', :id)"), highest)
    else:
        connection.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :id) WHERE name = 'media'"), highest)
