"""The course of one run from claim to end: intent, request, looks, outputs, end. Knows no SQL and no widgets.

All that matters is committed before the next thing is done, so the process may be killed at any moment: a prediction
that is paid for is asked for once, and what it made is brought home however long that takes.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from core import blobs, charges, intents, jobs, library, results
from core.active import Active
from core.away import Away
from core.database import Database
from core.delivery import Delivery
from core.errors import (
    OutputExpired,
    PredictionFailed,
    PredictionInterrupted,
    PredictionLost,
    ProviderError,
    ProviderUnreachable,
    RateLimited,
    SecretElsewhere,
    StudioError,
    SubmissionUnclear,
    TokenRefused,
)
from core.jobs import Claim
from core.media import EXTENSIONS
from core.preferences import preferences
from core.providers import Prediction, Request
from core.scratch import Scratch
from core.submission import SECRET

log = logging.getLogger(__name__)

NOTE: Final = timedelta(milliseconds=250)  # between two records of a run's progress
ATTEMPTS: Final = 20  # then a run that takes the studio down each time is given up
LOSSES: Final = 3  # of a prediction in one process before the run is given up
UNSEEN: Final = timedelta(seconds=3)
SUBMISSIONS: Final = 5  # requests of one run that went out without an answer before it is given up
SETTLE: Final = timedelta(seconds=15)  # in which a request that went out may still become a prediction
SEARCH: Final = timedelta(seconds=2)  # between two searches for it
SLOWEST: Final = 60.0  # seconds between two tries at anything
CANCEL_AGAIN: Final = timedelta(seconds=20)
AGES: Final = ((30, 1), (120, 2), (600, 4), (float("inf"), 8))  # a prediction's age in seconds, and how much slower
PASSING: Final = (ProviderUnreachable, RateLimited)


@dataclass
class Course:
    """Moves runs on. `drop` is told when a run has ended or rests; `reach` hears the name of each step."""

    database: Database
    scratch: Scratch
    delivery: Delivery
    away: Away
    drop: Callable[[Active], None]
    reach: Callable[[str], None]
    secrets: Callable[[int], Mapping[str, str]]
    settle_time: timedelta
    crowd: int = 1  # runs under way

    def advance(self, run: Active, now: datetime) -> None:
        """Do what is due for the run at `now`; raises what ended it."""
        if run.call is not None:
            if run.call.done():
                self.settle(run, now)
        elif run.cancel and self._may_cancel(run, now):
            self._cancel(run, now)
        elif now >= run.look_at:
            self._next(run, now)

    def settle(self, run: Active, now: datetime) -> None:
        """Take in what a finished call brought."""
        call, then = run.call, run.then
        run.call = run.then = None
        run.asking = False
        if call is not None and then is not None:
            then(run, call, now)

    def hold(self, run: Active, error: StudioError, now: datetime) -> None:
        """Wait after a passing error, longer each time; or raise it, when waiting is no help."""
        held = run.claim
        if isinstance(error, RateLimited):
            wait = error.retry_after + held.id % 8 / 4  # not all at the same moment
        elif isinstance(error, PASSING) or (isinstance(error, TokenRefused) and held.handle is not None):
            wait = min(SLOWEST, 2.0**run.trouble)
        else:
            raise error
        run.trouble += 1
        run.look_at = now + timedelta(seconds=wait)
        jobs.waits(self.database, held, error.sentence)

    def _next(self, run: Active, now: datetime) -> None:
        claim = run.claim
        if claim.response is not None:
            self._resume(run, claim.response, now)
        elif claim.handle is not None:
            self._start(run, now, lambda: run.provider.poll(str(claim.handle)), self._looked)
        elif claim.intended_at is not None:
            self._find(run, now)
        else:
            self._submit(run, now)

    def _start(
        self,
        run: Active,
        now: datetime,
        work: Callable[[], Any],
        then: Callable[[Active, "Future[Any]", datetime], None],
    ) -> None:
        run.then, run.call = then, self.away(work)
        if run.call.done():
            self.settle(run, now)

    # --- making the prediction

    def _submit(self, run: Active, now: datetime) -> None:
        if run.claim.attempts > ATTEMPTS:
            raise PredictionLost(f"The studio was interrupted {ATTEMPTS} times during this run. Run it again.")
        self._require_secrets(run.claim)
        if run.paid:
            if run.claim.submissions >= SUBMISSIONS + run.claim.retries:
                raise ProviderError("The provider did not answer any of several requests. Run it again later.")
            self.reach("before intent")
            run.claim = intents.intend(self.database, run.claim, now)
            self.reach("after intent")
        run.asking = True
        self._start(run, now, lambda: self._request_prediction(run), self._submitted)

    def _require_secrets(self, claim: Claim) -> None:
        """Secrets are held by the process that was told them; raise `SecretElsewhere` where that is not this one."""
        if {name for name, value in claim.request.items() if value == SECRET} - self.secrets(claim.id).keys():
            raise SecretElsewhere(
                "It has secret inputs, which only the process that it was started in knows. If that has ended, cancel "
                "this run and start it again from its recipe."
            )

    def _request_prediction(self, run: Active) -> Prediction:
        prediction = run.provider.submit(self._request(run.claim, files=True))
        self.reach("after request")
        return prediction

    def _submitted(self, run: Active, call: "Future[Any]", now: datetime) -> None:
        try:
            prediction = call.result()
        except SubmissionUnclear as error:
            run.look_at = now + SEARCH
            return jobs.waits(self.database, run.claim, error.sentence)
        except BaseException:
            if run.paid:
                run.claim = intents.withdraw(self.database, run.claim)
            raise
        self._adopt(run, prediction, now)

    def _adopt(self, run: Active, prediction: Prediction, now: datetime) -> None:
        run.claim = intents.submitted(self.database, run.claim, prediction.handle)
        self.reach("after handle")
        run.since, run.trouble = now, 0
        self._follow(run, prediction, now)

    def _find(self, run: Active, now: datetime) -> None:
        """A request went out and its answer never came: is there a prediction?"""
        run.claim = intents.current(self.database, run.claim)
        since = run.claim.intended_at
        if since is None:  # a webhook told
            return self._next(run, now)
        request, ours = self._request(run.claim, files=False), partial(intents.known, self.database)
        self._start(run, now, lambda: run.provider.find(request, since, ours), self._found)

    def _found(self, run: Active, call: "Future[Any]", now: datetime) -> None:
        try:
            prediction = call.result()
        except SubmissionUnclear:
            intents.ask(self.database, run.claim)
            return self.drop(run)
        if prediction is not None:
            log.info("Run %d goes on with the prediction that it had asked for.", run.claim.id)
            self._adopt(run, prediction, now)
        elif run.claim.intended_at is not None and now - run.claim.intended_at < self.settle_time:
            run.look_at = now + SEARCH
        else:
            run.claim = intents.withdraw(self.database, run.claim)

    def _request(self, claim: Claim, *, files: bool) -> Request:
        folder = self.scratch.keep(str(claim.id)) if files else self.scratch.folder
        paths: dict[str, tuple[Path, ...]] = {}
        for role, items in claim.inputs.items():
            numbered = enumerate(items) if files else ()
            paths[role] = tuple(self._file(folder, f"{role}-{number}", item) for number, item in numbered)
        return Request(
            claim.model, claim.version, claim.request, folder, paths, claim.nonce or "", claim.cancel_after,
            self.secrets(claim.id),
        )  # fmt: skip

    def _file(self, folder: Path, name: str, media_id: int) -> Path:
        """An item's bytes as a file for the provider."""
        item = library.item(self.database, media_id)
        path = folder / f"input-{name}.{EXTENSIONS[item.mime]}"
        library.require_bytes(self.database, item)
        blobs.bring(self.database, item.id, item.bytes, path)
        return path

    # --- following it

    def _looked(self, run: Active, call: "Future[Any]", now: datetime) -> None:
        try:
            prediction = call.result()
        except PredictionLost:
            run.losses += 1
            if run.losses > LOSSES:
                raise
            if not run.paid:
                return self._submit(run, now)
            run.look_at = now + run.losses * UNSEEN  # a young one may not be known everywhere yet
            return None
        run.trouble = run.losses = 0
        self._follow(run, prediction, now)

    def _follow(self, run: Active, prediction: Prediction, now: datetime) -> None:
        run.look_at = now + self._pause(run, now)
        if prediction.state == "succeeded":
            self._answered(run, prediction, now)
        elif prediction.state == "failed":
            self._note(run, prediction, now)
            self._measure(run, prediction)
            self._failed(run, prediction)
        elif prediction.state == "canceled":
            self._measure(run, prediction)
            jobs.canceled(self.database, run.claim, now, prediction.error)
            self.drop(run)
        elif run.noted_at is None or now - run.noted_at >= NOTE:
            self._note(run, prediction, now)

    def _pause(self, run: Active, now: datetime) -> timedelta:
        """Between two looks: longer with the prediction's age and with the number of those under way."""
        age = (now - run.since).total_seconds()
        slower = next(factor for limit, factor in AGES if age < limit)
        return timedelta(seconds=run.provider.capabilities.pause * slower * max(1.0, self.crowd / 16))

    def _note(self, run: Active, prediction: Prediction, now: datetime) -> None:
        if (prediction.progress, prediction.logs) != run.noted or run.noted_at is None:
            ends = {"url": prediction.url, "deletes_at": prediction.deletes_at}
            jobs.progress(self.database, run.claim, prediction.progress, prediction.logs, **ends)  # type: ignore[arg-type]
            run.noted, run.noted_at = (prediction.progress, prediction.logs), now

    def _measure(self, run: Active, prediction: Prediction) -> None:
        """Keep what an end without a result tells of time and cost."""
        canceled, unbilled = prediction.state == "canceled", prediction.unbilled
        charges.end(self.database, run.claim, prediction.metrics, canceled=canceled, unbilled=unbilled)

    def _failed(self, run: Active, prediction: Prediction) -> None:
        reason = prediction.error or "The provider gave no reason."
        if not prediction.passing:
            raise PredictionFailed(reason)
        if run.claim.retries >= preferences(self.database).retries or run.cancel:
            raise PredictionInterrupted(f"{reason} This may pass: run it again.")
        log.info("Run %d was interrupted at the provider and is asked for once more.", run.claim.id)
        run.claim = intents.renew(self.database, run.claim)

    def _answered(self, run: Active, prediction: Prediction, now: datetime) -> None:
        if prediction.removed and not prediction.outputs:
            raise OutputExpired("The provider has removed what this run made. The recipe is kept: run it again.")
        places = [(output.path or f"[{number}]", output.url) for number, output in enumerate(prediction.outputs)]
        results.answered(self.database, run.claim, places, prediction)
        run.claim = replace(run.claim, response=prediction.raw, deletes_at=prediction.deletes_at)
        charges.settle(self.database, run.claim)
        self.reach("after answer")
        self._collect(run, prediction, now)

    # --- bringing home what it made

    def _resume(self, run: Active, response: Mapping[str, Any], now: datetime) -> None:
        """Go on with an answer that was known before."""
        if not results.awaited(self.database, run.claim):
            return self._end(run, now)
        try:
            prediction = run.provider.recall(response)
        except PredictionLost:
            if run.paid:
                raise
            run.claim = intents.renew(self.database, run.claim)
            return self._submit(run, now)
        self._collect(run, prediction, now)

    def _collect(self, run: Active, prediction: Prediction, now: datetime) -> None:
        self._start(run, now, lambda: self.delivery.bring_home(run, prediction), self._brought)

    def _brought(self, run: Active, call: "Future[Any]", now: datetime) -> None:
        call.result()
        left = results.awaited(self.database, run.claim)
        if left:
            run.look_at = now + timedelta(seconds=min(SLOWEST, 2.0 ** max(awaited.attempts for awaited in left) / 2))
        else:
            self._end(run, now)

    def _end(self, run: Active, now: datetime) -> None:
        charges.settle(self.database, run.claim)
        self.reach("before finish")
        results.finish(self.database, run.claim, run.claim.response or {}, now)
        self.drop(run)

    # --- ending it early

    def _may_cancel(self, run: Active, now: datetime) -> bool:
        """Whether to send word now: not while it is unknown whether there is a prediction, and not too often."""
        if run.claim.handle is None:
            return run.claim.intended_at is None
        resting = run.trouble > 0 and now < run.look_at
        return not resting and (run.cancel_sent is None or now - run.cancel_sent > CANCEL_AGAIN)

    def _cancel(self, run: Active, now: datetime) -> None:
        handle = run.claim.handle
        if handle is None or run.claim.response is not None:
            jobs.canceled(self.database, run.claim, now)
            return self.drop(run)
        self._start(run, now, lambda: run.provider.cancel(handle), self._canceled)

    def _canceled(self, run: Active, call: "Future[Any]", now: datetime) -> None:
        """What is paid for is followed to its end: it may have succeeded before the word arrived."""
        call.result()
        if run.paid:
            run.cancel_sent = run.look_at = now
        else:
            jobs.canceled(self.database, run.claim, now)
            self.drop(run)
