"""What would come, before it does: how many files there are, and, where that can be told quickly, how many of them are
here already and how many carry a recipe. Stores nothing."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from core import embedding
from core.database import Database
from core.errors import MediaRefused
from core.importing import keeping, recipes
from core.importing.archive import BROKEN
from core.importing.entries import Entry, Passed
from core.importing.report import Report
from core.importing.sources import opened
from core.media import SIGNATURES
from core.progress import Progress
from core.scratch import Scratch

QUICK: Final = 500  # files that are looked into
QUICK_BYTES: Final = 256 * 2**20  # of them in all
LISTED: Final = 200_000  # items of another studio, which need no look into bytes
HEAD: Final = 16  # bytes


@dataclass(frozen=True)
class Preview:
    """Files and their bytes. Where they were looked into, `fresh` are not in the studio's file yet, `here` are,
    `recipes` have one, and `others` are nothing that is kept, or come twice."""

    number: int
    bytes: int
    looked: bool = False
    fresh: int = 0
    here: int = 0
    recipes: int = 0
    others: int = 0


def look(database: Database, scratch: Scratch, paths: Sequence[Path]) -> Preview:
    """Look at what lies at these paths. Raises `ImportRefused` and the kinds of `UnusableDatabase`."""
    with ExitStack() as stack:
        room = stack.enter_context(scratch.room())
        sources = opened(paths, database.path, room, Progress(), Report(), stack)
        number, size = sum(source.number for source in sources), sum(source.bytes for source in sources)
        seen: dict[str, bool] = {}  # by hash whether there is a recipe
        others = 0
        for entry in (entry for source in sources for entry in source.entries()):
            if isinstance(entry, Entry) and not entry.record.checked and (number > QUICK or size > QUICK_BYTES):
                return Preview(number, size)
            digest, told = (None, False) if isinstance(entry, Passed) else _look_into(entry, room / "file")
            if digest is None or digest in seen:
                others += 1
            else:
                seen[digest] = told
            if len(seen) > LISTED:
                return Preview(number, size)
        here = sum(keeping.known(database, digest) is not None for digest in seen)
        return Preview(number, size, True, len(seen) - here, here, sum(seen.values()), others)


def _look_into(entry: Entry, path: Path) -> tuple[str | None, bool]:
    """(SHA-256, whether it has a recipe); (None, False) for what cannot be read, and for no media."""
    record = entry.record
    if record.checked:
        return record.sha256, record.run is not None
    try:
        with entry.open() as source:
            data = source.read(QUICK_BYTES)
    except (OSError, *BROKEN):
        return None, False
    mime = next((mime for mime, begins in SIGNATURES.items() if re.match(begins, data[:HEAD], re.DOTALL)), None)
    if mime is None:
        return None, False
    path.write_bytes(data)
    return sha256(data).hexdigest(), record.recipe is not None or _has_recipe(entry, path, mime)


def _has_recipe(entry: Entry, path: Path, mime: str) -> bool:
    try:
        texts = embedding.read_texts(path, mime)
    except MediaRefused:
        texts = {}
    return recipes.read(texts | dict(entry.texts())) is not None
