"""The queue in SQL: enqueue, claim, heartbeat, finish, fail, cancel. Knows not how a job is done.

At-least-once work, exactly-once media: whoever claims a job gets a lease and a new fence number, and what a job
yields is recorded only for the holder of the current fence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from core import library, outputs
from core.database import Database
from core.errors import InvalidInput, LeaseLost, NotFound, StudioError
from core.models import SHOWN, STATUSES, generation, generation_input, job, media

LEASE: Final = timedelta(seconds=4)  # a job of a killed process goes on within this time
OPEN: Final = ("queued", "running")
LOGS_LIMIT: Final = 100_000  # characters kept, the newest
LOG_TAIL: Final = 4_000  # characters of a run's logs in a list


@dataclass(frozen=True)
class Run:
    """One run to enqueue. `inputs` maps names of file inputs to the items to use; `cost_estimate` is in US dollars.

    `cancel_after` is in seconds from the prediction's creation.
    """

    provider: str
    model: str
    version: str
    kind: str
    request: Mapping[str, Any]
    size: tuple[int, int] | None
    inputs: Mapping[str, Sequence[int]]
    cost_estimate: float | None = None
    cancel_after: int | None = None


@dataclass(frozen=True)
class Claim:
    """The right to work on a job, for as long as nobody else claims it."""

    id: int  # of the generation
    fence: int
    provider: str
    model: str
    version: str
    request: Mapping[str, Any]
    inputs: Mapping[str, Sequence[int]]
    handle: str | None
    attempts: int  # this one included
    cancel_requested: bool
    nonce: str | None
    intended_at: datetime | None
    submissions: int
    retries: int
    cancel_after: int | None
    response: Mapping[str, Any] | None  # the answer, once it is final
    deletes_at: datetime | None
    cost_estimate: float | None


def enqueue(
    database: Database,
    batch: str,
    runs: Sequence[Run],
    now: datetime,
    *,
    needless: Callable[[Connection, Run], bool] | None = None,
) -> list[int]:
    """Write runs and their jobs in one transaction; returns the ids of the generations.

    Runs that are `needless`, as seen in that very transaction, are left out.
    """
    with database.write() as connection:
        return [_enqueue(connection, batch, run, now) for run in runs if not (needless and needless(connection, run))]


def claim(
    database: Database, owner: str, now: datetime, *, full: Sequence[str] = (), lease: timedelta = LEASE
) -> Claim | None:
    """Take the oldest job that is due and that nobody holds, but none of the providers in `full`."""
    free = or_(job.c.lease_until.is_(None), job.c.lease_until <= now)
    due = (
        select(job.c.generation_id)
        .join(generation, generation.c.id == job.c.generation_id)
        .where(job.c.finished_at.is_(None), job.c.due_at <= now, free)
        .where(generation.c.provider.not_in(full), generation.c.status != "uncertain")
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
            .values(fence=job.c.fence + 1, attempts=job.c.attempts + 1, owner=owner, lease_until=now + lease)
            .returning(*job.c)
        )
        row = connection.execute(taken).first()
        return None if row is None else _claimed(connection, row, now)


def heartbeat(database: Database, held: Claim, now: datetime) -> bool:
    """Renew the lease; returns whether somebody asked for the run's end. Raises `LeaseLost`."""
    with database.write() as connection:
        touch(connection, held, lease_until=now + LEASE)
        asked = select(job.c.cancel_requested).where(job.c.generation_id == held.id)
        return bool(connection.execute(asked).scalar_one())


def progress(
    database: Database, held: Claim, fraction: float | None, logs: str, *, url: str | None = None,
    deletes_at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep how far the run is, and what the provider says of its page and of the end of its files."""
    with database.write() as connection:
        touch(connection, held)
        told = {"url": url, "deletes_at": deletes_at}
        known = {name: value for name, value in told.items() if value is not None}
        set_run(connection, held.id, progress=fraction, logs=logs[-LOGS_LIMIT:], waiting=None, **known)


def waits(database: Database, held: Claim, why: str) -> None:
    """Say why the run does not go on just now."""
    with database.write() as connection:
        touch(connection, held)
        set_run(connection, held.id, waiting=why)


def fail(database: Database, held: Claim, error: StudioError, now: datetime) -> None:
    """End the run with a sentence; logs stay."""
    with database.write() as connection:
        end(connection, held, now)
        library.drop_incoming(connection, held.id)
        outputs.give_up_all(connection, held.id, error)
        told = {"error_code": error.code, "error": error.sentence, "waiting": None}
        asked = dict(error.fields) if isinstance(error, InvalidInput) else None
        set_run(connection, held.id, status="failed", error_fields=asked, finished_at=now, **told)


def canceled(database: Database, held: Claim, now: datetime, why: str | None = None) -> None:
    """End the run because somebody asked for it, or its deadline passed."""
    with database.write() as connection:
        end(connection, held, now)
        library.drop_incoming(connection, held.id)
        set_run(connection, held.id, status="canceled", error=why, finished_at=now, waiting=None)


def postpone(database: Database, held: Claim, until: datetime, why: str | None = None) -> None:
    """Give the job back, to be claimed again at `until`."""
    with database.write() as connection:
        _give_back(connection, held, until, why)


def hold_back(database: Database, held: Claim, until: datetime, why: str) -> None:
    """Give back a job of which nothing is under way, and hold those back that would meet with the same."""
    with database.write() as connection:
        _give_back(connection, held, until, why)
        set_run(connection, held.id, status="queued", **({} if held.submissions else {"started_at": None}))
        alike = select(generation.c.id).where(
            generation.c.provider == held.provider,
            generation.c.model == held.model,
            generation.c.status == "queued",
            generation.c.cost_estimate.is_not_distinct_from(held.cost_estimate),
        )
        same = and_(job.c.generation_id.in_(alike), job.c.finished_at.is_(None), job.c.owner.is_(None))
        connection.execute(update(job).where(same).values(due_at=until))
        connection.execute(update(generation).where(generation.c.id.in_(alike)).values(waiting=why))


def hold_queued(database: Database, now: datetime, until: datetime, why: str) -> None:
    """Hold back every run that has not begun and is due at `now`; those under way go on."""
    queued = select(generation.c.id).where(generation.c.status == "queued")
    due = and_(job.c.generation_id.in_(queued), job.c.finished_at.is_(None), job.c.due_at <= now)
    with database.read() as connection:
        waiting = list(connection.execute(select(job.c.generation_id).where(due)).scalars())
    if waiting:
        with database.write() as connection:
            connection.execute(update(job).where(due).values(due_at=until))
            told = generation.c.id.in_(waiting) & (generation.c.status == "queued")
            connection.execute(update(generation).where(told).values(waiting=why))


def hurry(database: Database, now: datetime) -> None:
    """Let every job that was given back be claimed at once: what it waits for may have changed."""
    resting = and_(job.c.finished_at.is_(None), job.c.owner.is_(None), job.c.due_at > now)
    with database.write() as connection:
        told = generation.c.id.in_(select(job.c.generation_id).where(resting))
        connection.execute(update(generation).where(told).values(waiting=None))
        connection.execute(update(job).where(resting).values(due_at=now))


def cancel(database: Database, generation_id: int, now: datetime) -> None:
    """Ask for a run's end: a queued one ends here, a running one when its worker hears of it.

    Raises `NotFound`; does nothing to a run that has ended.
    """
    with database.write() as connection:
        status = status_of(connection, generation_id)
        if status in ("queued", "uncertain"):
            ended = {"finished_at": now, "fence": job.c.fence + 1}
            connection.execute(update(job).where(job.c.generation_id == generation_id).values(ended))
            set_run(connection, generation_id, status="canceled", finished_at=now, waiting=None)
        elif status == "running":
            asked = update(job).where(job.c.generation_id == generation_id).values(cancel_requested=True)
            connection.execute(asked)


def run_of(database: Database, generation_id: int) -> Run:
    """The run with this number, ready to be enqueued again; raises `NotFound`."""
    with database.read() as connection:
        status_of(connection, generation_id)
        row = connection.execute(select(generation).where(generation.c.id == generation_id)).one()
        queued = connection.execute(select(job.c.cancel_after).where(job.c.generation_id == generation_id)).first()
        if queued is None:
            raise NotFound(
                f"Run {generation_id} was never in this studio's queue: the studio itself made it, or it was made "
                "elsewhere. It cannot be run again as it is; Remix on the item's page fills a form with its recipe."
            )
        size = (row.width, row.height) if row.width and row.height else None
        inputs = library.inputs_of(connection, generation_id)
    known = (row.provider, row.model, row.version, row.kind, row.request, size, inputs, row.cost_estimate)
    return Run(*known, queued.cancel_after)


def recent(database: Database, *, limit: int = 50, ids: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Runs as the job list shows them: those running, those queued, then the newest; with `ids` those that exist."""
    status = generation.c.status
    parts = [status == "uncertain", status == "running", status == "queued", status.not_in((*OPEN, "uncertain"))]
    with database.read() as connection:
        if ids is not None:
            rows = _rows(connection, generation.c.id.in_(ids), limit)
        else:
            rows = []
            for part in parts:
                rows += _rows(connection, part, limit - len(rows))
        numbers = [row["id"] for row in rows]
        shown, lost = _media_of(connection, numbers), outputs.lost_of(connection, numbers)
        awaited = outputs.waiting_of(connection, numbers)
    return [
        row | {"media": shown.get(row["id"], []), "lost": lost.get(row["id"], []), "awaited": awaited.get(row["id"], 0)}
        for row in rows
    ]


def counts(database: Database) -> dict[str, int]:
    """How many runs that were in the queue there are of each status."""
    queued = generation.join(job, job.c.generation_id == generation.c.id)
    number = func.count().label("number")
    query = select(generation.c.status, number).select_from(queued).group_by(generation.c.status)
    with database.read() as connection:
        found = {row.status: row.number for row in connection.execute(query)}
    return {status: found.get(status, 0) for status in STATUSES}


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
            cost_estimate=run.cost_estimate,
        )
    ).inserted_primary_key
    assert inserted is not None
    generation_id = int(inserted[0])
    for role, position, media_id in _places(run.inputs):
        state = connection.execute(select(media.c.state).where(media.c.id == media_id)).scalar()
        if state is None:
            raise InvalidInput({role: f"There is no item {media_id} to use here."})
        if state == "thinned":
            raise InvalidInput({role: f"Item {media_id} was thinned, so its bytes are gone. Choose another."})
        row = {"generation_id": generation_id, "role": role, "position": position, "media_id": media_id}
        connection.execute(generation_input.insert().values(row))
    connection.execute(job.insert().values(generation_id=generation_id, due_at=now, cancel_after=run.cancel_after))
    return generation_id


def _claimed(connection: Connection, taken: Row[Any], now: datetime) -> Claim:
    library.drop_incoming(connection, taken.generation_id)
    row = connection.execute(select(generation).where(generation.c.id == taken.generation_id)).one()
    set_run(connection, row.id, status="running", started_at=row.started_at or now, waiting=None)
    return Claim(
        id=row.id,
        fence=taken.fence,
        provider=row.provider,
        model=row.model,
        version=row.version,
        request=row.request,
        inputs=library.inputs_of(connection, row.id),
        handle=taken.handle,
        attempts=taken.attempts,
        cancel_requested=taken.cancel_requested,
        nonce=taken.nonce,
        intended_at=taken.intended_at,
        submissions=taken.submissions,
        retries=taken.retries,
        cancel_after=taken.cancel_after,
        response=row.response,
        deletes_at=row.deletes_at,
        cost_estimate=row.cost_estimate,
    )


def _give_back(connection: Connection, held: Claim, until: datetime, why: str | None) -> None:
    touch(connection, held, owner=None, lease_until=None, due_at=until, attempts=job.c.attempts - 1)
    library.drop_incoming(connection, held.id)
    set_run(connection, held.id, waiting=why)


def touch(connection: Connection, held: Claim, **values: Any) -> None:
    """Change the job if the fence is still ours, within the caller's transaction; raises `LeaseLost`."""
    mine = and_(job.c.generation_id == held.id, job.c.fence == held.fence, job.c.finished_at.is_(None))
    changed = connection.execute(update(job).where(mine).values(values or {"fence": held.fence}))
    if changed.rowcount == 0:
        raise LeaseLost(f"Run {held.id} is in other hands now.")


def end(connection: Connection, held: Claim, now: datetime) -> None:
    """Close the job, within the caller's transaction; raises `LeaseLost`."""
    touch(connection, held, finished_at=now, owner=None, lease_until=None)


def set_run(connection: Connection, generation_id: int, **values: Any) -> None:
    """Change a run's row, within the caller's transaction."""
    connection.execute(update(generation).where(generation.c.id == generation_id).values(values))


def status_of(connection: Connection, generation_id: int) -> str:
    """The run's status, within the caller's transaction; raises `NotFound`."""
    known = 0 < generation_id <= library.ID_LIMIT
    query = select(generation.c.status).where(generation.c.id == generation_id)
    status = connection.execute(query).scalar() if known else None
    if status is None:
        raise NotFound(f"There is no run {generation_id}.")
    return str(status)


def _places(inputs: Mapping[str, Sequence[int]]) -> list[tuple[str, int, int]]:
    return [(role, position, item) for role, items in inputs.items() for position, item in enumerate(items)]


def _media_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    columns = (
        media.c.generation_id,
        media.c.id,
        media.c.kind,
        media.c.width,
        media.c.height,
        media.c.duration,
        (media.c.state == "thinned").label("thinned"),
    )
    shown_now = (media.c.state.in_(SHOWN), media.c.trashed_at.is_(None))
    query = select(*columns).where(media.c.generation_id.in_(ids), *shown_now)
    shown: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(query.order_by(media.c.position)).mappings():
        entry = dict(row)
        shown.setdefault(entry.pop("generation_id"), []).append(entry)
    return shown
