"""What there is to filter by, with how many entries have it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from core.database import Database

_CHOICES: Final = """
SELECT substr(name, ?), number FROM facet_total WHERE name >= ? AND name < ? ORDER BY number DESC, name LIMIT ?
"""


class Choice(NamedTuple):
    """A value and how many entries have it; runs without items count where they can have it."""

    name: str
    number: int


def choices(
    database: Database, key: str, start: str = "", *, trash: bool = False, limit: int = 1_000
) -> Sequence[Choice]:
    """The values of model, provider, kind, status, aspect, experiment or tag that begin so, the commonest first."""
    place = "trash/" if trash else ""
    beginning = f"{place}{key}:{start}"
    end = beginning[:-1] + chr(ord(beginning[-1]) + 1)
    asked = (len(f"{place}{key}:") + 1, beginning, end, limit)
    with database.read() as connection:
        return [Choice(*row) for row in connection.exec_driver_sql(_CHOICES, asked).fetchall()]
