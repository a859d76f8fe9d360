"""The ZIP: media untouched and uncompressed, small pictures, `recipes.json`, `recipes.csv` and `index.html`.

One writer for a file, which is checked before it counts, and for a stream, which needs no room on the disk. An export
that was stopped begins anew: what it had written is gone.
"""

import io
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from core import library
from core.database import Database
from core.errors import BytesGone, ExportRefused, NotFound
from core.exporting import content
from core.exporting.entry import entry, file_of, small_picture
from core.exporting.lists import FORMAT, FORMAT_VERSION, Lists
from core.exporting.made import Made, Skipped, Tally
from core.exporting.selection import Chosen, Selection, chosen
from core.exporting.target import placing
from core.library import Item
from core.progress import Progress

VERSION: Final = FORMAT_VERSION
AN_ITEM: Final = 40_000  # bytes that an item needs beside its own: small picture, recipe, names
PIECE: Final = 2**18  # bytes
GATHERED: Final = 2**18  # bytes that a stream gives at a time, or more
READABLE: Final = 0o644 << 16  # the permissions of what is unpacked
EARLIEST: Final = datetime(1980, 1, 1, tzinfo=UTC)  # that a ZIP can name

__all__ = ["FORMAT", "VERSION", "stream", "zip_file"]


def zip_file(
    database: Database, selection: Selection, target: Path, now: datetime, progress: Progress, *, replace: bool = False
) -> Made:
    """Write a ZIP to `target`, in bounded memory, and check every byte of it before it gets that name.

    Raises `ExportRefused` with what to do, `StorageBusy`, and `WorkStopped`; nothing is left at `target` then.
    """
    progress.begin("Looking what there is")
    picked, tally = chosen(database, selection), Tally()
    with placing(database, target, picked.bytes + len(picked.ids) * AN_ITEM, replace=replace) as part:
        progress.begin("Writing", picked.bytes)
        with ZipFile(part, "w", ZIP_STORED) as archive:
            for _ in _write(archive, database, picked, now, progress, tally):
                pass
        _check(part, target, tally, progress)
        size = part.stat().st_size
    return Made(target, tally.items, tally.thinned, size, tuple(tally.skipped))


def stream(database: Database, selection: Selection, now: datetime) -> Generator[bytes]:
    """The same ZIP in pieces of about a quarter of a MiB, made while they are taken; nothing is written to the disk
    but the lists of a large export, in files without a name.

    Raises `StorageError` where bytes are gone that were there a moment before: then it has no end, and is no ZIP.
    """
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_STORED) as archive:
        for _ in _write(archive, database, chosen(database, selection), now, Progress(), Tally()):
            if sink.held >= GATHERED:
                yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Takes what is written until it is fetched; it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.held = 0

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        self.held += len(data)
        return len(data)

    def take(self) -> bytes:
        """All that was written since."""
        found = b"".join(self._parts)
        self._parts, self.held = [], 0
        return found


def _write(
    archive: ZipFile, database: Database, picked: Chosen, now: datetime, progress: Progress, tally: Tally
) -> Iterator[None]:
    """Put everything into the archive; a step for each piece."""
    with Lists(now) as lists:
        for media_id in picked.ids:
            progress.check()
            try:
                item = library.item(database, media_id)
                pieces = None if item.thinned else content.pieces(database, item, progress)
            except (NotFound, BytesGone) as error:  # damaged, lost, deleted or thinned meanwhile
                tally.skipped.append(Skipped(media_id, error.sentence))
                continue
            yield from _put_item(archive, database, item, pieces, lists, progress, tally)
        for name, made in lists.finish(tally.skipped):
            for _ in _put(archive, _info(name, now, packed=True), made):
                yield


def _put_item(
    archive: ZipFile, database: Database, item: Item, pieces: Iterable[bytes] | None, lists: Lists,
    progress: Progress, tally: Tally,
) -> Iterator[None]:  # fmt: skip
    if pieces is not None:
        name = file_of(item)
        for piece in _put(archive, _info(name, item.created_at, item.bytes), pieces):
            progress.advance(piece)
            yield
        tally.hashes[name] = bytes.fromhex(item.sha256)
    small = small_picture(database, item)
    if small is not None:
        name, data = small
        for _ in _put(archive, _info(name, item.created_at, len(data)), [data]):
            yield
        tally.hashes[name] = sha256(data).digest()
    lists.add(entry(database, item, small and small[0]))
    tally.items += 1
    tally.thinned += item.thinned


def _info(name: str, moment: datetime, size: int = 0, *, packed: bool = False) -> ZipInfo:
    at = max(moment.astimezone(UTC), EARLIEST)
    info = ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    info.compress_type = ZIP_DEFLATED if packed else ZIP_STORED
    info.external_attr, info.file_size = READABLE, size
    return info


def _put(archive: ZipFile, info: ZipInfo, pieces: Iterable[bytes]) -> Iterator[int]:
    """Gives the size of each piece that was written; a list, whose size is not known, may be beyond 4 GiB."""
    with archive.open(info, "w", force_zip64=not info.file_size) as file:
        for piece in pieces:
            file.write(piece)
            yield len(piece)


def _check(part: Path, target: Path, tally: Tally, progress: Progress) -> None:
    """Read all of it again: every checksum of the ZIP's own, every SHA-256 as it is in the studio."""
    progress.begin("Checking", part.stat().st_size)
    try:
        with ZipFile(part) as archive:
            names = archive.namelist()
            for info in archive.infolist():
                _check_one(archive, info, tally.hashes.get(info.filename), progress)
    except (BadZipFile, EOFError, ValueError) as error:
        raise ExportRefused(f"{target} was not written as it should be ({error}). Check the disk, try again.") from None
    if len(names) != len(set(names)) or not tally.hashes.keys() <= set(names):
        raise ExportRefused(f"{target} does not hold what it should. Check the disk and try again.")


def _check_one(archive: ZipFile, info: ZipInfo, expected: bytes | None, progress: Progress) -> None:
    digest = sha256()
    with archive.open(info) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            progress.advance(len(piece))
    if expected is not None and digest.digest() != expected:
        raise BadZipFile(f"{info.filename} is not as it was stored")
