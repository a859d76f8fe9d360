"""One item as an export names and describes it: the contract with whoever imports it, and the row of a table."""

from typing import Any, Final

from sqlalchemy import select

from core import copies, library
from core.database import Database
from core.errors import NotFound, StorageBusy, StorageError
from core.library import Item
from core.media import EXTENSIONS
from core.models import generation, stamp
from core.plainjson import written

COLUMNS: Final = (
    "id", "file", "thumbnail", "kind", "mime", "bytes", "sha256", "width", "height", "duration", "created_at",
    "favourite", "rating", "tags", "note", "experiment", "provider", "model", "version", "prompt", "seed", "request",
)  # fmt: skip
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets would carry out


def entry(database: Database, item: Item, thumbnail: str | None) -> dict[str, Any]:
    """What `recipes.json` says of an item; `thumbnail` is the name of its small picture in the export."""
    return {
        "file": None if item.thinned else file_of(item),
        "thumbnail": thumbnail,
        "id": item.id,
        "kind": item.kind,
        "mime": item.mime,
        "bytes": item.bytes,
        "sha256": item.sha256,
        "width": item.width,
        "height": item.height,
        "duration": item.duration,
        "created_at": stamp(item.created_at),
        "favourite": item.favourite,
        "rating": item.rating,
        "note": item.note,
        "tags": list(item.tags),
        "experiment": _experiment(database, item),
        "name": item.name,
        "recipe": None if item.recipe is None else copies.recipe_of(database, item),
    }


def file_of(item: Item) -> str:
    """The item's place in the export: its number makes it the only one of its name, on any file system."""
    return f"media/{item.id:06d}-{item.stem}.{EXTENSIONS[item.mime]}"


def small_picture(database: Database, item: Item) -> tuple[str, bytes] | None:
    """(name in the export, bytes) of an item's small picture; None where it has none that can be read."""
    try:
        mime, data = library.thumbnail_data(database, item.kind, item.id)
    except StorageBusy:
        raise
    except (NotFound, StorageError):
        return None
    return f"thumbnails/{item.id:06d}.{EXTENSIONS[mime]}", data


def row(found: dict[str, Any]) -> list[str]:
    """The same as a row for spreadsheets, in the order of COLUMNS; words that they would carry out are made plain."""
    recipe = found["recipe"] or {}
    values = {**{name: recipe.get(name) for name in COLUMNS}, **{k: v for k, v in found.items() if k in COLUMNS}}
    values["tags"] = ", ".join(found["tags"])
    values["request"] = written(recipe["request"]) if recipe else None
    return [_cell(values[name]) for name in COLUMNS]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return f"'{value}" if value.startswith(FORMULA) else value


def _experiment(database: Database, item: Item) -> str | None:
    if item.recipe is None:
        return None
    named = select(generation.c.experiment).where(generation.c.id == item.recipe.generation_id)
    with database.read() as connection:
        found = connection.execute(named).scalar()
    return None if found is None else str(found)
