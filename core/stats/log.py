"""What a write-ahead log holds, read from outside: which pages it has in a newer state than the file.

The format is https://sqlite.org/fileformat.html#the_write_ahead_log. SQLite takes no lock on the log itself, so that
opening and closing it here takes none away.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from core.preflight import wal_of

HEADER: Final = 32  # bytes
FRAME: Final = 24  # bytes before each page


@dataclass(frozen=True)
class Mark:
    """The log up to its newest commit: `frames` have been committed, of the generation that `salts` names."""

    salts: bytes = b""
    frames: int = 0
    places: tuple[tuple[int, int], ...] = ()  # (page, frame) of each, in the order of writing


def mark(path: Path, page_size: int, since: Mark | None = None) -> Mark:
    """How far the log of the database at `path` goes; `since` spares reading again what is known already."""
    try:
        with wal_of(path).open("rb", buffering=0) as log:
            return _mark(log, page_size, since)
    except FileNotFoundError:
        return Mark()


def pages(path: Path, page_size: int, held: Mark, wanted: range | list[int]) -> Mapping[int, bytes] | None:
    """Those of the `wanted` pages that the log has, as they were at the mark; None if it was begun anew since."""
    newest = dict(held.places)
    frames = {number: newest[number] for number in wanted if number in newest}
    if not frames:
        return {}
    try:
        with wal_of(path).open("rb", buffering=0) as log:
            found = {page: _at(log, _place(frame, page_size) + FRAME, page_size) for page, frame in frames.items()}
            return found if _at(log, 0, HEADER)[16:24] == held.salts else None
    except FileNotFoundError:
        return None


def _mark(log: IO[bytes], page_size: int, since: Mark | None) -> Mark:
    salts = _at(log, 0, HEADER)[16:24]
    if len(salts) < 8:
        return Mark()
    known = since if since is not None and since.salts == salts else Mark(salts)
    fresh: list[tuple[int, int]] = []
    committed = 0
    for frame, page, commits in _frames(log, page_size, known.frames, salts):
        fresh.append((page, frame))
        committed = len(fresh) if commits else committed
    return Mark(salts, known.frames + committed, known.places + tuple(fresh[:committed]))


def _frames(log: IO[bytes], page_size: int, first: int, salts: bytes) -> Iterator[tuple[int, int, bool]]:
    """(number, page, whether it ends a commit) of each frame of this generation from `first` on."""
    frame = first
    while len(head := _at(log, _place(frame, page_size), FRAME)) == FRAME and head[8:16] == salts:
        yield frame, int.from_bytes(head[:4], "big"), head[4:8] != bytes(4)
        frame += 1


def _place(frame: int, page_size: int) -> int:
    return HEADER + frame * (FRAME + page_size)


def _at(log: IO[bytes], offset: int, size: int) -> bytes:
    log.seek(offset, os.SEEK_SET)
    return log.read(size)
