"""How far runs are, as a bar in a terminal or a notebook, until they have ended."""

import sys
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final

from core import jobs
from core.database import Database
from core.errors import NotFound

PAUSE: Final = 0.1  # seconds between two looks
OPEN: Final = ("queued", "running")
SHAPE: Final = "{desc} {bar} {n:.1f} of {total:.0f} {postfix}"
WIDE: Final = 80  # characters of a bar in a notebook
LOOKED_AT: Final = 200  # runs asked for at a time


def follow(database: Database, ids: Sequence[int], words: str) -> None:
    """Wait until none of these runs is queued or under way; raises `NotFound` for one that there is not."""
    left, ended = list(ids), 0
    if not left:
        return
    with _bar(len(ids), words) as bar:
        while left:
            looked_at = left[:LOOKED_AT]
            rows = {row["id"]: row for row in jobs.recent(database, ids=looked_at, limit=len(looked_at))}
            if missing := [number for number in looked_at if number not in rows]:
                raise NotFound(f"There is no run {missing[0]}.")
            under_way = [number for number in looked_at if rows[number]["status"] in OPEN]
            ended += len(looked_at) - len(under_way)
            left = under_way + left[LOOKED_AT:]
            _tell(bar, ended, [rows[number] for number in under_way])
            if left and len(under_way) == len(looked_at):
                time.sleep(PAUSE)


def _tell(bar: Any, ended: int, rows: Sequence[dict[str, Any]]) -> None:
    bar.n = ended + sum(row["progress"] or 0.0 for row in rows if row["status"] == "running")
    waits = next((row["waiting"] for row in rows if row["waiting"]), "")
    bar.set_postfix_str(waits, refresh=False)
    bar.refresh()


def _bar(total: int, words: str) -> Any:
    """A bar where somebody watches: a notebook or a terminal. Nothing of it stays."""
    from tqdm import tqdm

    shell = _kernel()
    return tqdm(
        total=total,
        desc=words,
        bar_format=SHAPE,
        ncols=WIDE if shell else None,
        leave=False,
        disable=False if shell else None,
        file=Line(shell.display_pub.publish) if shell else sys.stderr,
    )


class Line:
    """One line of a notebook's cell that changes in place, as a file.

    What is written to stdout would pile up in the notebook, a line for each look, and stderr is painted as a fault.
    """

    def __init__(self, publish: Callable[..., None]) -> None:
        self._publish = publish
        self._known = False
        self._name = uuid.uuid4().hex

    def write(self, text: str) -> int:
        """Show the text in place of the one before."""
        line = {"text/plain": text.strip("\r\n")}
        self._publish(data=line, metadata={}, transient={"display_id": self._name}, update=self._known)
        self._known = True
        return len(text)

    def flush(self) -> None:
        """Everything is shown at once."""


def _kernel() -> Any:
    """The shell of a notebook's kernel; None anywhere else. Without IPython there is none, so it is never loaded."""
    known = sys.modules.get("IPython")
    shell = known.get_ipython() if known else None
    return shell if shell is not None and hasattr(shell, "kernel") else None
