"""Long works on the file, one at a time in a thread of its own: backups, also by schedule, verifying, mending,
compaction, imports, exports.

Started by a person or by the worker's look at what is due; whoever shows a page sees how far it is.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import humanize

from core import backup, compaction, exporting, verification
from core.database import Database
from core.errors import StorageBusy, StudioError, WorkStopped
from core.exporting import Made, Selection
from core.importing import Intake, Report
from core.marks import several
from core.progress import Progress
from core.scratch import Scratch

GOODBYE: Final = 10.0  # seconds that a work gets to end when the studio closes

Outcome = tuple[bool, str]  # whether it is well, and what there is to say

log = logging.getLogger(__name__)


@dataclass
class Work:
    """One long work: what it is called, how far it is, and its end in a sentence. `good` None: it is under way."""

    name: str
    started_at: datetime
    progress: Progress = field(default_factory=Progress)
    good: bool | None = None
    sentence: str = ""


class Upkeep:
    """Works on one file. Safe to use from many threads; `stop` it before the file is closed."""

    def __init__(self, database: Database, scratch: Scratch) -> None:
        self._database = database
        self._scratch = scratch
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.last: Work | None = None
        self.brought: Report | None = None  # what became of all that was brought in last
        self.exported: tuple[str, Made] | None = None  # form and file of the last export, if it was made

    @property
    def running(self) -> Work | None:
        """The work that is under way."""
        return self.last if self.last and self.last.good is None else None

    def back_up(self, now: datetime, *, reason: str = "asked") -> Work:
        """Begin a backup; raises `StorageBusy` while another work is under way."""

        def work(progress: Progress) -> Outcome:
            made = backup.make(self._database, now, progress, reason=reason)
            if made.damaged:
                return False, f"The backup is made, but {several(made.damaged)} in it are damaged. Verify everything."
            return True, f"The backup is made and checked: {several(made.items or 0)}, every hash as stored."

        return self._begin("Backup", now, work)

    def verify(self, now: datetime) -> Work:
        """Begin to verify everything, or go on with it; raises `StorageBusy` while another work is under way."""

        def work(progress: Progress) -> Outcome:
            with self._scratch.room() as room:
                found = verification.verify(self._database, room, now, progress)
            if found.good:
                held = several(found.items)
                return True, f"Everything is as it was stored: {held}, structure, references and search."
            return False, " ".join([f"{several(found.damaged)} damaged.", *found.faults])

        return self._begin("Verifying", now, work)

    def mend(self, now: datetime) -> Work:
        """Begin to bring damaged items back from backups; raises `StorageBusy` while another work is under way."""

        def work(progress: Progress) -> Outcome:
            mended = backup.mend(self._database, progress)
            left = len({each.media_id for each in verification.damaged(self._database)})
            return not left, f"{several(len(mended))} mended." + (f" No backup has {several(left)} whole." * bool(left))

        return self._begin("Mending", now, work)

    def export(self, now: datetime, selection: Selection, target: Path, form: str, *, replace: bool = False) -> Work:
        """Begin an export of the form "zip" or "studio" to a path.

        Raises `ExportRefused` where it cannot go there, `StorageBusy` while another work is under way.
        """
        exporting.require_target(self._database, target, replace=replace)
        make = {"zip": exporting.zip_file, "studio": exporting.studio_file}[form]

        def work(progress: Progress) -> Outcome:
            self.exported = None
            made = make(self._database, selection, target, now, progress, replace=replace)
            self.exported = form, made
            return not made.skipped, made.sentence

        return self._begin("Export", now, work)

    def bring(self, intake: Intake, paths: Sequence[Path], now: datetime, *, then: Callable[[], object] = int) -> Work:
        """Begin to bring in what lies at these paths; `then` is done in the end, however it ends.

        Raises `StorageBusy` while another work is under way.
        """
        report = Report()

        def work(progress: Progress) -> Outcome:
            try:
                intake.bring(paths, now, progress, report)
            except StudioError as error:
                return False, error.sentence + (f" Until then: {report.sentence}" if report.fates else "")
            finally:
                then()
            return not report.fates["skipped"], report.sentence

        begun = self._begin("Import", now, work)
        self.brought = report
        return begun

    def compact(self, now: datetime) -> Work:
        """Begin to give free pages back to the disk; raises `StorageBusy` while another work is under way."""

        def work(progress: Progress) -> Outcome:
            made = compaction.compact(self._database, progress)
            return True, f"{humanize.naturalsize(made.returned)} went back to the disk."

        return self._begin("Giving space back", now, work)

    def tend(self, now: datetime) -> bool:
        """Begin a backup if one is due by its schedule; an errand of the worker, with nothing more to do after it."""
        due = backup.due_at(self._database, now)
        if due is not None and due <= now and not self.running:
            self.back_up(now, reason="schedule")
        return False

    def stop(self) -> None:
        """Ask what is under way to end, and wait for it."""
        if work := self.running:
            work.progress.stop()
        if self._thread:
            self._thread.join(GOODBYE)

    def wait(self, seconds: float) -> Work | None:
        """Wait until nothing is under way; returns the last work."""
        if self._thread:
            self._thread.join(seconds)
        return self.last

    def _begin(self, name: str, now: datetime, work: Callable[[Progress], Outcome]) -> Work:
        with self._lock:
            if under_way := self.running:
                raise StorageBusy(f"{under_way.name} is under way. Wait until it is done, or stop it.")
            begun = self.last = Work(name, now)
            self._thread = threading.Thread(target=_carry_out, args=(begun, work), name="upkeep", daemon=True)
            self._thread.start()
            return begun


def _carry_out(begun: Work, work: Callable[[Progress], Outcome]) -> None:
    try:
        good, begun.sentence = work(begun.progress)
    except WorkStopped as error:
        begun.sentence, good = error.sentence, False
    except StudioError as error:
        log.warning("%s: %s", begun.name, error.sentence)
        begun.sentence, good = error.sentence, False
    except Exception:
        log.exception("%s failed.", begun.name)
        begun.sentence, good = "Something went wrong inside the studio; its log has the details.", False
    log.info("%s: %s", begun.name, begun.sentence)
    begun.good = good
