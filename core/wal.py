"""Keeps the write-ahead log bounded, and makes its loss visible.

SQLite opens a file whose -wal was lost without a word, at the state of its last checkpoint. So before the first
change after a checkpoint the file itself is told that more follows: `expected` reaches the file, `reached` only
the WAL. A file that says `expected` without `reached`, with no frames in a WAL, has lost its newest changes.
Whenever the studio rests it is *sealed*: everything is in the one file, which may then be copied alone.
"""

from pathlib import Path
from typing import Any, Final

from core.errors import LostWal, StorageBusy
from core.inspection import wal_of
from core.sqlite import PRAGMAS

CHECKPOINT_ABOVE: Final = 32 * 1024 * 1024  # bytes of WAL
REFUSE_ABOVE: Final = 240 * 1024 * 1024  # with one batch of chunks on top it stays below 256 MiB
_READ = "SELECT coalesce(max(CASE key WHEN ? THEN CAST(value AS INTEGER) END), 0) FROM meta"
_SET = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class Wal:
    """The WAL of one file, worked through a writing DBAPI connection that the caller holds alone."""

    def __init__(self, path: Path) -> None:
        self._file = wal_of(path)
        self._name = path.name
        self._sealed = True

    def bytes(self) -> int:
        """Size of the WAL in bytes."""
        try:
            return self._file.stat().st_size
        except FileNotFoundError:
            return 0

    def verify(self, connection: Any, *, accept_loss: bool) -> None:
        """Raise `LostWal` when changes that the file knows of are nowhere to be found."""
        if _value(connection, "wal_expected") == _value(connection, "wal_reached"):
            return
        _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if frames <= 0 and not accept_loss:
            raise LostWal(
                f"{self._name} was in use when it was copied, or {self._file.name} was removed: the newest changes "
                f"are in {self._file.name}, which is missing. Put it back beside the file, or start once with "
                "STUDIO_ACCEPT_LOST_WAL=1 to go on without them."
            )
        _commit(connection, "wal_reached", _value(connection, "wal_expected"))

    def before_write(self, connection: Any) -> None:
        """Mark the file if it was sealed; raises `StorageBusy` when the WAL may not grow any further."""
        if self.bytes() > CHECKPOINT_ABOVE:
            self._checkpoint(connection)
        if self.bytes() > REFUSE_ABOVE:
            self._restart(connection)
        if self._sealed:
            self._mark(connection)

    def seal(self, connection: Any) -> None:
        """Bring everything into the file itself, so that it is whole without its WAL."""
        if not self._sealed:
            self._checkpoint(connection)

    def _checkpoint(self, connection: Any) -> None:
        _, frames, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self._sealed = frames == done

    def _mark(self, connection: Any) -> None:
        mark = _value(connection, "wal_expected") + 1
        _commit(connection, "wal_expected", mark)
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        _commit(connection, "wal_reached", mark)
        self._sealed = False

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


def _value(connection: Any, key: str) -> int:
    return int(connection.execute(_READ, (key,)).fetchone()[0])


def _commit(connection: Any, key: str, value: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_SET, (key, str(value)))
    connection.execute("COMMIT")
