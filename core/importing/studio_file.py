"""Another studio's file: its items with their runs, marks and tags. It is read only; its bytes never change.

One of an older schema is copied first, and the copy is brought to today's.
"""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from core import migrations, sqlite
from core.backup.examining import CHUNKS, immutable, require_backup, require_marks, schema_of
from core.database import open_database
from core.errors import BackupRefused, DiskFull, ImportRefused, StorageError, UnusableDatabase
from core.importing.entries import Entry, Marks, Passed, Record, Run
from core.importing.recipes import FoundRecipe, ours, values
from core.importing.report import Report
from core.marks import several
from core.migrations import migrate
from core.progress import Progress

SPARE: Final = 64 * 2**20  # bytes left free beside a copy
STATES: Final = {  # why an item is not brought over
    "thinned": "It was thinned there: its bytes are not kept.",
    "damaged": "It is damaged there. Verify that studio and mend it first.",
    "lost": "Its bytes are lost there.",
}
ITEMS: Final = "SELECT * FROM media WHERE state != 'incoming' AND trashed_at IS NULL ORDER BY id"
TOTAL: Final = "SELECT count(*), coalesce(sum(bytes), 0) FROM media WHERE state = 'ready' AND trashed_at IS NULL"
TRASHED: Final = "SELECT count(*) FROM media WHERE trashed_at IS NOT NULL AND state != 'incoming'"
TAGS: Final = "SELECT t.name FROM tag AS t JOIN media_tag AS m ON m.tag_id = t.id WHERE m.media_id = ? ORDER BY t.name"
RUN: Final = "SELECT * FROM generation WHERE id = ?"
INPUTS: Final = (
    "SELECT i.role, i.media_id, m.sha256 FROM generation_input AS i LEFT JOIN media AS m ON m.id = i.media_id "
    "WHERE i.generation_id = ? ORDER BY i.role, i.position"
)
TEXTS: Final = ("batch", "provider", "model", "version", "prompt", "logs")
OPTIONAL: Final = ("text", "url", "error_code", "error", "experiment")
NUMBERS: Final = ("cost_estimate", "cost")
MOMENTS: Final = ("created_at", "started_at", "finished_at", "deletes_at")
ENDED: Final = ("succeeded", "failed", "canceled")


class StudioFile:
    """The items of another studio, in their order. Raises `UnusableDatabase` and its kinds, `ImportRefused`."""

    def __init__(self, path: Path, room: Path, progress: Progress, report: Report) -> None:
        self._path = path
        self._library = sqlite.library()
        require_backup(path)
        self._driver = _readable(path, room, progress)
        try:
            self._driver.row_factory = self._library.Row
            progress.begin(f"Checking the structure of {path.name}")
            answer = self._driver.execute("PRAGMA quick_check(1)").fetchone()[0]
            if answer != "ok":
                raise UnusableDatabase(f"{path} is damaged ({answer}). Restore a backup of it first.")
            self.number, self.bytes = self._driver.execute(TOTAL).fetchone()
            trashed = self._driver.execute(TRASHED).fetchone()[0]
        except self._library.Error as error:
            self.close()
            raise UnusableDatabase(f"{path} is damaged ({error}). Restore a backup of it first.") from error
        except BaseException:
            self.close()
            raise
        if trashed:
            report.notes.append(f"{several(trashed)} in the trash of {path.name} stay there.")

    def entries(self) -> Iterator[Entry | Passed]:
        """Items in the order of their ids, so that what a run used comes before what it made."""
        try:
            for row in self._driver.execute(ITEMS):
                name = f"{self._path.name}: item {row['id']}"
                if row["state"] in STATES:
                    yield Passed(name, STATES[row["state"]])
                else:
                    yield self._entry(row, name)
        except self._library.Error as error:
            raise UnusableDatabase(f"{self._path} is damaged ({error}). What was added until then stays.") from error

    def close(self) -> None:
        """Let go of the file."""
        self._driver.close()

    def _entry(self, row: Any, name: str) -> Entry:
        run, recipe = self._run(row["generation_id"], row["position"])
        marks = Marks(
            bool(row["favourite"]),
            row["rating"],
            values.text(row["note"]),
            tuple(tag for (tag,) in self._driver.execute(TAGS, (row["id"],))),
        )
        record = Record(
            sha256=row["sha256"],
            name=values.text(row["name"], values.LONGEST_NAME) or None,
            created_at=ours.moment(row["created_at"]),
            original_url=values.text(row["original_url"]) or None,
            marks=marks,
            recipe=recipe,
            run=run,
            checked=True,
        )
        return Entry(name, row["bytes"] or 0, partial(self._open, row["id"]), record=record)

    def _run(self, number: int | None, position: int) -> tuple[Run | None, FoundRecipe | None]:
        row = None if number is None else self._driver.execute(RUN, (number,)).fetchone()
        if row is None:
            return None, None
        inputs: dict[str, tuple[tuple[int | None, str | None], ...]] = {}
        for role, media_id, digest in self._driver.execute(INPUTS, (number,)):
            inputs[role] = (*inputs.get(role, ()), (media_id, digest))
        columns = _columns(row)
        made = FoundRecipe(columns["provider"], columns["prompt"], parameters=columns["request"], inputs=inputs)
        return Run(columns, position), made

    def _open(self, media_id: int) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Chunks(self._driver.execute(CHUNKS, (media_id,)))))


class _Chunks(io.RawIOBase):
    """An item's chunks as a file, read once from its beginning."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            try:
                row = self._cursor.fetchone()
            except sqlite.library().Error as error:
                raise OSError(f"the studio's file is damaged there ({error})") from error
            self._left = bytes(row[1]) if row else b""
        piece = self._left[: len(buffer)]
        buffer[: len(piece)] = piece
        self._left = self._left[len(piece) :]
        return len(piece)

    def close(self) -> None:
        self._cursor.close()
        super().close()


def _columns(row: Any) -> dict[str, Any]:
    """A run's row as one that may be written here; what is no such value gives way to none."""
    moments = {name: ours.moment(row[name]) for name in MOMENTS}
    created = moments["created_at"] or datetime(1970, 1, 2, tzinfo=UTC)
    request = _json(row["request"])
    return {
        **{name: values.text(row[name]) for name in TEXTS},
        **{name: values.text(row[name]) or None for name in OPTIONAL},
        **{name: values.number(row[name]) for name in NUMBERS},
        **moments,
        "created_at": created,
        "kind": row["kind"],
        "status": row["status"] if row["status"] in ENDED else "succeeded",
        "progress": 1.0,
        "seed": row["seed"],
        "width": row["width"],
        "height": row["height"],
        "request": request if isinstance(request, dict) else {},
        "response": _json(row["response"]),
        "metrics": _json(row["metrics"]),
    }


def _json(text: Any) -> Any:
    with suppress(ValueError, TypeError, RecursionError):
        return json.loads(text)
    return None


def _readable(path: Path, room: Path, progress: Progress) -> Any:
    """A connection to the file, or to a copy of it that was brought to the current schema."""
    library = sqlite.library()
    driver = immutable(path)
    try:
        schema = schema_of(driver, path)
        require_marks(driver, path)
    except library.Error as error:
        driver.close()
        raise UnusableDatabase(f"{path} is damaged ({error}). Restore a backup of it first.") from error
    except BackupRefused as error:
        driver.close()
        raise ImportRefused(f"{path} is an empty studio: there is nothing in it to bring in.") from error
    except BaseException:
        driver.close()
        raise
    if schema == migrations.HEAD:
        return driver
    driver.close()
    return immutable(_brought(path, room, progress))


def _brought(path: Path, room: Path, progress: Progress) -> Path:
    """A copy of an older file in today's schema."""
    size, free = path.stat().st_size, shutil.disk_usage(room).free
    if free < 2 * size + SPARE:
        raise DiskFull(
            f"{path.name} is of an older version, so a copy of it is needed in {room.parent.parent}: "
            f"{2 * size / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free. Make room and try again."
        )
    progress.begin(f"Copying {path.name}, which is of an older version", size)
    copy = room / path.name
    with path.open("rb") as source, copy.open("wb") as target:
        while piece := source.read(2**20):
            target.write(piece)
            progress.advance(len(piece))
    progress.begin(f"Bringing the copy of {path.name} to the current version")
    try:
        database = open_database(copy)
        try:
            migrate(database, datetime.now(UTC))
            database.seal()
        finally:
            database.close()
    except StorageError as error:
        raise ImportRefused(f"{path.name} could not be brought to the current version: {error.sentence}") from error
    return copy
