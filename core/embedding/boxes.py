"""XMP in a box of its own behind everything else in MP4, MOV, M4A and AVIF (ISO 14496-12, 16684-3), so that no place
within the file moves. Knows bytes only."""

import struct
from collections.abc import Iterator
from typing import Final

from core.containers.boxes import BOXES, LETTERS
from core.containers.reading import Reader, refuse_cut, refuse_damaged
from core.embedding import xmp
from core.embedding.notes import Notes
from core.embedding.splice import Part
from core.errors import MediaRefused

XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
LONGEST: Final = 16 * 2**20  # bytes of a packet that is read

Box = tuple[int, bytes, int]


def spliced(file: Reader, notes: Notes) -> list[Part]:
    """The file with the notes behind its last box, but before an index that must come last."""
    boxes, end, open_end = _boxes(file)
    if not {b"moov", b"meta"} & {name for _, name, _ in boxes}:
        refuse_damaged("it holds no movie")
    data = xmp.packet(notes)
    new = struct.pack(">I4s", 24 + len(data), b"uuid") + XMP + data
    last, name, after = boxes[-1]
    if open_end:  # the last box says "to the end of the file", which is to be so no more
        if after - last >= 2**32:
            raise MediaRefused("The file is so large that nothing can be added to it. Download it as it is.")
        return [range(last), struct.pack(">I", after - last), range(last + 4, after), new, range(after, file.size)]
    place = last if name == b"mfra" else end
    return [range(place), new, range(place, file.size)]


def read(file: Reader) -> Iterator[tuple[str, str]]:
    """("xmp", packet) of each packet at the top."""
    for start, name, after in _boxes(file)[0]:
        if name == b"uuid" and 24 <= after - start <= LONGEST:
            file.seek(start + 8)
            if file.take(16) == XMP:
                yield "xmp", file.take(after - file.at).decode("utf-8", "replace")


def _boxes(file: Reader) -> tuple[list[Box], int, bool]:
    """(start, name, end) of each box at the top; where the last one ends; whether that one says no end.

    What follows a whole movie and is no box was put there by others, and belongs to nobody.
    """
    found: list[Box] = []
    names: set[bytes] = set()
    while file.left:
        start, head = file.at, file.peek(8)
        if names >= {b"ftyp", b"mdat"} and (len(head) < 8 or not LETTERS.issuperset(head[4:])):
            return found, start, False
        length, name = struct.unpack(">I4s", file.take(8))
        least = 16 if length == 1 else 8
        if length == 1:
            length = file.number(8)
        after = start + length if length else file.size
        if after > file.size:
            refuse_cut()
        if after < start + least or len(found) > BOXES:
            refuse_damaged("its boxes cannot be told apart")
        found.append((start, name, after))
        names.add(name)
        file.seek(after)
        if not length:
            return found, after, True
    if b"ftyp" not in names:
        refuse_damaged("it does not begin like a movie")
    return found, file.size, False
