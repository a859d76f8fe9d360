"""An export as pieces to send over a connection: a ZIP while it is made, a studio file once it was made and checked.

A studio file waits in a temporary folder that goes with the last piece, and at the next start after a crash; one at a
time, so that downloads cannot fill the disk.
"""

import tempfile
import threading
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from core.database import Database
from core.errors import NotFound, StorageBusy
from core.exporting.archive import stream
from core.exporting.selection import Selection
from core.exporting.smaller import studio_file
from core.progress import Progress
from core.scratch import Scratch

ENDS: Final = {"zip": ("zip", "application/zip"), "studio": ("db", "application/vnd.sqlite3")}  # of names; media types
PIECE: Final = 2**20  # bytes

_turn = threading.Lock()


@dataclass(frozen=True)
class Sent:
    """What is sent: its name, media type, size in bytes (None: not known yet) and its pieces."""

    name: str
    mime: str
    size: int | None
    pieces: Generator[bytes]


def name_of(form: str, now: datetime) -> str:
    """What an export of this form, "zip" or "studio", is called when it was made now; raises `NotFound`."""
    if form not in ENDS:
        raise NotFound(f"There is no export of the form '{form[:40]}'. Ask for {' or '.join(ENDS)}.")
    return f"onefile-studio-{now:%Y%m%dT%H%M%SZ}.{ENDS[form][0]}"


def sent(database: Database, selection: Selection, form: str, now: datetime) -> Sent:
    """The export, to be taken piece by piece, or closed. Raises `NotFound`, and what making it raises."""
    name = name_of(form, now)
    if form == "zip":
        return Sent(name, ENDS[form][1], None, stream(database, selection, now))
    if not _turn.acquire(blocking=False):
        raise StorageBusy("Another studio file is being downloaded. Wait until it is done, then try again.")
    try:
        scratch = Scratch(Path(tempfile.gettempdir()))
    except BaseException:
        _turn.release()
        raise
    pieces = _pieces(database, selection, now, scratch, scratch.folder / name)
    size = int(next(pieces))  # makes the file
    return Sent(name, ENDS[form][1], size, pieces)


def _pieces(database: Database, selection: Selection, now: datetime, scratch: Scratch, path: Path) -> Generator[bytes]:
    """The file's size, in digits, and then its bytes."""
    try:
        studio_file(database, selection, path, now, Progress())
        yield str(path.stat().st_size).encode()
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    finally:
        scratch.close()
        _turn.release()
