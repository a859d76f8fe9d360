"""Tasks for a sandbox that break in every way they can."""

import ctypes
import os
import time

import psutil


def double(number: int) -> int:
    """Works."""
    return 2 * number


def fail(word: str) -> None:
    """Raises."""
    raise KeyError(word)


def segfault() -> None:
    """Reads where nothing is."""
    ctypes.string_at(0)


def leave() -> None:
    """Ends the process."""
    os._exit(3)


def outgrow() -> int:
    """Takes more memory than it may."""
    return len(bytearray(2**31))


def hang() -> None:
    """Never comes back."""
    while True:
        time.sleep(1)


def threads_of_numpy() -> int:
    """How many threads numpy starts."""
    before = psutil.Process().num_threads()
    import numpy as np

    np.ones((300, 300)) @ np.ones((300, 300))
    return psutil.Process().num_threads() - before


def process() -> int:
    """The number of the process."""
    return os.getpid()
