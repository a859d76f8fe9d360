"""Keeps the write-ahead log bounded, and makes its loss visible.

SQLite opens a file whose -wal was lost without a word, at the state of its last checkpoint. So before the first
change after a checkpoint the file itself is told that more follows: `expected` reaches the file, `reached` only
the WAL. A file that says `expected` without `reached`, with no frames in a WAL, has lost its newest changes.
Whenever the studio rests it is *sealed*: everything is in the one file, which may then be copied alone.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from core.errors import LostWal, StorageBusy
from core.inspection import wal_of
from core.sqlite import PRAGMAS, WAL_KEPT

CHECKPOINT_ABOVE: Final = WAL_KEPT  # bytes of WAL
REFUSE_ABOVE: Final = 240 * 1024 * 1024  # with one batch of chunks on top it stays below 256 MiB
DOUBT: Final = 2.0  # seconds in which another process may be in the middle of its marks
_MARKS = (
    "SELECT coalesce(max(CASE key WHEN 'wal_expected' THEN CAST(value AS INTEGER) END), 0),"
    " coalesce(max(CASE key WHEN 'wal_reached' THEN CAST(value AS INTEGER) END), 0) FROM meta"
)
_SET = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class Wal:
    """The WAL of one file, worked through a writing DBAPI connection that the caller holds alone.

    `pin` gives a read transaction on another connection; without one (None) loss is not watched for.
    """

    def __init__(self, path: Path, pin: Callable[[], AbstractContextManager[Any]] | None) -> None:
        self._file = wal_of(path)
        self._name = path.name
        self._pin = pin
        self._sealed = True

    def bytes(self) -> int:
        """Size of the WAL in bytes."""
        try:
            return self._file.stat().st_size
        except FileNotFoundError:
            return 0

    def verify(self, connection: Any, *, accept_loss: bool) -> None:
        """Raise `LostWal` when changes that the file knows of are nowhere to be found."""
        deadline = time.monotonic() + DOUBT
        while not _agree(connection):
            busy, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if frames > 0 or (accept_loss and not busy):
                return _repair(connection)
            if time.monotonic() > deadline:
                raise LostWal(
                    f"{self._name} was in use when it was copied, or {self._file.name} was removed: the newest changes "
                    f"are in {self._file.name}, which is missing. Put it back beside the file, or start once with "
                    "STUDIO_ACCEPT_LOST_WAL=1 to go on without them."
                )
            time.sleep(DOUBT / 40)

    def before_write(self, connection: Any) -> None:
        """Mark the file if it was sealed; raises `StorageBusy` when the WAL may not grow any further."""
        if self.bytes() > CHECKPOINT_ABOVE:
            self._checkpoint(connection)
        if self.bytes() > REFUSE_ABOVE:
            self._restart(connection)
        if self._sealed and self._pin:
            self._mark(connection, self._pin)
        self._sealed = False

    def seal(self, connection: Any) -> None:
        """Bring everything into the file itself, so that it is whole without its WAL."""
        if not self._sealed:
            self._checkpoint(connection)

    def _checkpoint(self, connection: Any) -> None:
        busy, frames, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self._sealed = not busy and frames == done

    def _mark(self, connection: Any, pin: Callable[[], AbstractContextManager[Any]]) -> None:
        """Tell the file that more follows.

        The pin keeps SQLite from beginning the WAL anew at `reached`: a crash inside that commit would leave a WAL
        without frames, just like a lost one.
        """
        connection.execute("BEGIN IMMEDIATE")
        expected = connection.execute(_MARKS).fetchone()[0] + 1
        connection.execute(_SET, ("wal_expected", str(expected)))
        connection.execute("COMMIT")
        with pin() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM meta").fetchone()
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            _repair(connection)

    def _restart(self, connection: Any) -> None:
        connection.execute("PRAGMA busy_timeout=500")
        busy, frames, done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute(f"PRAGMA busy_timeout={PRAGMAS['busy_timeout']}")
        if busy or frames != done:
            raise StorageBusy(
                f"Another program has been reading {self._name} for so long that {self._file.name} cannot be "
                f"emptied ({self.bytes() // 2**20} MiB). Close it; nothing is lost, and the studio goes on by itself."
            )
        self._sealed = True


def _agree(connection: Any) -> bool:
    expected, reached = connection.execute(_MARKS).fetchone()
    return bool(expected == reached)


def _repair(connection: Any) -> None:
    """Let `reached` be what is expected."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_SET, ("wal_reached", str(connection.execute(_MARKS).fetchone()[0])))
    connection.execute("COMMIT")
