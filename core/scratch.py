"""Temporary folders that live only while bytes are checked, and never outlive a crash.

Each process has one folder, held by a lock that the system drops when the process ends, however it ends;
folders whose lock is free are swept at the next start.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from core.errors import InvalidSetting

PREFIX: Final = "onefile-studio-"
LOCK: Final = "lock"


class Scratch:
    """This process's temporary folder below `parent`."""

    def __init__(self, parent: Path) -> None:
        try:
            sweep(parent)
            unnamed = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=parent))
            self._lock = FileLock(unnamed / LOCK)
            self._lock.acquire()
            self.folder = unnamed.rename(parent / unnamed.name.removeprefix("."))  # seen by others only when locked
        except OSError as error:
            raise InvalidSetting("TMPDIR", f"{parent} cannot hold temporary files: {error.strerror}.") from error

    @contextmanager
    def room(self) -> Iterator[Path]:
        """A folder of one's own that is gone afterwards."""
        room = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def keep(self, name: str) -> Path:
        """A folder named `name`, empty, that stays until `drop`."""
        self.drop(name)
        room = self.folder / name
        room.mkdir()
        return room

    def drop(self, name: str) -> None:
        """Remove the folder named `name` with all that is in it; nothing happens where there is none."""
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def close(self) -> None:
        """Remove the folder with everything in it."""
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(parent: Path) -> int:
    """Remove the folders of processes that are no more; returns how many there were."""
    swept = 0
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            with FileLock(folder / LOCK, timeout=0):
                pass
        except (Timeout, OSError):  # alive, or another user's
            continue
        shutil.rmtree(folder, ignore_errors=True)
        swept += 1
    return swept
