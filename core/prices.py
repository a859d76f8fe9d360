"""What runs cost, as far as it is known: a table that the owner keeps, dated. Unknown rather than wrong.

The API of a hosted provider tells no price, and the time that a prediction took is no basis for models that are
billed by what they yield. Several units of one model add up; within a unit the row with the most specific condition
that the inputs meet counts alone, and where it cannot be told which one that is, nothing is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from core import amounts, conditions
from core.amounts import UNITS, Amounts
from core.database import Database
from core.errors import InvalidInput
from core.models import price

FREE: Final = ("sketch",)  # providers that cost nothing
OLD: Final = timedelta(days=90)  # after which a price should be looked up again
UNKNOWN: Final = "price unknown"
DEAREST: Final = 10_000.0  # US dollars for one unit
LONGEST: Final = 300  # characters of a note
_MODEL = re.compile(r"[\w.-]+/[\w.-]+")

Choices = Mapping[str, Mapping[str, Sequence[Any]]]  # by model and input the values it takes; none: any


@dataclass(frozen=True)
class Price:
    """US dollars for one `unit` of a model on the day `dated` (YYYY-MM-DD), where the inputs meet `condition`."""

    model: str
    unit: str
    usd: float
    dated: str
    condition: str = ""
    note: str = ""

    def is_old(self, today: date) -> bool:
        """Whether it should be looked up again."""
        return today - date.fromisoformat(self.dated) > OLD


@dataclass(frozen=True)
class Quote:
    """US dollars, or None and a sentence on why they are not known."""

    usd: float | None
    why: str = ""


def table(database: Database) -> list[Price]:
    """All prices, by model."""
    query = select(price).order_by(price.c.model, price.c.unit, price.c.condition)
    with database.read() as connection:
        return [Price(**row) for row in connection.execute(query).mappings()]


def save(database: Database, rows: Sequence[Price], *, today: date, choices: Choices | None = None) -> None:
    """Put these prices in the place of all others; raises `InvalidInput` with a sentence for each wrong row."""
    wrong: dict[str, str] = {}
    tidied: dict[tuple[str, str, str], Price] = {}
    for number, row in enumerate(rows, 1):
        try:
            tidy = _tidied(row, today, choices or {})
            key = (tidy.model, tidy.unit, tidy.condition)
            if key in tidied:
                raise ValueError(f"{tidy.model} has a second price for the same; keep one")
            tidied[key] = tidy
        except ValueError as error:
            wrong[str(number)] = f"Row {number}: {error}."
    if wrong:
        raise InvalidInput(wrong)
    with database.write() as connection:
        connection.execute(delete(price))
        if tidied:
            connection.execute(price.insert(), [vars(row) for row in tidied.values()])


def estimate(database: Database, provider: str, model: str, inputs: Mapping[str, Any]) -> float | None:
    """US dollars that a run will cost, None where that is not known."""
    return quote(database, provider, model, inputs).usd


def quote(database: Database, provider: str, model: str, inputs: Mapping[str, Any]) -> Quote:
    """What a run will cost, or why that is not known."""
    with database.read() as connection:
        return expected(connection, provider, model, inputs)


def expected(connection: Connection, provider: str, model: str, inputs: Mapping[str, Any]) -> Quote:
    """What a run will cost, within the caller's transaction."""
    if provider in FREE:
        return Quote(0.0)
    return worked_out(connection, model, inputs, amounts.asked(connection, model, inputs))


def worked_out(
    connection: Connection, model: str, inputs: Mapping[str, Any], found: Amounts, day: date | None = None
) -> Quote:
    """These amounts at the model's prices; with `day` only where all of them were true by then."""
    identity = model.partition(":")[0].lower()
    query = select(price).where(price.c.model == identity)
    rows = [Price(**row) for row in connection.execute(query).mappings()]
    if day is not None and any(row.dated > day.isoformat() for row in rows):
        return Quote(None, f"The prices of {identity} are from a later day.")
    if not rows:
        return Quote(None, f"There is no price for {identity} on Settings yet.")
    usd = 0.0
    for unit in sorted({row.unit for row in rows}):
        fitting = _fitting([row for row in rows if row.unit == unit], inputs)
        amount = found[unit]
        if fitting is None:
            return Quote(None, f"It cannot be told which price of {identity} per {unit} fits these inputs.")
        if amount is None:
            return Quote(None, _amount_unknown(identity, unit))
        usd += amount * fitting.usd
    return Quote(usd)


def dollars(usd: float) -> str:
    """An amount in words: two digits, three or four where it is small."""
    if usd == 0 or usd >= 1:
        return f"${usd:,.2f}"
    if usd < 0.00005:
        return "less than $0.0001"
    return f"${usd:.3f}".removesuffix("0") if usd >= 0.001 else f"${usd:.4f}"


def cost_words(cost: float | None, estimate: float | None) -> str:
    """What a run cost, else what it is expected to cost."""
    if cost is not None:
        return dollars(cost)
    return UNKNOWN if estimate is None else f"about {dollars(estimate)}"


def _fitting(rows: Sequence[Price], inputs: Mapping[str, Any]) -> Price | None:
    """The most specific row that the inputs meet; None where there is none, or more than one, or it is not known."""
    parsed = [(conditions.parse(row.condition), row) for row in rows]
    possible = [
        (len(terms), meets, row) for terms, row in parsed if (meets := conditions.meets(terms, inputs)) is not False
    ]
    best = [(meets, row) for size, meets, row in possible if size == max(size for size, _, _ in possible)]
    return best[0][1] if len(best) == 1 and best[0][0] else None


def _amount_unknown(model: str, unit: str) -> str:
    if unit == "compute second":
        return (
            f"{model} is paid for by the time that it runs, and none of its runs has ended well yet to tell how long."
        )
    return f"{model} is paid for per {unit}, and its inputs do not say how many there will be."


def _tidied(row: Price, today: date, choices: Choices) -> Price:
    """The row as it is kept; raises `ValueError` with the words for what is wrong."""
    model, unit = row.model.strip().lower(), row.unit.strip()
    if not _MODEL.fullmatch(model):
        raise ValueError(f"'{row.model.strip()[:60]}' names no model; write owner/name, without a version")
    if unit not in UNITS:
        raise ValueError(f"choose what {model} is paid for by: {', '.join(UNITS)}")
    if not 0 <= row.usd <= DEAREST:
        raise ValueError(f"write the price of {model} in US dollars, from 0 to {DEAREST:,.0f}")
    if len(row.note) > LONGEST:
        raise ValueError(f"the note on {model} is longer than {LONGEST} characters")
    condition = _condition(model, row.condition, choices.get(model))
    return replace(
        row, model=model, unit=unit, dated=_day(model, row.dated, today), condition=condition, note=row.note.strip()
    )


def _day(model: str, text: str, today: date) -> str:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"write the day on which {model} had this price as YYYY-MM-DD") from None
    if day > today + timedelta(days=1):  # elsewhere it may be tomorrow already
        raise ValueError(f"the day of the price of {model} is yet to come; write the day on which you looked it up")
    return day.isoformat()


def _condition(model: str, text: str, inputs: Mapping[str, Sequence[Any]] | None) -> str:
    try:
        condition = conditions.parse(text)
    except ValueError:
        raise ValueError(
            f"'{text.strip()[:60]}' is no condition; write input=value, such as resolution=1080p, with commas between"
            " several"
        ) from None
    if inputs is None:
        return conditions.written(condition)
    for name, value in condition.items():
        if name not in inputs:
            raise ValueError(f"{model} has no input '{name}'; it has {', '.join(inputs) or 'none'}")
        if inputs[name] and not any(conditions.same(choice, value) for choice in inputs[name]):
            raise ValueError(f"{name} of {model} is never '{value}'; it is one of {', '.join(map(str, inputs[name]))}")
    return conditions.written(condition)
