"""Verify everything: every byte hashed again, structure, references, search; while the studio is in use.

In small reads, so nobody waits; where it stopped it goes on. What is damaged is set apart, never deleted: its bytes
stay, no list shows it as good, and its own page says what it is. Knows no queue and no widgets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core import blobs
from core.database import SNAPSHOT_ABOVE, Database
from core.errors import StorageBusy, StorageError, UnusableDatabase, WorkStopped
from core.library import HERE
from core.models import damage, generation, media, thumbnail, verification
from core.progress import Progress
from core.search import soundness

BATCH: Final = 100  # items to a note of how far it came
THINNED: Final = "thinned"  # an item of which the small picture alone is kept
STEPS: Final = 100_000  # of SQLite's machine between two looks at whether the end was asked for
REST: Final = 0.001  # seconds between two reads
LOST: Final = "Some of its bytes are missing."
CHANGED: Final = "Its bytes are not those that were stored: the SHA-256 differs."
UNREADABLE: Final = "Some of its bytes cannot be read."

TOO_BUSY: Final = (
    "So much is being written that the structure could not be checked in one go. Every item was hashed; go on when "
    "less is going on."
)


@dataclass(frozen=True)
class Verification:
    """One look at everything. `finished_at` None: it was stopped on its way; `faults` are of the file as a whole."""

    id: int
    started_at: datetime
    seen_at: datetime
    finished_at: datetime | None
    reached: int
    items: int
    bytes: int
    damaged: int
    faults: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether everything was looked at and is as it was stored."""
        return self.finished_at is not None and not self.damaged and not self.faults


@dataclass(frozen=True)
class Damage:
    """An item, or only its small picture ("thumbnail"), whose bytes are not those that were stored."""

    media_id: int
    part: str
    found_at: datetime
    reason: str
    kind: str
    caption: str
    bytes: int | None


def last(database: Database) -> Verification | None:
    """The newest look at everything, None if there was none."""
    with database.read() as connection:
        row = connection.execute(select(verification).order_by(verification.c.id.desc()).limit(1)).first()
    return _verification(row) if row else None


def damaged(database: Database) -> list[Damage]:
    """All that is known to be damaged, by number."""
    caption = func.coalesce(func.nullif(generation.c.prompt, ""), media.c.name, "")
    query = (
        select(damage, media.c.kind, media.c.bytes, caption.label("caption"))
        .join(media, media.c.id == damage.c.media_id)
        .join(generation, generation.c.id == media.c.generation_id, isouter=True)
        .order_by(damage.c.media_id, damage.c.part)
    )
    with database.read() as connection:
        return [
            Damage(**{name: getattr(row, name) for name in Damage.__dataclass_fields__})
            for row in connection.execute(query)
        ]


def set_apart(database: Database) -> int:
    """How many items are damaged and shown nowhere as good."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).where(damage.c.part == "item")).scalar_one())


def verify(database: Database, scratch: Path, now: datetime, progress: Progress) -> Verification:
    """Look at everything, or go on with a look that was stopped; `scratch` is an empty folder of one's own.

    Raises `WorkStopped` when asked to end; how far it came is kept.
    """
    current = _begin(database, now)
    total = _left(database, current.reached)
    progress.begin("Hashing every item", total)
    while part := _next(database, current.reached):
        found = _Found()
        for media_id, expected in part:
            try:
                _look(database, media_id, expected, found, progress)
            except WorkStopped:
                _note(database, current.id, found)
                raise
        _note(database, current.id, found)
        current = _get(database, current.id)
    faults = _whole(database, scratch, progress)
    finished = {"finished_at": datetime.now(UTC), "seen_at": datetime.now(UTC), "faults": faults}
    with database.write() as connection:
        connection.execute(update(verification).where(verification.c.id == current.id).values(finished))
    return _get(database, current.id)


class _Found:
    """What a batch came to."""

    def __init__(self) -> None:
        self.reached = self.items = self.bytes = 0
        self.looks: list[tuple[int, str, str | None]] = []  # item, part, what is wrong with it


def _begin(database: Database, now: datetime) -> Verification:
    current = last(database)
    if current is None or current.finished_at is not None:
        with database.write() as connection:
            connection.execute(insert(verification).values(started_at=now, seen_at=now))
        current = last(database)
    assert current is not None
    return current


def _get(database: Database, number: int) -> Verification:
    with database.read() as connection:
        return _verification(connection.execute(select(verification).where(verification.c.id == number)).one())


def _verification(row: Any) -> Verification:
    values = {name: getattr(row, name) for name in Verification.__dataclass_fields__}
    return Verification(**(values | {"faults": tuple(row.faults or ())}))


def _left(database: Database, reached: int) -> int:
    with database.read() as connection:
        sizes = select(func.coalesce(func.sum(media.c.bytes), 0)).where(media.c.id > reached, media.c.state.in_(HERE))
        return int(connection.execute(sizes).scalar_one())


def _next(database: Database, reached: int) -> Sequence[tuple[int, Any]]:
    columns = (media.c.id, media.c.state, media.c.bytes, media.c.sha256, thumbnail.c.sha256.label("small"))
    query = (
        select(*columns)
        .join(thumbnail, thumbnail.c.media_id == media.c.id, isouter=True)
        .where(media.c.id > reached, media.c.state.in_((*HERE, THINNED)))
        .order_by(media.c.id)
        .limit(BATCH)
    )
    with database.read() as connection:
        return [(row.id, row) for row in connection.execute(query)]


def _look(database: Database, media_id: int, expected: Any, found: _Found, progress: Progress) -> None:
    """Hash one item and its small picture."""
    if expected.state != THINNED:
        found.looks.append((media_id, "item", _wrong(database, media_id, expected, progress)))
    if expected.small:
        changed = _small(database, media_id) not in (expected.small, None)
        found.looks.append((media_id, "thumbnail", CHANGED if changed else None))
    found.reached, found.items = media_id, found.items + 1
    found.bytes += (expected.bytes or 0) * (expected.state != THINNED)


def _wrong(database: Database, media_id: int, expected: Any, progress: Progress) -> str | None:
    digest, size = sha256(), 0
    try:
        for position, (number, data) in enumerate(blobs.chunks(database, media_id)):
            digest.update(data)
            size += len(data)
            progress.advance(len(data))
            progress.rest(REST)
            if number != position:
                return LOST
    except (StorageError, UnusableDatabase):
        return UNREADABLE
    if digest.hexdigest() == expected.sha256:
        return None
    return LOST if size < (expected.bytes or 0) else CHANGED


def _small(database: Database, media_id: int) -> str | None:
    """The hash that the small picture has now; "": it cannot be read, None: it is gone."""
    try:
        with database.read() as connection:
            data = connection.execute(select(thumbnail.c.data).where(thumbnail.c.media_id == media_id)).scalar()
    except StorageError:
        return ""
    return None if data is None else sha256(data).hexdigest()


def _note(database: Database, number: int, found: _Found) -> None:
    """Keep how far it came, and set apart what is damaged and still as it was when it was looked at."""
    if not found.items:
        return
    with database.write() as connection:
        known = {tuple(row) for row in connection.execute(select(damage.c.media_id, damage.c.part))}
        wrong = set()
        for media_id, part, reason in found.looks:
            if reason and _set_apart(connection, media_id, part, reason):
                wrong.add(media_id)
            elif not reason and (media_id, part) in known:  # the disk gives it as it was stored again
                take_back(connection, media_id, part)
        came = {
            "reached": found.reached,
            "seen_at": datetime.now(UTC),
            "items": verification.c["items"] + found.items,
            "bytes": verification.c.bytes + found.bytes,
            "damaged": verification.c.damaged + len(wrong),
        }
        connection.execute(update(verification).where(verification.c.id == number).values(came))


def take_back(connection: Connection, media_id: int, part: str) -> None:
    """A part that was damaged is whole again, within the caller's transaction."""
    connection.execute(delete(damage).where(damage.c.media_id == media_id, damage.c.part == part))
    if part == "item":
        waiting = (media.c.id == media_id) & (media.c.state == "damaged")
        connection.execute(update(media).where(waiting).values(state="ready"))


def _set_apart(connection: Connection, media_id: int, part: str, reason: str) -> bool:
    """Whether it is still there to be set apart."""
    if connection.execute(select(media.c.id).where(media.c.id == media_id)).first() is None:
        return False  # deleted for ever meanwhile
    row = {"media_id": media_id, "part": part, "found_at": datetime.now(UTC), "reason": reason}
    connection.execute(upsert(damage).values(row).on_conflict_do_nothing())
    if part == "item":
        whole = (media.c.id == media_id) & (media.c.state == "ready")
        connection.execute(update(media).where(whole).values(state="damaged"))
    return True


def _whole(database: Database, scratch: Path, progress: Progress) -> list[str]:
    """What is wrong with the file's structure, its references and the search."""
    faults: list[str] = []
    for words, check in (
        ("Checking the structure", partial(_structure, progress=progress)),
        ("Checking the search", partial(soundness.faults, folder=scratch, look=lambda: progress.rest(REST))),
    ):
        progress.begin(words)
        try:
            faults += check(database)
        except UnusableDatabase as error:
            faults.append(error.sentence)
    return faults


def _structure(database: Database, progress: Progress) -> list[str]:
    """One long read; it is given up before it keeps the log from being emptied, which would hold up writers."""

    def look() -> int:
        return int(progress.stopping or database.wal_bytes() > SNAPSHOT_ABOVE)

    with database.read() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.set_progress_handler(look, STEPS)
        try:
            answers = [row[0] for row in driver.execute("PRAGMA integrity_check(5)")]
            broken = driver.execute("SELECT count(*) FROM pragma_foreign_key_check").fetchone()[0]
        except Exception as error:
            progress.check()  # the handler's end looks like any other
            if "interrupted" in str(error):
                raise StorageBusy(TOO_BUSY) from None
            raise
        finally:
            driver.set_progress_handler(None, 0)
    wrong = [] if answers == ["ok"] else [f"The structure is damaged: {'; '.join(answers)}. Restore a backup."]
    return wrong + ([f"{broken:,} rows refer to something that is not there."] if broken else [])
