"""Opens a file of the earlier system: a studio file is built beside it, verified, and put in its place by rename.

The original keeps every byte under a dated name. Killed at any moment and started again it goes on where it was, and
ends right; a file that is a studio's already is left alone. Knows neither queue nor widgets.
"""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from core.database import Database, open_database
from core.errors import DiskFull, StorageError, StudioError, UnusableDatabase
from core.media import Inspector
from core.migrations import HEAD, migrate
from core.preflight import cut_short, missing_bytes
from core.scratch import Scratch
from core.settings import Settings
from core.upgrade import plan, report, swapping
from core.upgrade.building import Builder
from core.upgrade.guarding import alone, only_one
from core.upgrade.names import SIDES, Names, beside, fingerprint, has_journal, has_log, size_with_log
from core.upgrade.report import State, size_words, upgrade_report
from core.upgrade.source import Source, opened, recognised
from core.upgrade.telling import Telling
from core.upgrade.verifying import verify

__all__ = ["Telling", "upgrade", "upgrade_report"]

PATIENT: Final = 600.0  # seconds for one decode, for there is no second chance
MARGIN: Final = 64 * 2**20  # bytes of the disk that stay free

Reach = Callable[[str], None]


def upgrade(
    settings: Settings,
    now: datetime,
    telling: Telling,
    *,
    reach: Reach = lambda _stage: None,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> list[str] | None:
    """Turn the earlier system's file at `settings.database` into a studio's; returns the report's lines, or None where
    there is nothing to upgrade.

    `reach` is told of each stage, `free` gives the bytes that a folder's disk has left. Raises `StorageBusy` while
    somebody else works on the file, `DiskFull`, `UnusableDatabase` for one that cannot be read; the file is then
    as it was.
    """
    names = Names(settings.database.resolve())
    if not (recognised(names.path) or names.building.exists()):
        _tidy(names)
        return None
    with _told(names), only_one(names):
        done = _Upgrade(names, settings, now, telling, reach, free).run()
    _tidy(names)
    return done


class _Upgrade:
    """One upgrade by the one process that may."""

    def __init__(
        self, names: Names, settings: Settings, now: datetime, telling: Telling, reach: Reach,
        free: Callable[[Path], int],
    ) -> None:  # fmt: skip
        self.names, self.settings, self.now, self.telling = names, settings, now, telling
        self.reach, self.free = reach, free

    def run(self) -> list[str] | None:
        """Finish what was begun, or begin."""
        ready = self._ready()
        if ready is None:
            if not recognised(self.names.path):  # another process was first, or nothing is there to upgrade from
                if self.names.path.exists():
                    _discard(self.names)
                return None
            ready = self._make()
            if ready is None:
                return None
        original, lines = ready
        swapping.swap(self.names, self.names.path.with_name(original), self.reach)
        for line in lines:
            self.telling.say(line)
        return lines

    def _ready(self) -> tuple[str, list[str]] | None:
        """The original's name and the report, where a verified file waits only to be put in its place."""
        with suppress(StudioError):
            if self.names.building.exists():
                database = open_database(self.names.building)
                try:
                    state, lines = report.load(database), upgrade_report(database)
                finally:
                    database.close()
                if state and state.verified and (self._same(state) or swapping.started(self.names, state.original)):
                    return state.original, lines or []
        return None

    def _make(self) -> tuple[str, list[str]] | None:
        path = self.names.path
        if (missing := missing_bytes(path)) and not has_log(path) and not has_journal(path):
            raise UnusableDatabase(cut_short(path, missing))
        self._require_room()
        with alone(path):
            before = fingerprint(path).plain()
            try:
                with opened(self.names) as source:
                    if not source.tables:  # what waits in the WAL are other tables
                        return None
                    size = size_words(size_with_log(path))
                    self.telling.say(f"{path} is a file of the earlier system ({size}). It becomes a studio's now;")
                    self.telling.say("the pages open when that is done. Stopping it with Ctrl-C loses nothing.")
                    with self._begun(before) as (database, state):
                        return self._fill(database, source, state)
            except StudioError as error:
                if fingerprint(path).plain() != before:
                    raise _changed(path) from error
                raise

    def _fill(self, database: Database, source: Source, state: State) -> tuple[str, list[str]]:
        folder, telling = self.names.path.parent, self.telling
        telling.begin("Looking through its rows.")
        steps = plan.make(source, self.names.path, lambda: None)
        number, since = len(steps.steps), state.done
        self.reach("planned")
        telling.begin(f"Copying {number:,} rows{f', going on after {since:,}' if since else ''}.")
        memory, patience = self.settings.decode_memory, max(self.settings.decode_seconds, PATIENT)
        with (
            closing(Scratch(self.settings.temporary)) as scratch,
            closing(Inspector(memory=memory, seconds=patience)) as inspector,
        ):
            builder = Builder(database, source, folder, inspector, scratch, self.reach)
            builder.build(steps, state, lambda done, size: telling.progress(done, number, size, since=since))
        telling.begin("Comparing the copy with the original, byte by byte.")
        verify(database, source, steps, folder, lambda done, size: telling.progress(done, number, size))
        if not self._same(state):
            raise _changed(self.names.path)
        state.original = self.names.kept(self.now).name
        with database.write() as connection:
            lines = report.finish(connection, source, state, self.now)
            state.verified = True
            report.save(connection, state)
        self.reach("verified")
        return state.original, lines

    @contextmanager
    def _begun(self, source: dict[str, object]) -> Iterator[tuple[Database, State]]:
        """The new file, as far as it came the last time; whole in itself in the end, thrown away when it failed."""
        database, state = self._resumed(source) or self._empty(source)
        try:
            yield database, state
            database.seal()
        except Exception:
            database.close()
            _discard(self.names)
            raise
        except BaseException:  # stopped by hand: the next start goes on from here
            database.close()
            raise
        database.close()
        _require_whole(self.names.building)

    def _resumed(self, source: dict[str, object]) -> tuple[Database, State] | None:
        with suppress(StudioError):
            if self.names.building.exists():
                database = open_database(self.names.building)
                state = report.load(database)
                if state and (state.source, state.schema, state.verified) == (source, HEAD, False):
                    return database, state
                database.close()
        return None

    def _empty(self, source: dict[str, object]) -> tuple[Database, State]:
        _discard(self.names)
        database, state = open_database(self.names.building), State(source, HEAD)
        try:
            migrate(database, self.now)
            with database.write() as connection:
                report.save(connection, state)
        except BaseException:
            database.close()
            raise
        return database, state

    def _same(self, state: State) -> bool:
        try:
            return fingerprint(self.names.path).plain() == state.source
        except OSError:
            return False

    def _require_room(self) -> None:
        """The copy needs about as much room as the original; to undo an interrupted change takes one more."""
        path, folder = self.names.path, self.names.path.parent
        needed = size_with_log(path) * (2 if has_journal(path) else 1) + MARGIN
        there = self.free(folder)
        with suppress(OSError):
            there += self.names.building.stat().st_size
        if there < needed:
            raise DiskFull(
                f"To upgrade {path} about {size_words(needed)} of room are needed in {folder}, and {size_words(there)} "
                "are free. Make room, or copy the file to a larger disk, and start again; nothing was changed."
            )


def _tidy(names: Names) -> None:
    """Remove what is of no use once the file is a studio's."""
    if names.path.exists() and names.lock.exists() and not recognised(names.path):
        with suppress(OSError, StorageError), only_one(names):
            shutil.rmtree(names.room, ignore_errors=True)
            names.lock.unlink(missing_ok=True)


@contextmanager
def _told(names: Names) -> Iterator[None]:
    """Troubles of the disk in words."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(
                f"The disk became full while {names.path} was upgraded. It was not changed. Make room and start again."
            ) from error
        raise StorageError(
            f"{names.path} could not be upgraded: {error.strerror or error} ({error.filename or 'the disk'}). "
            "It was not changed. Check the folder and its permissions, and start again."
        ) from error


def _changed(path: Path) -> StorageError:
    return StorageError(
        f"{path} was changed while it was upgraded, most likely by the earlier system. Stop that, then start again; "
        "nothing was lost."
    )


def _discard(names: Names) -> None:
    """Remove a half-made new file."""
    for side in ("", *SIDES):
        beside(names.building, side).unlink(missing_ok=True)
    for leftover in names.path.parent.glob(f".{names.building.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.rmtree(names.room, ignore_errors=True)


def _require_whole(path: Path) -> None:
    """Nothing of the new file may be in a WAL when it is renamed."""
    left = [beside(path, side) for side in SIDES[:2]]
    if any(side.exists() and side.stat().st_size for side in left):
        raise StorageError(f"Another program has {path} open. Close it, then start again; nothing was changed.")
    for side in SIDES:
        beside(path, side).unlink(missing_ok=True)
    swapping.sync_file(path)
