"""Keeping items: the studio's real path against plain files with fsync on the same disk, and the memory it takes."""

import hashlib
import os
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

from bench.harness import Plan, Samples, interleaved, timed
from bench.items import MB, claimed, keep, studio
from bench.peak import peak
from core.blobs import CHUNK
from core.database import Database
from core.sandbox import Sandbox
from core.scratch import Scratch

MEANINGS: Final = {
    "ingest_2mb_vs_file": "keeping 2 MB items: our speed / a new file + fsync, unhashed; bigger is better",
    "ingest_100mb_vs_file": "keeping 100 MB: our speed / a new file + fsync, unhashed; bigger is better",
    "ingest_100mb_vs_hashed_file": "keeping 100 MB: our speed / a new file + SHA-256 + fsync; bigger is better",
    "ingest_100mb_peak_mib": "extra memory in MiB while keeping 100 MB; smaller is better",
    "ingest_400mb_peak_mib": "the same for 400 MB: no more, as it does not grow with size; smaller is better",
}
ITEMS: Final = 32  # of 2 MB in a run: single ones miss the checkpoint that falls due every 16

Write = Callable[[BytesIO, Path], None]


def space(plan: Plan) -> int:
    """Bytes of disk for one studio file with all items of a size, the peers' files, and the file for the peaks."""
    return (plan.runs + 1) * 120 * MB + 1000 * MB if not plan.quick else 200 * MB


def measure(scratch: Scratch, plan: Plan) -> Samples:
    """Ratios of speed and extra MiB."""
    small = _seconds(scratch, plan, os.urandom(plan.size(2 * MB, MB // 5)), plan.size(ITEMS, 4), _write)
    large = _seconds(scratch, plan, os.urandom(plan.size(100 * MB, 10 * MB)), 1, _write, _write_hashed)
    return {
        "ingest_2mb_vs_file": [plain / ours for ours, plain in small],
        "ingest_100mb_vs_file": [plain / ours for ours, plain, _ in large],
        "ingest_100mb_vs_hashed_file": [hashed / ours for ours, _, hashed in large],
        "ingest_100mb_peak_mib": _peaks(scratch, plan, plan.size(100 * MB, 10 * MB)),
        "ingest_400mb_peak_mib": _peaks(scratch, plan, plan.size(400 * MB, 20 * MB)),
    }


def _seconds(scratch: Scratch, plan: Plan, data: bytes, count: int, *peers: Write) -> list[tuple[float, ...]]:
    """Seconds that the studio and each peer take to keep `data` `count` times."""
    with scratch.room() as room, studio(room) as database:
        ours = partial(_studio, database, data, count)
        return interleaved(plan.runs, ours, *(partial(_files, room, data, count, write) for write in peers))


def _studio(database: Database, data: bytes, count: int) -> float:
    todo = [(claimed(database), BytesIO(data)) for _ in range(count)]

    def act() -> None:
        for claim, source in todo:
            keep(database, claim, source)

    return timed(act)


def _files(room: Path, data: bytes, count: int, write: Write) -> float:
    todo = [(BytesIO(data), room / f"item-{number}") for number in range(count)]

    def act() -> None:
        for source, path in todo:
            write(source, path)

    seconds = timed(act)
    for _, path in todo:
        path.unlink()
    return seconds


def _write(source: BytesIO, path: Path, seen: Callable[[bytes], object] = len) -> None:
    """A new file that would survive a power cut; `seen` gets every piece."""
    with path.open("xb", buffering=0) as file:
        while piece := source.read(CHUNK):
            seen(piece)
            file.write(piece)
        os.fsync(file.fileno())
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _write_hashed(source: BytesIO, path: Path) -> None:
    digest = hashlib.sha256()
    _write(source, path, digest.update)
    digest.hexdigest()


def _peaks(scratch: Scratch, plan: Plan, size: int) -> list[float]:
    """Extra MiB in each run for a file of `size` bytes."""
    with scratch.room() as room:
        path = room / "item"
        with path.open("wb") as file:
            for _ in range(size // MB):
                file.write(os.urandom(MB))
        return [_peak(scratch, path) for _ in range(plan.runs)]


def _peak(scratch: Scratch, path: Path) -> float:
    fresh = Sandbox(memory=None)
    try:
        with scratch.room() as room:
            with studio(room):
                pass  # made here, so that the fresh process has no freed memory to hide growth in
            return float(fresh.run(peak, path, room, seconds=600))
    finally:
        fresh.close()
