"""Stores one file that was brought in, with its recipe as a run that has ended and that was never in the queue.

An item appears in one transaction with all that is known of it, so that a crash leaves none without its recipe.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from core import blobs, library, marks, tags
from core.blobs import Stored
from core.changes import attach
from core.database import Database
from core.errors import InvalidInput
from core.importing import linking
from core.importing.entries import Entry, Marks, Run
from core.importing.recipes import FoundRecipe, values
from core.media import Inspection
from core.models import generation, media, retention_policy
from core.programs import UNKNOWN
from core.retention.guards import mark_restored

AT_ONCE: Final = 8 * blobs.CHUNK  # bytes of an item that goes in with its row in one transaction
LARGEST: Final = 2**63 - 1  # of a whole number in the file
LONGEST_TEXT: Final = 2**20  # characters of a raw text that is kept beside the file, which has all of it
PRESENT: Final = ("ready", "thinned")  # states in which the same bytes do not come a second time
LATELY: Final = timedelta(days=1)
WAITS: Final = (
    "Files were brought in whose dates lie in the past, and a rule may take them for it. Look at what rules would "
    "take, then say that all is well."
)


@dataclass(frozen=True)
class Checked:
    """A file's bytes in a temporary file, hashed and looked through."""

    path: Path
    stored: Stored
    found: Inspection


@dataclass(frozen=True)
class Told:
    """What is known of a file beside its bytes: when it was made, its recipe, and the texts that it is from."""

    created_at: datetime
    recipe: FoundRecipe | None
    texts: Mapping[str, str]


def sweep(database: Database) -> None:
    """Remove what an import that was killed left of a file half stored."""
    with database.write() as connection:
        connection.execute(delete(media).where(media.c.state == "incoming", media.c.generation_id.is_(None)))


def known(database: Database, digest: str) -> tuple[int, bool] | None:
    """(item, whether it is in the trash) of these bytes; None where they are not in the file."""
    same = select(media.c.id, media.c.trashed_at).where(media.c.sha256 == digest, media.c.state.in_(PRESENT))
    with database.read() as connection:
        row = connection.execute(same.order_by(media.c.trashed_at.is_not(None), media.c.id).limit(1)).first()
    return None if row is None else (int(row.id), row.trashed_at is not None)


def keep(
    database: Database, entry: Entry, checked: Checked, told: Told, now: datetime, pulse: Callable[[], None]
) -> int:
    """Store a file with all that is known of it; returns the item's id."""
    row = _row(entry, checked.found, told)
    ahead = checked.stored.bytes > AT_ONCE
    media_id = _write_ahead(database, row, checked.path, pulse) if ahead else 0
    with database.write() as connection:
        if not ahead:
            media_id = _insert(connection, row)
            blobs.insert(connection, media_id, blobs.split(checked.path.read_bytes()))
        generation_id, position = _run_of(connection, entry, checked.found, told)
        if generation_id is not None:
            mine = media.c.id == media_id
            connection.execute(update(media).where(mine).values(generation_id=generation_id, position=position))
        library.make_ready(connection, media_id, checked.stored, checked.found.thumbnail)
        _mark(connection, media_id, entry.record.marks)
        if told.created_at < now - LATELY and _armed(connection):
            mark_restored(connection, WAITS)
    return media_id


def _row(entry: Entry, found: Inspection, told: Told) -> dict[str, Any]:
    names = ("kind", "mime", "width", "height", "duration", "fps", "has_audio")
    made = entry.record.marks
    return {name: getattr(found, name) for name in names} | {
        "name": _name(entry),
        "original_url": entry.record.original_url,
        "state": "incoming",
        "created_at": told.created_at,
        "favourite": made.favourite,
        "rating": made.rating,
        "note": made.note[: marks.LONGEST_NOTE],
    }


def _name(entry: Entry) -> str | None:
    """What it is called: as another studio has it, if it has any name there; else the file's own name."""
    if entry.record.checked:
        return entry.record.name
    return entry.record.name or values.text(PurePosixPath(entry.name).name, values.LONGEST_NAME)


def _insert(connection: Connection, row: Mapping[str, Any]) -> int:
    inserted = connection.execute(media.insert().values(row)).inserted_primary_key
    assert inserted is not None
    return int(inserted[0])


def _write_ahead(database: Database, row: Mapping[str, Any], path: Path, pulse: Callable[[], None]) -> int:
    """Store many bytes a few at a time, under an item that nobody sees yet."""
    with database.write() as connection:
        media_id = _insert(connection, row)
    with path.open("rb") as file:
        blobs.write(database, media_id, file, pulse)
    return media_id


def _run_of(connection: Connection, entry: Entry, found: Inspection, told: Told) -> tuple[int | None, int]:
    """(run that made the item, its place in it); (None, 0) where no recipe is known."""
    record = entry.record
    if record.run is not None:
        return _same_run(connection, record.run, told.recipe)
    if told.recipe is None:
        return None, 0
    made = told.recipe
    columns: dict[str, Any] = {
        "batch": uuid.uuid4().hex,
        "provider": made.program,
        "model": made.model or UNKNOWN,
        "version": made.version,
        "kind": found.kind,
        "prompt": made.prompt,
        "seed": _seed(made.seed),
        "width": made.width or found.width,
        "height": made.height or found.height,
        "request": dict(made.parameters),
        "response": {linking.KEY: _origin(entry, made, told.texts)},
        "status": "succeeded",
        "progress": 1.0,
        "experiment": _experiment(record.marks.experiment),
        "created_at": told.created_at,
        "finished_at": told.created_at,
    }
    return _insert_run(connection, columns, made), 0


def _origin(entry: Entry, made: FoundRecipe, texts: Mapping[str, str]) -> dict[str, Any]:
    """All that the recipe was read from, as it was written."""
    origin: dict[str, Any] = {"program": made.program, "file": values.text(entry.name, 1000)}
    if entry.record.told is not None:
        origin["recipe"] = values.plain(entry.record.told)
    if texts:
        origin["texts"] = {values.text(key, values.LONGEST_NAME): _raw(text) for key, text in texts.items()}
    return origin


def _raw(text: str) -> str:
    kept = values.text(text, LONGEST_TEXT)
    return kept if len(text) <= LONGEST_TEXT else f"{kept}... ({len(text):,} characters; the file has them all)"


def _same_run(connection: Connection, run: Run, recipe: FoundRecipe | None) -> tuple[int, int]:
    """The run of another studio that is here already with another of its outputs, or that run brought in."""
    names = ("batch", "provider", "model", "version", "prompt", "seed", "created_at")
    alike = [generation.c[name].is_not_distinct_from(run.values[name]) for name in names]
    for generation_id in connection.execute(select(generation.c.id).where(*alike).order_by(generation.c.id)).scalars():
        taken = (media.c.generation_id == generation_id) & (media.c.position == run.position)
        if connection.execute(select(media.c.id).where(taken)).first() is None:
            return int(generation_id), run.position
    return _insert_run(connection, dict(run.values), recipe), run.position


def _insert_run(connection: Connection, columns: dict[str, Any], recipe: FoundRecipe | None) -> int:
    request = columns["request"]
    columns["request"] = linking.without_references(request)
    inserted = connection.execute(generation.insert().values(columns)).inserted_primary_key
    assert inserted is not None
    generation_id = int(inserted[0])
    if recipe is not None and recipe.inputs:
        wanted = {role: [digest for _, digest in used] for role, used in recipe.inputs.items()}
        linking.link(connection, generation_id, wanted, request)
    return generation_id


def _mark(connection: Connection, media_id: int, made: Marks) -> None:
    for name in made.tags:
        try:
            attach(connection, [media_id], tags.clean(name))
        except InvalidInput:  # no studio would have given it
            continue


def _armed(connection: Connection) -> bool:
    armed = select(retention_policy.c.id).where(retention_policy.c.armed_at.is_not(None)).limit(1)
    return connection.execute(armed).first() is not None


def _seed(seed: int | None) -> int | None:
    """A seed that the column holds; a larger one stands in the request alone."""
    return seed if seed is not None and abs(seed) <= LARGEST else None


def _experiment(name: str | None) -> str | None:
    return " ".join((name or "").split())[: marks.LONGEST_NAME] or None
