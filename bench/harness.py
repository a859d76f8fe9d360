"""How measurements are made: side by side in one run, in a folder on the working disk that is gone afterwards."""

import gc
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from core.errors import DiskFull
from core.scratch import Scratch

FOLDER: Final = Path("build") / "bench"  # below the working directory, for /tmp may be memory
SPARE: Final = 256 * 2**20  # bytes of disk left to others

Side = Callable[[], float]  # does its job once and returns the seconds of what counts
Samples = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Plan:
    """How much to measure: `runs` after a warm-up; `quick` takes small sizes, whose figures mean nothing."""

    runs: int
    quick: bool = False

    def size(self, full: int, quick: int) -> int:
        """The one of two sizes that this plan asks for."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Spread:
    """What the runs gave, in the unit that the figure's meaning names."""

    min: float
    median: float
    max: float


class Measurement(Protocol):
    """What a module of measurements offers; `MEANINGS` has a phrase for every figure it yields."""

    MEANINGS: Mapping[str, str]

    def space(self, plan: Plan) -> int:
        """Bytes of disk it needs at most."""

    def measure(self, scratch: Scratch, plan: Plan) -> Samples:
        """The samples of each figure."""


def spread(samples: Sequence[float]) -> Spread:
    """Least, middle and greatest of some samples."""
    return Spread(min(samples), statistics.median(samples), max(samples))


def timed(act: Callable[[], object]) -> float:
    """Seconds that `act` takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def interleaved(runs: int, *sides: Side) -> list[tuple[float, ...]]:
    """The seconds of each side in each run, in turn (A B A B ...) after one warm-up of each."""

    def turn(side: Side) -> float:
        gc.collect()  # the garbage of what came before is not this side's
        return side()

    return [tuple(turn(side) for side in sides) for _ in range(runs + 1)][1:]


@contextmanager
def workplace(needed: int) -> Iterator[Scratch]:
    """Temporary folders with room for `needed` bytes, gone at the end; raises `DiskFull` in one sentence."""
    made = not FOLDER.parent.exists()
    FOLDER.mkdir(parents=True, exist_ok=True)
    scratch = Scratch(FOLDER.resolve())
    try:
        free = shutil.disk_usage(scratch.folder).free
        if free < needed + SPARE:
            wanted = (needed + SPARE) / 1e6
            raise DiskFull(f"This needs {wanted:,.0f} MB of free disk space, and there are {free / 1e6:,.0f} MB.")
        yield scratch
    finally:
        scratch.close()
        with suppress(OSError):  # another run is at work there
            FOLDER.rmdir()
            if made:
                FOLDER.parent.rmdir()
