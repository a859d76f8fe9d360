"""What no automatic deletion touches: favourites always, and what the owner says. The database itself enforces it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, select

from core.database import Database
from core.errors import InvalidInput
from core.marks import HIGHEST
from core.models import protection
from core.tags import clean

MOST_NEWEST: Final = 10_000  # items; each automatic deletion looks through them
WORDS: Final = {
    "favourite": "a favourite",
    "rating": "rated {} or more",
    "tag": "tagged '{}'",
    "input": "used as an input",
    "newest": "among the newest {}",
}


@dataclass(frozen=True)
class Protections:
    """`rating`: items rated so or higher (None: no rating protects); `tags`: items with one of them; `inputs`: items
    that a run used; `newest`: so many of the newest items outside the trash."""

    rating: int | None = 4
    tags: tuple[str, ...] = ("keep",)
    inputs: bool = True
    newest: int = 50


def protections(database: Database) -> Protections:
    """The protections in force, beside that of favourites."""
    with database.read() as connection:
        return current(connection)


def current(connection: Connection) -> Protections:
    """The protections in force, within the caller's transaction."""
    rows = connection.execute(select(protection.c.kind, protection.c.value).order_by(protection.c.value)).all()
    held: dict[str, list[str]] = {}
    for kind, value in rows:
        held.setdefault(kind, []).append(value)
    rating = min(map(int, held.get("rating", ())), default=None)
    return Protections(rating, tuple(held.get("tag", ())), "input" in held, max(map(int, held.get("newest", ("0",)))))


def protect(database: Database, wanted: Protections) -> None:
    """Put protections in force. Taking one away or changing it disarms every rule; raises `InvalidInput`."""
    asked = set(_rows(_checked(wanted)))
    with database.write() as connection:
        known = {(row.kind, row.value) for row in connection.execute(select(protection))}
        for kind, value in known - asked:
            connection.execute(delete(protection).where(protection.c.kind == kind, protection.c.value == value))
        for kind, value in sorted(asked - known):
            connection.execute(protection.insert().values(kind=kind, value=value))


def words(kind: str, value: str) -> str:
    """Why an item is protected."""
    return WORDS[kind].format(value)


def _checked(wanted: Protections) -> Protections:
    wrong = {}
    if wanted.rating is not None and wanted.rating not in range(1, HIGHEST + 1):
        wrong["rating"] = f"A rating that protects is from 1 to {HIGHEST}."
    if not 0 <= wanted.newest <= MOST_NEWEST:
        wrong["newest"] = f"From 0 to {MOST_NEWEST:,} of the newest items can be protected."
    if wrong:
        raise InvalidInput(wrong)
    return Protections(wanted.rating, tuple(sorted({clean(tag) for tag in wanted.tags})), wanted.inputs, wanted.newest)


def _rows(wanted: Protections) -> Iterator[tuple[str, str]]:
    if wanted.rating is not None:
        yield "rating", str(wanted.rating)
    yield from (("tag", tag) for tag in wanted.tags)
    if wanted.inputs:
        yield "input", ""
    if wanted.newest:
        yield "newest", str(wanted.newest)
