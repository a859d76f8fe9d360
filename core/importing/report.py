"""What became of each thing that was to be brought in, counted and listed, as a table and as CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from core.marks import several
from core.programs import PROGRAMS

Fate = Literal["added", "here", "trash", "skipped"]
FATES: Final[dict[Fate, str]] = {
    "added": "Added",
    "here": "Already here",
    "trash": "In the trash here",
    "skipped": "Skipped",
}
LISTED: Final = 100_000  # lines that are kept; all are counted
COLUMNS: Final = ("name", "result", "item", "recipe", "reason")
DANGEROUS: Final = "=+-@\t\r"  # what a spreadsheet would calculate


@dataclass(frozen=True)
class Line:
    """The fate of one file: the item that it became or that it is, the program whose recipe it had, the reason."""

    name: str
    fate: Fate
    media_id: int | None = None
    program: str = ""
    why: str = ""


@dataclass
class Report:
    """Written while the work goes on; may be read at any time."""

    fates: Counter[Fate] = field(default_factory=Counter)
    programs: Counter[str] = field(default_factory=Counter)  # of recipes that were added
    notes: list[str] = field(default_factory=list)  # sentences on a source as a whole
    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Note the fate of one file."""
        self.fates[line.fate] += 1
        if line.program and line.fate == "added":
            self.programs[line.program] += 1
        if len(self.lines) < LISTED:
            self.lines.append(line)

    @property
    def sentence(self) -> str:
        """All of it in words."""
        parts = [f"{several(self.fates['added'])} added"]
        parts += [f"{self.fates['here']:,} already here"] * bool(self.fates["here"])
        parts += [f"{self.fates['trash']:,} in the trash here and left there"] * bool(self.fates["trash"])
        parts += [f"{self.fates['skipped']:,} skipped"] * bool(self.fates["skipped"])
        said = f"{', '.join(parts)}."
        if self.programs:
            named = ", ".join(f"{number:,} of {words(name)}" for name, number in self.programs.most_common())
            said += f" Recipes found: {named}."
        return " ".join([said, *self.notes])

    def csv(self) -> str:
        """The lines as CSV with a heading."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows(_safe(row) for row in self._rows())
        return text.getvalue()

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for line in list(self.lines):
            item = "" if line.media_id is None else str(line.media_id)
            yield line.name, FATES[line.fate], item, words(line.program) if line.program else "", line.why


def words(program: str) -> str:
    """A program's name in words."""
    return PROGRAMS.get(program, "a studio")


def _safe(row: tuple[str, ...]) -> list[str]:
    return [f"'{cell}" if cell[:1] in DANGEROUS and cell else cell for cell in row]
