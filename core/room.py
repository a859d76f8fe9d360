"""Room on the disk: how much is free, when new work has to wait, and a ballast that is given up for deletions.

On a full disk even a deletion fails, for it is written before anything is freed. So a file of zeros, `<db>-ballast`,
lies beside the database; it is removed when a deletion meets a full disk, and made again once there is room.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from core.database import Database
from core.errors import DiskFull

BALLAST: Final = 16 * 2**20  # bytes: more than a transaction of deletions writes
PLENTY: Final = 8 * BALLAST  # bytes free beyond which the ballast is made
RESERVE: Final = 256 * 2**20  # bytes free below which no new work begins

Result = TypeVar("Result")


def free(path: Path) -> int:
    """Bytes free on the disk that holds the file."""
    return shutil.disk_usage(path.parent).free


def shortage(path: Path, reserve: int = RESERVE) -> str | None:
    """Why new work has to wait, in a sentence; None where there is room. `reserve` is in bytes."""
    left = free(path)
    if left >= reserve:
        return None
    return (
        f"The disk has {left / 1e6:,.0f} MB left, and new work waits until there are {reserve / 1e6:,.0f} MB. "
        "Make room: empty the trash and give space back under Storage, or delete other files. Nothing is lost."
    )


def ballast_of(path: Path) -> Path:
    """Where the ballast of a studio file lies."""
    return path.with_name(f"{path.name}-ballast")


def keep_ballast(path: Path) -> bool:
    """Make the ballast if it is not there and there is plenty of room; returns whether it is there."""
    ballast = ballast_of(path)
    try:
        if ballast.exists() and ballast.stat().st_size == BALLAST:
            return True
        if free(path) < PLENTY:
            return False
        unborn = ballast.with_name(ballast.name + ".part")
        with unborn.open("wb") as file:
            _fill(file.fileno())
        unborn.replace(ballast)
    except OSError:  # the disk is not ours alone; it is tried again later
        return False
    return True


def spend_ballast(path: Path) -> bool:
    """Remove the ballast; returns whether that gave room."""
    try:
        ballast_of(path).unlink()
    except OSError:
        return False
    return True


def making_room(database: Database, act: Callable[[], Result]) -> Result:
    """Do something that ends in more room, a second time without the ballast if the disk is full at first.

    Raises `DiskFull` where that was not enough.
    """
    try:
        return act()
    except DiskFull:
        if not spend_ballast(database.path):
            raise
    return act()


def _fill(descriptor: int) -> None:
    """Really take the room: a file with a hole would give none back."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, BALLAST)
        return
    for _ in range(BALLAST // 2**20):
        os.write(descriptor, bytes(2**20))
