"""Engine, transactions and start-up checks of the one file; knows nothing of what is stored in it.

`read()` gives a read-only transaction, `write()` the only writing one of this process (BEGIN IMMEDIATE). A commit
that returned is on the disk.
"""

import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from core import sqlite
from core.direct import Direct
from core.errors import DiskFailed, DiskFull, StorageBusy, StorageError, StudioError, UnusableDatabase
from core.preflight import missing_bytes, preflight
from core.readonly import ReadOnly
from core.wal import Wal

READERS: Final = 32  # connections kept at most; more readers wait
PATIENCE: Final = 20.0  # seconds to wait for a connection, the writer or another process before `StorageBusy`
BUSY_WAIT: Final = 0.05  # seconds before a step of a copy is tried again
RESTARTS: Final = 3  # of a copy before it is made of what one reader sees
SNAPSHOT_ABOVE: Final = 160 * 1024 * 1024  # bytes of log at which such a copy is given up, before writers are refused
_TRY: Final = "INSERT INTO meta VALUES ('tried', '0') ON CONFLICT (key) DO UPDATE SET value = 1 - value"
SETTLES: Final = 5  # tries at the end
LEFTOVER: Final = 60.0  # seconds after which a half-made new file is nobody's


# Files that this process has open. None of them may be opened and closed beside SQLite: the system would drop SQLite's
# locks, and another program that closes the file would take the log away from under the studio.
_held: Counter[Path] = Counter()


class _Restless(Exception):
    """A copy that SQLite begins anew again and again."""


class Database:
    """One open file. Safe to use from many threads."""

    def __init__(self, path: Path, library: ModuleType, *, accept_lost_wal: bool = False) -> None:
        sqlite.require(library.sqlite_version_info)
        self.path = path
        missing = 0 if _held[path] else missing_bytes(path)
        _held[path] += 1
        self.exclusive = sqlite.has_wal_reset_bug(library.sqlite_version_info)
        self._library = library
        self._wal = Wal(path, None if self.exclusive else self._pinned, library.OperationalError)
        self._turn = threading.Lock()
        self.readonly = ReadOnly()
        self._hurry = threading.Event()
        self._closed = False
        self._whole = False  # its WAL is known not to be lost
        self._writer = self._engine(1, query_only=False)
        self._reader = self._writer if self.exclusive else self._engine(READERS, query_only=True)
        self._direct = Direct(self._bare)
        try:
            with self._alone() as connection:
                sqlite.require_full_text(_driver(connection))
                self._wal.verify(_driver(connection), accept_loss=accept_lost_wal, missing=missing)
            self._whole = True
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction; keep it short, for it holds back the log's end."""
        with self._translated(), self._reader.connect() as connection, connection.begin():
            yield connection

    def rows(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        """What one statement of microseconds finds, such as a look-up by key, past SQLAlchemy."""
        if self.exclusive:
            with self.glance() as driver:
                found: list[Any] = driver.execute(statement, parameters).fetchall()
                return found
        try:
            return self._direct.rows(statement, parameters)
        except self._library.Error as error:
            raise translate(error, self.path) from error

    @contextmanager
    def glance(self) -> Iterator[Any]:
        """A read-only transaction of microseconds on a bare DBAPI connection, where more than a statement is needed."""
        if self.exclusive:
            with self.read() as connection:
                yield _driver(connection)
            return
        try:
            with self._direct.read() as driver:
                yield driver
        except self._library.Error as error:
            raise translate(error, self.path) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The process's only writing transaction; rolls back on any exception.

        Raises `StorageBusy` when the file cannot be had in time, `DiskFull` when it cannot grow, `DiskFailed` when the
        disk failed at this write or at one a moment ago.
        """
        with self.readonly.writing(), self._alone() as connection:
            self._begin(connection)
            with connection.begin():
                yield connection

    def recover(self) -> None:
        """In read-only mode, try whether the disk takes a write again; does nothing otherwise."""
        if self.readonly.due:
            with suppress(StorageError), self.write() as connection:
                connection.exec_driver_sql(_TRY)

    def seal(self) -> None:
        """Bring everything into the one file, so that it is whole without its WAL; put off while it is in use."""
        with suppress(StorageBusy, DiskFull, DiskFailed), self.readonly.writing(), self._alone() as connection:
            self._wal.seal(_driver(connection))

    def checkpoint(self) -> None:
        """Bring what was written lately into the file, where nobody is held up by it; put off while it is in use."""
        with suppress(StorageBusy, DiskFull, DiskFailed), self.readonly.writing(), self._alone() as connection:
            self._wal.checkpoint(_driver(connection))

    def copy_into(
        self, target: Any, *, pages: int, between: Callable[[int, int], None], at_end: Callable[[Any], None]
    ) -> None:
        """Copy the file as it is at the end of the copying into an empty DBAPI connection, while it is in use.

        A few pages at a time over the writer's own connection: what is written meanwhile goes into the copy as well, so
        that no reader holds back the log's end (over a snapshot of its own the log reached its limit, and writers were
        refused). `between(left, all)`, in pages, is called between two steps, when others may write, and may raise.
        `at_end` gets a DBAPI connection that sees the file as it was copied. Raises `StorageBusy` when other programs
        write too much.
        """
        try:
            self._copy_along(target, pages, between, at_end)
        except _Restless:
            self._copy_snapshot(target, pages, between, at_end)

    def _copy_along(
        self, target: Any, pages: int, between: Callable[[int, int], None], at_end: Callable[[Any], None]
    ) -> None:
        """Copy with the writer's connection, which keeps the copy up to date with what it writes itself."""
        copied = restarts = 0

        def step(_status: int, left: int, number: int) -> None:
            nonlocal copied, restarts
            if not left:
                at_end(driver)
            self._turn.release()
            try:
                restarts += number - left <= copied  # SQLite began anew: another program wrote, or a write was undone
                copied = number - left
                if restarts > RESTARTS and not self.exclusive:  # the one connection there is must not be kept
                    raise _Restless
                between(left, number)
            finally:
                self._turn.acquire()  # waited for, since SQLite's next step has to be alone

        with self._alone() as connection:
            driver = _driver(connection)  # its place in the pool is given back: others write with it between two steps
        with self._translated(), self._turn:
            driver.backup(target, pages=pages, progress=step, sleep=BUSY_WAIT)

    def _copy_snapshot(
        self, target: Any, pages: int, between: Callable[[int, int], None], at_end: Callable[[Any], None]
    ) -> None:
        """Copy what one reader sees, for as long as the log has room for what is written meanwhile."""

        def step(_status: int, left: int, number: int) -> None:
            if self.wal_bytes() > SNAPSHOT_ABOVE:
                raise StorageBusy(
                    f"So much is being written to {self.path.name} that it cannot be copied now. Nothing was lost; "
                    "try again when less is going on."
                )
            if not left:
                at_end(driver)
            between(left, number)

        with self._translated(), self._pinned() as connection:
            driver = _driver(connection)
            driver.execute("SELECT count(*) FROM meta").fetchone()
            driver.backup(target, pages=pages, progress=step, sleep=BUSY_WAIT)

    def hurry(self) -> None:
        """The process is closing: from now on nothing waits for other programs."""
        self._hurry.set()

    def wal_bytes(self) -> int:
        """Size of the write-ahead log in bytes."""
        return self._wal.bytes()

    def close(self) -> None:
        """Close every connection; the last one empties and removes the WAL."""
        if self._whole and not self._closed:
            self._settle()
        self._direct.close()
        self._reader.dispose()
        self._writer.dispose()
        if not self._closed:
            self._closed = True
            _held[self.path] -= 1

    def _settle(self) -> None:
        """Complete the last mark, also where the disk fails now and then; where it always does, the WAL stays."""
        for _ in range(SETTLES):
            with suppress(StorageError), self._alone() as connection:
                return self._wal.settle(_driver(connection))

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        if not self._turn.acquire(timeout=PATIENCE):
            raise StorageBusy("The studio's file is busy with another write. Nothing was lost; try again in a moment.")
        try:
            with self._translated(), self._writer.connect() as connection:
                yield connection
        finally:
            self._turn.release()

    def _begin(self, connection: Connection) -> None:
        """Take the file for writing, waiting in short turns while another process has it."""
        driver, deadline = _driver(connection), time.monotonic() + PATIENCE
        while True:
            try:
                self._wal.before_write(driver)
                driver.execute("BEGIN IMMEDIATE")
                return
            except (self._library.OperationalError, DBAPIError) as error:
                cause = getattr(error, "orig", None) or error
                given_up = self._hurry.is_set() or time.monotonic() > deadline
                if given_up or not isinstance(translate(cause, self.path), StorageBusy):
                    raise

    @contextmanager
    def _pinned(self) -> Iterator[Connection]:
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, self._library.Error) as error:
            if interruption := _interruption(error):
                raise interruption from None
            raise translate(getattr(error, "orig", None) or error, self.path) from error
        except PoolTimeout as error:
            raise StorageBusy("Too many requests read the studio's file at once. Try again in a moment.") from error

    def _connect(self) -> Any:
        uri = f"file:{_quoted(self.path)}?mode=rw"
        return self._library.connect(uri, uri=True, check_same_thread=False, cached_statements=256)

    def _bare(self) -> Any:
        connection = self._connect()
        sqlite.configure(connection, exclusive=False, query_only=True)
        return connection

    def _engine(self, connections: int, *, query_only: bool) -> Engine:
        engine = create_engine(
            "sqlite://",
            module=self._library,
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=PATIENCE,
            hide_parameters=True,  # prompts belong in no log
        )

        @event.listens_for(engine, "connect")
        def configure(connection: Any, _record: object) -> None:
            try:
                sqlite.configure(connection, exclusive=self.exclusive, query_only=query_only)
            except self._library.DatabaseError as error:
                raise translate(error, self.path) from error

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if not _driver(connection).in_transaction:  # the writer's was begun in `_begin`
                connection.exec_driver_sql("BEGIN")

        return engine


def open_database(path: Path, *, accept_lost_wal: bool = False, library: ModuleType | None = None) -> Database:
    """Open the studio file at `path`, making an empty one if there is none; raises `UnusableDatabase` in words."""
    library = library or sqlite.library()
    if not (_held[path] and path.exists()) and not preflight(path):
        _create(path, library)
    return Database(path, library, accept_lost_wal=accept_lost_wal)


def sync_folder(folder: Path) -> None:
    """Let the names in a folder reach the disk."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _interruption(error: BaseException) -> BaseException | None:
    """What came from outside in the middle of a write, such as Ctrl-C, when its roll-back then stumbled."""
    cause = error.__context__
    while isinstance(cause, Exception):
        cause = cause.__context__
    return cause


def translate(error: BaseException, path: Path) -> StudioError:
    """A driver's error as one of ours, by SQLite's own words for it."""
    words = str(error)
    if words.startswith(("database is locked", "database table is locked", "locking protocol")):
        return StorageBusy(f"Another program holds {path.name}. Nothing was lost; try again in a moment.")
    if words.startswith("database or disk is full"):
        return DiskFull("The disk is full, so nothing was written. Make room and try again; nothing was lost.")
    if words.startswith(("attempt to write a readonly", "unable to open")):
        return UnusableDatabase(f"{path} can no longer be opened for writing. Check the disk and its permissions.")
    if "malformed" in words or words.startswith("file is not a database"):
        return UnusableDatabase(f"{path} is damaged. Stop the studio and restore a backup of the file.")
    if words.startswith("disk I/O error"):
        return DiskFailed(
            f"The disk could not read or write {path.name}. Check the disk; nothing new is saved until then."
        )
    return StorageError(f"{path.name} did not take the change ({words}); nothing was written.")


def _create(path: Path, library: ModuleType) -> None:
    """Make an empty studio file; it appears under its name in one step, or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        unborn = Path(tempfile.mkdtemp(prefix=f".{path.name}.new-", dir=path.parent))
    except OSError as error:
        raise UnusableDatabase(f"{path} cannot be made: {error.strerror}. Name another path.") from error
    try:
        _fill(unborn / path.name, library)
        _give_name(unborn / path.name, path)
    except (OSError, library.Error) as error:
        raise UnusableDatabase(f"{path} cannot be made: {error}. Make room or name another path.") from error
    finally:
        shutil.rmtree(unborn, ignore_errors=True)
    sync_folder(path.parent)


def _fill(unborn: Path, library: ModuleType) -> None:
    connection = library.connect(str(unborn), isolation_level=None)
    try:
        for statement in sqlite.ON_CREATE:
            connection.execute(statement)
        connection.execute("CREATE TABLE meta (key TEXT NOT NULL CONSTRAINT pk_meta PRIMARY KEY, value TEXT NOT NULL)")
    finally:
        connection.close()


def _give_name(unborn: Path, path: Path) -> None:
    """Let the new file appear, unless another process was first: its file is as good."""
    try:
        os.link(unborn, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            unborn.rename(path)


def _sweep(path: Path) -> None:
    """Remove what a crash left of a file half made."""
    for leftover in path.parent.glob(f".{path.name}.new-*"):
        with suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime > LEFTOVER:
                shutil.rmtree(leftover, ignore_errors=True)


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(path.as_posix())
