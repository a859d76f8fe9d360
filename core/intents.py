"""What keeps a paid run from being paid for twice: the intent is committed before the request goes out, the
prediction's id right after. Between the two only the provider, or a person, knows. Knows no network."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update

from core import charges, outputs
from core.database import Database
from core.errors import NotFound
from core.jobs import Claim, set_run, touch
from core.models import generation, job

UNCERTAIN = (
    "The studio was interrupted while it sent this run, and cannot tell whether it was started. Look at your "
    "predictions at the provider; then let it be looked for once more, run it (it may be paid for twice), or cancel."
)


def intend(database: Database, held: Claim, now: datetime) -> Claim:
    """Commit that a request to create a prediction goes out now, and its charge; returns the claim with its nonce.

    Raises `BudgetReached`; nothing is committed then.
    """
    nonce, number = secrets.token_hex(16), held.submissions + 1
    with database.write() as connection:
        touch(connection, held, nonce=nonce, intended_at=now, submissions=number)
        estimate = charges.reserve(connection, held, number, now)
        set_run(connection, held.id, waiting=None, cost_estimate=estimate)
    return replace(held, nonce=nonce, intended_at=now, submissions=number)


def withdraw(database: Database, held: Claim) -> Claim:
    """The request created nothing, for certain."""
    with database.write() as connection:
        touch(connection, held, intended_at=None)
        charges.withdraw(connection, held)
    return replace(held, intended_at=None)


def submitted(database: Database, held: Claim, handle: str) -> Claim:
    """Keep the prediction's id, before anything else is done with it."""
    with database.write() as connection:
        touch(connection, held, handle=handle, intended_at=None)
        set_run(connection, held.id, waiting=None)
    return replace(held, handle=handle, intended_at=None)


def renew(database: Database, held: Claim) -> Claim:
    """A new prediction is to be made in place of one that failed for a passing reason."""
    with database.write() as connection:
        touch(connection, held, handle=None, intended_at=None, retries=job.c.retries + 1)
        outputs.forget(connection, held.id)
        set_run(connection, held.id, response=None, progress=None)
    return replace(held, handle=None, intended_at=None, response=None, retries=held.retries + 1)


def ask(database: Database, held: Claim) -> None:
    """Let a person decide: the job rests until `decide`."""
    with database.write() as connection:
        touch(connection, held, owner=None, lease_until=None)
        set_run(connection, held.id, status="uncertain", waiting=UNCERTAIN)


def decide(database: Database, generation_id: int, *, pay: bool, now: datetime) -> None:
    """Go on with an uncertain run: `pay` lets a request go out again, else its prediction is looked for once more.

    Raises `NotFound` for a run that does not wait for this.
    """
    with database.write() as connection:
        asked = generation.c.id == generation_id, generation.c.status == "uncertain"
        if connection.execute(select(generation.c.id).where(*asked)).first() is None:
            raise NotFound(f"Run {generation_id} does not wait for a decision any more.")
        values = {"due_at": now} | ({"intended_at": None, "handle": None} if pay else {})
        connection.execute(update(job).where(job.c.generation_id == generation_id).values(values))
        set_run(connection, generation_id, status="running", waiting=None)


def told(database: Database, nonce: str, handle: str) -> int | None:
    """The provider says which prediction our request made; returns the run's number, None for a stranger's nonce."""
    with database.write() as connection:
        ours = (job.c.nonce == nonce) & job.c.finished_at.is_(None)
        row = connection.execute(select(job.c.generation_id, job.c.handle, job.c.intended_at).where(ours)).first()
        if row is None:
            return None
        if row.handle is None and row.intended_at is not None:
            connection.execute(update(job).where(ours).values(handle=handle, intended_at=None))
            asked = (generation.c.id == row.generation_id) & (generation.c.status == "uncertain")
            connection.execute(update(generation).where(asked).values(status="running", waiting=None))
        return int(row.generation_id)


def current(database: Database, held: Claim) -> Claim:
    """The claim with the handle that a webhook may have brought meanwhile."""
    with database.read() as connection:
        handle = connection.execute(select(job.c.handle).where(job.c.generation_id == held.id)).scalar()
    return held if handle is None else replace(held, handle=handle, intended_at=None)


def known(database: Database, handles: Collection[str]) -> set[str]:
    """Those of `handles` that belong to a run already."""
    with database.read() as connection:
        return set(connection.execute(select(job.c.handle).where(job.c.handle.in_(handles))).scalars())
