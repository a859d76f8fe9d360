"""PNG, JPEG, GIF, WebP and AVIF by their own structure: whole to the last byte, and how large when decoded.

Knows bytes only; nothing is decompressed.
"""

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.containers import boxes
from core.containers.reading import Reader, refuse_cut, refuse_damaged

PIECES: Final = 100_000  # chunks of a PNG or blocks of a GIF that are not frames
SCANS: Final = 100  # of a progressive JPEG; ten are usual
MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
SCAN_END: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Outline:
    """What a picture says of itself: pixels, frames, and how often a progressive one goes over all pixels."""

    width: int
    height: int
    frames: int = 1
    scans: int = 1


def outline(path: Path, mime: str, most: int) -> Outline:
    """Walk the whole file, to its last frame or to frame `most + 1`; raises `MediaRefused` when it is cut short."""
    with Reader(path) as file:
        return WALKS[mime](file, most)


def _png(file: Reader, most: int) -> Outline:
    """Chunks to IEND, each with its right checksum (PNG, 5.3)."""
    file.skip(8)
    width = height = 0
    frames = 1
    for _ in range(PIECES):
        length, name = struct.unpack(">I4s", file.take(8))
        checksum = zlib.crc32(name)
        if name in (b"IHDR", b"acTL") and length >= 8:
            head = file.take(8)
            checksum, length = zlib.crc32(head, checksum), length - 8
            numbers = struct.unpack(">II", head)
            if name == b"IHDR":
                width, height = numbers
            else:
                frames = numbers[0]
        if file.checksum(length, checksum) != file.number(4):
            refuse_damaged("a checksum does not match")
        if name == b"IEND":
            return Outline(width, height, frames)
    refuse_damaged("it has too many pieces")


def _jpeg(file: Reader, most: int) -> Outline:
    """Segments and scans to the end marker (ITU T.81, B.1)."""
    data = file.take(file.size)
    width = height = scans = 0
    at = 2
    while found := MARKER.search(data, at):
        at, marker = found.end(), found.group()[1]
        if marker == 0xD9:
            return Outline(width, height, scans=scans)
        if marker in WITHOUT_LENGTH:
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        if marker in FRAME_HEADERS and end - at >= 7:
            height, width = struct.unpack(">HH", data[at + 3 : at + 7].ljust(4, b"\0"))
        if marker == 0xDA:
            scans += 1
            scan = SCAN_END.search(data, end)
            end = scan.start() if scan else len(data)
        if scans > SCANS:
            refuse_damaged("it has too many scans")
        at = end
    refuse_cut()


def _gif(file: Reader, most: int) -> Outline:
    """Blocks to the trailer (GIF89a, 17 to 27)."""
    file.skip(6)
    width, height, flags = struct.unpack("<HHBxx", file.take(7))
    file.skip(_table(flags))
    frames = others = 0
    while frames <= most:
        block = file.take(1)[0]
        if block == 0x3B:
            break
        if block == 0x2C:
            left, top, across, down, flags = struct.unpack("<HHHHB", file.take(9))
            width, height = max(width, left + across), max(height, top + down)
            file.skip(_table(flags) + 1)
            frames += 1
        elif block == 0x21:
            file.skip(1)
        elif block:  # stray zeros occur and are passed over
            refuse_damaged("a block of unknown kind")
        others += block != 0x2C
        if others > PIECES:
            refuse_damaged("it has too many pieces")
        while block and (length := file.take(1)[0]):
            file.skip(length)
    return Outline(width, height, frames)


def _table(flags: int) -> int:
    """Bytes of a GIF's colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(file: Reader, most: int) -> Outline:
    """Chunks to the end that the RIFF header names."""
    file.skip(4)
    end = 8 + int.from_bytes(file.take(4), "little")
    if end > file.size:
        refuse_cut()
    file.skip(4)
    size, frames = (0, 0), 0
    while file.at + 8 <= end and frames <= most:
        name, length = struct.unpack("<4sI", file.take(8))
        after = file.at + length
        if after > end:
            refuse_cut()
        size = size if any(size) else _webp_size(name, file.take(min(length, 10)))
        frames += name == b"ANMF"
        file.seek(min(after + length % 2, end))
    if not any(size):
        refuse_damaged("it holds no picture")
    return Outline(*size, max(frames, 1))


def _webp_size(name: bytes, head: bytes) -> tuple[int, int]:
    """Width and height by the first chunk that tells them, else zeros."""
    if name == b"VP8X" and len(head) == 10:
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if name == b"VP8 " and len(head) == 10:
        width, height = struct.unpack("<HH", head[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L" and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return 0, 0


def _avif(file: Reader, most: int) -> Outline:
    """Boxes to the end of the file."""
    found = boxes.walk(file)
    return Outline(found.width, found.height, max(found.samples, 1))


WALKS: Final[dict[str, Callable[[Reader, int], Outline]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/avif": _avif,
}
