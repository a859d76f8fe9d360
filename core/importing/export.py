"""The list of a studio's export (`recipes.json`): what it says of each item, read one after the other."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from core.errors import ImportRefused
from core.importing.entries import Marks, Record
from core.importing.recipes import ours, values

LIST: Final = "recipes.json"
FORMAT: Final = "onefile-studio-export"
VERSION: Final = 1
PIECE: Final = 2**18  # characters read at a time
LONGEST: Final = 32 * 2**20  # characters of one item
HEAD: Final = 2**16  # characters before the first item
TAGS: Final = 100
NUMBERED: Final = re.compile(r"^\d{6,}-")  # what an export puts before a name

Opened = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Listed:
    """One item of the list: where its file lies (None: it was not exported), and what is known of it."""

    file: str | None
    title: str
    record: Record


def is_list(opened: Opened) -> bool:
    """Whether a file is such a list, by its beginning; raises `ImportRefused` for one of a newer version."""
    with opened() as file:
        head = file.read(HEAD).decode("utf-8", "replace")
    at = head.find('"items"')
    first = head[: at if at >= 0 else len(head)]
    if f'"{FORMAT}"' not in first:
        return False
    version = values.whole(first.partition('"version"')[2].lstrip(" :").split(",")[0].strip())
    if version is not None and version > VERSION:
        raise ImportRefused("This export was made by a newer version of the studio. Update the studio first.")
    return True


def listed(opened: Opened) -> Iterator[Listed]:
    """The items of the list. Raises `ImportRefused` where it is cut short or damaged."""
    for said in _objects(opened):
        if isinstance(said, Mapping):
            yield _listed(said)


def _listed(said: Mapping[str, Any]) -> Listed:
    file = values.text(said.get("file"), 1000) or None
    number = values.whole(said.get("id"))
    rating = values.whole(said.get("rating")) or 0
    tags = said.get("tags")
    marks = Marks(
        favourite=said.get("favourite") is True,
        rating=rating if 0 <= rating <= 5 else 0,
        note=values.text(said.get("note")),
        tags=tuple(values.text(tag) for tag in tags[:TAGS]) if isinstance(tags, list) else (),
        experiment=values.text(said.get("experiment")) or None,
    )
    recipe = ours.understood(said.get("recipe"))
    created_at = ours.moment(said.get("created_at"))
    name = NUMBERED.sub("", PurePosixPath(file).name) if file else None
    record = Record(ours.digest(said.get("sha256")), name, created_at, None, marks, recipe, said.get("recipe"))
    return Listed(file, file or f"Item {number}", record)


def _objects(opened: Opened) -> Iterator[Any]:
    """The members of the list "items", decoded one by one, so that a list of any length takes little memory."""
    decoder = json.JSONDecoder()
    with opened() as raw, TextIOWrapper(raw, "utf-8", errors="replace") as file:
        text, at = _beginning(file)
        while True:
            while at >= len(text.rstrip()) or text[at] in ", \r\n\t":
                if at < len(text) and text[at] in ", \r\n\t":
                    at += 1
                    continue
                piece = file.read(PIECE)
                if not piece:
                    raise ImportRefused("The list of the export (recipes.json) is cut short. Get the export once more.")
                text, at = text[at:] + piece, 0
            if text[at] == "]":
                return
            try:
                found, at = decoder.raw_decode(text, at)
            except (ValueError, RecursionError):
                piece = file.read(max(PIECE, len(text) - at))
                if not piece or len(text) - at > LONGEST:
                    raise ImportRefused("The list of the export (recipes.json) is damaged. Get it once more.") from None
                text, at = text[at:] + piece, 0
                continue
            yield found


def _beginning(file: TextIOWrapper) -> tuple[str, int]:
    """The text up to where the items begin, and that place."""
    text = file.read(HEAD + PIECE)
    at = text.find("[", text.find('"items"'))
    if '"items"' not in text or at < 0:
        raise ImportRefused("The list of the export (recipes.json) names no items. Get the export once more.")
    return text, at + 1
