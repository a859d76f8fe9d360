"""Pages of what a query finds, by key and both ways; how much it finds; what stands beside an item in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from core.database import Database
from core.errors import NotFound
from core.library import ID_LIMIT
from core.models import entry as entry_table
from core.search.filters import Compiled, compiled
from core.search.hits import Hit, hits, items_of
from core.search.orders import Best, ByNumber, ByTime, Order, Shuffled
from core.search.query import Query
from core.search.reading import Plan, Reading

PAGE: Final = 60
COUNTED: Final = 10_000  # matches of words that are counted
BUDGET: Final = 150_000  # matches of words that are looked at to put them into an order other than that of time
BESIDE: Final = 8  # hits looked through at a time for the next item
EVERYTHING: Final = Query()


@dataclass(frozen=True)
class Page:
    """Some hits in the query's order, and the keys of the neighbouring pages (None: there is none).

    `notes` are sentences on what was not understood. `partial`: there are so many matches that only the newest of them
    were put into this order; ordered by time all are reached.
    """

    hits: tuple[Hit, ...]
    previous: int | None  # ask with preceding=
    next: int | None  # ask with following=
    notes: tuple[str, ...] = ()
    partial: bool = False


@dataclass(frozen=True)
class Found:
    """The numbers of the items that a query finds, in its order; `notes` and `partial` as of a page."""

    items: tuple[int, ...]
    notes: tuple[str, ...] = ()
    partial: bool = False


@dataclass(frozen=True)
class Neighbours:
    """The items before and after one in a query's order (None: there is none)."""

    previous: int | None
    next: int | None


def page(
    database: Database,
    query: Query = EVERYTHING,
    *,
    following: int | None = None,
    preceding: int | None = None,
    limit: int = PAGE,
) -> Page:
    """The first `limit` hits, or those that follow or precede a key."""
    with database.read() as connection:
        meant, order = _meant(connection, query)
        return _page(connection, meant, order, following, preceding, limit)


def page_of(database: Database, query: Query, media_id: int, *, limit: int = PAGE) -> Page:
    """The page that an item is on, or would be, when one turns pages from the first; where it is shuffled, one that
    begins with it. Raises `NotFound` for an item that does not exist."""
    with database.read() as connection:
        meant, order = _meant(connection, query)
        key = _key(connection, order, meant.plan, media_id)
        reading = Reading(connection, meant.plan)
        ahead = None if key is None else order.ahead(reading, key)
        skipped = 0 if ahead is None else ahead % limit
        before = [] if key is None else order.take(reading, key, skipped + 1, backwards=True)
        following = order.keys(reading, before[-1:])[0] if len(before) > skipped else None
        return _page(connection, meant, order, following, None, limit)


def neighbours(database: Database, query: Query, media_id: int) -> Neighbours:
    """The items beside one in a query's order, runs without items passed over; raises `NotFound`."""
    with database.read() as connection:
        meant, order = _meant(connection, query)
        key = _key(connection, order, meant.plan, media_id)
        reading = Reading(connection, meant.plan)
        sides = (True, False)
        return Neighbours(
            *(_beside(reading, order, key, backwards=side) if key is not None else None for side in sides)
        )


def count(database: Database, query: Query = EVERYTHING) -> int:
    """How much a query finds; where it has words COUNTED means that many or more."""
    with database.read() as connection:
        meant = compiled(connection, query)
        found = 0
        for _, bits in Reading(connection, meant.plan).segments():
            found += bits.bit_count()
            if query.text and found >= COUNTED:
                return COUNTED
        return found


def items(database: Database, query: Query = EVERYTHING, *, limit: int) -> list[int]:
    """The items that a query finds, in its order, at most `limit` of them: for a selection of all of them."""
    return list(found(database, query, limit=limit).items)


def found(database: Database, query: Query = EVERYTHING, *, limit: int) -> Found:
    """The same, and what there is to say of it."""
    with database.read() as connection:
        meant, order = _meant(connection, query)
        reading = Reading(connection, meant.plan)
        numbers = items_of(connection, order.take(reading, None, limit, backwards=False))
        return Found(tuple(numbers), meant.notes, reading.partial)


def _meant(connection: Connection, query: Query) -> tuple[Compiled, Order]:
    name = query.order or "best"
    by_time = name in ("newest", "oldest")
    meant = compiled(connection, query, None if by_time else BUDGET)
    if name == "best" and not meant.words:
        return Compiled(Plan(meant.plan.where, meant.plan.place), "", meant.notes), ByTime()
    orders: dict[str, Callable[[], Order]] = {
        "best": lambda: Best(meant.words),
        "newest": ByTime,
        "oldest": lambda: ByTime(reverse=True),
        "rating": lambda: ByNumber("rating"),
        "largest": lambda: ByNumber("bytes"),
        "smallest": lambda: ByNumber("bytes", reverse=True),
        "random": lambda: Shuffled(query.seed),
    }
    return meant, orders[name]()


def _page(
    connection: Connection, meant: Compiled, order: Order, following: int | None, preceding: int | None, limit: int
) -> Page:
    reading = Reading(connection, meant.plan)
    backwards = preceding is not None
    found = order.take(reading, preceding if backwards else following, limit + 1, backwards=backwards)
    more, found = len(found) > limit, found[:limit]
    found = found[::-1] if backwards else found
    keys = order.keys(reading, found[:1] + found[-1:]) if found else [None, None]
    first, last = keys[0], keys[-1]
    if backwards:
        previous, next_ = more, _any(reading, order, last, backwards=False)
    else:
        previous, next_ = following is not None and _any(reading, order, first, backwards=True), more
    shown = tuple(hits(connection, found))
    return Page(shown, first if previous else None, last if next_ else None, meant.notes, reading.partial)


def _any(reading: Reading, order: Order, key: int | None, *, backwards: bool) -> bool:
    return key is not None and bool(order.take(reading, key, 1, backwards=backwards))


def _key(connection: Connection, order: Order, plan: Plan, media_id: int) -> int | None:
    """The place of an item in an order; None where it has none."""
    known = 0 < media_id <= ID_LIMIT
    entry = (
        connection.execute(select(entry_table.c.id).where(entry_table.c.media_id == media_id)).scalar()
        if known
        else None
    )
    if entry is None:
        raise NotFound(f"There is no item {media_id}.")
    return order.keys(Reading(connection, plan), [entry])[0]


def _beside(reading: Reading, order: Order, key: int, *, backwards: bool) -> int | None:
    """The next item from a key on; runs without one are passed over."""
    at: int | None = key
    while at is not None and (found := order.take(reading, at, BESIDE, backwards=backwards)):
        for hit in hits(reading.connection, found):
            if hit.id:
                return hit.id
        at = order.keys(reading, found[-1:])[0]
    return None
