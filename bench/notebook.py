"""A notebook on a large library: a frame of 100,000 items and what it shows, and the bytes of one large item."""

import os
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from bench.collection import grow
from bench.harness import Plan, Samples, timed
from bench.items import MB, claimed, keep, studio
from bench.peak import watched
from core.notebook import OpenStudio, open_studio
from core.sandbox import Sandbox
from core.scratch import Scratch

MEANINGS: Final = {
    "notebook_frame_100k_s": "a frame of all of 100,000 items; smaller is better",
    "notebook_frame_100k_mib": "extra memory in MiB for it; smaller is better",
    "notebook_shown_ms": "showing 60 of its rows with their pictures; smaller is better",
    "notebook_shown_mib": "extra memory in MiB for that; smaller is better",
    "notebook_save_mib": "extra memory in MiB for writing an item of 200 MB to a file; smaller is better",
    "notebook_bytes_ratio": "extra memory for all of its bytes at once, over their number; 1 is the least there can be",
}
ITEMS: Final = 100_000
SIZE: Final = 200 * MB
QUICK_ITEMS, QUICK_SIZE = 300, 20 * MB


def space(plan: Plan) -> int:
    """Bytes of disk for the library, the item, a copy of it and their logs."""
    return plan.size(1_500_000_000, 200_000_000)


def measure(scratch: Scratch, plan: Plan) -> Samples:
    """Each figure in a fresh process for each run."""
    size = plan.size(SIZE, QUICK_SIZE)
    run = _here if plan.quick else _fresh
    with scratch.room() as room:
        library, large = _library(room / "library", plan), _large(room / "large", size)
        frames = [run(framed, library) for _ in range(plan.runs)]
        shown = [run(showed, library) for _ in range(plan.runs)]
        taken = [run(saved_and_taken, large, room / "copy") for _ in range(plan.runs)]
    seconds, mebibytes = zip(*frames, strict=True)
    times, peaks = zip(*shown, strict=True)
    saved, whole = zip(*taken, strict=True)
    ratios = [each * 2**20 / size for each in whole]
    figures = (seconds, mebibytes, [1000 * each for each in times], peaks, saved, ratios)
    return dict(zip(MEANINGS, figures, strict=True))


def framed(folder: Path) -> tuple[float, float]:
    """(seconds, MiB) of a frame of everything."""
    with _opened(folder) as opened:
        opened.frame(limit=1)  # loads pandas
        return _weighed(opened.frame)


def showed(folder: Path) -> tuple[float, float]:
    """(seconds, MiB) of showing its first rows."""
    with _opened(folder) as opened:
        opened.frame(limit=1)._repr_html_()
        return _weighed(opened.frame().head(60)._repr_html_)


def saved_and_taken(folder: Path, target: Path) -> tuple[float, float]:
    """MiB of writing the one item to a file, and of having its bytes."""
    with _opened(folder) as opened:
        media = opened.media(1)
        return _weighed(partial(media.save, target))[1], _weighed(media.bytes)[1]


def _opened(folder: Path) -> OpenStudio:
    return open_studio(folder / "studio.db", work=False)


def _weighed(act: Callable[[], Any]) -> tuple[float, float]:
    with watched() as looks:
        seconds = timed(act)
    return seconds, max(2**10, max(looks) - looks[0]) / 2**20  # what cannot be seen counts as a KiB


def _library(folder: Path, plan: Plan) -> Path:
    folder.mkdir()
    items = plan.size(ITEMS, QUICK_ITEMS)
    with studio(folder) as database:
        grow(database, items, items)
    if not plan.quick:
        from bench.painting import with_thumbnails  # loads a browser's driver, which the measured processes need not

        with_thumbnails(folder)
    return folder


def _large(folder: Path, size: int) -> Path:
    folder.mkdir()
    with studio(folder) as database:
        keep(database, claimed(database), BytesIO(os.urandom(size)))
    return folder


def _here(task: Callable[..., tuple[float, float]], *arguments: Path) -> tuple[float, float]:
    return task(*arguments)


def _fresh(task: Callable[..., tuple[float, float]], *arguments: Path) -> tuple[float, float]:
    process = Sandbox(memory=None)
    try:
        one, other = process.run(task, *arguments, seconds=600)
        return float(one), float(other)
    finally:
        process.close()
