"""A sweep as a frame of cells that shows itself as a labelled grid of pictures."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, cast

import pandas as pd

from core import library
from core.database import Database
from core.errors import NotFound
from core.notebook import frames, showing
from core.notebook.frames import ItemFrame

MOST: Final = 120  # cells that are shown
HEIGHT: Final = 136  # pixels
TYPES: Final = {"run": "Int64", "item": "Int64", "estimate": "float64", "status": "str", "error": "str"}


class SweepFrame(ItemFrame):
    """A row for each cell: its value on each axis, status, run, item, items, estimate (US dollars to fill it), error.

    With `axes` empty, or columns gone, it shows itself as any frame does.
    """

    _metadata: ClassVar[list[str]] = [*ItemFrame._metadata, "axes"]
    axes: tuple[str, ...] = ()

    @property
    def _constructor(self) -> Any:
        return SweepFrame

    @property
    def missing(self) -> "SweepFrame":
        """The cells that have nothing to show."""
        return cast(SweepFrame, self[self["item"].isna()])

    def _repr_html_(self) -> str | None:
        database = frames.file_of(self)
        if (
            database is None
            or self.columns.nlevels > 1
            or not {*self.axes, "item", "status", "error"} <= {*self.columns}
        ):
            return super()._repr_html_()
        rows = self.head(MOST).to_dict("records")
        beside, across = self.axes[:-1], self.axes[-1] if self.axes else None
        columns = list(dict.fromkeys(row[across] for row in rows)) if across else [""]
        cells: dict[str, dict[Any, str]] = {}
        for row in rows:
            name = " · ".join(_named(axis, row[axis]) for axis in beside)
            cells.setdefault(name, {})[row[across] if across else ""] = _cell(database, row)
        body = [(name, [found.get(column, "") for column in columns]) for name, found in cells.items()]
        return showing.grid([_named(across, column) for column in columns], body, self._caption(len(rows)))

    def _caption(self, shown: int) -> str:
        filled = int(self["item"].notna().sum())
        left = f", {len(self) - shown:,} more are not shown" if len(self) > shown else ""
        return f"{filled:,} of {len(self):,} cells have an item{left}."


def of_cells(rows: Sequence[Mapping[str, Any]], axes: Sequence[str], database: Database) -> SweepFrame:
    """A frame of a sweep's cells."""
    frame = frames.handed(SweepFrame(pd.DataFrame(list(rows)).astype(TYPES)), database)
    frame.axes = tuple(axes)
    return cast(SweepFrame, frame)


def _named(axis: str | None, value: Any) -> str:
    return str(value) if axis in (None, "prompt", "model") else f"{axis} {value}"


def _cell(database: Database, row: Mapping[str, Any]) -> str:
    if pd.isna(row["item"]):
        error = "" if pd.isna(row["error"]) else f" - {row['error']}"
        return showing.figure(showing.box(f"{row['status']}{error}", HEIGHT))
    number = int(row["item"])
    try:
        item = library.item(database, number)
    except NotFound as error:
        return showing.figure(showing.box(error.sentence, HEIGHT))
    return showing.figure(showing.small(database, item.kind, number, height=HEIGHT, words=item.caption), str(number))
