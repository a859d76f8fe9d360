"""XMP and comments in GIF (89a, 23 to 26): written before the first picture, and read. Knows bytes only."""

import struct
from collections.abc import Iterator
from typing import Final

from core.containers.pictures import PIECES
from core.containers.reading import Reader, refuse_damaged
from core.embedding import xmp
from core.embedding.notes import Notes
from core.embedding.splice import Part

APPLICATION: Final = b"\x21\xff\x0bXMP DataXMP"
MAGIC: Final = b"\1" + bytes(range(255, -1, -1)) + b"\0"  # however a reader counts, it comes out at the last zero
COMMENT: Final = b"\x21\xfe"
CONTROL: Final = b"\x21\xf9"  # belongs to the picture that follows
PICTURE, EXTENSION, TRAILER = 0x2C, 0x21, 0x3B

Block = tuple[int, bytes, int]


def spliced(file: Reader, notes: Notes) -> list[Part]:
    """The file with the notes before its first picture, said to be of the version that has room for them."""
    place = 0
    for start, head, _ in _blocks(file):
        if not place and (head[0] == PICTURE or head[:2] == CONTROL):
            place = start
    if not place:
        refuse_damaged("it holds no picture")
    words = notes.words.encode()
    comment = [bytes([len(words[at : at + 255])]) + words[at : at + 255] for at in range(0, len(words), 255)]
    new = APPLICATION + xmp.packet(notes) + MAGIC + COMMENT + b"".join(comment) + b"\0"
    return [b"GIF89a", range(6, place), new, range(place, file.size)]


def read(file: Reader) -> Iterator[tuple[str, str]]:
    """("xmp", packet) and ("comment", text)."""
    for start, head, after in _blocks(file):
        if head == APPLICATION:
            file.seek(start + len(APPLICATION))
            data = file.take(after - file.at)
            yield "xmp", data[: -len(MAGIC)].decode("utf-8", "replace")
        elif head[:2] == COMMENT:
            file.seek(start + 2)
            yield "comment", b"".join(_pieces(file)).decode("utf-8", "replace")


def _blocks(file: Reader) -> Iterator[Block]:
    """(start, its first bytes, end) of each block to the trailer."""
    if file.take(6) not in (b"GIF87a", b"GIF89a"):
        refuse_damaged("it does not begin like a GIF")
    (flags,) = struct.unpack("<4xBxx", file.take(7))
    file.skip(_table(flags))
    for _ in range(PIECES):
        start, head = file.at, file.peek(len(APPLICATION))
        kind = file.take(1)[0]
        if kind == PICTURE:
            (flags,) = struct.unpack("<8xB", file.take(9))
            file.skip(_table(flags) + 1)
        elif kind == EXTENSION:
            file.skip(1)
        elif kind not in (0, TRAILER):
            refuse_damaged("a block of unknown kind")
        if kind in (PICTURE, EXTENSION):
            while length := file.take(1)[0]:
                file.skip(length)
        after = file.at
        yield start, head, after
        file.seek(after)
        if kind == TRAILER:
            return
    refuse_damaged("it has too many pieces")


def _pieces(file: Reader) -> Iterator[bytes]:
    while length := file.take(1)[0]:
        yield file.take(length)


def _table(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
