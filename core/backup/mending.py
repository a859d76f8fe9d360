"""Brings the bytes of damaged items back from backups that have them as they were stored; knows no other repair."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import delete, select, update

from core import blobs, sqlite
from core.backup.examining import CHUNKS, immutable
from core.backup.keeping import Backup, listed
from core.database import Database
from core.models import damage, media, media_chunk, thumbnail
from core.progress import Progress
from core.verification import take_back

HAS: Final = "SELECT 1 FROM media WHERE id = ? AND sha256 = ? AND bytes = ?"
SMALL: Final = "SELECT data FROM thumbnail WHERE media_id = ?"


def mend(database: Database, progress: Progress) -> list[int]:
    """Mend what backups have whole; returns the items that are good again. Raises `WorkStopped`."""
    mended: list[int] = []
    waiting = _damaged(database)
    progress.begin("Looking into backups", len(waiting))
    for row in waiting:
        for backup in listed(database):
            if backup.here and _mended(database, backup, row, progress):
                mended.append(row.media_id)
                break
        progress.advance(1)
    return list(dict.fromkeys(mended))


def _damaged(database: Database) -> Sequence[Any]:
    columns = (damage.c.media_id, damage.c.part, media.c.sha256, media.c.bytes, thumbnail.c.sha256.label("small"))
    query = (
        select(*columns)
        .join(media, media.c.id == damage.c.media_id)
        .join(thumbnail, thumbnail.c.media_id == media.c.id, isouter=True)
        .order_by(damage.c.media_id)
    )
    with database.read() as connection:
        return connection.execute(query).all()


def _mended(database: Database, backup: Backup, row: Any, progress: Progress) -> bool:
    library = sqlite.library()
    try:
        with closing(immutable(backup.path)) as driver:
            if row.part == "thumbnail":
                return _mend_small(database, driver, row)
            return _whole(driver, row) and _mend_item(database, driver, row, progress)
    except (library.Error, OSError):  # this backup is of no help
        return False


def _whole(driver: Any, row: Any) -> bool:
    """Whether the backup has the item's bytes as they were stored."""
    if driver.execute(HAS, (row.media_id, row.sha256, row.bytes)).fetchone() is None:
        return False
    digest = sha256()
    for _, data in driver.execute(CHUNKS, (row.media_id,)):
        digest.update(data)
    return bool(digest.hexdigest() == row.sha256)


def _mend_item(database: Database, driver: Any, row: Any, progress: Progress) -> bool:
    """Put the bytes in place a few at a time; the item stays set apart until all of them are there."""
    with database.write() as connection:
        connection.execute(delete(media_chunk).where(media_chunk.c.media_id == row.media_id))
    for position, batch in _batches(driver.execute(CHUNKS, (row.media_id,))):
        progress.check()
        with database.write() as connection:
            blobs.insert(connection, row.media_id, batch, position)
    with database.write() as connection:
        take_back(connection, row.media_id, row.part)
    return True


def _mend_small(database: Database, driver: Any, row: Any) -> bool:
    found = driver.execute(SMALL, (row.media_id,)).fetchone()
    if found is None or sha256(found[0]).hexdigest() != row.small:
        return False
    with database.write() as connection:
        connection.execute(update(thumbnail).where(thumbnail.c.media_id == row.media_id).values(data=found[0]))
        take_back(connection, row.media_id, row.part)
    return True


def _batches(cursor: Any) -> Iterator[tuple[int, list[bytes]]]:
    position = 0
    while rows := cursor.fetchmany(blobs.BATCH):
        yield position, [data for _, data in rows]
        position += len(rows)
