"""Where the bytes of an earlier row are: in its BLOB, in a text as base64, in a data URI, or in a file on the disk.

Reads them in pieces, the same ones each time. Knows neither the new file nor what the bytes mean.
"""

import base64
import binascii
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from core.blobs import CHUNK, Stored
from core.upgrade.source import Source, Table

HEAD: Final = 4096  # bytes of a text that are looked at to tell what it is
DATA_URI: Final = re.compile(rb"\s*data:[\w.+/-]*(;[\w.+=-]+)*,", re.IGNORECASE)
BASE64: Final = re.compile(rb"[A-Za-z0-9+/_\s-]{16,}={0,2}\s*")
SPACE: Final = re.compile(rb"\s+")
ELSEWHERE: Final = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+:|/?/api/", re.IGNORECASE)
CODES: Final = ("base64", "percent")
LONGEST_PATH: Final = 1024


@dataclass(frozen=True)
class Content:
    """How to read a row's bytes: `column` and how it is `coded` (as it is, base64, percent), or the file at `path`."""

    column: str = ""
    coded: str = ""
    skip: int = 0  # bytes before the coded ones
    path: Path | None = None


def find(source: Source, table: Table, row: int, url: str | None, folder: Path) -> Content | None:
    """Where the row's bytes are; None where there are none. Relative paths begin in `folder`."""
    kind = source.kind_of(table, row, table.data)
    if kind == "text":
        found = _in_text(source, table, row, table.data)
        if found:
            return found
    elif kind == "blob":
        with source.open(table, row, table.data) as blob:
            if len(blob):
                return Content(table.data)
    elif kind != "null":
        return Content(table.data, "number")
    if source.kind_of(table, row, table.url) in ("text", "blob"):
        found = _in_text(source, table, row, table.url)
        if found and found.coded:
            return found
    path = _path(url, folder)
    return None if path is None else Content(path=path)


def pieces(source: Source, table: Table, row: int, content: Content) -> Iterator[bytes]:
    """The bytes, at most a chunk at a time; raises `ValueError` where what is coded is not, `OSError` for a file."""
    if content.path is not None:
        with content.path.open("rb") as file:
            yield from iter(lambda: file.read(CHUNK), b"")
    elif content.coded == "number":
        yield str(source.values(table, row, [content.column])[content.column].value).encode()
    else:
        with source.open(table, row, content.column) as blob:
            blob.seek(content.skip)
            raw = iter(lambda: blob.read(CHUNK), b"")
            yield from {"base64": _from_base64, "percent": _from_percent}.get(content.coded, iter)(raw)


def brought(source: Source, table: Table, row: int, content: Content, target: Path) -> tuple[Content, Stored]:
    """Write the bytes to `target`; returns how they were read in the end, and what they are.

    What claims to be coded and is not is taken as it is.
    """
    try:
        return content, _write(pieces(source, table, row, content), target)
    except ValueError:
        plain = Content(content.column)
        return plain, _write(pieces(source, table, row, plain), target)


def measured(parts: Iterable[bytes]) -> Stored:
    """Size and SHA-256 of bytes in pieces."""
    digest, size = sha256(), 0
    for part in parts:
        digest.update(part)
        size += len(part)
    return Stored(size, digest.hexdigest())


def _write(parts: Iterator[bytes], target: Path) -> Stored:
    with target.open("wb") as file:

        def kept() -> Iterator[bytes]:
            for part in parts:
                file.write(part)
                yield part

        return measured(kept())


def _in_text(source: Source, table: Table, row: int, column: str) -> Content | None:
    with source.open(table, row, column) as blob:
        size = len(blob)
        head = blob.read(min(size, HEAD))
    if not size:
        return None
    if match := DATA_URI.match(head):
        coded = "base64" if b";base64" in match[0].lower() else "percent"
        return Content(column, coded, match.end())
    return Content(column, "base64" if BASE64.fullmatch(head) else "")


def _path(url: str | None, folder: Path) -> Path | None:
    """The regular file that an address names on this machine, if there is one with anything in it."""
    if not url or len(url) > LONGEST_PATH or "\0" in url or ELSEWHERE.match(url):
        return None
    path = folder / (unquote(url.partition("://")[2]) if url.lower().startswith("file:") else url)
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return path if stat.S_ISREG(found.st_mode) and found.st_size else None


def _from_base64(raw: Iterable[bytes]) -> Iterator[bytes]:
    left = b""
    for piece in raw:
        text = left + SPACE.sub(b"", piece).translate(bytes.maketrans(b"-_", b"+/"))
        whole = len(text) // 4 * 4
        left = text[whole:]
        yield _decoded(text[:whole])
    if left:
        yield _decoded(left + b"=" * (-len(left) % 4))


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


def _from_percent(raw: Iterable[bytes]) -> Iterator[bytes]:
    left = b""
    for piece in raw:
        text = left + piece
        cut = next((at for at in (len(text) - 1, len(text) - 2) if at >= 0 and text[at : at + 1] == b"%"), len(text))
        left = text[cut:]
        yield unquote_to_bytes(text[:cut])
    yield unquote_to_bytes(left)
