"""One charge for each request that goes out: what it was expected to cost, and what it did once that is known.

A charge is written in the transaction that lets the request go out, with the budgets checked in the same, so that no
two runs, nor two processes, can go over a budget together. A cost is never guessed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from core import amounts, prices, spending
from core.database import Database
from core.jobs import Claim, set_run, touch
from core.models import charge, generation

LOOKED_BACK: Final = 1_000  # runs whose cost is worked out later, the newest


def reserve(connection: Connection, held: Claim, number: int, now: datetime) -> float | None:
    """Note that request `number` of a run goes out, within the caller's transaction; returns the estimate.

    Raises `BudgetReached` when it would take the spending of this day or month (UTC) over its budget.
    """
    quote = prices.expected(connection, held.provider, held.model, held.request)
    spending.require_budget(connection, quote, now)
    row = {"generation_id": held.id, "number": number, "sent_at": now, "estimate": quote.usd}
    connection.execute(charge.insert().values(row))
    return quote.usd


def withdraw(connection: Connection, held: Claim) -> None:
    """The run's last request created nothing, within the caller's transaction."""
    connection.execute(delete(charge).where(_last(held)))


def settle(database: Database, held: Claim) -> None:
    """Keep what a run that has its answer cost, by what it yielded; a cost that is known already stays."""
    if not held.submissions:  # it was for nothing
        return
    with database.write() as connection:
        touch(connection, held)
        found = amounts.yielded(connection, held.id, _metrics(connection, held.id))
        _keep(connection, held.id, _last(held), prices.worked_out(connection, held.model, held.request, found).usd)


def end(database: Database, held: Claim, metrics: Mapping[str, Any], *, canceled: bool, unbilled: bool) -> None:
    """Keep what is known of a prediction that failed or was canceled: its metrics, and seldom its cost.

    One that was canceled is billed for the time that it ran, and one that was ended before its start not at all
    (`unbilled`); whether one that failed is billed is not known.
    """
    with database.write() as connection:
        touch(connection, held)
        if metrics:
            set_run(connection, held.id, metrics=metrics)
        if unbilled:
            _keep(connection, held.id, _last(held), 0.0)
        elif canceled:
            found = amounts.run_until_canceled(metrics)
            _keep(connection, held.id, _last(held), prices.worked_out(connection, held.model, held.request, found).usd)


def settle_later(database: Database) -> int:
    """Work out what runs cost that had no price when they ended; a price counts from its day on. Returns how many."""
    other = charge.alias("other")
    last = select(func.max(other.c.number)).where(other.c.generation_id == generation.c.id).scalar_subquery()
    unknown = (
        select(generation.c.id, generation.c.model, generation.c.request, generation.c.metrics, charge.c.sent_at,
               charge.c.id.label("charge"))
        .select_from(generation)
        .join(charge, and_(charge.c.generation_id == generation.c.id, charge.c.number == last))
        .where(charge.c.cost.is_(None), generation.c.response.is_not(None))
        .order_by(generation.c.id.desc())
        .limit(LOOKED_BACK)
    )  # fmt: skip
    known = 0
    with database.write() as connection:
        for row in connection.execute(unknown).all():
            found = amounts.yielded(connection, row.id, row.metrics or {})
            day = row.sent_at.astimezone(UTC).date()
            quote = prices.worked_out(connection, row.model, row.request, found, day)
            _keep(connection, row.id, charge.c.id == row.charge, quote.usd)
            known += quote.usd is not None
    return known


def _last(held: Claim) -> ColumnElement[bool]:
    """The charge of the run's last request."""
    return and_(charge.c.generation_id == held.id, charge.c.number == held.submissions)


def _metrics(connection: Connection, generation_id: int) -> Mapping[str, Any]:
    row = connection.execute(select(generation.c.metrics).where(generation.c.id == generation_id)).first()
    return (row.metrics if row else None) or {}


def _keep(connection: Connection, generation_id: int, which: ColumnElement[bool], usd: float | None) -> None:
    """Fill in what a charge cost, and what its run did if that is known of all its requests."""
    if usd is None:
        return
    connection.execute(update(charge).where(which, charge.c.cost.is_(None)).values(cost=usd))
    mine = charge.c.generation_id == generation_id
    query = select(func.sum(charge.c.cost), func.count().filter(charge.c.cost.is_(None))).where(mine)
    total, unknown = connection.execute(query).one()
    if not unknown:
        set_run(connection, generation_id, cost=total)
