"""Plain rows from SQLite: a page reads thousands of small ones, and SQLAlchemy's own take four times as long."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection


def rows(connection: Connection, statement: str, *values: Any) -> Sequence[Any]:
    """All rows of a statement as tuples, within the caller's transaction."""
    driver: Any = connection.connection.dbapi_connection
    found: Sequence[Any] = driver.execute(statement, values).fetchall()
    return found
