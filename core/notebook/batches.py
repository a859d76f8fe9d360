"""Runs that were started together: waiting for them, ending them, what came of them."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from core import repeats
from core.errors import NotFound, PredictionFailed, SubmissionUnclear
from core.notebook import bars, showing
from core.notebook.media import Gallery, Media
from core.repeats import Repeat
from core.studio import Studio

GOODBYE: Final = 10.0  # seconds that runs get to end when they are cancelled
OPEN: Final = ("queued", "running")
STOPPED: Final = "The run was stopped before it had ended."
UNCLEAR: Final = "It is not known whether this run was sent. Decide on the Jobs page of the studio."


class Batch:
    """Some runs, by their numbers in `ids`; `media` are the items that they have yielded so far."""

    def __init__(self, studio: Studio, ids: Sequence[int], of: Callable[[int], Media]) -> None:
        self._studio = studio
        self._of = of
        self.ids = list(ids)

    @property
    def media(self) -> Gallery:
        """What there is of them, in their order."""
        known = self._known()
        return Gallery([item for run in self.ids for item in known[run].media], self._of)

    @property
    def status(self) -> dict[int, str]:
        """queued, running, uncertain, succeeded, failed or canceled, by run."""
        return {run: found.status for run, found in self._known().items()}

    @property
    def errors(self) -> dict[int, str]:
        """Why runs have nothing to show, by run; a sentence each."""
        return {run: why(found) for run, found in self._known().items() if found.status not in (*OPEN, "succeeded")}

    def wait(self, words: str = "") -> "Batch":
        """Wait for the end of all of them, with a bar; interrupting it cancels them.

        Raises the error of the first one where none succeeded: `PredictionFailed` with its own sentence, or
        `SubmissionUnclear` where you must decide; else what went wrong is in `errors`.
        """
        self.follow(words)
        known = self._known()
        if self.ids and not any(found.status == "succeeded" for found in known.values()):
            first = known[self.ids[0]]
            raise SubmissionUnclear(UNCLEAR) if first.status == "uncertain" else PredictionFailed(why(first))
        return self

    def follow(self, words: str = "") -> None:
        """Wait as `wait` does, whatever comes of them."""
        try:
            bars.follow(self._studio.database, self.ids, words or f"{len(self.ids)} runs")
        except KeyboardInterrupt as interrupt:
            canceled = self.cancel()
            interrupt.add_note(f"Cancelled {canceled} of {len(self.ids)} runs; what had ended is kept.")
            raise

    def cancel(self) -> int:
        """Ask for the end of those that have not ended, and wait a little for it; returns how many there were."""
        left = [run for run, status in self.status.items() if status in OPEN]
        for run in left:
            self._studio.cancel(run, now=datetime.now(UTC))
        until = time.monotonic() + GOODBYE
        while any(status in OPEN for status in self.status.values()) and time.monotonic() < until:
            time.sleep(bars.PAUSE)
        return len(left)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        told = [f"run {run}: {found.status}{_items(found)}{_after(found)}" for run, found in self._known().items()]
        return "\n".join(told[: showing.MOST]) or "<no runs>"

    def _repr_html_(self) -> str:
        known = self._known()
        if all(found.media for found in known.values()):
            return self.media._repr_html_()
        figures = []
        for run in self.ids[: showing.MOST]:
            found = known[run]
            figures += [self._of(item).figure() for item in found.media] or [_card(found)]
        return showing.strip(figures, max(0, len(self.ids) - showing.MOST))

    def _known(self) -> dict[int, Repeat]:
        found = repeats.of_runs(self._studio.database, self.ids)
        if missing := [run for run in self.ids if run not in found]:
            raise NotFound(f"There is no run {missing[0]}.")
        return {run: found[run] for run in self.ids}


def _card(found: Repeat) -> str:
    return showing.figure(showing.box(f"{found.status}{_after(found)}"), f"run {found.run}")


def why(found: Repeat) -> str:
    """Why a run has nothing to show, in a sentence."""
    if found.status == "uncertain":
        return UNCLEAR
    return found.error or STOPPED


def _after(found: Repeat) -> str:
    return "" if found.status in (*OPEN, "succeeded") else f" - {why(found)}"


def _items(found: Repeat) -> str:
    return f", item{'s' * (len(found.media) > 1)} {', '.join(map(str, found.media))}" if found.media else ""
