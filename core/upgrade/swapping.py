"""Puts the verified new file in the place of the earlier one. Each step may be the last before a crash, and all of
them may be done again: at any moment the path leads to one of the two, whole.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core.database import sync_folder
from core.upgrade.names import SIDES, Names, beside


def swap(names: Names, original: Path, reach: Callable[[str], None]) -> None:
    """The earlier file keeps its bytes under the name `original`, with its WAL or journal; the new one gets its."""
    for side in ("", *SIDES[:2]):
        _also_named(beside(names.path, side), beside(original, side))
    sync_folder(names.path.parent)
    reach("linked")
    for side in SIDES:  # a WAL left beside the new file would be taken for its own
        beside(names.path, side).unlink(missing_ok=True)
    sync_folder(names.path.parent)
    reach("cleared")
    with suppress(OSError):
        shutil.copymode(original, names.building)
    names.building.replace(names.path)
    sync_folder(names.path.parent)
    reach("swapped")


def started(names: Names, original: str) -> bool:
    """Whether the swap had begun when it was interrupted, so that it may only be finished."""
    if not original:
        return False
    kept = names.path.with_name(original)
    return kept.exists() and (not names.path.exists() or kept.samefile(names.path))


def sync_file(path: Path) -> None:
    """Let a file's bytes reach the disk."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _also_named(path: Path, name: Path) -> None:
    """Give a file a second name, or, where there are no hard links, another one."""
    if not path.exists() or name.exists():
        return
    try:
        os.link(path, name)
    except OSError:
        path.rename(name)
