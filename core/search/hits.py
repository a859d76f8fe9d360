"""What a gallery needs of the entries on a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from core.search.rows import rows


@dataclass(frozen=True)
class Hit:
    """An item, or a run that ended without any: then `id` is 0, and `status` and `error` tell of it.

    Pixels, seconds and bytes; `run` is the number of the generation, None for uploads. `thinned`: its bytes are gone.
    """

    id: int
    kind: str
    width: int
    height: int
    duration: float | None
    caption: str
    run: int | None = None
    favourite: bool = False
    rating: int = 0
    bytes: int = 0
    created_at: datetime | None = None
    status: str | None = None
    error: str | None = None
    model: str | None = None
    thinned: bool = False


_HITS: Final = """
SELECT e.id, coalesce(m.id, 0), coalesce(m.kind, g.kind), coalesce(m.width, 0), coalesce(m.height, 0), m.duration,
  coalesce(nullif(g.prompt, ''), m.name, iif(g.id IS NULL, 'Uploaded', g.model)), e.generation_id,
  coalesce(m.favourite, 0), coalesce(m.rating, 0), coalesce(m.bytes, 0),
  coalesce(m.created_at, g.finished_at, g.created_at),
  iif(m.id IS NULL, g.status, NULL), iif(m.id IS NULL, g.error, NULL), g.model, coalesce(m.state = 'thinned', 0)
FROM json_each(?) AS asked JOIN entry AS e ON e.id = asked.value
LEFT JOIN media AS m ON m.id = e.media_id LEFT JOIN generation AS g ON g.id = e.generation_id
"""
_ITEMS: Final = "SELECT e.id, e.media_id FROM json_each(?) AS asked JOIN entry AS e ON e.id = asked.value"


def hits(connection: Connection, entries: Sequence[int]) -> list[Hit]:
    """The hits of these entries, in their order."""
    found = {row[0]: _hit(row) for row in rows(connection, _HITS, json.dumps(list(entries)))}
    return [found[entry] for entry in entries]


def items_of(connection: Connection, entries: Sequence[int]) -> list[int]:
    """The items of these entries, in their order; runs without any are passed over."""
    known = dict(rows(connection, _ITEMS, json.dumps(list(entries))))
    return [known[entry] for entry in entries if known[entry]]


def _hit(row: Any) -> Hit:
    _, media_id, kind, width, height, duration, caption, run, favourite, rating, size, moment, *told = row
    status, error, model, thinned = told
    return Hit(
        media_id, kind, width, height, duration, caption, run, bool(favourite), rating, size,
        datetime.fromisoformat(moment), status, error, model, bool(thinned),
    )  # fmt: skip
