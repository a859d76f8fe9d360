"""Which table or index each page of the file belongs to, to the byte, without reading what is in them.

A file with incremental vacuum has pointer maps: for each page its kind and the page above it, so that a few pages tell
about all of them (https://sqlite.org/fileformat.html#pointer_map_or_ptrmap_pages). The map is that of one commit: a
read transaction holds the file as it is, and what the log has newer for that transaction is laid over it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Connection

from core.database import Database
from core.errors import StorageBusy, UnusableDatabase
from core.stats import log
from core.stats.outside import Outside

if TYPE_CHECKING:
    import numpy as np

ENTRY: Final = 5  # bytes in a pointer map: a kind, and the number of the page above
LOCKED: Final = 2**30  # the byte that locks are taken on; its page holds nothing
ROOT, FREE, FIRST_OVERFLOW, OVERFLOW, INNER = 1, 2, 3, 4, 5
TRIES: Final = 50  # commits may come in between
DEEPEST: Final = 40  # doublings: more pages above each other than any file has
T = TypeVar("T")


@dataclass(frozen=True)
class PageMap:
    """The pages of a file by what they belong to; the sum of all is `pages`."""

    page_size: int  # bytes
    pages: int
    free: int
    overhead: int  # pointer maps, the page of locks, and what belongs to nothing that the schema names
    roots: Mapping[int, int]  # pages by the first page of a table or index; 1 is the schema itself

    @property
    def bytes(self) -> int:
        """The size of the file, once the log is worked into it."""
        return self.pages * self.page_size

    @property
    def returned(self) -> int:
        """Bytes by which the file shrinks when its free pages are given back, as SQLite itself works it out."""
        return (self.pages - shrunk(self.pages, self.free, self.page_size)) * self.page_size


def look(database: Database, ask: Callable[[Connection, PageMap], T]) -> T:
    """What `ask` finds in a read transaction, given the map of the pages at that very moment.

    Raises `StorageBusy` when commits come too fast for it, `UnusableDatabase` when the map makes no sense.
    """
    with database.read() as connection:
        size = _number(connection, "page_size")
    with Outside(database.path, size) as outside:
        for _ in range(TRIES):
            before = outside.log()
            with database.read() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM meta").fetchone()  # from here on it sees one state
                if before is None or outside.log() != before:
                    continue
                found = _map(database, connection, outside, None if database.exclusive else before)
                if found is not None:
                    return ask(connection, found)
    raise StorageBusy("So much is being written just now that the file cannot be counted. Try again in a moment.")


def shrunk(pages: int, free: int, page_size: int) -> int:
    """The pages that a full incremental vacuum leaves; see finalDbSize in SQLite's btree.c."""
    locked = LOCKED // page_size + 1
    step = page_size // ENTRY + 1
    maps = (free - pages + _map_of(pages, page_size) + page_size // ENTRY) // (page_size // ENTRY)
    left = pages - free - maps
    if pages > locked and left < locked:
        left -= 1
    while left > 1 and ((left - 2) % step == 0 or left == locked):
        left -= 1
    return left


def _map_of(page: int, page_size: int) -> int:
    """The pointer map that speaks of a page."""
    step = page_size // ENTRY + 1
    found = (page - 2) // step * step + 2
    return found + (found == LOCKED // page_size + 1)


def _map(database: Database, connection: Connection, outside: Outside, held: log.State | None) -> PageMap | None:
    """The map in the state of a read transaction; None where the log got out of hand meanwhile."""
    size = _number(connection, "page_size")
    pages, free = _number(connection, "page_count"), _number(connection, "freelist_count")
    maps = [_map_of(page, size) for page in range(2, pages + 1, size // ENTRY + 1)]
    newer = log.pages(database.path, size, held, set(maps))
    if newer is None:
        return None
    told = {page: newer.get(page, content) for page, content in zip(maps, outside.pages(maps), strict=True)}
    return _counted(told, pages, free, size)


def _counted(told: Mapping[int, bytes], pages: int, free: int, size: int) -> PageMap:
    import numpy as np

    kinds, above = np.zeros(pages + 1, np.uint8), np.zeros(pages + 1, np.int64)
    for page, content in told.items():
        count = min(size // ENTRY, pages - page)
        rows = np.frombuffer(content, np.uint8, count * ENTRY).reshape(count, ENTRY).astype(np.int64)
        kinds[page + 1 : page + 1 + count] = rows[:, 0]
        above[page + 1 : page + 1 + count] = rows[:, 1:] @ np.array([2**24, 2**16, 2**8, 1])
    aside = [0, *told, *(page for page in (LOCKED // size + 1,) if page <= pages)]
    kinds[aside] = 0
    kinds[1] = ROOT
    number = np.arange(pages + 1)
    above = np.where(kinds == ROOT, number, np.where(np.isin(kinds, (FIRST_OVERFLOW, OVERFLOW, INNER)), above, 0))
    owners = _owners(above, pages)
    counts = np.bincount(owners[1:], minlength=pages + 1)
    alone = (kinds == FREE) | (number == 0)
    alone[aside] = True
    if int((kinds == FREE).sum()) != free or not (alone | (kinds[owners] == ROOT)).all():
        raise _senseless()
    roots = {int(root): int(counts[root]) for root in np.flatnonzero(counts) if root}
    return PageMap(size, pages, free, pages - free - sum(roots.values()), roots)


def _owners(above: "np.ndarray[Any, Any]", pages: int) -> "np.ndarray[Any, Any]":
    """The root above each page, 0 where there is none; each turn doubles how far it looks."""
    if int(above.max(initial=0)) > pages:
        raise _senseless()
    for _ in range(DEEPEST):
        further = above[above]
        if (further == above).all():
            return above
        above = further
    raise _senseless()


def _senseless() -> UnusableDatabase:
    return UnusableDatabase(
        "The file's map of its own pages makes no sense, so it may be damaged. Make a copy of it, then check it with "
        "`PRAGMA integrity_check`, or restore a backup."
    )


def _number(connection: Connection, pragma: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one())
