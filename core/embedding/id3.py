"""A text of one's own in the ID3v2 tag of an MP3 (id3.org, 2.3 and 2.4): written first in the tag, and read."""

import struct
from collections.abc import Iterator
from typing import Final

from core.containers.reading import Reader
from core.embedding.notes import KEY, Notes
from core.embedding.splice import Part
from core.errors import MediaRefused

HEAD: Final = 10  # bytes of a tag's and of a frame's head
TEXT: Final = b"TXXX"
LARGEST: Final = 1 << 28  # bytes of a tag
UNSYNCHRONISED: Final = 0x80  # a flag that plain letters meet by themselves
CODINGS: Final = {1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


def spliced(file: Reader, notes: Notes) -> list[Part]:
    """The file with the recipe as the first frame of its tag, or with a tag that holds it alone."""
    frame = b"\0" + KEY.encode() + b"\0" + _ascii(notes.recipe)
    version, flags, size = _tag(file)
    if version and (version not in (3, 4) or flags & ~UNSYNCHRONISED or HEAD + size > file.size):
        raise MediaRefused("The sound's tag is in a form that nothing can be added to. Download it as it is.")
    total = HEAD + len(frame) + size
    if total >= LARGEST:
        raise MediaRefused("The recipe is longer than a sound of this kind has room for. Download it as it is.")
    length = struct.pack(">I", len(frame)) if version == 3 else _seven(len(frame))
    new = b"ID3" + bytes([version or 4, 0, flags]) + _seven(total) + TEXT + length + b"\0\0" + frame
    return [new, range(HEAD if version else 0, file.size)]


def read(file: Reader) -> Iterator[tuple[str, str]]:
    """(name, text) of each text of somebody's own."""
    version, _, size = _tag(file)
    end, seen = min(HEAD + size, file.size), set()
    if version not in (3, 4):
        return
    file.seek(HEAD)
    while file.at + HEAD <= end:
        name, length = struct.unpack(">4sIxx", file.take(HEAD))
        length = _plain(length) if version == 4 else length
        if name == bytes(4) or file.at + length > end:
            return
        data = file.take(length)
        if name == TEXT and data:
            decoded = data[1:].decode(CODINGS.get(data[0], "latin-1"), "replace")
            key, _, text = decoded.replace("\ufeff", "").partition("\0")
            if key not in seen:
                yield key, text.rstrip("\0")
            seen.add(key)


def _tag(file: Reader) -> tuple[int, int, int]:
    """(version, flags, bytes behind the head) of the tag at the beginning; zeros where there is none."""
    head = file.peek(HEAD)
    if head[:3] != b"ID3" or len(head) < HEAD:
        return 0, 0, 0
    return head[3], head[5], _plain(int.from_bytes(head[6:], "big"))


def _ascii(text: str) -> bytes:
    """JSON in characters that all versions of a tag know."""
    return "".join(c if c < "\x7f" else _escaped(c) for c in text).encode("ascii")


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def _seven(number: int) -> bytes:
    """In bytes of seven bits each."""
    return bytes([number >> shift & 0x7F for shift in (21, 14, 7, 0)])


def _plain(number: int) -> int:
    """What four bytes of seven bits each say."""
    return sum((number >> shift & 0x7F) << shift // 8 * 7 for shift in (24, 16, 8, 0))
