"""Exports in a process of its own: `python -m tests.export_process DATABASE TARGET zip|studio [step] [BYTES]`.

Prints how many MiB of memory it took, or why it was refused. With `step` it says what it does and waits for a line
before each step, to be killed; with BYTES no file may become larger.
"""

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from core import exporting
from core.database import open_database
from core.errors import StudioError
from core.exporting import Selection
from core.progress import Progress
from tests.measuring import peak


class Loud(Progress):
    """Tells each step and waits for a line before it goes on."""

    def check(self) -> None:
        """Say where it is."""
        print(self.words, flush=True)
        sys.stdin.readline()
        super().check()


def main(database: str, target: str, form: str, step: str = "", most: str = "") -> None:
    """Make one export."""
    make = exporting.zip_file if form == "zip" else exporting.studio_file
    opened = open_database(Path(database))
    before = peak()
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    try:
        made = make(opened, Selection(), Path(target), datetime.now(UTC), Loud() if step else Progress())
        print("done", made.items, peak() - before, flush=True)
    except StudioError as error:
        print("refused", error.sentence, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
