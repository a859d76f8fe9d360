"""Chunks of RIFF, in WebP and WAV: notes written behind the picture or sound, and read. Knows bytes only."""

import struct
from collections.abc import Iterator
from typing import Final

from core.containers.pictures import PIECES
from core.containers.reading import Reader, refuse_cut, refuse_damaged
from core.embedding import exif, xmp
from core.embedding.notes import Notes
from core.embedding.splice import Part
from core.errors import MediaRefused

UNKNOWN: Final = (0, 0xFFFFFFFF)  # sizes written by a program that could not go back to fill them in
LONGEST: Final = 16 * 2**20  # bytes of notes that are read
HAS_XMP, HAS_ALPHA = 0x04, 0x10  # flags of VP8X

Chunk = tuple[int, bytes, int]


def spliced_webp(file: Reader, notes: Notes) -> list[Part]:
    """The file in the extended form, which alone has room for notes, with them at its end."""
    chunks, end = _chunks(file)
    names = [name for _, name, _ in chunks]
    known = _data(file, chunks, b"XMP ")
    parts: list[Part] = []
    if b"VP8X" not in names:
        parts.append(_chunk(b"VP8X", _extended(file, chunks)))
    for start, name, length in chunks:
        if name == b"VP8X":
            flags = _data(file, chunks, name) or b"\0"
            parts += [range(start, start + 8), bytes([flags[0] | HAS_XMP]), range(start + 9, _after(start, length))]
        elif name != b"XMP ":
            parts.append(range(start, _after(start, length)))
    new = _chunk(b"XMP ", xmp.packet(notes) if known is None else xmp.added(known, notes))
    return _whole(file, b"WEBP", parts, new, end)


def spliced_wav(file: Reader, notes: Notes) -> list[Part]:
    """The file with its notes as XMP and as a comment behind the sound."""
    chunks, end = _chunks(file)
    known = _data(file, chunks, b"_PMX")
    kept: list[Part] = [range(start, _after(start, length)) for start, name, length in chunks if name != b"_PMX"]
    words = notes.words.encode() + b"\0"
    comment = _chunk(b"LIST", b"INFO" + _chunk(b"ICMT", words))
    new = _chunk(b"_PMX", xmp.packet(notes) if known is None else xmp.added(known, notes))
    return _whole(file, b"WAVE", kept, comment + new, end)


def read(file: Reader) -> Iterator[tuple[str, str]]:
    """("xmp", packet), and what EXIF says."""
    chunks, _ = _chunks(file)
    for name in (b"XMP ", b"_PMX"):
        if (data := _data(file, chunks, name)) is not None:
            yield "xmp", data.decode("utf-8", "replace")
    yield from exif.read(_data(file, chunks, b"EXIF") or b"")


def _chunks(file: Reader) -> tuple[list[Chunk], int]:
    """(where it begins, name, length of its data) of each chunk, and where the file's own end is."""
    head, length = struct.unpack("<4sI", file.take(8))
    if head != b"RIFF" or length in UNKNOWN:
        raise MediaRefused("The file does not say how long it is, so nothing can be added to it. Download it as it is.")
    end = 8 + length
    if end > file.size:
        refuse_cut()
    file.skip(4)
    chunks: list[Chunk] = []
    while file.at + 8 <= end:
        start = file.at
        name, length = struct.unpack("<4sI", file.take(8))
        if start + 8 + length > end:
            refuse_cut()
        if len(chunks) > PIECES:
            refuse_damaged("it has too many pieces")
        chunks.append((start, name, length))
        file.seek(min(_after(start, length), end))
    return chunks, end


def _whole(file: Reader, form: bytes, kept: list[Part], new: bytes, end: int) -> list[Part]:
    """All below a head with its size, and what others put behind the file's own end."""
    parts = [range(part.start, min(part.stop, end)) if isinstance(part, range) else part for part in kept]
    odd = b"\0" * (sum(map(len, parts)) % 2)  # the last chunk may have come without its padding
    size = 4 + sum(map(len, parts)) + len(odd) + len(new)
    if size >= 2**32 - 1:
        raise MediaRefused("The file is so large that nothing can be added to it. Download it as it is.")
    return [b"RIFF" + struct.pack("<I", size) + form, *parts, odd + new, range(min(_even(end), file.size), file.size)]


def _data(file: Reader, chunks: list[Chunk], wanted: bytes) -> bytes | None:
    """The content of the first chunk of this name; None where there is none, or one too long to be notes."""
    for start, name, length in chunks:
        if name == wanted and length <= LONGEST:
            file.seek(start + 8)
            return file.take(length)
    return None


def _extended(file: Reader, chunks: list[Chunk]) -> bytes:
    """The VP8X content for a picture in the simple form."""
    for start, name, _ in chunks:
        file.seek(start + 8)
        if name == b"VP8 ":
            width, height = struct.unpack("<HH", file.take(10)[6:])
            return _canvas(HAS_XMP, width & 0x3FFF, height & 0x3FFF)
        if name == b"VP8L":
            bits = int.from_bytes(file.take(5)[1:], "little")
            alpha = HAS_ALPHA if bits >> 28 & 1 else 0
            return _canvas(HAS_XMP | alpha, 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    refuse_damaged("it holds no picture")


def _canvas(flags: int, width: int, height: int) -> bytes:
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _after(start: int, length: int) -> int:
    return start + 8 + _even(length)


def _even(length: int) -> int:
    return length + length % 2
