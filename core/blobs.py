"""Bytes of media in and out of the chunk table, in bounded memory; knows nothing of media types or HTTP."""

import hashlib
import io
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection, bindparam, func, select

from core.database import Database
from core.errors import StorageError
from core.models import media_chunk

CHUNK: Final = 1024 * 1024  # bytes; with 1 MiB threads alone reached nginx's speed on whole 100 MB videos
BATCH: Final = 8  # chunks to a commit
LEAST: Final = 64 * 1024  # bytes read at a time from an item that is opened as a file

_PIECE = (
    select(func.substr(media_chunk.c.data, bindparam("first"), bindparam("length")))
    .where(media_chunk.c.media_id == bindparam("media"))
    .where(media_chunk.c.position == bindparam("position"))
)


@dataclass(frozen=True)
class Stored:
    """What was written: size in bytes and SHA-256 as hexadecimal digits."""

    bytes: int
    sha256: str


def write(database: Database, media_id: int, source: BinaryIO, pulse: Callable[[], None]) -> Stored:
    """Store all of `source` under an `incoming` media row, committing every 8 MiB.

    `pulse` is called before each commit and may raise to give up. A reader sees nothing of it until the media
    row is made `ready`.
    """
    digest, size, position = hashlib.sha256(), 0, 0
    with ThreadPoolExecutor(1) as beside:  # hashing beside writing saves a fifth
        while batch := _chunks(source):
            pulse()
            hashed = beside.submit(_hash, digest, batch)
            with database.write() as connection:
                insert(connection, media_id, batch, position)
            hashed.result()
            size += sum(map(len, batch))
            position += len(batch)
            del batch, hashed  # else two batches are in memory at once
    return Stored(size, digest.hexdigest())


def insert(connection: Connection, media_id: int, chunks: list[bytes], position: int = 0) -> None:
    """Add chunks from number `position` on, within the caller's transaction."""
    rows = [{"media_id": media_id, "position": position + i, "data": data} for i, data in enumerate(chunks)]
    connection.execute(media_chunk.insert(), rows)


def read(database: Database, media_id: int, start: int, stop: int) -> Generator[bytes]:
    """The bytes from `start` up to, not including, `stop`; each piece is one short read of at most 1 MiB."""
    while start < stop:
        piece = read_piece(database, media_id, start, stop)
        yield piece
        start += len(piece)


def read_piece(database: Database, media_id: int, start: int, stop: int) -> bytes:
    """The bytes from `start` to the end of their chunk or `stop`; raises `StorageError` where they are missing."""
    position, offset = divmod(start, CHUNK)
    asked = {
        "media": media_id,
        "position": position,
        "first": offset + 1,
        "length": min(CHUNK - offset, stop - start),
    }
    with database.read() as connection:
        piece = connection.execute(_PIECE, asked).scalar()
    if not piece:
        raise StorageError(f"Bytes of item {media_id} are missing from the studio's file. Restore a backup of it.")
    return bytes(piece)


def chunks(database: Database, media_id: int) -> Iterator[tuple[int, bytes]]:
    """(position, bytes) of what there is of an item, whole or not, each piece in a short read of its own."""
    position = -1
    held = select(media_chunk.c.position, media_chunk.c.data).where(media_chunk.c.media_id == media_id)
    while True:
        following = held.where(media_chunk.c.position > position).order_by(media_chunk.c.position).limit(1)
        with database.read() as connection:
            row = connection.execute(following).first()
        if row is None:
            return
        position = row.position
        yield position, bytes(row.data)


class Source(io.RawIOBase):
    """An item's bytes as a file that can be read from anywhere, each read a short one."""

    def __init__(self, database: Database, media_id: int, size: int) -> None:
        self._database = database
        self._media_id = media_id
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        piece = read_piece(self._database, self._media_id, self._at, min(self._at + len(buffer), self._size))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def opened(database: Database, media_id: int, size: int) -> BinaryIO:
    """An item's bytes as a file; `size` is the item's."""
    return io.BufferedReader(Source(database, media_id, size), LEAST)


def bring(database: Database, media_id: int, size: int, path: Path) -> None:
    """Write an item's bytes to the file at `path`."""
    with path.open("wb") as file:
        for piece in read(database, media_id, 0, size):
            file.write(piece)


def split(data: bytes) -> list[bytes]:
    """`data` in chunks."""
    return [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)]


def _hash(digest: "hashlib._Hash", batch: list[bytes]) -> None:
    for data in batch:
        digest.update(data)


def _chunks(source: BinaryIO) -> list[bytes]:
    chunks: list[bytes] = []
    while len(chunks) < BATCH and (data := source.read(CHUNK)):
        chunks.append(data)
    return chunks
