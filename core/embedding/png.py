"""Text chunks of PNG (11.3.3): written before the pixels, and read. Knows bytes only."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from core.containers.pictures import PIECES
from core.containers.reading import Reader, refuse_damaged
from core.embedding import exif
from core.embedding.notes import KEY, WORDS_KEY, Notes
from core.embedding.splice import Part

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
TEXTS: Final = (b"tEXt", b"zTXt", b"iTXt")
LONGEST: Final = 16 * 2**20  # bytes of a text that is read
XMP: Final = "XML:com.adobe.xmp"


def spliced(file: Reader, notes: Notes) -> list[Part]:
    """The file with the notes before its pixels; an earlier recipe of ours gives way, the words of others stay."""
    start, pixels, known = len(SIGNATURE), 0, False
    kept: list[Part] = [SIGNATURE]
    for at, name, length in _chunks(file):
        if name == b"IDAT" and not pixels:
            pixels = len(kept)
        keyword = _keyword(file, name, length)
        known = known or keyword == WORDS_KEY
        start = at + 12 + length
        if keyword != KEY:
            kept.append(range(at, start))
    if not pixels:
        refuse_damaged("it holds no pixels")
    new = _chunk(KEY, notes.recipe) + (b"" if known else _chunk(WORDS_KEY, notes.words))
    return [*kept[:pixels], new, *kept[pixels:], range(start, file.size)]


def read(file: Reader) -> Iterator[tuple[str, str]]:
    """(keyword, text) of every text, and what EXIF says."""
    for _, name, length in _chunks(file):
        if name in TEXTS and length <= LONGEST:
            if pair := _text(name, file.take(length)):
                yield ("xmp", pair[1]) if pair[0] == XMP else pair
        elif name == b"eXIf" and length <= LONGEST:
            yield from exif.read(file.take(length))


def _chunks(file: Reader) -> Iterator[tuple[int, bytes, int]]:
    """(where it begins, name, length of its data) of each chunk to the last, the file standing at its data."""
    if file.take(len(SIGNATURE)) != SIGNATURE:
        refuse_damaged("it does not begin like a PNG")
    for _ in range(PIECES):
        at = file.at
        length, name = struct.unpack(">I4s", file.take(8))
        yield at, name, length
        file.seek(at + 12 + length)
        if name == b"IEND":
            return
    refuse_damaged("it has too many pieces")


def _keyword(file: Reader, name: bytes, length: int) -> str:
    return file.take(min(length, 80)).partition(b"\0")[0].decode("latin-1") if name in TEXTS else ""


def _chunk(keyword: str, text: str) -> bytes:
    """As Latin-1 where that will do, for every reader knows it."""
    try:
        name, data = b"tEXt", keyword.encode() + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        name, data = b"iTXt", keyword.encode() + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _text(name: bytes, data: bytes) -> tuple[str, str] | None:
    """(keyword, text) of a text chunk; None for one that cannot be read."""
    keyword, _, rest = data.partition(b"\0")
    packed, coding = name == b"zTXt", "latin-1"
    if packed:
        rest = rest[1:]
    elif name == b"iTXt":
        packed, coding = rest[:1] == b"\1", "utf-8"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    try:
        return keyword.decode("latin-1"), (_unpacked(rest) if packed else rest).decode(coding, "replace")
    except zlib.error:
        return None


def _unpacked(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, LONGEST)
