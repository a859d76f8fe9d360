"""How far runs are, as a bar in a terminal or a notebook, until they have ended."""

import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any, Final

from core import jobs
from core.database import Database
from core.errors import NotFound

PAUSE: Final = 0.1  # seconds between two looks
OPEN: Final = ("queued", "running")
SHAPE: Final = "{desc} {bar} {n:.1f} of {total:.0f} {postfix}"
LOOKED_AT: Final = 200  # runs asked for at a time


def follow(database: Database, ids: Sequence[int], words: str) -> None:
    """Wait until none of these runs is queued or under way; raises `NotFound` for one that there is not."""
    left, ended = list(ids), 0
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
    """A bar where somebody watches: a notebook or a terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets it is a line of text, which is as good
        from tqdm.auto import tqdm
    notebook = _in_notebook()
    return tqdm(
        total=total,
        desc=words,
        bar_format=SHAPE,
        leave=False,
        disable=False if notebook else None,
        file=sys.stdout if notebook else sys.stderr,  # a notebook paints what stderr gets as if it had gone wrong
    )


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    current = shell.get_ipython() if shell else None
    return current is not None and hasattr(current, "kernel")
