"""A studio without pages that is killed when its worker reaches a named step:
`python -m tests.hosted_process DATABASE TEMPORARY BASE DELIVERY [STEP [TIMES]]`. Says `ready`."""

import os
import signal
import sys
import time
from pathlib import Path

from core import Settings, Studio
from tests.standin.server import TOKEN


def settings(database: str, temporary: str, base: str, delivery: str) -> Settings:
    """For a stand-in at `base` that delivers from `delivery` (host:port)."""
    return Settings(
        database=Path(database),
        temporary=Path(temporary),
        replicate_token=TOKEN,
        replicate_base=base,
        local_deliveries=(delivery,),
        settle_seconds=1.5,
    )


def main(database: str, temporary: str, base: str, delivery: str, step: str = "", times: str = "1") -> None:
    """Run until killed."""
    studio = Studio(settings(database, temporary, base, delivery))
    left = int(times)

    def reach(name: str) -> None:
        nonlocal left
        if name == step:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    studio.worker.reach = reach
    studio.worker.start()  # without painters, which have nothing to do here
    print("ready", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
