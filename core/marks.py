"""What people make of items: favourites, ratings, notes, and the experiment that a batch belongs to."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from core import changes
from core.changes import Change, steps
from core.database import Database
from core.errors import InvalidInput, NotFound
from core.models import generation, media

HIGHEST: Final = 5
LONGEST_NOTE: Final = 10_000  # characters
LONGEST_NAME: Final = 100


def favour(database: Database, items: Sequence[int], favourite: bool = True) -> Change:
    """Make items favourites, or no longer."""
    change = changes.put(database, "media", "favourite", items, favourite)
    return change.saying(f"{several(change.number)} {'added to' if favourite else 'removed from'} the favourites.")


def rate(database: Database, items: Sequence[int], rating: int) -> Change:
    """Give items 1 to 5, or 0 for no rating; raises `InvalidInput`."""
    if rating not in range(HIGHEST + 1):
        raise InvalidInput({"rating": f"A rating is from 1 to {HIGHEST}, or 0 for none."})
    change = changes.put(database, "media", "rating", items, rating)
    return change.saying(
        f"{several(change.number)} rated {rating}." if rating else f"{several(change.number)} unrated."
    )


def write_note(database: Database, media_id: int, note: str) -> Change:
    """Write an item's note in place of what was there; raises `InvalidInput` for one that is too long, `NotFound`."""
    if len(note) > LONGEST_NOTE:
        raise InvalidInput({"note": f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(note):,}."})
    with database.read() as connection:
        if (
            not list(steps([media_id]))
            or not connection.execute(select(media.c.id).where(media.c.id == media_id)).first()
        ):
            raise NotFound(f"There is no item {media_id}.")
    return changes.put(database, "media", "note", [media_id], note.strip()).saying("The note is kept.")


def assign(database: Database, items: Sequence[int], experiment: str) -> Change:
    """Say that the whole batches of these items belong to an experiment; "" takes them out of any.

    Uploads have no batch and are passed over. Raises `InvalidInput`.
    """
    name = " ".join(experiment.split())
    if len(name) > LONGEST_NAME:
        raise InvalidInput({"experiment": f"A name has at most {LONGEST_NAME} characters."})
    change = changes.put(database, "generation", "experiment", _runs(database, items), name or None)
    runs = "1 run" if change.number == 1 else f"{change.number:,} runs"
    return change.saying(
        f"{runs} added to the experiment '{name}'." if name else f"{runs} taken out of any experiment."
    )


def several(number: int) -> str:
    """A number of items in words."""
    return "1 item" if number == 1 else f"{number:,} items"


def _runs(database: Database, items: Sequence[int]) -> list[int]:
    """All runs of the batches that these items come from."""
    batches: dict[str, None] = {}
    found: list[int] = []
    with database.read() as connection:
        for part in steps(items):
            query = select(generation.c.batch).join(media, media.c.generation_id == generation.c.id)
            batches |= dict.fromkeys(connection.execute(query.where(media.c.id.in_(part)).distinct()).scalars())
        for batch in batches:
            found += connection.execute(select(generation.c.id).where(generation.c.batch == batch)).scalars()
    return found
