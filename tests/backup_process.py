"""Makes a backup, to be killed: `python -m tests.backup_process DATABASE FOLDER`. Says what it does, slowly."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from core import backup
from core.database import open_database
from core.progress import Progress


class Loud(Progress):
    """Tells each step and waits for a line before it goes on."""

    def check(self) -> None:
        """Say where it is."""
        print(self.words, flush=True)
        sys.stdin.readline()
        super().check()


if __name__ == "__main__":
    backup.make(open_database(Path(sys.argv[1])), datetime.now(UTC), Loud(), folder=Path(sys.argv[2]))
    print("done", flush=True)
