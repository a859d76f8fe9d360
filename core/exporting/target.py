"""Where an export goes: what is refused, the part that it is made in, and the one step that gives it its name."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from core.backup.making import SPARE, sync
from core.database import Database, sync_folder
from core.errors import ExportRefused
from core.room import ballast_of

PART: Final = ".part"
BESIDE: Final = ("", "-wal", "-shm", "-journal")  # what SQLite lays beside a file


def require_target(database: Database, target: Path, *, replace: bool = False) -> None:
    """Raise `ExportRefused` with what to do where nothing can be written under this name."""
    own = {database.path.with_name(database.path.name + end).resolve() for end in BESIDE}
    if target.resolve() in own | {ballast_of(database.path).resolve()} or _same(target, database.path):
        raise ExportRefused(f"{target} is the studio's own file. Export to another name.")
    if target.is_dir():
        raise ExportRefused(f"{target} is a folder. Name a file in it, such as {target / 'export.zip'}.")
    if not target.parent.is_dir():
        raise ExportRefused(f"The folder {target.parent} is not there. Make it, or name another.")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise ExportRefused(f"The folder {target.parent} cannot be written to. Name another.")
    if target.exists() and not replace:
        raise ExportRefused(f"{target} is there already. Choose another name, or say that it may be replaced.")


@contextmanager
def placing(database: Database, target: Path, needed: int, *, replace: bool) -> Iterator[Path]:
    """Gives the path of the part to fill; when that went well it gets the name `target`, else nothing is left.

    What a killed process left of an earlier one is removed first. `needed` is in bytes. Raises `ExportRefused`.
    """
    require_target(database, target, replace=replace)
    part = target.with_name(target.name + PART)
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    try:
        with lock.acquire(timeout=0):
            try:
                _drop(part)
                _require_room(target.parent, needed)
                yield part
                sync(part)
                _give_name(part, target, replace=replace)
            finally:
                _drop(part)
                Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout:
        raise ExportRefused(f"Another export is being written to {target}. Wait until it is done.") from None
    except OSError as error:
        raise ExportRefused(
            f"{target} could not be written: {error.strerror or error}. Nothing was left there. Make room or name "
            "another folder."
        ) from error


def _require_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise ExportRefused(
            f"The export needs {(needed + SPARE) / 2**20:,.0f} MiB in {folder}, and {free / 2**20:,.0f} MiB are free. "
            "Make room, choose fewer items, or name a folder on another disk."
        )


def _give_name(part: Path, target: Path, *, replace: bool) -> None:
    if replace:
        os.replace(part, target)
    else:
        try:
            os.link(part, target)  # unlike a rename it takes no other file's place
        except FileExistsError:
            raise ExportRefused(f"{target} has appeared meanwhile. Choose another name.") from None
        except OSError:  # a file system without hard links
            if target.exists():
                raise ExportRefused(f"{target} has appeared meanwhile. Choose another name.") from None
            part.rename(target)
    sync_folder(target.parent)


def _drop(part: Path) -> None:
    for end in BESIDE:
        with suppress(OSError):
            part.with_name(part.name + end).unlink(missing_ok=True)


def _same(target: Path, path: Path) -> bool:
    """Whether both are one file, by whatever name."""
    try:
        return target.samefile(path)
    except OSError:
        return False
