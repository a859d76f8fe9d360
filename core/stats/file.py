"""What the one file consists of, in bytes that add up to it, and what it takes of its disk."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, case, func, select

from core.database import Database
from core.models import media, media_chunk
from core.stats.pagemap import PageMap, look

if TYPE_CHECKING:
    import pandas as pd

BLOBS: Final = "media_chunk"
KINDS: Final = {"image": "images", "video": "videos", "audio": "sounds"}
PARTS: Final = {  # in this order; the words that people read
    "images": "Pictures",
    "videos": "Videos",
    "sounds": "Sounds",
    "trash": "In the trash",
    "damaged": "Damaged items",
    "unfinished": "Half-stored items",
    "rounding": "Rounding to pages",
    "thumbnails": "Thumbnails",
    "recipes": "Recipes and records",
    "search": "Search",
    "indexes": "Other indexes",
    "structure": "The file's own order",
    "free": "Free pages",
}
TABLES: Final = {"thumbnail": "thumbnails", "entry": "search", "facet": "search", "facet_total": "search"}
FULL_TEXT: Final = "words"


@dataclass(frozen=True)
class Room:
    """Bytes: of the file itself, and of the disk that it is on."""

    file: int  # what its pages come to, with the log worked in
    on_disk: int  # what it takes just now, without its log
    wal: int
    free_pages: int
    returned: int  # by which it shrinks when its free pages are given back
    content: int  # of items, as their pages and those of their thumbnails come to
    disk_free: int
    disk_total: int


def consists_of(database: Database) -> "tuple[Room, pd.DataFrame, pd.DataFrame]":
    """(sizes, parts, tables): both frames add up to the size of the file, to the byte.

    `parts` has (part, name, bytes, share), `tables` (name, table, kind, part, pages, bytes). Raises `StorageBusy` when
    commits come too fast to count one state.
    """
    return look(database, lambda connection, pages: _frames(database, connection, pages))


def _frames(database: Database, connection: Connection, pages: PageMap) -> "tuple[Room, pd.DataFrame, pd.DataFrame]":
    import pandas as pd

    tables = pd.DataFrame(_tables(connection, pages), columns=["name", "table", "kind", "part", "pages"])
    tables["bytes"] = tables["pages"] * pages.page_size
    by_part = {part: int(size) for part, size in tables.groupby("part")["bytes"].sum().items()}
    sizes = by_part | dict(_content(connection, by_part.get("content", 0)))
    rows = [(part, name, sizes.get(part, 0)) for part, name in PARTS.items()]
    parts = pd.DataFrame(rows, columns=["part", "name", "bytes"])
    parts["share"] = parts["bytes"] / max(1, pages.bytes)
    content = by_part.get("content", 0) + by_part.get("thumbnails", 0)
    return _room(database, pages, content), parts, tables.sort_values("bytes", ascending=False, ignore_index=True)


def _room(database: Database, pages: PageMap, content: int) -> Room:
    disk = shutil.disk_usage(database.path.parent)
    return Room(
        file=pages.bytes,
        on_disk=database.path.stat().st_size,
        wal=database.wal_bytes(),
        free_pages=pages.free * pages.page_size,
        returned=pages.returned,
        content=content,
        disk_free=disk.free,
        disk_total=disk.total,
    )


def _tables(connection: Connection, pages: PageMap) -> Iterator[tuple[str, str, str, str, int]]:
    """(name, table, kind, part, pages) of every table and index, and of what belongs to none."""
    named = connection.exec_driver_sql("SELECT rootpage, name, tbl_name, type FROM sqlite_schema WHERE rootpage > 0")
    schema = {row[0]: (row[1], row[2], row[3]) for row in named}
    schema[1] = ("sqlite_schema", "sqlite_schema", "table")
    unknown = sum(number for root, number in pages.roots.items() if root not in schema)
    for root, (name, table, kind) in schema.items():
        yield name, table, kind, _part(table, kind), pages.roots.get(root, 0)
    yield "page maps", "", "pages", "structure", pages.overhead + unknown
    yield "free pages", "", "pages", "free", pages.free


def _part(table: str, kind: str) -> str:
    if table == FULL_TEXT or table.startswith(f"{FULL_TEXT}_"):
        return "search"
    if table.startswith("sqlite_"):
        return "structure"
    if TABLES.get(table) == "search":
        return "search"
    if kind == "index":
        return "indexes"
    return "content" if table == BLOBS else TABLES.get(table, "recipes")


def _content(connection: Connection, whole: int) -> Iterator[tuple[str, int]]:
    """The bytes of items by part, and what is left of the pages that hold them.

    What is ready is as large as its row says; sizes are added up from the bytes themselves only for what is not, and
    where rows claim more than there is.
    """
    told = _claimed(connection) | _counted(connection, media.c.state != "ready")
    if sum(told.values()) > whole:
        told = _counted(connection)
    yield from told.items()
    yield "rounding", whole - sum(told.values())


def _claimed(connection: Connection) -> dict[str, int]:
    part = case((media.c.trashed_at.is_not(None), "trash"), else_=media.c.kind)
    query = select(part, func.coalesce(func.sum(media.c.bytes), 0)).where(media.c.state == "ready").group_by(part)
    return {KINDS.get(part, part): int(size) for part, size in connection.execute(query)}


def _counted(connection: Connection, *which: Any) -> dict[str, int]:
    part = case(
        (media.c.state == "incoming", "unfinished"),
        (media.c.state != "ready", "damaged"),
        (media.c.trashed_at.is_not(None), "trash"),
        else_=media.c.kind,
    )
    query = (
        select(part, func.sum(func.length(media_chunk.c.data)))
        .join(media, media.c.id == media_chunk.c.media_id)
        .where(*which)
        .group_by(part)
    )
    return {KINDS.get(part, part): int(size) for part, size in connection.execute(query)}
