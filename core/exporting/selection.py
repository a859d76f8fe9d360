"""What is to be exported: items by their numbers, or all that a search finds; and how much that is. Reads only."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import func, select

from core import search
from core.database import Database
from core.errors import InvalidInput, NotFound
from core.library import ID_LIMIT
from core.models import media
from core.search import Query

AT_ONCE: Final = 500  # items asked about in one short read
APART: Final = ("damaged", "lost")  # states that no search finds; an export of everything names them


@dataclass(frozen=True)
class Selection:
    """Items by number, those in the trash included; `ids` None: all that `query` finds."""

    ids: tuple[int, ...] | None = None
    query: Query = field(default_factory=Query)


@dataclass(frozen=True)
class Chosen:
    """The items of a selection at one moment, oldest first; `bytes` is what they have together."""

    ids: Sequence[int]
    bytes: int


def from_params(params: Mapping[str, str | Sequence[str]]) -> Selection:
    """What an address asks for: `ids=1,2,3`, or the parameters of a search; raises `InvalidInput`."""
    asked = params.get("ids", "")
    if not asked:
        return Selection(query=search.from_params(params))
    parts = (asked if isinstance(asked, str) else ",".join(asked)).split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        raise InvalidInput({"ids": "ids must be numbers of items with commas between them, such as 1,2,3."})
    return Selection(tuple(map(int, parts)))


def to_params(selection: Selection) -> dict[str, str | list[str]]:
    """The parameters of an address that asks for the same."""
    if selection.ids is not None:
        return {"ids": ",".join(map(str, selection.ids))}
    return search.to_params(selection.query)


def chosen(database: Database, selection: Selection) -> Chosen:
    """The items that a selection means now, each once, with 8 bytes of memory for each; raises `NotFound` for none."""
    if selection.ids is not None:
        ids = array("q", sorted({each for each in selection.ids if 0 < each <= ID_LIMIT}))
    else:
        ids = array("q", _found(database, selection.query))
        if not selection.query.narrow:
            ids.extend(_apart(database))
    if not ids:
        raise NotFound("There is nothing to export: no item matches. Choose others.")
    return Chosen(ids, sum(_bytes(database, ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE)))


def _found(database: Database, query: Query) -> Iterator[int]:
    """By time, for in any other order a search with very many matches gives only the newest of them."""
    by_time, following = replace(query, order="oldest", runs=""), None
    while True:
        page = search.page(database, by_time, following=following, limit=AT_ONCE)
        yield from (hit.id for hit in page.hits if hit.id)
        following = page.next
        if following is None:
            return


def _apart(database: Database) -> Sequence[int]:
    query = select(media.c.id).where(media.c.state.in_(APART), media.c.trashed_at.is_(None)).order_by(media.c.id)
    with database.read() as connection:
        return connection.execute(query).scalars().all()


def _bytes(database: Database, ids: Sequence[int]) -> int:
    held = select(func.coalesce(func.sum(media.c.bytes), 0)).where(media.c.id.in_(ids), media.c.state == "ready")
    with database.read() as connection:
        return int(connection.execute(held).scalar_one())
