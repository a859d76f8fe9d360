"""The SQLite library and the settings of every connection; knows nothing of what is stored.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL file that several connections use (the WAL-reset bug; fixed in
3.51.3, 3.50.7 and 3.44.6, https://sqlite.org/wal.html). On those the studio runs on one single, exclusive
connection, which cannot meet the bug.
"""

import importlib
from types import ModuleType
from typing import Any, Final

from core.errors import SelfCheckFailed, UnusableDatabase

APPLICATION_ID: Final = 0x4F6E6546  # "OneF", tells a studio from any other SQLite file
PAGE_SIZE: Final = 16 * 1024
OLDEST: Final = (3, 37, 0)
WAL_KEPT: Final = 32 * 1024 * 1024  # bytes; a WAL begun anew keeps this much, allocating it again costs a fifth
ON_CREATE: Final = (  # in this order: auto_vacuum after journal_mode=WAL is silently ignored
    f"PRAGMA page_size={PAGE_SIZE}",
    "PRAGMA auto_vacuum=INCREMENTAL",
    f"PRAGMA application_id={APPLICATION_ID}",
    "PRAGMA journal_mode=WAL",
)
PRAGMAS: Final = {
    "synchronous": 2,  # FULL: WAL + NORMAL lost 331 of 11,569 acknowledged commits in power cuts, FULL none
    "foreign_keys": 1,
    "secure_delete": 0,  # Debian's default holds the write lock 40 times as long
    "trusted_schema": 0,
    "cell_size_check": 1,
    "wal_autocheckpoint": 0,  # checkpoints are ours, see wal.py
    "journal_size_limit": WAL_KEPT,
    "temp_store": 2,  # memory: no temporary files
}
OLDER: Final = {"trusted_schema": 1}  # older libraries refuse a full-text index in a trigger otherwise
READER_WAITS: Final = 10_000  # milliseconds
WRITER_WAITS: Final = 250  # milliseconds at a time, so that a closing studio need not sit it out
OF_THE_FILE: Final = {"journal_mode": "wal", "auto_vacuum": 2}


def library() -> ModuleType:
    """The SQLite to use in this process: pysqlite3's where there is one, else Python's own."""
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return importlib.import_module("sqlite3.dbapi2")


def open_blob(connection: Any, schema: str, table: str, column: str, row: int) -> Any:
    """A stored BLOB or TEXT as a file that is read piece by piece; raises the driver's error for any other value."""
    if hasattr(connection, "blobopen"):  # Python's own
        return connection.blobopen(table, column, row, readonly=True, name=schema)
    return connection.open_blob(table, column, row, readonly=True, dbname=schema)


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether this SQLite version can corrupt a file that two connections use at a time."""
    if version >= (3, 51, 3):
        return False
    backported = {(3, 50): 7, (3, 44): 6}
    fixed_in = backported.get((version[0], version[1]))
    return fixed_in is None or version[2] < fixed_in


def configure(connection: Any, *, exclusive: bool, query_only: bool) -> None:
    """Give a new DBAPI connection its settings and read every one back; raises `SelfCheckFailed`."""
    connection.isolation_level = None  # transactions are begun by us, never by the driver
    if exclusive:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    for name, value in _pragmas(exclusive).items():
        connection.execute(f"PRAGMA {name}={value}")
    connection.execute(f"PRAGMA busy_timeout={_waits(query_only)}")
    connection.execute(f"PRAGMA query_only={int(query_only)}")
    check(connection)


def check(connection: Any) -> None:
    """Raise `SelfCheckFailed` when a setting that keeps data safe is not in force on the connection."""
    query_only = connection.execute("PRAGMA query_only").fetchone()[0]
    exclusive = connection.execute("PRAGMA locking_mode").fetchone()[0] == "exclusive"
    for name, expected in {**_pragmas(exclusive), **OF_THE_FILE, "busy_timeout": _waits(query_only)}.items():
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != expected:
            raise SelfCheckFailed(
                f"SQLite did not accept {name}={expected} (it says {found}), so writes would not be safe. "
                "Move the studio's file to a local disk and start again."
            )


def _pragmas(exclusive: bool) -> dict[str, int]:
    """What a connection must have; those to a file of its own are to an older library."""
    return PRAGMAS | (OLDER if exclusive else {})


def require_full_text(connection: Any) -> None:
    """Raise `UnusableDatabase` when this SQLite cannot search words, which every studio file needs."""
    if connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone() is None:
        raise UnusableDatabase(
            "This SQLite was built without full-text search (FTS5), which the studio needs: "
            "install the package pysqlite3 or another Python."
        )


def _waits(query_only: bool) -> int:
    """How long a connection waits for a file in use, in milliseconds."""
    return READER_WAITS if query_only else WRITER_WAITS


def require(version: tuple[int, ...]) -> None:
    """Raise `UnusableDatabase` when this SQLite is too old for the studio even on one connection."""
    if version < OLDEST:
        raise UnusableDatabase(
            f"SQLite {'.'.join(map(str, version))} is too old for the studio; "
            f"it needs {'.'.join(map(str, OLDEST))} or newer: install the package pysqlite3 or a newer Python."
        )
