"""Memory that keeping one file takes; runs in a fresh process, where nothing else has grown."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from bench.items import claimed, keep, studio

TICK: Final = 0.001  # seconds between two looks


def peak(path: Path, folder: Path) -> float:
    """MiB of resident memory above the start while the file at `path` goes into the studio in `folder`."""
    with studio(folder) as database, path.open("rb") as source:
        claim = claimed(database)
        with watched() as looks:
            keep(database, claim, source)
    return (max(looks) - looks[0]) / 2**20


@contextmanager
def watched() -> Iterator[list[int]]:
    """Resident bytes of this process: at the start, every millisecond, and at the end."""
    process, over = psutil.Process(), threading.Event()
    looks = [process.memory_info().rss]

    def look() -> None:
        while not over.wait(TICK):
            looks.append(process.memory_info().rss)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        over.set()
        thread.join()
        looks.append(process.memory_info().rss)
