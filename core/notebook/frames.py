"""Frames of items that show their pictures: those of the rows that are shown, and only when they are."""

import re
from secrets import token_hex
from typing import Any, ClassVar, Final

import pandas as pd

from core import library
from core.database import Database
from core.errors import NotFound, StorageError
from core.notebook import showing
from core.notebook.opening import file_at
from core.tables import ITEM

HEIGHT: Final = 72  # pixels of a row's picture
PICTURE: Final = " "  # the name of the column that is shown and not there


class ItemFrame(pd.DataFrame):  # type: ignore[misc]  # pandas has no types here
    """A DataFrame whose rows are items, by an index or a column of the name "item"; as lazy as any other.

    What is taken from it is one as well, and shows pictures for as long as the items' numbers are in it.
    """

    _metadata: ClassVar[list[str]] = ["_file", "_notes"]  # what pandas hands on
    _file: str | None = None
    _notes: tuple[str, ...] = ()

    @property
    def _constructor(self) -> Any:
        return ItemFrame

    def _repr_html_(self) -> str | None:
        numbers = _numbers(self)
        database = file_of(self)
        if numbers is None or database is None or PICTURE in self.columns:
            return str(super()._repr_html_())
        mark = token_hex(8)  # no cell can know it, so that none can pass for a picture
        by_index = ITEM not in self.columns
        shown = pd.DataFrame(self).reset_index() if by_index else pd.DataFrame(self)
        shown.insert(0, PICTURE, numbers)
        html = shown.to_html(
            formatters={PICTURE: lambda number: f"{mark}:{number}:"},
            max_rows=_shown(len(shown)),
            max_cols=pd.get_option("display.max_columns"),
            show_dimensions=False,
            index=not by_index,
            border=0,
            notebook=True,
        )
        rows, columns = self.shape
        told = "".join(map(showing.note, (f"{rows:,} rows × {columns} columns", *self._notes)))
        return re.sub(f"{mark}:([0-9]+):", lambda found: _picture(database, int(found[1])), html) + told


def of_items(frame: pd.DataFrame, database: Database, notes: tuple[str, ...] = ()) -> Any:
    """The same frame, showing the pictures of its items."""
    return handed(ItemFrame(frame), database, notes)


def handed(frame: Any, database: Database, notes: tuple[str, ...] = ()) -> Any:
    """Let a frame know the file that its items are in."""
    frame._file, frame._notes = str(database.path), notes  # by its name: frames outlive files, and travel as pickles
    return frame


def file_of(frame: Any) -> Database | None:
    """The open file that a frame's items are in; None once it is closed."""
    return file_at(frame._file) if frame._file else None


def _shown(rows: int) -> int:
    """How many rows are shown of so many: all of a few, else the first and last, as pandas does it."""
    most = min(pd.get_option("display.max_rows") or showing.MOST, showing.MOST)
    return most if rows <= most else min(pd.get_option("display.min_rows") or most, most)


def _numbers(frame: pd.DataFrame) -> Any:
    """The items of the rows; None where it does not say."""
    if frame.index.nlevels == 1 and frame.index.name == ITEM and ITEM not in frame.columns:
        values = frame.index
    elif ITEM in frame.columns and frame.columns.is_unique:
        values = frame[ITEM]
    else:
        return None
    return values.to_numpy() if pd.api.types.is_integer_dtype(values.dtype) and not values.hasnans else None


def _picture(database: Database, number: int) -> str:
    try:
        item = library.item(database, number)
        return showing.small(database, item.kind, number, height=HEIGHT, words=item.caption, fit=False)
    except (NotFound, StorageError):
        return ""
