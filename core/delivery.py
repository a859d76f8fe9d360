"""Brings the outputs of a finished prediction home: fetch, check, store, one by one. Knows no SQL and no widgets.

Each output has its own fate: one that is refused, or gone, keeps its reason and harms none of the others.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from core import blobs, results
from core.active import Active, Canceled, Stopping
from core.database import Database
from core.errors import (
    AddressRefused,
    DownloadFailed,
    DownloadTooLarge,
    MediaRefused,
    OutputExpired,
    PredictionLost,
    ProviderUnreachable,
    RateLimited,
    StudioError,
    TokenRefused,
)
from core.media import Inspector
from core.outputs import Awaited
from core.providers import Output, Prediction
from core.scratch import Scratch

TRIES: Final = 8  # at one output
UNANSWERED: Final = (ProviderUnreachable, RateLimited, TokenRefused, PredictionLost)


@dataclass
class Delivery:
    """Works in the thread that calls it; `stop` and a run's `cancel` interrupt it within a second."""

    database: Database
    inspector: Inspector
    scratch: Scratch
    clock: Callable[[], datetime]
    stop: threading.Event
    reach: Callable[[str], None]
    media_limit: int

    def bring_home(self, run: Active, prediction: Prediction) -> None:
        """Give each output of the run that is still awaited its fate, or count a try; may be called again."""
        for awaited in results.awaited(self.database, run.claim):
            output = prediction.outputs[awaited.position]
            try:
                self._bring(run, awaited, replace(output, reference=awaited.url) if awaited.url else output)
            except (AddressRefused, DownloadTooLarge) as error:
                results.lose(self.database, run.claim, awaited.position, error)
            except OutputExpired as error:
                self._expired(run, awaited, error)
            except DownloadFailed as error:
                self._missed(run, awaited, error, TRIES)
            except MediaRefused as error:  # perhaps the bytes were cut short on the way
                self._missed(run, awaited, error, 2 if awaited.url else 1)

    def _bring(self, run: Active, awaited: Awaited, output: Output) -> None:
        """Fetch, check and store one output; it is shown from then on."""

        def pulse() -> None:
            if self.stop.is_set():
                raise Stopping
            if run.cancel and run.cancel_sent is None:
                raise Canceled

        with self.scratch.room() as room:
            path = room / "output"
            run.provider.fetch(output, path, pulse)
            self._require_size(path)
            found = self.inspector.inspect(path, pulse)
            media_id = results.receive(self.database, run.claim, awaited.position, found, output.url, self.clock())
            with path.open("rb") as file:
                stored = blobs.write(self.database, media_id, file, pulse)
        results.keep(self.database, run.claim, awaited.position, media_id, stored, found)
        self.reach("after output")

    def _expired(self, run: Active, awaited: Awaited, error: OutputExpired) -> None:
        """Gone for good, unless one more look at the prediction gives another address."""
        try:
            again = run.provider.poll(str(run.claim.handle))
        except UNANSWERED:
            again = None
        fresh = {output.path: output.url for output in again.outputs}.get(awaited.path) if again else None
        if fresh and fresh != awaited.url and not awaited.attempts:
            results.try_again(self.database, run.claim, awaited.position, fresh, error.sentence)
        else:
            results.lose(self.database, run.claim, awaited.position, error)

    def _missed(self, run: Active, awaited: Awaited, error: StudioError, tries: int) -> None:
        ends = run.claim.deletes_at
        if awaited.attempts + 1 >= tries or (ends is not None and self.clock() > ends):
            results.lose(self.database, run.claim, awaited.position, error)
        else:
            results.try_again(self.database, run.claim, awaited.position, awaited.url, error.sentence)

    def _require_size(self, path: Path) -> None:
        size = path.stat().st_size
        if size > self.media_limit:
            raise DownloadTooLarge(f"The output has {size:,} bytes; the studio keeps up to {self.media_limit:,}.")
