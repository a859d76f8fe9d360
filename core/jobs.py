"""The queue in SQL: enqueue, claim, heartbeat, finish, fail, cancel. Knows not how a job is done.

At-least-once work, exactly-once media: whoever claims a job gets a lease and a new fence number, and what a job
yields is recorded only for the holder of the current fence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from core import library
from core.blobs import Stored
from core.database import Database
from core.errors import InvalidInput, LeaseLost, NotFound, StudioError
from core.media import Inspection
from core.models import generation, generation_input, job, media

LEASE: Final = timedelta(seconds=4)  # a job of a killed process goes on within this time
OPEN: Final = ("queued", "running")
LOGS_LIMIT: Final = 100_000  # characters kept, the newest
LOG_TAIL: Final = 4_000  # characters of a run's logs in a list


@dataclass(frozen=True)
class Run:
    """One run to enqueue. `inputs` maps names of file inputs to the items to use."""

    provider: str
    model: str
    version: str
    kind: str
    request: Mapping[str, Any]
    size: tuple[int, int] | None
    inputs: Mapping[str, int]


@dataclass(frozen=True)
class Claim:
    """The right to work on a job, for as long as nobody else claims it."""

    id: int  # of the generation
    fence: int
    provider: str
    model: str
    version: str
    request: Mapping[str, Any]
    inputs: Mapping[str, int]
    handle: str | None
    attempts: int  # this one included
    cancel_requested: bool


@dataclass(frozen=True)
class Collected:
    """An output whose bytes are in the file and wait for their run to finish."""

    media_id: int
    stored: Stored
    found: Inspection


def enqueue(database: Database, batch: str, runs: Sequence[Run], now: datetime) -> list[int]:
    """Write runs and their jobs in one transaction; returns the ids of the generations."""
    with database.write() as connection:
        return [_enqueue(connection, batch, run, now) for run in runs]


def claim(database: Database, owner: str, now: datetime) -> Claim | None:
    """Take the oldest job that is due and that nobody holds."""
    free = or_(job.c.lease_until.is_(None), job.c.lease_until <= now)
    due = (
        select(job.c.generation_id)
        .where(job.c.finished_at.is_(None), job.c.due_at <= now, free)
        .order_by(job.c.due_at, job.c.generation_id)
        .limit(1)
    )
    with database.read() as connection:
        if connection.execute(due).first() is None:
            return None
    with database.write() as connection:
        taken = (
            update(job)
            .where(job.c.generation_id == due.scalar_subquery())
            .values(fence=job.c.fence + 1, attempts=job.c.attempts + 1, owner=owner, lease_until=now + LEASE)
            .returning(job.c.generation_id, job.c.fence, job.c.handle, job.c.attempts, job.c.cancel_requested)
        )
        row = connection.execute(taken).first()
        return None if row is None else _claimed(connection, row, now)


def heartbeat(database: Database, held: Claim, now: datetime) -> bool:
    """Renew the lease; returns whether somebody asked for the run's end. Raises `LeaseLost`."""
    with database.write() as connection:
        _touch(connection, held, lease_until=now + LEASE)
        asked = select(job.c.cancel_requested).where(job.c.generation_id == held.id)
        return bool(connection.execute(asked).scalar_one())


def submitted(database: Database, held: Claim, handle: str) -> None:
    """Keep the prediction's id, before anything else is done with it."""
    with database.write() as connection:
        _touch(connection, held, handle=handle)


def progress(database: Database, held: Claim, fraction: float | None, logs: str) -> None:
    """Keep how far the run is."""
    with database.write() as connection:
        _touch(connection, held)
        _set(connection, held.id, progress=fraction, logs=logs[-LOGS_LIMIT:])


def receive(database: Database, held: Claim, position: int, found: Inspection, url: str | None, now: datetime) -> int:
    """Make room for output number `position`; returns the media id to write its bytes under."""
    with database.write() as connection:
        _touch(connection, held)
        return library.begin(connection, held.id, position, found, url, now)


def finish(
    database: Database,
    held: Claim,
    outputs: Sequence[Collected],
    now: datetime,
    *,
    logs: str,
    response: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> None:
    """Show the outputs and end the run, in one transaction; raises `LeaseLost` and then shows nothing."""
    with database.write() as connection:
        _end(connection, held, now)
        for output in outputs:
            library.make_ready(connection, output.media_id, output.stored, output.found.thumbnail)
        _set(
            connection,
            held.id,
            status="succeeded",
            progress=1.0,
            logs=logs[-LOGS_LIMIT:],
            response=response,
            metrics=metrics,
            finished_at=now,
        )


def fail(database: Database, held: Claim, error: StudioError, now: datetime) -> None:
    """End the run with a sentence; logs stay."""
    with database.write() as connection:
        _end(connection, held, now)
        library.drop_incoming(connection, held.id)
        _set(connection, held.id, status="failed", error_code=error.code, error=error.sentence, finished_at=now)


def canceled(database: Database, held: Claim, now: datetime) -> None:
    """End the run because somebody asked for it."""
    with database.write() as connection:
        _end(connection, held, now)
        library.drop_incoming(connection, held.id)
        _set(connection, held.id, status="canceled", finished_at=now)


def postpone(database: Database, held: Claim, until: datetime) -> None:
    """Give the job back, to be claimed again at `until`."""
    with database.write() as connection:
        _touch(connection, held, owner=None, lease_until=None, due_at=until, attempts=job.c.attempts - 1)
        library.drop_incoming(connection, held.id)


def cancel(database: Database, generation_id: int, now: datetime) -> None:
    """Ask for a run's end: a queued one ends here, a running one when its worker hears of it.

    Raises `NotFound`; does nothing to a run that has ended.
    """
    with database.write() as connection:
        status = _status(connection, generation_id)
        if status == "queued":
            ended = {"finished_at": now, "fence": job.c.fence + 1}
            connection.execute(update(job).where(job.c.generation_id == generation_id).values(ended))
            _set(connection, generation_id, status="canceled", finished_at=now)
        elif status == "running":
            asked = update(job).where(job.c.generation_id == generation_id).values(cancel_requested=True)
            connection.execute(asked)


def run_of(database: Database, generation_id: int) -> Run:
    """The run with this number, ready to be enqueued again; raises `NotFound`."""
    with database.read() as connection:
        _status(connection, generation_id)
        row = connection.execute(select(generation).where(generation.c.id == generation_id)).one()
        size = (row.width, row.height) if row.width and row.height else None
        inputs = _inputs(connection, generation_id)
    return Run(row.provider, row.model, row.version, row.kind, row.request, size, inputs)


def recent(database: Database, *, limit: int = 50, ids: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Runs as the job list shows them: those running, those queued, then the newest; with `ids` those that exist."""
    status = generation.c.status
    parts = [status == "running", status == "queued", status.not_in(OPEN)]
    with database.read() as connection:
        if ids is not None:
            rows = _rows(connection, generation.c.id.in_(ids), limit)
        else:
            rows = []
            for part in parts:
                rows += _rows(connection, part, limit - len(rows))
        shown = _media_of(connection, [row["id"] for row in rows])
    return [row | {"media": shown.get(row["id"], [])} for row in rows]


def counts(database: Database) -> dict[str, int]:
    """How many runs there are of each status."""
    query = select(generation.c.status, func.count().label("number")).group_by(generation.c.status)
    with database.read() as connection:
        found = {row.status: row.number for row in connection.execute(query)}
    return {status: found.get(status, 0) for status in (*OPEN, "succeeded", "failed", "canceled")}


def _rows(connection: Connection, wanted: ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
    columns = [column for column in generation.c if column.name not in ("response", "metrics", "logs")]
    logs = func.substr(generation.c.logs, -LOG_TAIL).label("logs")
    query = (
        select(*columns, logs, job.c.cancel_requested)
        .join(job, job.c.generation_id == generation.c.id)
        .where(wanted)
        .order_by(generation.c.id.desc())
        .limit(limit)
    )
    return [dict(row._mapping) for row in connection.execute(query)]


def _enqueue(connection: Connection, batch: str, run: Run, now: datetime) -> int:
    width, height = run.size or (None, None)
    inserted = connection.execute(
        generation.insert().values(
            batch=batch,
            provider=run.provider,
            model=run.model,
            version=run.version,
            kind=run.kind,
            prompt=run.request.get("prompt", ""),
            seed=run.request.get("seed"),
            width=width,
            height=height,
            request=run.request,
            status="queued",
            created_at=now,
        )
    ).inserted_primary_key
    assert inserted is not None
    generation_id = int(inserted[0])
    for role, media_id in run.inputs.items():
        if connection.execute(select(media.c.id).where(media.c.id == media_id)).first() is None:
            raise InvalidInput({role: f"There is no item {media_id} to use here."})
        row = {"generation_id": generation_id, "role": role, "media_id": media_id}
        connection.execute(generation_input.insert().values(row))
    connection.execute(job.insert().values(generation_id=generation_id, due_at=now))
    return generation_id


def _claimed(connection: Connection, taken: Row[Any], now: datetime) -> Claim:
    library.drop_incoming(connection, taken.generation_id)
    row = connection.execute(select(generation).where(generation.c.id == taken.generation_id)).one()
    _set(connection, row.id, status="running", started_at=row.started_at or now)
    return Claim(
        id=row.id,
        fence=taken.fence,
        provider=row.provider,
        model=row.model,
        version=row.version,
        request=row.request,
        inputs=_inputs(connection, row.id),
        handle=taken.handle,
        attempts=taken.attempts,
        cancel_requested=taken.cancel_requested,
    )


def _touch(connection: Connection, held: Claim, **values: Any) -> None:
    """Change the job if the fence is still ours; raises `LeaseLost`."""
    mine = and_(job.c.generation_id == held.id, job.c.fence == held.fence, job.c.finished_at.is_(None))
    changed = connection.execute(update(job).where(mine).values(values or {"fence": held.fence}))
    if changed.rowcount == 0:
        raise LeaseLost(f"Run {held.id} is in other hands now.")


def _end(connection: Connection, held: Claim, now: datetime) -> None:
    _touch(connection, held, finished_at=now, owner=None, lease_until=None)


def _set(connection: Connection, generation_id: int, **values: Any) -> None:
    connection.execute(update(generation).where(generation.c.id == generation_id).values(values))


def _status(connection: Connection, generation_id: int) -> str:
    known = 0 < generation_id <= library.ID_LIMIT
    query = select(generation.c.status).where(generation.c.id == generation_id)
    status = connection.execute(query).scalar() if known else None
    if status is None:
        raise NotFound(f"There is no run {generation_id}.")
    return str(status)


def _inputs(connection: Connection, generation_id: int) -> dict[str, int]:
    query = select(generation_input.c.role, generation_input.c.media_id)
    rows = connection.execute(query.where(generation_input.c.generation_id == generation_id))
    return {row.role: row.media_id for row in rows}


def _media_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    columns = (
        media.c.generation_id,
        media.c.id,
        media.c.kind,
        media.c.width,
        media.c.height,
        media.c.duration,
    )
    query = select(*columns).where(media.c.generation_id.in_(ids), media.c.state == "ready")
    shown: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(query.order_by(media.c.position)).mappings():
        entry = dict(row)
        shown.setdefault(entry.pop("generation_id"), []).append(entry)
    return shown
