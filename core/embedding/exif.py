"""Texts in EXIF (CIPA DC-008), where other programs keep recipes; leniently, for what is wrong in it harms nobody."""

import struct
from collections.abc import Iterator
from typing import Final

TEXTS: Final = {  # by tag
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x0132: "DateTime",
    0x9003: "DateTimeOriginal",
    0x9011: "OffsetTimeOriginal",
    0x9286: "UserComment",
}
MORE: Final = 0x8769  # leads to the second directory
TEXTUAL: Final = (1, 2, 7)  # types of a value: bytes, ASCII, undefined
ENTRIES: Final = 1_000
CODINGS: Final = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): "utf-8"}


def read(data: bytes) -> Iterator[tuple[str, str]]:
    """("exif:NAME", text) for each text in a TIFF structure, with or without the word Exif before it."""
    tiff = data.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return
    first = _entries(tiff, order, _number(tiff, order, 4))
    second = [value for tag, _, value in first if tag == MORE]
    for tag, kind, value in [*first, *(_entries(tiff, order, _number(second[0], order, 0)) if second else ())]:
        if tag in TEXTS and kind in TEXTUAL and (text := _decoded(tag, value, order)):
            yield f"exif:{TEXTS[tag]}", text


def _entries(tiff: bytes, order: str, at: int) -> list[tuple[int, int, bytes]]:
    """(tag, type, value) of a directory's texts and addresses."""
    found = []
    count = int.from_bytes(tiff[at : at + 2], "little" if order == "<" else "big")
    for start in range(at + 2, at + 2 + 12 * min(count, ENTRIES), 12):
        entry = tiff[start : start + 12]
        if len(entry) < 12:
            break
        tag, kind, length = struct.unpack(order + "HHI", entry[:8])
        if kind in TEXTUAL:
            place = _number(entry, order, 8) if length > 4 else start + 8
            found.append((tag, kind, tiff[place : place + length]))
        elif tag == MORE:
            found.append((tag, kind, entry[8:]))
    return found


def _number(data: bytes, order: str, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little" if order == "<" else "big")


def _decoded(tag: int, value: bytes, order: str) -> str:
    if TEXTS[tag] != "UserComment":
        return value.rstrip(b"\0").decode("utf-8", "replace")
    coding, text = CODINGS.get(value[:8], "utf-8"), value[8:] if value[:8] in CODINGS else value
    if coding == "utf-16" and text[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        # by the rules the file's own byte order, but AUTOMATIC1111 always writes the other way round
        coding = "utf-16-be" if text[:1] == b"\0" else "utf-16-le" if text[1:2] == b"\0" else _by(order)
    return text.decode(coding, "replace").rstrip("\0 ")


def _by(order: str) -> str:
    return "utf-16-le" if order == "<" else "utf-16-be"
