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
    """Files and their bytes; `here` of them are in the studio's file, `recipes` have one (None: not looked for)."""

    number: int
    bytes: int
    here: int | None
    recipes: int | None
    passed: int = 0


def look(database: Database, scratch: Scratch, paths: Sequence[Path]) -> Preview:
    """Look at what lies at these paths. Raises `ImportRefused` and the kinds of `UnusableDatabase`."""
    with ExitStack() as stack:
        room = stack.enter_context(scratch.room())
        sources = opened(paths, database.path, room, Progress(), Report(), stack)
        number, size = sum(source.number for source in sources), sum(source.bytes for source in sources)
        here = found = passed = looked = 0
        for source in sources:
            for entry in source.entries():
                if isinstance(entry, Passed):
                    passed += 1
                    continue
                if not entry.record.checked and (number > QUICK or size > QUICK_BYTES):
                    return Preview(number, size, None, None)
                looked += 1
                digest, told = _look_into(entry, room / "file")
                here += digest is not None and keeping.known(database, digest) is not None
                found += told
                if looked > LISTED:
                    return Preview(number, size, None, None)
        return Preview(looked, size, here, found, passed)


def _look_into(entry: Entry, path: Path) -> tuple[str | None, bool]:
    """(SHA-256, whether it has a recipe); (None, False) for what cannot be read."""
    record = entry.record
    if record.checked:
        return record.sha256, record.run is not None
    try:
        with entry.open() as source:
            data = source.read(QUICK_BYTES)
    except (OSError, *BROKEN):
        return None, False
    path.write_bytes(data)
    return sha256(data).hexdigest(), record.recipe is not None or _has_recipe(entry, path, data[:HEAD])


def _has_recipe(entry: Entry, path: Path, head: bytes) -> bool:
    mime = next((mime for mime, begins in SIGNATURES.items() if re.match(begins, head, re.DOTALL)), "")
    try:
        texts = embedding.read_texts(path, mime)
    except MediaRefused:
        texts = {}
    return recipes.read(texts | dict(entry.texts())) is not None
