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
from core.upgrade.source import LONGEST, Source, Table, Value

AT_ONCE: Final = 8 * CHUNK  # bytes of an item that goes in with its row in one transaction
ROWS: Final = 64  # in one transaction
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


@dataclass(frozen=True)
class Row:
    """A row of the earlier file, read: its small values, its address, and its bytes if there are any."""

    step: Step
    table: Table
    values: dict[str, Value]
    url: str | None
    had: Bytes | None

    @property
    def kept(self) -> bool:
        """Whether it becomes an item, if a lost one; a run that failed or never ended never had a picture."""
        return self.had is not None or bool(self.url) or values.state(self.values) == "succeeded"


class Builder:
    """Fills one new file; `reach` is told of each stage."""

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

    def build(self, plan: Plan, state: State, pulse: Callable[[int, int], None]) -> None:
        """Bring over what is left of the plan; `pulse` is told of rows and bytes."""
        with self._database.write() as connection:
            connection.execute(delete(media).where(media.c.state == "incoming"))  # an interrupted row's
        state.last_id = max(state.last_id, plan.last_id)
        while state.done < len(plan.steps):
            with self._scratch.room() as room:
                rows = self._take(plan, state, room, pulse)
                self._reach("taken")
                with self._database.write() as connection:
                    for row in rows:
                        self._insert(connection, row)
                        _count(row, state)
                    report.save(connection, state)
            self._reach("kept")
        with self._database.write() as connection:
            _begin_above(connection, state.last_id)
        self._reach("built")

    def _take(self, plan: Plan, state: State, room: Path, pulse: Callable[[int, int], None]) -> list[Row]:
        """The next rows, as many as go into one short transaction."""
        rows: list[Row] = []
        size = 0
        for step in plan.steps[state.done : state.done + ROWS]:
            row = self._read(step, room / str(len(rows)))
            rows.append(self._elsewhere(row, plan.shared, state))
            size += row.had.stored.bytes if row.had else 0
            pulse(state.done + len(rows), state.tally.bytes + size)
            if size > AT_ONCE:
                break
        return rows

    def _read(self, step: Step, target: Path) -> Row:
        table = self._source.tables[step.kind]
        values_of = self._source.values(table, step.row, [*TEXTS, *_extra(table)])
        url = self._url(table, step.row)
        where = content.find(self._source, table, step.row, url, self._folder)
        had = None if where is None else self._fetch(table, step.row, where, target)
        return Row(step, table, values_of, url, had)

    def _elsewhere(self, row: Row, shared: frozenset[int], state: State) -> Row:
        """A row of another kind than its table gets another id where its new address would be an old one of another."""
        found, step = row.had and row.had.found, row.step
        if found and found.kind != step.kind and step.media_id in shared:
            state.last_id += 1
            step = replace(step, media_id=state.last_id)
        if row.had and row.had.stored.bytes > AT_ONCE:
            self._write_ahead(step, row.had)
        return replace(row, step=step)

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

    def _insert(self, connection: Connection, row: Row) -> None:
        step, said, url, had = row.step, row.values, row.url, row.had
        state = "lost" if had is None else "ready" if had.found else "damaged"
        generation_id = _insert_run(connection, row)
        if row.kept:
            named = {"generation_id": generation_id, "original_url": values.original_url(said, url), "state": state}
            self._insert_item(connection, step, had, named)
        connection.execute(former.insert().values(
            generation_id=generation_id, kind=step.kind, number=step.number,
            media_id=step.media_id if row.kept else None, url=url, rest=_rest(row) or None,
            **{name: values.words(said[name]) for name in ("parameters", "metadata", "status", "created_at")},
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


def _insert_run(connection: Connection, row: Row) -> int:
    """The row's recipe as a run that has ended, with a job that has ended, so that it can be run again."""
    step, found = row.step, row.had.found if row.had else None
    run = values.run(row.values) | _ended(row)
    moments = {"created_at": step.moment, "finished_at": step.moment}
    size = {"width": found.width, "height": found.height} if found else {}
    run |= {"batch": f"{step.kind}-{step.row}", "kind": found.kind if found else step.kind, "progress": 1.0}
    inserted = connection.execute(generation.insert().values(**run, **moments, **size)).inserted_primary_key
    assert inserted is not None
    generation_id = int(inserted[0])
    over = {"due_at": step.moment, "finished_at": step.moment}
    connection.execute(job.insert().values(generation_id=generation_id, **over))
    return generation_id


def _ended(row: Row) -> dict[str, str | None]:
    kind, had = row.step.kind, row.had
    if had and had.found:
        return {"status": "succeeded"}
    if had:
        return values.junk(kind, had.why)
    return values.gone(kind, row.url) if row.kept else values.unfinished(row.values)


def _measures(step: Step, had: Bytes | None) -> dict[str, Any]:
    found = had.found if had else None
    if found is None:
        return {"kind": step.kind, "mime": JUNK, "created_at": step.moment}
    names = ("kind", "mime", "width", "height", "duration", "fps", "has_audio")
    return {name: getattr(found, name) for name in names} | {"created_at": step.moment}


def _extra(table: Table) -> list[str]:
    return [name for name in table.columns if name not in table.known]


def _rest(row: Row) -> dict[str, Any]:
    """The other columns, as they are; bytes stay in the original."""
    kept = {name: row.values[name] for name in _extra(row.table)}
    texts = {name: values.words(value) for name, value in kept.items() if value.type not in ("null", "blob")}
    return {row.table.columns[name]: text for name, text in texts.items()}


def _count(row: Row, state: State) -> None:
    """Note what the report tells of the row, and that it is done."""
    tally, step, had = state.tally, row.step, row.had
    found = had.found if had else None
    state.done += 1
    tally.rows[step.kind] += 1
    tally.bytes += had.stored.bytes if had else 0
    if found:
        tally.ready[found.kind] = tally.ready.get(found.kind, 0) + 1
    remarks = {
        "new id": step.media_id != step.number,
        "other kind": found is not None and found.kind != step.kind,
        "damaged": had is not None and found is None,
        "lost": had is None and row.kept,
        "unfinished": not row.kept,
        "disk": had is not None and had.read_as.path is not None,
        "coded": had is not None and had.read_as.coded in content.CODES,
        "not JSON": not all(values.parsed(values.words(row.values[name]))[1] for name in ("parameters", "metadata")),
        "undated": not step.dated,
        "cut": any(value.type == "text" and value.size > LONGEST for value in row.values.values()),
    }
    for what in (what for what, holds in remarks.items() if holds):
        tally.remark(what, step.kind, f"in row {step.row}" if step.number is None else step.number)


def _begin_above(connection: Connection, last_id: int) -> None:
    """Let new items be numbered above all numbers of old."""
    highest = {"id": last_id}
    if connection.execute(text("SELECT 1 FROM sqlite_sequence WHERE name = 'media'")).first() is None:
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('media', :id)"), highest)
    else:
        connection.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :id) WHERE name = 'media'"), highest)
