"""The inputs of runs made elsewhere: other numbers there, the same bytes here. What is not here yet is remembered, and
linked when it comes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update

from core.database import Database
from core.models import SHOWN, generation, generation_input, media

REFERENCE: Final = "studio:media/"
KEY: Final = "imported"  # in a run's response: what is known of where it came from
MISSING: Final = "missing_inputs"

Wanted = Mapping[str, Sequence[str | None]]  # SHA-256 of what an input used, in order


def without_references(value: Any) -> Any:
    """A request without the numbers of items of another studio, which mean others here."""
    if isinstance(value, Mapping):
        return {name: without_references(part) for name, part in value.items() if not _refers(part)}
    if isinstance(value, list):
        return [without_references(part) for part in value if not _refers(part)]
    return value


def link(connection: Connection, generation_id: int, wanted: Wanted, request: Mapping[str, Any]) -> None:
    """Say which items a run used, by their bytes, within the caller's transaction; `request` is the one of there."""
    several = {role: isinstance(request.get(role), list) for role in wanted}
    missing: dict[str, Any] = {}
    fresh = without_references(dict(request))
    for role, digests in wanted.items():
        if not _fill(connection, generation_id, role, digests, several[role], fresh):
            missing[role] = {"several": several[role], "sha256": list(digests)}
    _write(connection, generation_id, fresh, missing)


def link_again(database: Database) -> int:
    """Link what was missing and has come since; returns how many runs have all of it now."""
    holds = func.instr(generation.c.response, f'"{MISSING}"') > 0
    with database.read() as connection:
        ids = connection.execute(select(generation.c.id).where(holds)).scalars().all()
    return sum(_link_again(database, generation_id) for generation_id in ids)


def _link_again(database: Database, generation_id: int) -> bool:
    with database.write() as connection:
        row = connection.execute(select(generation).where(generation.c.id == generation_id)).first()
        told = row.response.get(KEY) if row is not None and isinstance(row.response, dict) else None
        waiting = told.get(MISSING) if isinstance(told, dict) else None
        if row is None or not isinstance(waiting, dict):
            return False
        fresh, missing = dict(row.request), {}
        for role, each in waiting.items():
            if not _fill(connection, generation_id, role, each["sha256"], each["several"], fresh):
                missing[role] = each
        _write(connection, generation_id, fresh, missing)
        return not missing


def _fill(
    connection: Connection,
    generation_id: int,
    role: str,
    digests: Sequence[str | None],
    several: bool,
    request: dict[str, Any],
) -> bool:
    """Name the items with these bytes as a run's input, as far as they are here; returns whether all are."""
    mine = (generation_input.c.generation_id == generation_id) & (generation_input.c.role == role)
    connection.execute(delete(generation_input).where(mine))
    found = [item for digest in digests if (item := _item(connection, digest)) is not None]
    rows = [
        {"generation_id": generation_id, "role": role, "position": position, "media_id": media_id}
        for position, media_id in enumerate(found)
    ]
    if rows:
        connection.execute(generation_input.insert(), rows)
        named = [f"{REFERENCE}{media_id}" for media_id in found]
        request[role] = named if several else named[0]
    return len(found) == len(digests)


def _item(connection: Connection, digest: str | None) -> int | None:
    if digest is None:
        return None
    same = select(media.c.id).where(media.c.sha256 == digest, media.c.state.in_(SHOWN))
    return connection.execute(same.order_by(media.c.trashed_at.is_not(None), media.c.id).limit(1)).scalar()


def _write(connection: Connection, generation_id: int, request: Mapping[str, Any], missing: Mapping[str, Any]) -> None:
    mine = generation.c.id == generation_id
    before = connection.execute(select(generation.c.response).where(mine)).scalar()
    values: dict[str, Any] = {"request": request}
    told = before.get(KEY) if isinstance(before, dict) else None
    known = told if isinstance(told, dict) else {}
    if missing or MISSING in known:
        rest = {name: part for name, part in known.items() if name != MISSING}
        now = rest | ({MISSING: missing} if missing else {})
        answer = before if isinstance(before, dict) else {} if before is None else {"response": before}
        values["response"] = {**answer, KEY: now} if now else {n: p for n, p in answer.items() if n != KEY} or None
    connection.execute(update(generation).where(mine).values(values))


def _refers(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(REFERENCE)
