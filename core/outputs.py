"""The files of a run's answer, each with a fate of its own: pending, stored, failed or expired. Knows no network.

What was stored stays stored; another try is made only for what is pending.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from core import library
from core.blobs import Stored
from core.errors import OutputExpired, StudioError
from core.media import Inspection
from core.models import output


@dataclass(frozen=True)
class Awaited:
    """An output that is not home yet. `url` is None where its bytes are in the answer itself."""

    position: int
    path: str
    url: str | None
    attempts: int


def expect(connection: Connection, generation_id: int, places: Sequence[tuple[str, str | None]]) -> None:
    """Note the outputs of an answer as (path, address), once, within the caller's transaction."""
    query = select(output.c.position).where(output.c.generation_id == generation_id)
    known = set(connection.execute(query).scalars())
    rows = [
        {"generation_id": generation_id, "position": position, "path": path, "url": url, "state": "pending"}
        for position, (path, url) in enumerate(places)
        if position not in known
    ]
    if rows:
        connection.execute(output.insert(), rows)


def pending(connection: Connection, generation_id: int) -> list[Awaited]:
    """The outputs that are still to be brought home, in order."""
    columns = (output.c.position, output.c.path, output.c.url, output.c.attempts)
    query = select(*columns).where(output.c.generation_id == generation_id, output.c.state == "pending")
    return [Awaited(*row) for row in connection.execute(query.order_by(output.c.position))]


def store(
    connection: Connection, generation_id: int, position: int, media_id: int, stored: Stored, found: Inspection
) -> None:
    """Show an output whose bytes are all in the file, within the caller's transaction."""
    library.make_ready(connection, media_id, stored, found.thumbnail)
    _set(connection, generation_id, position, state="stored", media_id=media_id, error_code=None, error=None)


def give_up(connection: Connection, generation_id: int, position: int, error: StudioError) -> None:
    """Keep the reason why an output did not come home; its place and address stay."""
    state = "expired" if isinstance(error, OutputExpired) else "failed"
    _set(connection, generation_id, position, state=state, error_code=error.code, error=error.sentence)


def give_up_all(connection: Connection, generation_id: int, error: StudioError) -> None:
    """The run ends before these came home; they may be asked for again."""
    left = (output.c.generation_id == generation_id) & (output.c.state == "pending")
    connection.execute(update(output).where(left).values(state="failed", error_code=error.code, error=error.sentence))


def tried(connection: Connection, generation_id: int, position: int, url: str | None) -> None:
    """Count a try that a later one may better; the address may have changed."""
    _set(connection, generation_id, position, attempts=output.c.attempts + 1, url=url)


def reopen(connection: Connection, generation_id: int) -> int:
    """Let outputs that failed be tried once more; returns how many there are."""
    failed = (output.c.generation_id == generation_id) & (output.c.state == "failed")
    again = update(output).where(failed).values(state="pending", attempts=0, error_code=None, error=None)
    return connection.execute(again).rowcount


def forget(connection: Connection, generation_id: int) -> None:
    """The answer does not count any more: a new prediction is made for the run."""
    connection.execute(delete(output).where(output.c.generation_id == generation_id, output.c.state != "stored"))


def first_error(connection: Connection, generation_id: int) -> tuple[str, str] | None:
    """(code, sentence) of the first output that did not come home; None where all did."""
    failed = (output.c.generation_id == generation_id) & output.c.error.is_not(None)
    query = select(output.c.error_code, output.c.error).where(failed).order_by(output.c.position).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.error_code, row.error)


def stored_count(connection: Connection, generation_id: int) -> int:
    """How many outputs are in the file."""
    kept = (output.c.generation_id == generation_id) & (output.c.state == "stored")
    return int(connection.execute(select(func.count()).select_from(output).where(kept)).scalar_one())


def lost_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The outputs that did not come home, by run, with their reasons and addresses."""
    columns = (output.c.generation_id, output.c.position, output.c.path, output.c.url, output.c.state, output.c.error)
    query = select(*columns).where(output.c.generation_id.in_(ids), output.c.state.in_(("failed", "expired")))
    found: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(query.order_by(output.c.position)).mappings():
        entry = dict(row)
        found.setdefault(entry.pop("generation_id"), []).append(entry)
    return found


def waiting_of(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """How many outputs are still to be brought home, by run."""
    query = select(output.c.generation_id, func.count()).where(
        output.c.generation_id.in_(ids), output.c.state == "pending"
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(output.c.generation_id))}


def _set(connection: Connection, generation_id: int, position: int, **values: Any) -> None:
    mine = (output.c.generation_id == generation_id) & (output.c.position == position)
    connection.execute(update(output).where(mine).values(values))
