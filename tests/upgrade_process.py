"""Upgrades a file: `python -m tests.upgrade_process DATABASE TEMPORARY [STAGE NUMBER]`.

With a stage it kills itself, as hard as the system can, when it reaches that for the NUMBERth time. `hold` as the
stage: says `holding` there and waits for a line.
"""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from core import Settings, StudioError
from core.upgrade import Telling, upgrade


def reaching(stage: str) -> None:
    """End here, if this is the moment."""
    global left
    if wanted == "hold" and stage == "planned":
        print("holding", flush=True)
        sys.stdin.readline()
    if stage == wanted or wanted == "any":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


wanted, left = (sys.argv[3], int(sys.argv[4])) if len(sys.argv) > 4 else ("", 0)

if __name__ == "__main__":
    settings = Settings(database=Path(sys.argv[1]), temporary=Path(sys.argv[2]))
    try:
        upgrade(settings, datetime.now(UTC), Telling(sys.stdout), reach=reaching)
    except StudioError as error:
        sys.exit(error.sentence)
