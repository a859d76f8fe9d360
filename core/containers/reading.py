"""Reads a file piece by piece: what is asked for and not there means that the file is cut short."""

import zlib
from io import SEEK_END
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NoReturn

from core.errors import MediaRefused

SLICE: Final = 2**20  # bytes held at once while passing over a long piece


class Reader:
    """A file with a position; every read beyond its end raises `MediaRefused`. One that is open already stays so."""

    def __init__(self, source: Path | BinaryIO) -> None:
        self._file = source.open("rb") if isinstance(source, Path) else source
        self._ours = isinstance(source, Path)
        self.size = self._file.seek(0, SEEK_END)
        self.at = self._file.seek(0)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._ours:
            self._file.close()

    @property
    def left(self) -> int:
        """Bytes from here to the end of the file."""
        return self.size - self.at

    def take(self, count: int) -> bytes:
        """The next bytes, exactly so many."""
        if count > self.left:
            refuse_cut()
        data = self._file.read(count)
        if len(data) != count:
            refuse_cut()
        self.at += count
        return data

    def peek(self, count: int) -> bytes:
        """The next bytes, or fewer at the end, without moving on."""
        data = self._file.read(count)
        self._file.seek(self.at)
        return data

    def skip(self, count: int) -> None:
        """Pass over so many bytes, all of which must be there."""
        self.seek(self.at + count)

    def seek(self, position: int) -> None:
        """Go to a position that must not lie beyond the end."""
        if position > self.size:
            refuse_cut()
        self._file.seek(position)
        self.at = position

    def number(self, count: int) -> int:
        """The next bytes as an unsigned number, most significant byte first."""
        return int.from_bytes(self.take(count), "big")

    def checksum(self, count: int, start: int = 0) -> int:
        """CRC-32 of the next bytes, continued from `start`."""
        while count:
            piece = self.take(min(count, SLICE))
            start = zlib.crc32(piece, start)
            count -= len(piece)
        return start


def refuse_cut() -> NoReturn:
    """Raises `MediaRefused`: bytes are missing at the end."""
    raise MediaRefused("The file is cut short: its last part is missing.")


def refuse_damaged(what: str) -> NoReturn:
    """Raises `MediaRefused` with what is wrong inside."""
    raise MediaRefused(f"The file is damaged: {what}.")
