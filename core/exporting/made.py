"""What an export came to, in numbers and in a sentence."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import humanize

from core.marks import several

NAMED: Final = 5  # skipped items that a sentence names


@dataclass(frozen=True)
class Skipped:
    """An item that is not in an export, and why."""

    id: int
    why: str


@dataclass
class Tally:
    """How an export stands while it is made. `thinned` items are in it without their bytes; `hashes` are the SHA-256 of
    a file in it by its name."""

    items: int = 0
    thinned: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    hashes: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """A finished export. `bytes` is the size of the file at `path`."""

    path: Path
    items: int
    thinned: int
    bytes: int
    skipped: tuple[Skipped, ...]

    @property
    def sentence(self) -> str:
        """The same in words, honest about what is not in it."""
        told = f"{several(self.items)} exported and checked: {self.path} ({humanize.naturalsize(self.bytes)})."
        if self.thinned:
            told += f" Of {self.thinned:,} of them the recipe and small picture alone are kept."
        if self.skipped:
            named = ", ".join(str(each.id) for each in self.skipped[:NAMED])
            more = ", ..." if len(self.skipped) > NAMED else ""
            verb = "is" if len(self.skipped) == 1 else "are"
            told += f" {several(len(self.skipped))} {verb} not in it ({named}{more}): {self.skipped[0].why}"
        return told
