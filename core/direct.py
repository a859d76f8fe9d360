"""Bare connections for reads of microseconds, beside which SQLAlchemy's own work is long.

Each read has a connection of its own and a transaction of its own, so nothing holds back the log's end.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Direct:
    """Read-only DBAPI connections to one file, made by `connect` when none is idle. Safe to use from many threads."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._idle: deque[Any] = deque()
        self._closed = False

    def rows(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        """What one statement finds, a transaction of its own."""
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            found: list[Any] = connection.execute(statement, parameters).fetchall()
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return found

    @contextmanager
    def read(self) -> Iterator[Any]:
        """A DBAPI connection in a read transaction; after an error it is not used again."""
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def close(self) -> None:
        """Close what is idle; what is in use is closed once it was read."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _give_back(self, connection: Any) -> None:
        self._idle.append(connection)
        if self._closed:
            self.close()
