"""An item's bytes, given only once they were hashed and are those that were stored. Reads only."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from core import blobs, library
from core.database import Database
from core.errors import ItemDamaged, StorageBusy, StorageError
from core.library import Item
from core.progress import Progress

HELD: Final = blobs.BATCH * blobs.CHUNK  # bytes of an item that are kept in memory between hashing and writing


def pieces(database: Database, item: Item, progress: Progress) -> Iterator[bytes]:
    """The item's bytes in pieces of at most 1 MiB; larger items are read twice, so that memory stays bounded.

    Raises `ItemDamaged` before the first piece where they are not as stored, `NotFound` or `BytesGone` where they
    went meanwhile, and `WorkStopped`.
    """
    small, held, digest, size = item.bytes <= HELD, [], sha256(), 0
    try:
        for piece in blobs.read(database, item.id, 0, item.bytes):
            progress.check()
            digest.update(piece)
            size += len(piece)
            if small:
                held.append(piece)
    except StorageBusy:
        raise
    except StorageError as error:
        library.require_bytes(database, library.item(database, item.id))  # deleted or thinned meanwhile: it says so
        raise ItemDamaged(f"Item {item.id} is damaged: {error.sentence}") from error
    if digest.hexdigest() != item.sha256 or size != item.bytes:
        raise ItemDamaged(
            f"Item {item.id} is damaged: its bytes are not those that were stored. Verify everything under Storage; "
            "a backup may have it whole."
        )
    return iter(held) if small else blobs.read(database, item.id, 0, item.bytes)
