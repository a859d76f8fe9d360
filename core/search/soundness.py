"""Whether the indexes say what the rows say: entries, facets and their totals, full text. Read only, in short reads."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from core import sqlite
from core.database import Database
from core.search.conditions import SPAN, members
from core.search.rows import rows

PARTS: Final = ("traits", "marks", "tags")
BATCH: Final = 2_000  # rows
ENTRIES: Final = {  # what is wrong, and how many rows it is wrong with
    "items cannot be found": "SELECT count(*) FROM media WHERE state IN ('ready', 'thinned') AND id NOT IN "
    "(SELECT media_id FROM entry WHERE media_id IS NOT NULL)",
    "items are found that are not there": "SELECT count(*) FROM entry LEFT JOIN media ON media.id = entry.media_id "
    "WHERE entry.media_id IS NOT NULL AND coalesce(media.state, '') NOT IN ('ready', 'thinned')",
    "runs cannot be found": "SELECT count(*) FROM bare_run WHERE id NOT IN "
    "(SELECT generation_id FROM entry WHERE media_id IS NULL AND generation_id IS NOT NULL)",
    "runs are found that are not there": "SELECT count(*) FROM entry WHERE media_id IS NULL "
    "AND (generation_id IS NULL OR generation_id NOT IN (SELECT id FROM bare_run))",
    "entries are half indexed": "SELECT count(*) FROM entry WHERE NOT (words AND traits AND marks AND tags)",
}
WORDS: Final = {  # the full-text index's own tables: columns to copy
    "words_data": "id, block",
    "words_idx": "segid, term, pgno",
    "words_docsize": "id, sz",
    "words_config": "k, v",
}
CONTENT: Final = "id, prompt, tags, note, model, error, logs"


def faults(database: Database, folder: Path, look: Callable[[], None]) -> list[str]:
    """A sentence for each way in which the search differs from the rows; none: all is well.

    `folder` is for a file that holds the full-text index while it is checked, so that nobody's write waits for that.
    `look` is called between two short reads and may raise to give up.
    """
    found = list(_entries(database))
    wrong = 0
    for segment in range(_top(database) // SPAN + 1):
        look()
        with database.read() as connection:
            wrong += _facets(connection, segment)
    if wrong:
        found.append(f"The search's filters are wrong for {wrong:,} properties of items.")
    look()
    with database.read() as connection:
        if _totals(connection):
            found.append("The search's counts are wrong.")
    look()
    if not _words_agree(database, folder, look):
        found.append("The search's words are not those of the items.")
    return found


def _entries(database: Database) -> Iterator[str]:
    for what, query in ENTRIES.items():
        with database.read() as connection:
            number = rows(connection, query)[0][0]
        if number:
            yield f"Search: {number:,} {what}."


def _top(database: Database) -> int:
    with database.read() as connection:
        return int(rows(connection, "SELECT coalesce(max(id), 0) FROM entry")[0][0])


def _facets(connection: Connection, segment: int) -> int:
    """How many (entry, property) pairs of a segment are wrong."""
    first, last = segment * SPAN, segment * SPAN + SPAN - 1
    expected: set[tuple[str, int]] = set()
    for part in PARTS:
        view = f"SELECT name, id FROM entry_{part} WHERE id BETWEEN ? AND ?"
        expected.update(map(tuple, rows(connection, view, first, last)))
    held = rows(connection, "SELECT name, bits FROM facet WHERE segment = ?", segment)
    found = {
        (name, entry)
        for name, bits in held
        for entry in members(segment, int.from_bytes(bits, "little"), descending=True)
    }
    return len(found ^ expected)


def _totals(connection: Connection) -> bool:
    """Whether any property's count is wrong."""
    counted: dict[str, int] = {}
    for name, bits in rows(connection, "SELECT name, bits FROM facet"):
        counted[name] = counted.get(name, 0) + int.from_bytes(bits, "little").bit_count()
    return counted != dict(map(tuple, rows(connection, "SELECT name, number FROM facet_total")))


def _words_agree(database: Database, folder: Path, look: Callable[[], None]) -> bool:
    """Whether the full-text index is that of the rows: SQLite's own check, in a copy of index and words alone."""
    path, library = folder / "words.db", sqlite.library()
    with closing(library.connect(str(path), isolation_level=None)) as driver:
        driver.execute("PRAGMA journal_mode=OFF")
        driver.execute("PRAGMA synchronous=OFF")
        with database.read() as connection:
            source: Any = connection.connection.dbapi_connection
            _copy_words(source, driver, look)
    with closing(library.connect(str(path), isolation_level=None)) as driver:  # anew, to know what it holds
        try:
            driver.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
        except library.DatabaseError:
            return False
    return True


def _copy_words(source: Any, target: Any, look: Callable[[], None]) -> None:
    made = source.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()[0]
    target.execute(f"CREATE TABLE entry_words ({CONTENT.replace('id', 'id INTEGER PRIMARY KEY', 1)})")
    target.execute(made)
    target.execute("BEGIN")
    for table, columns in {**WORDS, "entry_words": CONTENT}.items():
        target.execute(f"DELETE FROM {table}")
        marks = ", ".join("?" * len(columns.split(",")))
        cursor = source.execute(f"SELECT {columns} FROM {table}")
        while batch := cursor.fetchmany(BATCH):
            look()
            target.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", batch)
    target.execute("COMMIT")
