"""Which runs there are already of the very same recipe: what is at hand, under way or worth another try. Reads only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from core.changes import steps
from core.database import Database
from core.jobs import Run
from core.models import SHOWN, generation, media

UNDER_WAY: Final = ("queued", "running", "uncertain")


@dataclass(frozen=True)
class Repeat:
    """A run of a recipe: its number, status, the sentence of its failure and the items that it has to show."""

    run: int
    status: str
    error: str | None = None
    media: tuple[int, ...] = ()

    @property
    def fills(self) -> bool:
        """Whether there is no need to run the recipe again: it has something to show, or may come to have it."""
        return bool(self.media) or self.under_way

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return self.status in UNDER_WAY


def repeats(database: Database, runs: Sequence[Run]) -> list[Repeat | None]:
    """For each of these runs the one there is already of the same model, version and request; None: there is none.

    The newest that has something to show, else the newest under way, else the newest of all.
    """
    asked = [_key(run.model, run.version, run.request) for run in runs]
    known: dict[str, list[Repeat]] = {key: [] for key in asked}
    with database.read() as connection:
        for row in _alike(connection, runs):
            key = _key(row.model, row.version, row.request)
            if key in known:
                known[key].append(Repeat(row.id, row.status, row.error))
        shown = _shown(connection, [each.run for found in known.values() for each in found])
    best = {
        key: min((replace(each, media=shown.get(each.run, ())) for each in found), key=_order, default=None)
        for key, found in known.items()
    }
    return [best[key] for key in asked]


def newest(database: Database) -> int:
    """The number of the newest run; 0 where there is none."""
    with database.read() as connection:
        return connection.execute(select(func.max(generation.c.id))).scalar() or 0


def filled_since(connection: Connection, run: Run, number: int) -> bool:
    """Whether a run begun after the one of this number fills the same recipe; reads only those runs."""
    later = generation.c.id > number
    asked = _key(run.model, run.version, run.request)
    rows = [row for row in _alike(connection, [run], later) if _key(row.model, row.version, row.request) == asked]
    alike = [Repeat(row.id, row.status) for row in rows]
    shown = _shown(connection, [each.run for each in alike])
    return any(replace(each, media=shown.get(each.run, ())).fills for each in alike)


def of_runs(database: Database, ids: Sequence[int]) -> dict[int, Repeat]:
    """The same of these very runs, by their numbers, as they are now."""
    columns = (generation.c.id, generation.c.status, generation.c.error)
    found = {}
    with database.read() as connection:
        shown = _shown(connection, ids)
        for part in steps(ids):
            for row in connection.execute(select(*columns).where(generation.c.id.in_(part))):
                found[row.id] = Repeat(row.id, row.status, row.error, shown.get(row.id, ()))
    return found


def _order(found: Repeat) -> tuple[bool, bool, int]:
    return not found.media, found.status not in UNDER_WAY, -found.run


def _alike(connection: Connection, runs: Sequence[Run], *conditions: ColumnElement[bool]) -> list[Any]:
    """Runs that have a model and a prompt in common with some of these."""
    columns = (generation.c.id, generation.c.model, generation.c.version, generation.c.request)
    models, prompts = {run.model for run in runs}, {str(run.request.get("prompt", "")) for run in runs}
    query = select(*columns, generation.c.status, generation.c.error)
    alike = query.where(generation.c.model.in_(models), generation.c.prompt.in_(prompts), *conditions)
    return list(connection.execute(alike))


def _shown(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Items of these runs that are not in the trash, in their order."""
    shown: dict[int, tuple[int, ...]] = {}
    for part in steps(ids):
        query = select(media.c.generation_id, media.c.id).where(media.c.generation_id.in_(part))
        here = query.where(media.c.state.in_(SHOWN), media.c.trashed_at.is_(None)).order_by(media.c.position)
        for run, item in connection.execute(here):
            shown[run] = (*shown.get(run, ()), item)
    return shown


def _key(model: str, version: str, request: Mapping[str, Any]) -> str:
    return json.dumps([model, version, request], sort_keys=True)
