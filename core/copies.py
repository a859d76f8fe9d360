"""Copies of items that carry their recipe. The stored bytes never change; secrets never leave. Reads only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from core import blobs, embedding, library
from core.about import NAME, VERSION
from core.database import Database
from core.errors import NotFound
from core.library import Item
from core.models import media, stamp
from core.submission import SECRET

FORMAT: Final = 1


@dataclass(frozen=True)
class Copy:
    """A copy to send: its name, media type, bytes in all, and those bytes in pieces of at most 1 MiB."""

    name: str
    mime: str
    size: int
    pieces: Iterator[bytes]


def copy_of(database: Database, item: Item) -> Copy:
    """A copy of the item with its recipe in it.

    Raises `NotFound` for an item without one, `BytesGone` for one that was thinned, `MediaRefused` for a file that
    takes none; after that only for bytes that are missing.
    """
    if item.recipe is None:
        raise NotFound(f"Item {item.id} was brought here, so there is no recipe to write into a copy of it.")
    library.require_bytes(database, item)
    file = blobs.opened(database, item.id, item.bytes)
    made = embedding.embedded(file, item.mime, recipe_of(database, item))
    return Copy(item.filename, item.mime, made.size, made.pieces(file))


def recipe_of(database: Database, item: Item) -> dict[str, Any]:
    """What a copy says of how the item was made: plain data, its file inputs as items with their SHA-256."""
    made = item.recipe
    assert made is not None
    return {
        "studio": NAME,
        "studio_version": VERSION,
        "format": FORMAT,
        "item": item.id,
        "sha256": item.sha256,
        "kind": item.kind,
        "width": item.width,
        "height": item.height,
        "provider": made.provider,
        "model": made.model,
        "version": made.version,
        "prompt": made.prompt,
        "seed": made.seed,
        "request": _without_secrets(made.request),
        "inputs": _inputs(database, made.inputs),
        "created_at": stamp(made.created_at),
    }


def _inputs(database: Database, inputs: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The items that were used, by the input's name."""
    ids = {media_id for used in inputs.values() for media_id in used}
    query = select(media.c.id, media.c.sha256).where(media.c.id.in_(ids))
    with database.read() as connection:
        digests = {row.id: row.sha256 for row in connection.execute(query)}
    return {role: [{"item": one, "sha256": digests.get(one)} for one in used] for role, used in inputs.items()}


def _without_secrets(value: Any) -> Any:
    """The same without every input that was a secret."""
    if isinstance(value, Mapping):
        return {name: _without_secrets(part) for name, part in value.items() if part != SECRET}
    return [_without_secrets(part) for part in value if part != SECRET] if isinstance(value, list) else value
