"""What a run yields: its final answer, then its outputs one by one. Knows no network.

The answer is committed before anything is fetched, and each output as soon as it is whole, so that a crash loses
neither; all of it counts only for the holder of the run's current fence.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update

from core import jobs, library, outputs
from core.blobs import Stored
from core.database import Database
from core.errors import OutputExpired, PredictionFailed, StudioError
from core.jobs import Claim
from core.media import Inspection
from core.models import generation, job
from core.providers import Prediction

INLINE: Final = 1_000  # characters of a file in an answer that is not stored a second time
NOTHING: Final = "The run ended well but gave no picture, video or sound."


def answered(database: Database, held: Claim, places: Sequence[tuple[str, str | None]], final: Prediction) -> None:
    """Keep the final answer before anything is fetched: `places` are (path, address) of each output."""
    with database.write() as connection:
        jobs.touch(connection, held)
        outputs.expect(connection, held.id, places)
        told = {"url": final.url, "deletes_at": final.deletes_at}
        kept: dict[str, Any] = {"logs": final.logs[-jobs.LOGS_LIMIT :], "response": final.raw, "metrics": final.metrics}
        known = {name: value for name, value in told.items() if value is not None}
        jobs.set_run(connection, held.id, **kept, **known, progress=1.0, text=final.text or None, waiting=None)


def receive(database: Database, held: Claim, position: int, found: Inspection, url: str | None, now: datetime) -> int:
    """Make room for output number `position`; returns the media id to write its bytes under."""
    with database.write() as connection:
        jobs.touch(connection, held)
        return library.begin(connection, held.id, position, found, url, now)


def keep(database: Database, held: Claim, position: int, media_id: int, stored: Stored, found: Inspection) -> None:
    """Show an output whose bytes are all in the file; raises `LeaseLost` and then shows nothing."""
    with database.write() as connection:
        jobs.touch(connection, held)
        outputs.store(connection, held.id, position, media_id, stored, found)


def lose(database: Database, held: Claim, position: int, error: StudioError) -> None:
    """Keep the reason why an output will not come home; the others of its run are not touched."""
    with database.write() as connection:
        jobs.touch(connection, held)
        library.drop_incoming(connection, held.id)
        outputs.give_up(connection, held.id, position, error)


def try_again(database: Database, held: Claim, position: int, url: str | None, why: str) -> None:
    """Count a try at an output that did not succeed, and say why it waits."""
    with database.write() as connection:
        jobs.touch(connection, held)
        library.drop_incoming(connection, held.id)
        outputs.tried(connection, held.id, position, url)
        jobs.set_run(connection, held.id, waiting=why)


def awaited(database: Database, held: Claim) -> list[outputs.Awaited]:
    """The run's outputs that are not home yet."""
    with database.read() as connection:
        return outputs.pending(connection, held.id)


def finish(database: Database, held: Claim, response: Mapping[str, Any], now: datetime) -> None:
    """End a run whose outputs all have their fate: well if one is home or there are words, else with the reason."""
    with database.write() as connection:
        jobs.end(connection, held, now)
        kept = outputs.stored_count(connection, held.id)
        words = connection.execute(select(generation.c.text).where(generation.c.id == held.id)).scalar()
        code, sentence = outputs.first_error(connection, held.id) or (PredictionFailed.code, NOTHING)
        well = kept or (words and code == PredictionFailed.code)
        error = {} if well else {"error_code": code, "error": _with_next_step(code, sentence)}
        jobs.set_run(connection, held.id, status="succeeded" if well else "failed", response=_slim(response),
                progress=1.0, finished_at=now, waiting=None, **error)  # fmt: skip


def fetch_again(database: Database, generation_id: int, now: datetime) -> bool:
    """Let a run that ended ask once more for what did not come home; returns whether there is anything to ask for.

    Raises `NotFound`.
    """
    with database.write() as connection:
        status = jobs.status_of(connection, generation_id)
        handle = connection.execute(select(job.c.handle).where(job.c.generation_id == generation_id)).scalar()
        again = status in ("succeeded", "failed") and outputs.reopen(connection, generation_id)
        if not again and (status not in ("failed", "canceled") or handle is None):
            return False
        open_again = {"finished_at": None, "due_at": now, "cancel_requested": False, "attempts": 0}
        connection.execute(update(job).where(job.c.generation_id == generation_id).values(open_again))
        jobs.set_run(connection, generation_id, status="running", error=None, error_code=None, finished_at=None)
        return True


def _slim(value: Any) -> Any:
    """An answer without the files in it, which are items by now."""
    if isinstance(value, str) and len(value) > INLINE and value[:5].lower() == "data:":
        return f"{value.partition(',')[0]},... ({len(value):,} characters, kept as an item or sent as an input)"
    if isinstance(value, Mapping):
        return {name: _slim(part) for name, part in value.items()}
    return [_slim(part) for part in value] if isinstance(value, list) else value


def _with_next_step(code: str, sentence: str) -> str:
    return f"{sentence} The recipe is kept: run it again." if code == OutputExpired.code else sentence
