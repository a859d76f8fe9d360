"""What a source holds, one by one: files to be brought in, and what is passed over with the reason."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Final, Protocol

from core.importing.recipes import FoundRecipe

LONGEST_TEXT: Final = 16 * 2**20  # bytes of a text beside a file


@dataclass(frozen=True)
class Marks:
    """What its owner made of an item."""

    favourite: bool = False
    rating: int = 0
    note: str = ""
    tags: tuple[str, ...] = ()
    experiment: str | None = None


@dataclass(frozen=True)
class Run:
    """A run of another studio, whole: `values` are its columns, `position` is the item's place in its answer."""

    values: Mapping[str, Any]
    position: int = 0


@dataclass(frozen=True)
class Record:
    """What another studio says of an item. `sha256` is what its bytes must have; `checked`: it need not be doubted."""

    sha256: str | None = None
    name: str | None = None
    created_at: datetime | None = None
    original_url: str | None = None
    marks: Marks = Marks()
    recipe: FoundRecipe | None = None
    told: Any = None  # the recipe as it was written
    run: Run | None = None
    checked: bool = False


@dataclass(frozen=True)
class Entry:
    """A file to be brought in. `size` is in bytes, as the source says; `texts` are those beside it."""

    name: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]
    made_at: datetime | None = None
    texts: Callable[[], Mapping[str, str]] = dict
    record: Record = field(default_factory=Record)
    beside: tuple[str, ...] = ()  # names of those texts


@dataclass(frozen=True)
class Passed:
    """Something that is not brought in, and why."""

    name: str
    why: str


class Source(Protocol):
    """A place that files come from. `number` and `bytes` are what there is to look through, as far as is known."""

    number: int
    bytes: int

    def entries(self) -> Iterator[Entry | Passed]:
        """All that it holds, in order."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...
