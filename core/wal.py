"""Keeps the write-ahead log bounded, and makes its loss visible.

SQLite opens a file whose -wal was lost without a word, at the state of its last checkpoint. So before the first
change after a rest the file itself is told that more follows: `expected` reaches the file, `reached` only the WAL.
A file that says `expected` without `reached`, with no frames in a WAL, has lost its newest changes. When the
studio rests it is *sealed*: everything is in the one file, which may then be copied alone. The three marks are
rows of the file, for every process that works on it.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.errors import LostWal, StorageBusy, UnusableDatabase
from core.preflight import cut_short, wal_of
from core.sqlite import WAL_KEPT

CHECKPOINT_ABOVE: Final = WAL_KEPT  # bytes of WAL
REFUSE_ABOVE: Final = 216 * 1024 * 1024  # with one upload on top it stays below 256 MiB
DOUBT: Final = 2.0  # seconds in which another process may be in the middle of its marks
AGAIN: Final = 1.0  # seconds before marking is tried again that readers prevented
_VALUE = "coalesce(max(CASE key WHEN '{}' THEN CAST(value AS INTEGER) END), 0)"
_MARKS = f"SELECT {', '.join(map(_VALUE.format, ('wal_expected', 'wal_reached', 'wal_sealed')))} FROM meta"
_SET = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class Marks(NamedTuple):
    """Numbers of the last mark that the file expects, that the WAL reached, and that was sealed."""

    expected: int
    reached: int
    sealed: int


class Wal:
    """The WAL of one file, worked through a writing DBAPI connection that the caller holds alone.

    `pin` gives a read transaction on another connection; without one (None) loss is not watched for. `busy` is
    the driver's error for a file that is in use.
    """

    def __init__(
        self, path: Path, pin: Callable[[], AbstractContextManager[Any]] | None, busy: type[Exception]
    ) -> None:
        self._path = path
        self._file = wal_of(path)
        self._pin = pin
        self._busy = busy
        self._mark_at = 0.0

    def bytes(self) -> int:
        """Size of the WAL in bytes."""
        try:
            return self._file.stat().st_size
        except FileNotFoundError:
            return 0

    def verify(self, connection: Any, *, accept_loss: bool, missing: int) -> None:
        """Raise `LostWal` when changes that the file knows of are nowhere to be found; `missing` is in bytes, as the
        file's header tells it."""
        deadline = time.monotonic() + DOUBT
        while (marks := _marks(connection)).expected != marks.reached:
            busy, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            late = time.monotonic() > deadline
            if frames > 0 or (accept_loss and not busy):
                with suppress(self._busy):
                    _commit(connection, wal_reached=marks.expected)
                if late:  # another process works on it, and will set the mark right
                    break
            elif late:
                raise LostWal(
                    f"{self._path.name} was in use when it was copied, or {self._file.name} was removed: its newest "
                    f"changes are in {self._file.name}, which is missing. Put it back beside the file, or start once "
                    "with STUDIO_ACCEPT_LOST_WAL=1 to go on without them."
                )
            time.sleep(DOUBT / 40)
        self._require_whole(connection, missing)

    def before_write(self, connection: Any) -> None:
        """Mark the file if it was sealed; raises `StorageBusy` when the WAL may not grow any further."""
        if self.bytes() > CHECKPOINT_ABOVE:
            with suppress(self._busy):  # a courtesy, which may wait
                _checkpoint(connection)
        if self.bytes() > REFUSE_ABOVE:
            self._restart(connection)
        if self._pin and time.monotonic() >= self._mark_at:
            self.settle(connection)
            marks = _marks(connection)
            if marks.sealed == marks.expected:
                self._mark(connection, marks.expected + 1, self._pin)

    def seal(self, connection: Any) -> None:
        """Bring everything into the file itself, so that it is whole without its WAL."""
        marks = _marks(connection)
        if marks.sealed != marks.expected:
            _commit(connection, wal_sealed=marks.expected, wal_reached=marks.expected)
            self._mark_at = 0.0
        if self.bytes() and _checkpoint(connection):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # where nobody reads, give its room back

    def settle(self, connection: Any) -> None:
        """Complete a mark that a failing disk interrupted, or it would look like a lost WAL at the next start."""
        marks = _marks(connection)
        if marks.reached != marks.expected:
            _commit(connection, wal_reached=marks.expected)

    def checkpoint(self, connection: Any) -> None:
        """Bring what can be brought into the file, so that no later writer finds it all waiting."""
        with suppress(self._busy):
            _checkpoint(connection)

    def _mark(self, connection: Any, mark: int, pin: Callable[[], AbstractContextManager[Any]]) -> None:
        """Tell the file that more follows; where readers keep that from the file, it is tried again later.

        The pin keeps SQLite from beginning the WAL anew at `reached`: a crash inside that commit would leave a WAL
        without frames, just like a lost one.
        """
        _commit(connection, wal_expected=mark)
        with pin() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM meta").fetchone()
            if _checkpoint(connection):
                _commit(connection, wal_reached=mark)
            else:
                _commit(connection, wal_reached=mark, wal_sealed=mark)
                self._mark_at = time.monotonic() + AGAIN

    def _restart(self, connection: Any) -> None:
        busy, frames, done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy or frames != done:
            raise StorageBusy(
                f"Another program has been reading {self._path.name} for so long that {self._file.name} cannot be "
                f"emptied ({self.bytes() // 2**20} MiB). Close it; nothing is lost, and the studio goes on by itself."
            )
        marks = _marks(connection)
        _commit(connection, wal_sealed=marks.expected)

    def _require_whole(self, connection: Any, missing: int) -> None:
        """A file shorter than its header says has lost its end, unless the WAL still holds all those pages."""
        if missing:
            answers = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if answers != "ok":
                raise UnusableDatabase(cut_short(self._path, missing))


def _checkpoint(connection: Any) -> bool:
    """Whether every frame of the WAL is in the file now."""
    busy, frames, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return not busy and frames == done


def _marks(connection: Any) -> Marks:
    return Marks(*connection.execute(_MARKS).fetchone())


def _commit(connection: Any, **marks: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for key, value in marks.items():
            connection.execute(_SET, (key, str(value)))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a disk that fails at the commit has undone it already
            connection.execute("ROLLBACK")
        raise
