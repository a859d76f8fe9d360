"""What a write-ahead log has in a newer state than its file, read from outside.

The format is https://sqlite.org/fileformat.html#the_write_ahead_log. SQLite takes no lock on the log itself, so that
opening and closing it here takes none away.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Final, NamedTuple

from core.preflight import wal_of

HEADER: Final = 32  # bytes
FRAME: Final = 24  # bytes before each page


class State(NamedTuple):
    """Up to where a log counts: so many frames of the generation that `salts` names."""

    salts: bytes
    frames: int


def pages(path: Path, size: int, held: State | None, wanted: Collection[int]) -> Mapping[int, bytes] | None:
    """Those of the `wanted` pages, of `size` bytes, that the log has at `held`, or at its newest commit.

    None if the log was begun anew since.
    """
    if held and not held.frames:
        return {}
    try:
        with wal_of(path.resolve()).open("rb", buffering=0) as log:
            salts = _at(log, 0, HEADER)[16:24]
            if held and held.salts != salts:
                return None
            newest = _newest(log, size, State(salts, held.frames) if held else State(salts, -1), wanted)
            found = {page: _at(log, _place(frame, size) + FRAME, size) for page, frame in newest.items()}
            return found if _at(log, 0, HEADER)[16:24] == salts else None
    except FileNotFoundError:
        return None if held else {}


def _newest(log: IO[bytes], size: int, held: State, wanted: Collection[int]) -> dict[int, int]:
    """The last frame of each wanted page; frames after the last commit count only where `held` has them."""
    committed: dict[int, int] = {}
    fresh: dict[int, int] = {}
    for frame, page, commits in _frames(log, size, held):
        if page in wanted:
            fresh[page] = frame
        if commits:
            committed |= fresh
    return committed


def _frames(log: IO[bytes], size: int, held: State) -> Iterator[tuple[int, int, bool]]:
    """(number, page, whether it ends a commit) of each frame of this generation, up to where it counts."""
    frame = 0
    while frame != held.frames and len(head := _at(log, _place(frame, size), FRAME)) == FRAME:
        if head[8:16] != held.salts:
            return
        yield frame, int.from_bytes(head[:4], "big"), head[4:8] != bytes(4)
        frame += 1


def _place(frame: int, size: int) -> int:
    return HEADER + frame * (FRAME + size)


def _at(log: IO[bytes], offset: int, size: int) -> bytes:
    log.seek(offset)
    return log.read(size)
