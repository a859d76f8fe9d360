"""Looks at a database file from outside, before SQLite touches it; refuses what is no studio, in words."""

import os
from pathlib import Path
from typing import Final

from core.errors import UnusableDatabase
from core.sqlite import APPLICATION_ID

HEADER: Final = 100  # bytes; https://sqlite.org/fileformat.html
MAGIC: Final = b"SQLite format 3\0"
UPGRADING: Final = ".upgrading"  # what a file is called until it takes the place of the earlier system's


def preflight(path: Path) -> bool:
    """Whether a studio file is there (False: nothing is, one can be made); raises `UnusableDatabase`."""
    try:
        return _preflight(path)
    except OSError as error:
        raise UnusableDatabase(f"{path} cannot be used: {error.strerror}. Name another path.") from error


def _preflight(path: Path) -> bool:
    if not path.exists():
        if path.is_symlink():
            raise UnusableDatabase(f"{path} is a link that leads nowhere. Mend the link or name another file.")
        if wal_of(path).exists():
            raise UnusableDatabase(
                f"{path} is missing, but {wal_of(path).name} beside it holds its newest changes. "
                "Put the file back, or move the -wal file away to begin an empty studio."
            )
        if path.with_name(path.name + UPGRADING).exists():
            raise UnusableDatabase(
                f"{path} is missing, but {path.name + UPGRADING} beside it is its upgrade, which was interrupted. "
                "Start the studio itself (make run) to finish it."
            )
        _require_folder(path.parent)
        return False
    if path.is_dir():
        raise UnusableDatabase(f"{path} is a folder. Set STUDIO_DATABASE to a file, such as {path / 'studio.db'}.")
    if not path.is_file():
        raise UnusableDatabase(f"{path} is not a regular file. Set STUDIO_DATABASE to a file on a local disk.")
    _require_writable(path)
    require_studio(path)
    return True


def wal_of(path: Path) -> Path:
    """The write-ahead log beside the database file."""
    return path.with_name(path.name + "-wal")


def _require_folder(folder: Path) -> None:
    for ancestor in (folder, *folder.parents):
        if ancestor.exists():
            if not ancestor.is_dir():
                raise UnusableDatabase(f"{ancestor} is a file, so no studio can be made below it. Name another path.")
            if not os.access(ancestor, os.W_OK | os.X_OK):
                raise UnusableDatabase(f"{ancestor} cannot be written to. Give yourself write access or name another.")
            return


def _require_writable(path: Path) -> None:
    if not os.access(path, os.R_OK):
        raise UnusableDatabase(f"{path} cannot be read. Give yourself read and write access to it.")
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise UnusableDatabase(
            f"{path} or its folder is read-only, and the studio has to write to both. "
            "Give yourself write access, or copy the file to a folder of your own."
        )


def require_studio(path: Path, advice: str = "Set STUDIO_DATABASE to your studio's file.") -> None:
    """Raise `UnusableDatabase` for what is no studio file by its header and size; `advice` says what to do then."""
    with path.open("rb") as file:
        header = file.read(HEADER)
    if not header:
        raise UnusableDatabase(f"{path} is empty (0 bytes). Put your studio file back, or delete it to begin anew.")
    if len(header) < HEADER or not header.startswith(MAGIC):
        raise UnusableDatabase(f"{path} is not a SQLite file. {advice}")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise UnusableDatabase(
            f"{path} is a SQLite file, but not a studio's. {advice} A file of the earlier system is upgraded when the "
            "studio itself is started with it (make run)."
        )
    if (missing := missing_bytes(path)) and not (wal_of(path).exists() and wal_of(path).stat().st_size):
        raise UnusableDatabase(cut_short(path, missing))


def missing_bytes(path: Path) -> int:
    """How many bytes the file has less than its header says."""
    with path.open("rb") as file:
        header = file.read(HEADER)
    page_size = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    return max(0, pages * (65_536 if page_size == 1 else page_size) - path.stat().st_size)


def cut_short(path: Path, missing: int) -> str:
    """The sentence for a file that lost its end."""
    return (
        f"{path} is cut short: {missing:,} bytes are missing. "
        "Take a whole copy from a backup; this one would lose pictures."
    )
