"""Makes hosted runs as the queue keeps them, in every state that pages show, without a provider."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import update

from core import blobs, intents, jobs, prices, results
from core.database import Database
from core.errors import StudioError
from core.jobs import Claim, Run
from core.media import Inspection
from core.models import generation
from core.prices import Price
from core.providers import Prediction
from tests.factories import found, picture

PAGE = "https://replicate.com/p/{handle}"
ADDRESS = "https://replicate.delivery/xezq/{handle}/out-{position}.webp"
HOUR = timedelta(hours=1)


def enqueued(database: Database, now: datetime, prompt: str = "a quiet harbour", **values: Any) -> int:
    """A hosted run in the queue; returns its number."""
    model = values.pop("model", "atelier/landscape")
    inputs: Mapping[str, Sequence[int]] = values.pop("inputs", {})
    request = {"prompt": prompt, "seed": 41} | values.pop("request", {})
    usual = {"kind": "image", "version": "d3" * 32, "size": (512, 342), "cost_estimate": 0.04}
    if not prices.table(database):
        prices.save(database, [Price("atelier/landscape", "run", 0.04, "2026-11-01")], today=now.date())
    made = Run(provider="replicate", model=model, request=request, inputs=inputs, **{**usual, **values})
    return jobs.enqueue(database, "batch", [made], now)[0]


def claimed(database: Database, now: datetime, **values: Any) -> Claim:
    """A hosted run that somebody works on for a year, so that a real worker leaves it alone."""
    number = enqueued(database, now, **values)
    claim = jobs.claim(database, "tests", now, lease=timedelta(days=365))
    assert claim is not None
    assert claim.id == number, "an older run was due"
    return claim


def sent(database: Database, now: datetime, *, logs: str = "", fraction: float | None = None, **values: Any) -> Claim:
    """A hosted run whose prediction is under way, and has been since `now`."""
    claim = intents.intend(database, claimed(database, now, **values), now)
    claim = intents.submitted(database, claim, f"handle{claim.id}")
    ends = {"url": PAGE.format(handle=claim.handle), "deletes_at": now + HOUR}
    jobs.progress(database, claim, fraction, logs, **ends)
    return claim


def uncertain(database: Database, now: datetime, **values: Any) -> int:
    """A run of which nobody knows whether it was sent."""
    claim = intents.intend(database, claimed(database, now, **values), now)
    intents.ask(database, claim)
    return claim.id


def answered(database: Database, claim: Claim, number: int, *, text: str = "", **metrics: Any) -> None:
    """The final answer with so many outputs."""
    places = [(f"[{n}]", ADDRESS.format(handle=claim.handle, position=n)) for n in range(number)]
    response = {"id": claim.handle, "status": "succeeded", "output": [address for _, address in places]}
    final = Prediction("", "succeeded", logs="Done.", raw=response, metrics=metrics, text=text)
    results.answered(database, claim, places, final)


def bring_home(
    database: Database, claim: Claim, position: int, now: datetime, data: bytes | None = None,
    inspection: Inspection | None = None,
) -> int:  # fmt: skip
    """Store one of its outputs; returns the item's number."""
    address = ADDRESS.format(handle=claim.handle, position=position)
    inspection = inspection or found("image")
    media_id = results.receive(database, claim, position, inspection, address, now)
    data = data or picture(seed=claim.id * 10 + position)
    stored = blobs.write(database, media_id, BytesIO(data), lambda: None)
    results.keep(database, claim, position, media_id, stored, inspection)
    return media_id


def finished(
    database: Database, now: datetime, number: int = 1, lost: Mapping[int, StudioError] | None = None, **values: Any
) -> int:
    """A run that ended: its outputs are home but for those in `lost`, by position; returns the run's number."""
    text, cost = values.pop("text", ""), values.pop("cost", None)
    claim = sent(database, now, **values)
    answered(database, claim, number, text=text, predict_time=3.2)
    for position in range(number):
        if lost and position in lost:
            results.lose(database, claim, position, lost[position])
        else:
            bring_home(database, claim, position, now)
    results.finish(database, claim, claim.response or {"id": claim.handle}, now + timedelta(seconds=9))
    with database.write() as connection:
        connection.execute(update(generation).where(generation.c.id == claim.id).values(cost=cost))
    return claim.id
