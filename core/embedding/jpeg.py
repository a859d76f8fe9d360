"""XMP and other notes in the segments of JPEG (ITU T.81, B.1; ISO 16684-1): written before the picture, and read.

Knows bytes only. What does not fit into one segment goes into an extension, in as many as it takes.
"""

import struct
from collections.abc import Iterator
from hashlib import md5
from typing import Final

from core.containers.reading import Reader, refuse_cut, refuse_damaged
from core.embedding import exif, xmp
from core.embedding.notes import Notes
from core.embedding.splice import SLICE, Part

XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
MORE: Final = b"http://ns.adobe.com/xmp/extension/\0"
LONGEST: Final = 65_533 - len(XMP)  # bytes of a packet in one segment
STRETCH: Final = 65_000  # of an extension in one segment
SCAN, END, APP0, APP1, COMMENT = 0xDA, 0xD9, 0xE0, 0xE1, 0xFE
ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
SEGMENTS: Final = 10_000

Segment = tuple[int, int, bytes]


def spliced(file: Reader, notes: Notes) -> list[Part]:
    """The file with the notes as XMP, in place of its packet or behind what must come first."""
    segments = list(_segments(file))
    _require_end(file)
    place = 2
    for start, marker, data in segments:
        after = start + 4 + len(data)
        if marker == APP1 and data.startswith(XMP):
            return [range(start), _segments_of(notes, data[len(XMP) :]), range(after, file.size)]
        if start == place and (marker == APP0 or (marker == APP1 and data.startswith(b"Exif"))):
            place = after
    return [range(place), _segments_of(notes, None), range(place, file.size)]


def read(file: Reader) -> Iterator[tuple[str, str]]:
    """("xmp", packet), ("comment", text) and what EXIF says."""
    more: dict[bytes, dict[int, bytes]] = {}
    for _, marker, data in _segments(file):
        if marker == APP1 and data.startswith(XMP):
            yield "xmp", data[len(XMP) :].decode("utf-8", "replace")
        elif marker == APP1 and data.startswith(MORE):
            head, guid = len(MORE), data[len(MORE) : len(MORE) + 32]
            more.setdefault(guid, {})[int.from_bytes(data[head + 36 : head + 40], "big")] = data[head + 40 :]
        elif marker == APP1 and data.startswith(b"Exif"):
            yield from exif.read(data)
        elif marker == COMMENT:
            yield "comment", data.decode("utf-8", "replace")
    for pieces in more.values():
        yield "xmp", b"".join(pieces[at] for at in sorted(pieces)).decode("utf-8", "replace")


def _segments(file: Reader) -> Iterator[Segment]:
    """(where it begins, marker, data) of each segment before the picture's first scan."""
    if file.take(2) != b"\xff\xd8":
        refuse_damaged("it does not begin like a JPEG")
    for _ in range(SEGMENTS):
        while (head := file.take(2)) == b"\xff\xff":  # any number of these may stand before a marker
            file.seek(file.at - 1)
        if head[0] != 0xFF or head[1] in (0, END):
            refuse_damaged("it holds no picture")
        start, marker = file.at - 2, head[1]
        if marker in ALONE:
            continue
        length = file.number(2)
        data = file.take(max(0, length - 2))
        if marker == SCAN:
            return
        yield start, marker, data
    refuse_damaged("it has too many pieces")


def _require_end(file: Reader) -> None:
    """An end marker must follow; within a scan these bytes cannot stand."""
    last = b""
    while file.left:
        data = file.take(min(SLICE, file.left))
        if b"\xff\xd9" in last + data:
            return
        last = data[-1:]
    refuse_cut()


def _segments_of(notes: Notes, known: bytes | None) -> bytes:
    """The segments that hold the notes, and what was in the packet before."""
    whole = xmp.packet(notes) if known is None else xmp.added(known, notes)
    if len(whole) <= LONGEST:
        return _segment(XMP + whole)
    more = xmp.document(notes).encode()
    guid = md5(more, usedforsecurity=False).hexdigest().upper()
    whole = xmp.pointing(guid) if known is None else xmp.added(known, notes, guid)
    if len(whole) > LONGEST:
        refuse_damaged("its notes leave no room for more")
    head = MORE + guid.encode() + struct.pack(">I", len(more))
    stretches = [
        _segment(head + struct.pack(">I", at) + more[at : at + STRETCH]) for at in range(0, len(more), STRETCH)
    ]
    return b"".join([_segment(XMP + whole), *stretches])


def _segment(data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, APP1, len(data) + 2) + data
