"""The three lists of an export, written while its items pass: for programs, for spreadsheets, for people.

In files without a name, so that memory stays bounded and a killed process leaves nothing.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, cast

from core.about import VERSION
from core.exporting import page
from core.exporting.entry import COLUMNS, row
from core.exporting.made import Skipped
from core.models import stamp
from core.plainjson import written

FORMAT: Final = "onefile-studio-export"
FORMAT_VERSION: Final = 1
HELD: Final = 2**20  # bytes of a list in memory; beyond that it is on the disk
PIECE: Final = 2**18  # bytes
SIGNATURE: Final = b"\xef\xbb\xbf"  # tells spreadsheets that it is UTF-8


class Lists:
    """Takes each item once, then gives the lists by name. A context manager: it removes what it wrote."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._number = 0
        self._stack = ExitStack()
        self._recipes, self._table, self._cards = (self._spool() for _ in range(3))
        self._table.write(SIGNATURE)
        self._words = TextIOWrapper(self._table, "utf-8", errors="replace", newline="")
        self._rows = csv.writer(self._words)
        self._rows.writerow(COLUMNS)
        self._write_head()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._words.close()
        self._stack.close()

    def add(self, found: dict[str, Any]) -> None:
        """One more item, as `core.exporting.entry.entry` describes it."""
        self._recipes.write((",\n" if self._number else "\n").encode() + written(found).encode())
        self._rows.writerow(row(found))
        self._cards.write(page.card(found).encode("utf-8", "replace"))
        self._number += 1

    def finish(self, skipped: Sequence[Skipped]) -> Iterator[tuple[str, Iterator[bytes]]]:
        """(name, bytes in pieces) of each list; nothing can be added any more."""
        left_out = written([{"id": each.id, "why": each.why} for each in skipped])
        self._recipes.write(f'\n],\n"skipped": {left_out}}}\n'.encode())
        self._words.flush()
        yield "recipes.json", _pieces(self._recipes)
        yield "recipes.csv", _pieces(self._table)
        yield "index.html", self._page(skipped)

    def _page(self, skipped: Sequence[Skipped]) -> Iterator[bytes]:
        yield page.head(self._number, self._now).encode()
        yield from _pieces(self._cards)
        yield page.foot(skipped).encode("utf-8", "replace")

    def _write_head(self) -> None:
        head = {"format": FORMAT, "version": FORMAT_VERSION, "studio_version": VERSION}
        told = written(head | {"exported_at": stamp(self._now)})
        self._recipes.write(f'{told[:-1]},\n"items": ['.encode())

    def _spool(self) -> BinaryIO:
        return cast(BinaryIO, self._stack.enter_context(SpooledTemporaryFile(HELD)))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece
