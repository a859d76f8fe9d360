"""The files of an upgrade: the earlier system's, what stands beside it meanwhile, and what stays. Changes nothing."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core.preflight import UPGRADING

SIDES: Final = ("-wal", "-journal", "-shm")  # what SQLite lays beside a file
JOURNAL_MAGIC: Final = bytes.fromhex("d9d505f920a163d7")  # https://sqlite.org/fileformat.html#the_rollback_journal


@dataclass(frozen=True)
class Names:
    """Every path of one upgrade; `path` is the file itself, no link to it."""

    path: Path

    @property
    def building(self) -> Path:
        """The new file, until it takes the place of the earlier one."""
        return beside(self.path, UPGRADING)

    @property
    def room(self) -> Path:
        """A folder for what is needed to read the earlier file without changing it."""
        return beside(self.path, UPGRADING + "-room")

    @property
    def lock(self) -> Path:
        """Held by the one process that upgrades."""
        return beside(self.path, UPGRADING + "-lock")

    def kept(self, now: datetime) -> Path:
        """A dated name for the original that nothing has yet."""
        dated = beside(self.path, f".earlier-{now:%Y%m%dT%H%M%SZ}")
        number, free = 1, dated
        while free.exists():
            number += 1
            free = beside(dated, f"-{number}")
        return free


@dataclass(frozen=True)
class Fingerprint:
    """What tells whether a file was changed: of it and of its WAL and journal, size in bytes and time in ns."""

    file: tuple[int, int, int]
    wal: tuple[int, int] | None
    journal: tuple[int, int] | None

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {name: list(value) if value else None for name, value in asdict(self).items()}


def beside(path: Path, ending: str) -> Path:
    """The neighbour whose name is longer by `ending`."""
    return path.with_name(path.name + ending)


def fingerprint(path: Path) -> Fingerprint:
    """Of the file as it is now."""
    found = path.stat()
    return Fingerprint((found.st_ino, found.st_size, found.st_mtime_ns), _of(path, "-wal"), _of(path, "-journal"))


def size_with_log(path: Path) -> int:
    """Bytes of a database and of the changes that wait beside it."""
    return path.stat().st_size + sum(found[0] for side in SIDES[:2] if (found := _of(path, side)))


def has_log(path: Path) -> bool:
    """Whether changes wait in a WAL beside the file."""
    found = _of(path, "-wal")
    return bool(found and found[0])


def has_journal(path: Path) -> bool:
    """Whether a change was interrupted half way, so that the journal beside the file must undo it."""
    try:
        with beside(path, "-journal").open("rb") as file:
            return file.read(len(JOURNAL_MAGIC)) == JOURNAL_MAGIC
    except FileNotFoundError:
        return False


def _of(path: Path, side: str) -> tuple[int, int] | None:
    try:
        found = beside(path, side).stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns
