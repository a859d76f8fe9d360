"""A copy as stretches of a file's bytes with new bytes between them: nothing is copied before it is asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from core.errors import MediaRefused

SLICE: Final = 2**20  # bytes held at once

Part = bytes | range


def joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The same without empty parts, and with old stretches that meet as one."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else b""
        if isinstance(part, range) and isinstance(last, range) and last.stop == part.start:
            found[-1] = range(last.start, part.stop)
        elif len(part):
            found.append(part)
    return tuple(found)


@dataclass(frozen=True)
class Splice:
    """New bytes and, as ranges of positions, old ones, in order."""

    parts: Sequence[Part]

    @property
    def size(self) -> int:
        """Of the copy, in bytes."""
        return sum(len(part) for part in self.parts)

    def pieces(self, file: BinaryIO) -> Iterator[bytes]:
        """The copy, piece by piece of at most 1 MiB, the old ones from `file`; raises `MediaRefused` if it is cut."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            file.seek(part.start)
            for start in range(part.start, part.stop, SLICE):
                count = min(SLICE, part.stop - start)
                piece = file.read(count)
                if len(piece) != count:
                    raise MediaRefused("The file is cut short: its last part is missing.")
                yield piece
