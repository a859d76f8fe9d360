"""Saved views: a query under a name. Names are told apart without regard to case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode

from sqlalchemy import Connection, delete, insert, select, update

from core.database import Database
from core.errors import InvalidInput, NotFound
from core.models import saved_view
from core.search import Query, from_params, to_params

LONGEST: Final = 60  # characters of a name
MOST: Final = 200


@dataclass(frozen=True)
class View:
    """A query that its owner comes back to."""

    name: str
    query: Query


def views(database: Database) -> Sequence[View]:
    """All of them by name."""
    with database.read() as connection:
        rows = connection.execute(select(saved_view.c.name, saved_view.c.query)).all()
    found = [View(row.name, from_params(parse_qs(row.query))) for row in rows]
    return sorted(found, key=lambda view: view.name.casefold())


def save(database: Database, name: str, query: Query, *, replace: bool = False) -> View:
    """Keep a query under a name, with `replace` in place of the one that has it; raises `InvalidInput`."""
    kept, address = _clean(name), urlencode(to_params(query), doseq=True)
    with database.write() as connection:
        known = _named(connection, kept)
        if known is not None and replace:
            connection.execute(update(saved_view).where(saved_view.c.id == known).values(name=kept, query=address))
        else:
            _require_free(known, kept)
            if len(connection.execute(select(saved_view.c.id)).all()) >= MOST:
                raise InvalidInput({"name": f"There are {MOST} views already. Delete one first."})
            connection.execute(insert(saved_view).values(name=kept, query=address))
    return View(kept, query)


def rename(database: Database, old: str, new: str) -> None:
    """Give a view another name; raises `NotFound`, `InvalidInput`."""
    kept = _clean(new)
    with database.write() as connection:
        known = _required(connection, old)
        other = _named(connection, kept)
        _require_free(None if other == known else other, kept)
        connection.execute(update(saved_view).where(saved_view.c.id == known).values(name=kept))


def forget(database: Database, name: str) -> View:
    """Delete a view; returns it, so that it can be saved again. Raises `NotFound`."""
    with database.write() as connection:
        known = _required(connection, name)
        gone = delete(saved_view).where(saved_view.c.id == known).returning(saved_view.c.name, saved_view.c.query)
        row = connection.execute(gone).one()
    return View(row.name, from_params(parse_qs(row.query)))


def _clean(name: str) -> str:
    kept = " ".join(name.split())
    if not kept or len(kept) > LONGEST:
        raise InvalidInput({"name": f"The name of a view has 1 to {LONGEST} characters."})
    return kept


def _named(connection: Connection, name: str) -> int | None:
    rows = connection.execute(select(saved_view.c.id, saved_view.c.name)).all()
    return next((row.id for row in rows if row.name.casefold() == " ".join(name.split()).casefold()), None)


def _required(connection: Connection, name: str) -> int:
    known = _named(connection, name)
    if known is None:
        raise NotFound(f"There is no view '{name[:60]}'.")
    return known


def _require_free(known: int | None, name: str) -> None:
    if known is not None:
        raise InvalidInput({"name": f"There is a view '{name}' already. Choose another name, or replace it."})
