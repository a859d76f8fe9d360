"""Items on the studio's own path: from a claimed run to a finished one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from core import blobs, jobs, results
from core.database import Database, open_database
from core.jobs import Claim, Run
from core.media import Inspection, Thumbnail
from core.migrations import migrate
from core.providers import Prediction

MB: Final = 1_000_000  # bytes
RUN: Final = Run("sketch", "sketch/clip", "1", "video", {"prompt": "waves on a beach", "seed": 1}, (1280, 720), {})
FOUND: Final = Inspection("video", "video/mp4", 1280, 720, Thumbnail(320, 180, os.urandom(20_000)), 5.0, 24.0, False)


@contextmanager
def studio(folder: Path) -> Iterator[Database]:
    """The studio file in `folder`, a new one if there is none."""
    database = open_database(folder / "studio.db")
    try:
        migrate(database, datetime.now(UTC))
        yield database
    finally:
        database.close()


def claimed(database: Database) -> Claim:
    """A run that waits for its output."""
    now = datetime.now(UTC)
    jobs.enqueue(database, "bench", [RUN], now)
    claim = jobs.claim(database, "bench", now)
    assert claim is not None
    return claim


def keep(database: Database, claim: Claim, source: BinaryIO) -> None:
    """Store all of `source` as the worker does: an incoming row, chunks in batches, then shown."""
    results.answered(database, claim, [("output", None)], Prediction("", "succeeded"))
    media_id = results.receive(database, claim, 0, FOUND, None, datetime.now(UTC))
    stored = blobs.write(database, media_id, source, lambda: None)
    results.keep(database, claim, 0, media_id, stored, FOUND)
    results.finish(database, claim, {}, datetime.now(UTC))
