"""What a rule takes at a moment, what it leaves because it is protected and why, and the bytes that come back.

Reads only. pandas is loaded only by whoever asks for the frame.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, text

from core.compaction import pages_of
from core.database import Database
from core.models import SHOWN, entry, generation, media, media_tag, tag, thumbnail
from core.retention.protections import words
from core.retention.rules import Rule, fingerprint
from core.sqlite import PAGE_SIZE

if TYPE_CHECKING:
    import pandas as pd

STEP: Final = 5_000  # items whose protections are asked for at a time
PROTECTED: Final = text(
    "SELECT media_id, kind, value FROM protected WHERE media_id IN (SELECT value FROM json_each(:items))"
)


@dataclass(frozen=True)
class Candidate:
    """An item that a rule matches. `why` says what protects it, empty where it goes; `returns` are the bytes that
    come back to the disk once its bytes are deleted and space is given back."""

    id: int
    kind: str
    model: str
    caption: str
    created_at: datetime
    rating: int
    bytes: int
    sha256: str
    returns: int
    why: tuple[str, ...] = ()

    @property
    def goes(self) -> bool:
        """Whether the rule takes it."""
        return not self.why


@dataclass(frozen=True)
class Plan:
    """What a rule takes at the moment `at`. `library` is how many items there are in all."""

    policy_id: int | None
    rule: Rule
    at: datetime
    fingerprint: str
    library: int
    found: tuple[Candidate, ...]

    @property
    def goes(self) -> tuple[Candidate, ...]:
        """What is taken, the oldest first."""
        return tuple(each for each in self.found if each.goes)

    @property
    def protected(self) -> tuple[Candidate, ...]:
        """What matches and stays."""
        return tuple(each for each in self.found if not each.goes)

    @property
    def bytes(self) -> int:
        """Bytes of the items that go."""
        return sum(each.bytes for each in self.goes)

    @property
    def returns(self) -> int:
        """Bytes that come back to the disk in the end."""
        return sum(each.returns for each in self.goes)

    @property
    def frame(self) -> "pd.DataFrame":
        """The plan as a pandas frame, a row for each item that matches."""
        import pandas as pd

        names = [
            "item",
            "kind",
            "model",
            "caption",
            "made",
            "rating",
            "bytes",
            "returns",
            "goes",
            "protected",
            "sha256",
        ]
        rows = [
            (
                each.id, each.kind, each.model, each.caption, each.created_at, each.rating, each.bytes,
                each.returns if each.goes else 0, each.goes, ", ".join(each.why), each.sha256,
            )
            for each in self.found
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=names).set_index("item")


def plan(database: Database, rule: Rule, now: datetime, policy_id: int | None = None) -> Plan:
    """What the rule would take at `now`."""
    with database.read() as connection:
        rows = list(_within(rule, connection.execute(_query(rule, now)).all()))
        why = _why(connection, [row.id for row in rows])
        found = [_candidate(rule, row, why.get(row.id, ())) for row in rows]
        goes = _beyond_total(rule, found)
        return Plan(policy_id, rule, now, fingerprint(connection, rule), items(connection), tuple(goes))


def items(connection: Connection) -> int:
    """How many items there are, those in the trash included, within the caller's transaction."""
    return int(connection.execute(select(func.count()).where(media.c.state.in_(SHOWN))).scalar_one())


def matching(rule: Rule, now: datetime) -> list[ColumnElement[bool]]:
    """Conditions on an item by itself; what a rule lets stay of each model, or in all, is not among them."""
    conditions: list[ColumnElement[bool]] = [
        media.c.trashed_at.is_(None),
        media.c.state.in_(SHOWN) if rule.strength == "trash" else media.c.state == "ready",
    ]
    if rule.older_than is not None:
        conditions.append(media.c.created_at <= now - timedelta(days=rule.older_than))
    if rule.kind is not None:
        conditions.append(media.c.kind == rule.kind)
    if rule.tag is not None:
        having = select(media_tag.c.media_id).join(tag, tag.c.id == media_tag.c.tag_id).where(tag.c.name == rule.tag)
        conditions.append(media.c.id.in_(having))
    if rule.failed:
        failed = select(generation.c.id).where(generation.c.status == "failed")
        conditions.append(media.c.generation_id.in_(failed))
    marks: list[ColumnElement[bool]] = []
    if rule.rating_below is not None:
        marks.append(media.c.rating.between(1, rule.rating_below - 1))
    if rule.unrated:
        marks.append(media.c.rating == 0)
    return [*conditions, or_(*marks)] if marks else conditions


def unprotected(connection: Connection, ids: Iterable[int]) -> list[int]:
    """Those of some items that nothing protects, within the caller's transaction."""
    asked = list(ids)
    held = {row[0] for row in connection.execute(PROTECTED, {"items": json.dumps(asked)})}
    return [each for each in asked if each not in held]


def _query(rule: Rule, now: datetime) -> Select[Any]:
    """Everything that matches, the oldest first, in the library's own order of time."""
    size = func.coalesce(func.length(thumbnail.c.data), 0).label("small")
    return (
        select(
            media.c.id, media.c.kind, media.c.created_at, media.c.rating, media.c.bytes, media.c.sha256, media.c.state,
            media.c.name, generation.c.model, generation.c.prompt, size,
        )
        .join(entry, entry.c.media_id == media.c.id)
        .outerjoin(generation, generation.c.id == media.c.generation_id)
        .outerjoin(thumbnail, thumbnail.c.media_id == media.c.id)
        .where(*matching(rule, now))
        .order_by(entry.c.id)
    )  # fmt: skip


def _within(rule: Rule, rows: Sequence[Any]) -> Iterator[Any]:
    """Without the newest of each model that may stay."""
    left: dict[str | None, int] = {}
    for row in rows:
        left[row.model] = left.get(row.model, 0) + 1
    for row in rows:
        if rule.per_model is None or left[row.model] > rule.per_model:
            yield row
        left[row.model] -= 1


def _beyond_total(rule: Rule, found: list[Candidate]) -> list[Candidate]:
    """Without what may stay: the oldest go until what matches is small enough. What is protected counts, and stays."""
    if rule.total_bytes is None:
        return found
    excess = sum(each.bytes for each in found) - rule.total_bytes
    taken = []
    for each in found:
        if excess <= 0:
            break
        taken.append(each)
        if each.goes:
            excess -= each.bytes
    return taken


def _why(connection: Connection, ids: list[int]) -> dict[int, tuple[str, ...]]:
    """What protects those that are protected."""
    found: dict[int, tuple[str, ...]] = {}
    for first in range(0, len(ids), STEP):
        for media_id, kind, value in connection.execute(PROTECTED, {"items": json.dumps(ids[first : first + STEP])}):
            found[media_id] = (*found.get(media_id, ()), words(kind, value))
    return found


def _candidate(rule: Rule, row: Any, why: tuple[str, ...]) -> Candidate:
    size = row.bytes if row.state == "ready" else 0
    pages = pages_of(size) + (pages_of(row.small) if rule.strength == "trash" else 0)
    caption = row.prompt or row.name or "Uploaded"
    return Candidate(
        row.id, row.kind, row.model or "", caption, row.created_at, row.rating, size, row.sha256 or "",
        pages * PAGE_SIZE, why,
    )  # fmt: skip
