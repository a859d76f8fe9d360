"""A smaller studio file with some items of this one: their runs, lineage among themselves, marks and small pictures.

Not what belongs to the file it came from: settings, prices and charges, rules, logs, saved searches, the trash, runs
without an item. Items keep their numbers, and new ones begin above all that the studio gave out.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import delete, insert, select, text, update

from core import backup, blobs, library
from core.backup.restoring import close_whole, go_on_numbering
from core.database import Database, open_database
from core.errors import BytesGone, ExportRefused, NotFound, UnusableDatabase
from core.exporting import content, rows
from core.exporting.made import Made, Skipped, Tally
from core.exporting.selection import Selection, chosen
from core.exporting.target import placing
from core.library import Item
from core.migrations import migrate
from core.models import generation_input, media
from core.progress import Progress

AN_ITEM: Final = 60_000  # bytes that an item needs beside its own: small picture, recipe, indexes
AN_EMPTY_FILE: Final = 2 * 2**20  # bytes
AT_ONCE: Final = 64  # items in one transaction, or as many as have 8 MiB
GONE: Final = "It was deleted while the export was being made."


def studio_file(
    database: Database, selection: Selection, target: Path, now: datetime, progress: Progress, *, replace: bool = False
) -> Made:
    """Write a studio file with these items to `target`, and check every byte of it before it gets that name.

    Raises `ExportRefused` with what to do, `StorageBusy`, `DiskFull`, and `WorkStopped`; nothing is left at `target`.
    """
    progress.begin("Looking what there is")
    picked, tally = chosen(database, selection), Tally()
    needed = AN_EMPTY_FILE + picked.bytes + len(picked.ids) * AN_ITEM
    with placing(database, target, needed, replace=replace) as part:
        made = open_database(part)
        try:
            migrate(made, now)
            progress.begin("Writing", picked.bytes)
            filler = _Filler(database, made, now, progress, tally)
            for media_id in picked.ids:
                filler.bring(media_id)
            filler.flush()
            _finish(database, made)
            close_whole(made)
        finally:
            made.close()
        _check(part, target, tally, progress)
        size = part.stat().st_size
    return Made(target, tally.items, tally.thinned, size, tuple(tally.skipped))


class _Filler:
    """Brings items into the new file, small ones together."""

    def __init__(self, database: Database, made: Database, now: datetime, progress: Progress, tally: Tally) -> None:
        self._database = database
        self._made = made
        self._now = now
        self._progress = progress
        self._tally = tally
        self._waiting: dict[int, list[bytes]] = {}  # small items, with their bytes
        self._bytes = 0

    def bring(self, media_id: int) -> None:
        """One item, at once or with those that follow; one that cannot be had is told of."""
        self._progress.check()
        try:
            item = library.item(self._database, media_id)
            if item.thinned:
                self._hold(item, iter(()), 0)
            elif item.bytes <= content.HELD:
                self._hold(item, content.pieces(self._database, item, self._progress), item.bytes)
            else:
                pieces = content.pieces(self._database, item, self._progress)
                self.flush()  # entries are found in the order in which they came
                self._put_large(item, pieces)
        except (NotFound, BytesGone) as error:  # damaged, lost, deleted or thinned meanwhile
            self._tally.skipped.append(Skipped(media_id, error.sentence))

    def flush(self) -> None:
        """Put in what waits, in one transaction."""
        if not self._waiting:
            return
        found = rows.read(self._database, list(self._waiting), self._now)
        with self._made.write() as connection:
            rows.insert_before(connection, found)
            for row in found[media]:
                connection.execute(insert(media), row)
                if pieces := self._waiting[row["id"]]:
                    blobs.insert(connection, row["id"], pieces)
            rows.insert_after(connection, found)
        self._count(found)
        gone = self._waiting.keys() - {row["id"] for row in found[media]}
        self._tally.skipped += [Skipped(each, GONE) for each in sorted(gone)]
        self._progress.advance(self._bytes)
        self._waiting, self._bytes = {}, 0

    def _hold(self, item: Item, pieces: Iterator[bytes], size: int) -> None:
        self._waiting[item.id] = list(pieces)
        self._bytes += size
        if len(self._waiting) >= AT_ONCE or self._bytes >= content.HELD:
            self.flush()

    def _put_large(self, item: Item, pieces: Iterator[bytes]) -> None:
        """An item whose bytes go in 8 MiB at a time; it is shown once all of them are there."""
        found = rows.read(self._database, [item.id], self._now)
        if not found[media]:
            raise NotFound(GONE)
        row = found[media][0]
        with self._made.write() as connection:
            rows.insert_before(connection, found)
            connection.execute(insert(media), row | {"state": "incoming"})
        position = 0
        while held := list(islice(pieces, blobs.BATCH)):
            with self._made.write() as connection:
                blobs.insert(connection, item.id, held, position)
            position += len(held)
            self._progress.advance(sum(map(len, held)))
        with self._made.write() as connection:
            connection.execute(update(media).where(media.c.id == item.id).values(state=row["state"]))
            rows.insert_after(connection, found)
        self._count(found)

    def _count(self, found: rows.Rows) -> None:
        states = [row["state"] for row in found[media]]
        self._tally.items += len(states)
        self._tally.thinned += states.count("thinned")


def _finish(database: Database, made: Database) -> None:
    """Lineage as far as its items are here, and no number given out again that the studio gave out."""
    with database.read() as connection:
        used = {row.name: row.seq for row in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    with made.write() as connection:
        absent = generation_input.c.media_id.not_in(select(media.c.id))
        connection.execute(delete(generation_input).where(absent))
        go_on_numbering(connection, used)


def _check(part: Path, target: Path, tally: Tally, progress: Progress) -> None:
    """Structure, references and every hash of the file that was made, and whether all that was brought is in it."""
    try:
        found = backup.examine(part, progress, known_as=target)
    except UnusableDatabase as error:
        raise ExportRefused(f"{error.sentence} Check the disk and export again.") from error
    if found.damaged or found.items != tally.items - tally.thinned:
        raise ExportRefused(f"{target} does not hold what it should. Check the disk and export again.")
