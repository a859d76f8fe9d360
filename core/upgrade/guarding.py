"""Keeps two upgrades apart, and an upgrade from a program that still works on the earlier file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from core.errors import StorageBusy
from core.upgrade.names import Names

SHARED: Final = (
    510,
    0x40000002,
)  # length and place of the bytes that a reader locks; https://sqlite.org/lockingv3.html


@contextmanager
def only_one(names: Names) -> Iterator[None]:
    """Raises `StorageBusy` while another process upgrades the file."""
    lock = FileLock(names.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StorageBusy(
            f"Another process is upgrading {names.path} just now. Wait until it has ended, then start again."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the earlier file as SQLite itself would; raises `StorageBusy` while another program has it open.

    A courtesy, which not every system knows; whether the file stayed the same is seen from its fingerprint.
    """
    try:
        import fcntl

        file = path.open("r+b")
    except (ImportError, OSError):
        yield
        return
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *SHARED)
        except OSError:
            raise StorageBusy(
                f"Another program has {path} open, most likely the earlier system. Stop it, then start again; "
                "nothing was changed."
            ) from None
        yield
