"""The earlier system's file: recognised by its tables, read piece by piece, never changed by a byte.

SQLite writes to a file merely to read it where a WAL or a journal lies beside it. So such a file is read through
a hard link with a copy of its WAL, or, to undo what a journal says, as a copy of the whole.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from core import sqlite
from core.errors import UnusableDatabase
from core.preflight import HEADER, MAGIC
from core.sqlite import APPLICATION_ID
from core.upgrade.names import Names, beside, has_journal, has_log

TABLES: Final = {"image": "generated_images", "video": "generated_videos"}
KNOWN: Final = ("id", "prompt", "{}_url", "model_id", "parameters", "status", "collection", "metadata", "created_at",
                "{}_data")  # fmt: skip
LONGEST: Final = 4 * 2**20  # bytes of a text that are carried over
ROWIDS: Final = ("_rowid_", "rowid", "oid")
BEGINNING: Final = 64 * 1024  # bytes
AT_ONCE: Final = 200  # columns in one query; SQLite takes 2,000 in its answer, and each makes three
UNTOUCHED: Final = "mode=ro&immutable=1"
_SHAPE: Final = "SELECT type FROM {}.sqlite_master WHERE lower(name) = ? AND type IN ('table', 'view')"


@dataclass(frozen=True)
class Table:
    """Where the rows of one kind are. `columns` maps lower-case names to how the file spells them."""

    kind: str
    schema: str
    name: str
    rowid: str
    columns: dict[str, str]

    @property
    def url(self) -> str:
        """The column with addresses."""
        return f"{self.kind}_url"

    @property
    def data(self) -> str:
        """The column with bytes."""
        return f"{self.kind}_data"

    @property
    def known(self) -> tuple[str, ...]:
        """The columns that the earlier system had at its best."""
        return tuple(name.format(self.kind) for name in KNOWN)


@dataclass(frozen=True)
class Value:
    """A value as it is stored: SQLite's type of it, and a number, or the bytes of a text (at most LONGEST) or BLOB."""

    type: str
    value: int | float | bytes | None
    size: int = 0


class Source:
    """An open file of the earlier system."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        found = {kind: _table(connection, "main", kind) or _table(connection, "earlier", kind) for kind in TABLES}
        self.tables = {kind: table for kind, table in found.items() if table}

    def keys(self, table: Table) -> Iterator[tuple[int, Value, Value]]:
        """(row, id, created_at) of every row, in the table's own order."""
        chosen = ", ".join(self._columns(table, ["id", "created_at"]))
        query = f"SELECT {table.rowid}, {chosen} FROM {_place(table)} ORDER BY {table.rowid}"
        for row in self._connection.execute(query):
            yield row[0], _value(*row[1:4]), _value(*row[4:7])

    def values(self, table: Table, row: int, names: list[str]) -> dict[str, Value]:
        """Small values of a row; those of columns that are not there are NULL."""
        found: list[Any] = []
        for first in range(0, len(names), AT_ONCE):
            chosen = ", ".join(self._columns(table, names[first : first + AT_ONCE]))
            query = f"SELECT {chosen} FROM {_place(table)} WHERE {table.rowid} = ?"
            found += self._connection.execute(query, (row,)).fetchone()
        return {name: _value(*found[3 * i : 3 * i + 3]) for i, name in enumerate(names)}

    def kind_of(self, table: Table, row: int, column: str) -> str:
        """SQLite's type of a value, which may be too large to look at."""
        if column not in table.columns:
            return "null"
        query = f"SELECT typeof({_quoted(table.columns[column])}) FROM {_place(table)} WHERE {table.rowid} = ?"
        return _text(self._connection.execute(query, (row,)).fetchone()[0])

    @contextmanager
    def open(self, table: Table, row: int, column: str) -> Iterator[Any]:
        """A text or BLOB as a file, read piece by piece."""
        blob = sqlite.open_blob(self._connection, table.schema, table.name, table.columns[column], row)
        try:
            yield blob
        finally:
            blob.close()

    def others(self) -> list[str]:
        """The tables that are none of ours."""
        query = "SELECT name FROM earlier.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        names = [_text(row[0]) for row in self._connection.execute(query)]
        return [name for name in names if name.lower() not in TABLES.values()]

    def last_ids(self) -> list[int]:
        """The highest numbers that the file says were ever given."""
        if self._connection.execute(_SHAPE.format("earlier"), ("sqlite_sequence",)).fetchone() is None:
            return []
        query = "SELECT seq FROM earlier.sqlite_sequence WHERE lower(name) IN (?, ?) AND typeof(seq) = 'integer'"
        return [row[0] for row in self._connection.execute(query, tuple(TABLES.values()))]

    def _columns(self, table: Table, names: list[str]) -> list[str]:
        return [part for name in names for part in _small(table.columns.get(name))]


def recognised(path: Path) -> bool:
    """Whether this is a SQLite file with the earlier system's tables, or could be one by its WAL; changes nothing."""
    with suppress(OSError):
        if path.is_file() and _foreign_sqlite(path):
            try:
                with _attached(path, ":memory:", UNTOUCHED) as connection:
                    if connection.execute(_SHAPE.format("earlier"), ("alembic_version",)).fetchone():
                        return False
                    return has_log(path) or bool(Source(connection).tables)
            except sqlite.library().Error:  # a damaged one is told so, if it is one
                return _names_ours(path)
    return False


@contextmanager
def opened(names: Names) -> Iterator[Source]:
    """The file as SQLite sees it with its WAL or journal; raises `UnusableDatabase` for one that cannot be read."""
    shutil.rmtree(names.room, ignore_errors=True)
    names.room.mkdir()
    try:
        path, options = _quiet(names)
        with _attached(path, str(names.room / "views.db"), options) as connection:
            _stage(connection)
            yield Source(connection)
    except sqlite.library().Error as error:
        raise UnusableDatabase(unreadable(names.path, str(error))) from error
    finally:
        shutil.rmtree(names.room, ignore_errors=True)


def unreadable(path: Path, why: str) -> str:
    """The sentence for a file that is damaged."""
    return (
        f"{path} is a file of the earlier system, but it cannot be read whole ({why}). It was not changed. Put a "
        f'copy from a backup in its place, or save what can be saved with: sqlite3 {path.name} ".recover".'
    )


def _quiet(names: Names) -> tuple[Path, str]:
    """What to open so that the original is not written to, and how."""
    copy = names.room / names.path.name
    if has_journal(names.path):
        for side in ("", "-journal", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(beside(names.path, side), beside(copy, side))
        return copy, "mode=rw"
    if has_log(names.path):
        try:
            os.link(names.path, copy)
        except OSError:  # a file system without hard links
            shutil.copyfile(names.path, copy)
        shutil.copyfile(beside(names.path, "-wal"), beside(copy, "-wal"))
        return copy, "mode=ro"
    return names.path, UNTOUCHED


@contextmanager
def _attached(path: Path, main: str, options: str) -> Iterator[Any]:
    connection = sqlite.library().connect(main, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.text_factory = bytes  # a text may be no text
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("ATTACH ? AS earlier", (f"file:{quote(path.as_posix())}?{options}",))
        yield connection
    finally:
        connection.close()


def _stage(connection: Any) -> None:
    """Lay what is no plain table, such as a view, into one, for only those are read piece by piece."""
    for kind, name in TABLES.items():
        found = connection.execute("SELECT type, wr FROM pragma_table_list(?) WHERE schema = 'earlier'", (name,))
        shape = found.fetchone()
        table = _table(connection, "earlier", kind)
        if table is not None and (shape != (b"table", 0) or not table.rowid):
            chosen = ", ".join(_quoted(spelt) for word, spelt in table.columns.items() if word not in ROWIDS)
            connection.execute(f"CREATE TABLE main.{_quoted(name)} AS SELECT {chosen} FROM {_place(table)}")


def _table(connection: Any, schema: str, kind: str) -> Table | None:
    name = TABLES[kind]
    found = connection.execute(_SHAPE.format(schema), (name,)).fetchone()
    if found is None:
        return None
    query = "SELECT name FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1"
    columns = {_text(row[0]).lower(): _text(row[0]) for row in connection.execute(query, (name, schema))}
    if not {"prompt", f"{kind}_url", f"{kind}_data"} & columns.keys():
        return None
    return Table(kind, schema, name, next((word for word in ROWIDS if word not in columns), ""), columns)


def _foreign_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        header = file.read(HEADER)
    ours = int.from_bytes(header[68:72], "big") == APPLICATION_ID
    return len(header) == HEADER and header.startswith(MAGIC) and not ours


def _names_ours(path: Path) -> bool:
    """Whether the file's beginning, which no SQLite may be able to read, defines one of our tables."""
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
    return b"alembic_version" not in beginning and any(
        b"CREATE TABLE " + name.encode() in beginning for name in TABLES.values()
    )


def _small(column: str | None) -> tuple[str, str, str]:
    """SQL for (type, value, size) of a column, cut to LONGEST."""
    if column is None:
        return "'null'", "NULL", "0"
    name = _quoted(column)
    text = f"typeof({name}) IN ('text', 'blob')"
    return (
        f"typeof({name})",
        f"CASE WHEN {text} THEN substr(CAST({name} AS BLOB), 1, {LONGEST}) ELSE {name} END",
        f"CASE WHEN {text} THEN length(CAST({name} AS BLOB)) ELSE 0 END",
    )


def _value(kind: bytes | str, value: Any, size: int) -> Value:
    return Value(_text(kind), value, size)


def _place(table: Table) -> str:
    return f"{table.schema}.{_quoted(table.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: bytes | str) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
