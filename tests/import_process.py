"""Brings a folder into a studio file and is killed by itself at its step number N: FILE FOLDER TEMPORARY N."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from core.database import open_database
from core.importing import Intake, Report
from core.media import Inspector
from core.progress import Progress
from core.scratch import Scratch


class Mortal(Progress):
    """Ends the process, as by kill -9, when it has been asked often enough."""

    left = int(sys.argv[4]) if __name__ == "__main__" else 0

    def check(self) -> None:
        """One step nearer to the end."""
        type(self).left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        super().check()


if __name__ == "__main__":
    database = open_database(Path(sys.argv[1]))
    inspector, scratch = Inspector(memory=2**30, seconds=30), Scratch(Path(sys.argv[3]))
    report = Report()
    intake = Intake(database, inspector, scratch, 2**30, lambda: None)
    intake.bring([Path(sys.argv[2])], datetime.now(UTC), Mortal(), report)
    inspector.close()
    scratch.close()
    database.close()
    print(report.sentence)
