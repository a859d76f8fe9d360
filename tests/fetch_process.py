"""One fetch in a process of its own, so that its memory can be told: prints outcome, growth and seconds as JSON.

python -m tests.fetch_process URL TARGET HOST:PORT SIZE
"""

import json
import resource
import sys
import time
from pathlib import Path

from core.downloads import Downloader, Policy
from core.errors import DownloadFailed


def peak() -> int:
    """The most bytes of memory that this process has had; Linux counts its parent's into ru_maxrss."""
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(url: str, target: str, netloc: str, size: str) -> None:
    """Fetch once."""
    downloader = Downloader(Policy((), local=(netloc,), size=int(size)), pause=lambda _: None)
    before, started = peak(), time.process_time()  # not of the clock: other processes have theirs
    try:
        outcome: object = downloader.fetch(url, Path(target)).bytes
    except DownloadFailed as error:
        outcome = type(error).__name__
    print(json.dumps({"outcome": outcome, "grown": peak() - before, "seconds": time.process_time() - started}))


if __name__ == "__main__":
    main(*sys.argv[1:])
