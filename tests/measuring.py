"""Inspects in a sandbox's process and tells what it cost."""

import re
import resource
import sys
import time
from pathlib import Path

from core.errors import MediaRefused
from core.media import Inspection, inspect


def inspected(path: Path) -> tuple[Inspection | str, float, int]:
    """What was found, or why it was refused; seconds of work; the most memory the process ever had, in MiB."""
    started = time.process_time()
    try:
        found: Inspection | str = inspect(path)
    except MediaRefused as error:
        found = error.sentence
    return found, time.process_time() - started, peak()


def peak() -> int:
    """The most memory that this process ever had, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere Linux counts in what the parent had when it forked
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        assert found
        return int(found[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 1024)
