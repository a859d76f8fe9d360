"""What was spent and what may still be, in all and by day, and the budgets over it. Reads charges, writes none.

Days and months are those of UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from core.database import Database
from core.errors import BudgetReached
from core.models import SHOWN, charge, generation, media
from core.preferences import current
from core.prices import Quote, dollars

SAME: Final = 1e-6  # US dollars: amounts no further apart are the same


@dataclass(frozen=True)
class Spent:
    """US dollars: `usd` is known; `expected` was estimated for requests under way, or of unknown cost.

    `unknown` is how many of the `requests` have neither.
    """

    usd: float
    expected: float
    requests: int
    unknown: int

    @property
    def total(self) -> float:
        """All that is, or may be, spent as far as it can be told."""
        return self.usd + self.expected


@dataclass(frozen=True)
class Day:
    """What went out on one day, in UTC."""

    day: date
    spent: Spent


def spent(database: Database, since: datetime) -> Spent:
    """What went out since then."""
    with database.read() as connection:
        return _spent(connection, since)


def by_day(database: Database, now: datetime, days: int = 30) -> list[Day]:
    """The last days in UTC, today as the last one; those without spending as well."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    day = func.substr(charge.c.sent_at, 1, 10).label("day")
    query = select(day, *_sums()).where(charge.c.sent_at >= midnight(now) - timedelta(days=days - 1)).group_by(day)
    with database.read() as connection:
        found = {row[0]: Spent(*row[1:]) for row in connection.execute(query)}
    every = (first + timedelta(days=number) for number in range(days))
    return [Day(each, found.get(each.isoformat(), Spent(0.0, 0.0, 0, 0))) for each in every]


def of_item(database: Database, media_id: int) -> float | None:
    """An item's part of what its run cost, None where that is not known."""
    other = media.alias("other")
    siblings = select(func.count()).where(other.c.generation_id == generation.c.id, other.c.state.in_(SHOWN))
    query = (
        select(generation.c.cost, siblings.scalar_subquery().label("items"))
        .join(media, media.c.generation_id == generation.c.id)
        .where(media.c.id == media_id, media.c.state.in_(SHOWN))
    )
    with database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None or row.cost is None else float(row.cost / row.items)


def midnight(now: datetime) -> datetime:
    """The beginning of the day in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def require_budget(connection: Connection, quote: Quote, now: datetime) -> None:
    """Raise `BudgetReached` when a run would take this day or month over its budget; within a transaction."""
    wanted, day = current(connection), midnight(now)
    limits = (
        (wanted.budget_month, day.replace(day=1), "month", "this month", "next month"),
        (wanted.budget_day, day, "day", "today", "tomorrow"),
    )
    for budget, since, unit, when, later in limits:
        if budget is None or quote.usd == 0:
            continue
        if quote.usd is None:
            raise BudgetReached(
                f"There is a budget, and nobody knows what this run will cost. {quote.why} Add a price on Settings, or "
                "remove the budget there; the run goes on by itself then."
            )
        if _over(quote.usd, budget):
            raise BudgetReached(
                f"This run, about {dollars(quote.usd)}, costs more than the whole budget of {dollars(budget)} a {unit}."
                " It goes on by itself when you raise the budget on Settings."
            )
        before = _spent(connection, since).total
        if _over(before + quote.usd, budget):
            raise BudgetReached(
                f"This run, about {dollars(quote.usd)}, would go over the budget of {dollars(budget)} a {unit}; about "
                f"{dollars(before)} went out {when}. It goes on by itself {later} (UTC), or when you raise the budget "
                "on Settings."
            )


def _over(usd: float, budget: float) -> bool:
    """More than the budget, but for what adding decimals in binary leaves behind."""
    return usd - budget > SAME


def _spent(connection: Connection, since: datetime) -> Spent:
    return Spent(*connection.execute(select(*_sums()).where(charge.c.sent_at >= since)).one())


def _sums() -> list[ColumnElement[Any]]:
    return [
        func.coalesce(func.sum(charge.c.cost), 0.0),
        func.coalesce(func.sum(charge.c.estimate).filter(charge.c.cost.is_(None)), 0.0),
        func.count(),
        func.count().filter(charge.c.cost.is_(None), charge.c.estimate.is_(None)),
    ]
