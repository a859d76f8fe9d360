"""Brings files in one by one: hashed, known or not, looked through in the sandbox, their recipe read, stored whole.

Killed at any moment and started again it goes on where it was, for what is here already is known by its bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from filelock import FileLock, Timeout

from core import embedding
from core.blobs import Stored
from core.database import Database
from core.errors import DiskFull, MediaRefused, StorageBusy
from core.importing import dating, keeping, linking, recipes
from core.importing.archive import BROKEN
from core.importing.entries import Entry, Passed, Source
from core.importing.keeping import Checked, Told
from core.importing.report import Line, Report
from core.importing.sources import opened
from core.media import Inspector
from core.progress import Progress
from core.scratch import Scratch

PIECE: Final = 2**20  # bytes
NO_RECIPE: Final = "It is a text without a recipe that can be read."


@dataclass
class Intake:
    """What is needed to take files in. `media_limit` is the bytes of one file; `shortage` says why there is no room."""

    database: Database
    inspector: Inspector
    scratch: Scratch
    media_limit: int
    shortage: Callable[[], str | None]

    def bring(self, paths: Sequence[Path], now: datetime, progress: Progress, report: Report) -> None:
        """Bring in what lies at these paths: files, folders, ZIPs, other studios' files. `report` is kept up to date.

        Raises `ImportRefused` for a path that nothing can be brought in from, `StorageBusy` while another import is
        under way, `DiskFull` when room runs out, `WorkStopped`; what was added until then stays.
        """
        with self._alone(), ExitStack() as stack:
            progress.begin("Looking at what there is")
            room = stack.enter_context(self.scratch.room())
            sources = opened(paths, self.database.path, room, progress, report, stack)
            keeping.sweep(self.database)
            progress.begin("Bringing in", sum(source.bytes for source in sources))
            number, total = 0, sum(source.number for source in sources)
            for entry in _entries(sources):
                progress.check()
                if isinstance(entry, Passed):
                    report.add(Line(entry.name, "skipped", why=entry.why))
                    continue
                number += 1
                progress.words = f"Bringing in {number:,} of {max(total, number):,} files"
                report.add(self._take(entry, now, progress, report))
            progress.done = progress.total
            linking.link_again(self.database)

    def _take(self, entry: Entry, now: datetime, progress: Progress, report: Report) -> Line:
        """One file; what is wrong with it is told, and harms no other."""
        before = progress.done
        try:
            if entry.record.checked and (line := self._known(entry, entry.record.sha256 or "")):
                return line
            if why := self.shortage():
                raise DiskFull(why)
            if entry.size > self.media_limit:
                return Line(entry.name, "skipped", why=f"It is larger than {self.media_limit // 2**20:,} MiB.")
            with self.scratch.room() as room:
                return self._bring(entry, room / "file", now, progress, report)
        except MediaRefused as error:
            return Line(entry.name, "skipped", why=error.sentence)
        finally:
            progress.done = before + entry.size

    def _bring(self, entry: Entry, path: Path, now: datetime, progress: Progress, report: Report) -> Line:
        stored = self._fetch(entry, path, progress)
        if line := self._known(entry, stored.sha256):
            return line
        if entry.record.sha256 not in (None, stored.sha256):
            raise MediaRefused("Its bytes are not those that were stored there: it is damaged.")
        found = self.inspector.inspect(path, progress.check)
        texts = _texts(path, found.mime) | dict(entry.texts())
        recipe = entry.record.recipe or recipes.read(texts)
        if recipe is None:
            for name in entry.beside:
                report.add(Line(name, "skipped", why=NO_RECIPE))
        made = recipe.created_at if recipe else None
        record = entry.record.created_at
        created_at = dating.created_at(now, record, made, dating.of_texts(texts), entry.made_at)
        told = Told(created_at, recipe, texts)
        media_id = keeping.keep(self.database, entry, Checked(path, stored, found), told, now, progress.check)
        return Line(entry.name, "added", media_id, recipe.program if recipe else "")

    def _known(self, entry: Entry, digest: str) -> Line | None:
        known = keeping.known(self.database, digest)
        return known and Line(entry.name, "trash" if known[1] else "here", known[0])

    def _fetch(self, entry: Entry, path: Path, progress: Progress) -> Stored:
        try:
            with entry.open() as source:
                return self._copy(source, path, progress)
        except OSError as error:
            raise MediaRefused(f"It cannot be read: {error.strerror or error}.") from error
        except BROKEN as error:
            raise MediaRefused("It is damaged in the ZIP. Get the ZIP once more.") from error

    def _copy(self, source: BinaryIO, path: Path, progress: Progress) -> Stored:
        """The bytes into a temporary file, hashed on the way; no more of them than are kept."""
        digest, size = sha256(), 0
        with path.open("wb") as target:
            while piece := source.read(PIECE):
                digest.update(piece)
                size += len(piece)
                if size > self.media_limit:
                    raise MediaRefused(f"It is larger than {self.media_limit // 2**20:,} MiB.")
                _write(target, piece)
                progress.advance(len(piece))
        return Stored(size, digest.hexdigest())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One import at a time, also among processes: what another has half stored is not to be swept."""
        lock = FileLock(self.database.path.with_name(f"{self.database.path.name}-import.lock"), timeout=0)
        try:
            with lock:
                yield
        except Timeout:
            raise StorageBusy("Another import into this file is under way. Wait until it is done.") from None


def _entries(sources: Sequence[Source]) -> Iterator[Entry | Passed]:
    for source in sources:
        yield from source.entries()


def _texts(path: Path, mime: str) -> dict[str, str]:
    """The texts in a file that was found good; one whose notes are damaged has none."""
    try:
        return embedding.read_texts(path, mime)
    except MediaRefused:
        return {}


def _write(target: BinaryIO, piece: bytes) -> None:
    try:
        target.write(piece)
    except OSError as error:
        raise DiskFull(
            f"There is no room for a temporary file ({error.strerror}). Make room and start again; nothing was lost."
        ) from error
