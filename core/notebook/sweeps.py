"""Sweeps: every combination of some inputs, each run once however often it is asked for, as a frame and a grid."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final

from core import fields, marks, repeats
from core.errors import InvalidInput
from core.jobs import Run
from core.notebook import bars
from core.notebook.batches import Batch, why
from core.notebook.giving import given, is_several, plain
from core.repeats import Repeat
from core.studio import Studio

MOST: Final = 1_000  # cells
SEED: Final = 0  # of cells of which none is asked for: those of different models compare, and can be found again


@dataclass(frozen=True)
class Cell:
    """One combination: what it is called on each axis, what is given to the model, and the run that this makes."""

    place: Mapping[str, Any]
    model: str
    values: Mapping[str, Any]
    files: Mapping[str, Sequence[int]]
    run: Run


def cells(studio: Studio, inputs: Mapping[str, Any]) -> tuple[list[str], list[Cell]]:
    """(axes, every combination); raises `InvalidInput` for what a model does not take before anything is run."""
    axes = {name: list(dict.fromkeys(map(plain, value))) for name, value in inputs.items() if is_several(value)}
    if empty := [name for name, values in axes.items() if not values]:
        raise InvalidInput({empty[0]: f"{empty[0]} has nothing to try. Give it one value or more."})
    number = 1
    for values in axes.values():
        number *= len(values)
    if number > MOST:
        raise InvalidInput(
            {"sweep": f"That makes {number:,} cells; a sweep has {MOST:,} at most. Try fewer at a time."}
        )
    places = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    return list(axes), [_cell(studio, place, {**inputs, **place}) for place in places]


def fill(studio: Studio, swept: Sequence[Cell], of: Any, *, experiment: str | None) -> None:
    """Run the cells that nothing fills yet; wait for them and for those under way. Interrupting cancels the former.

    Of several processes that ask for the same cell at one time, one runs it and the others wait for it.
    """
    newest = repeats.newest(studio.database)
    known = repeats.repeats(studio.database, [cell.run for cell in swept])
    missing = [cell for cell, found in zip(swept, known, strict=True) if found is None or not found.fills]
    batch, now = uuid.uuid4().hex, datetime.now(UTC)
    begun: list[int] = []
    mine = Batch(studio, begun, of)
    try:
        for cell in missing:
            mine.ids += studio.generate(
                cell.model, cell.values, files=cell.files, now=now, batch=batch, once_since=newest
            )
    except KeyboardInterrupt:
        mine.cancel()
        raise
    mine.follow("sweep")
    filled = repeats.repeats(studio.database, [cell.run for cell in swept])
    bars.follow(studio.database, [found.run for found in filled if found and found.under_way], "under way")
    if experiment is not None:
        filled = repeats.repeats(studio.database, [cell.run for cell in swept])
        marks.assign(studio.database, [item for found in filled if found for item in found.media], experiment)


def table(studio: Studio, axes: Sequence[str], swept: Sequence[Cell]) -> "list[dict[str, Any]]":
    """A row for each cell as it is now: its place, then status, run, item (the first), items, cost and error."""
    known = repeats.repeats(studio.database, [cell.run for cell in swept])
    return [_row(cell, found) for cell, found in zip(swept, known, strict=True)]


def _cell(studio: Studio, place: Mapping[str, Any], inputs: Mapping[str, Any]) -> Cell:
    name = str(inputs["model"])
    described = studio.describe(name)
    told = {key: value for key, value in inputs.items() if key != "model" and value is not None}
    if "seed" not in told and any(field.name == "seed" for field in fields.fields(described.schema)):
        told["seed"] = SEED
    found = given(described, told)
    for role, brought in found.uploads.items():
        kept = [studio.upload(upload, now=datetime.now(UTC)) for upload in brought]
        found.files.setdefault(role, []).extend(kept)
    run = studio.planned(name, found.values, files=found.files, now=datetime.now(UTC))
    return Cell(place, name, found.values, found.files, run)


def _row(cell: Cell, found: Repeat | None) -> dict[str, Any]:
    there = found is not None and found.fills
    told = {
        "status": "missing" if found is None or (found.status == "succeeded" and not found.media) else found.status,
        "run": found.run if found else None,
        "item": found.media[0] if found and found.media else None,
        "items": list(found.media) if found else [],
        "estimate": 0.0 if there else cell.run.cost_estimate,
        "error": why(found) if found and found.status in ("failed", "canceled", "uncertain") else None,
    }
    return {**cell.place, **told}
