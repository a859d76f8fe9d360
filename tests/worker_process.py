"""A studio without pages, to be killed: `python -m tests.worker_process DATABASE TEMPORARY`. Says `ready`."""

import sys
import time
from pathlib import Path

from core import Settings, Studio

if __name__ == "__main__":
    studio = Studio(Settings(database=Path(sys.argv[1]), temporary=Path(sys.argv[2])))
    studio.start()
    print("ready", flush=True)
    while True:
        time.sleep(60)
