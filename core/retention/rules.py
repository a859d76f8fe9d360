"""Rules: what goes, by which conditions, how. A rule is armed after its preview; any change of it disarms it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select, update

from core.database import Database
from core.errors import InvalidInput, NotFound, RetentionRefused
from core.marks import HIGHEST, LONGEST_NAME
from core.models import KINDS, STRENGTHS, retention_policy
from core.retention.protections import current
from core.tags import clean

MOST_DAYS: Final = 36_500
MOST_BYTES: Final = 2**50
MOST_ITEMS: Final = 10**9
MOST_RULES: Final = 50
KIND_WORDS: Final = {"image": "images", "video": "videos", "audio": "sounds"}


@dataclass(frozen=True)
class Rule:
    """All conditions must hold; `rating_below` (which the unrated are not) and `unrated` are alternatives.

    `older_than` is in days. Of what matches, `total_bytes` lets the newest stay that have so many bytes together, and
    `per_model` the newest so many of each model. `strength` is trash, or thin: only the bytes go.
    """

    name: str
    strength: str = "trash"
    older_than: int | None = None
    kind: str | None = None
    tag: str | None = None
    rating_below: int | None = None
    unrated: bool = False
    failed: bool = False
    total_bytes: int | None = None
    per_model: int | None = None

    @property
    def sentence(self) -> str:
        """What the rule does, in words."""
        verb = "Moves to the trash" if self.strength == "trash" else "Drops the bytes of"
        limit = self._limit()
        return f"{verb} all but {limit} of {self._which()}." if limit else f"{verb} {self._which()}."

    def _which(self) -> str:
        marks = [f"rated below {self.rating_below}" if self.rating_below else "", "not rated" if self.unrated else ""]
        told = [
            "of failed runs" if self.failed else "",
            f"tagged '{self.tag}'" if self.tag else "",
            " or ".join(filter(None, marks)),
            f"older than {self.older_than} {'day' if self.older_than == 1 else 'days'}" if self.older_than else "",
        ]
        kind = "each model's " if self.per_model is not None else ""
        return " ".join([kind + KIND_WORDS.get(self.kind or "", "items"), ", ".join(filter(None, told))]).strip()

    def _limit(self) -> str:
        if self.total_bytes is not None:
            return f"the newest {self.total_bytes / 1e9:,.4g} GB"
        return f"the newest {self.per_model:,}" if self.per_model is not None else ""


@dataclass(frozen=True)
class Policy:
    """A rule that is kept. `held` says why its last run stopped and asks; `armed_at` None: it does not run."""

    id: int
    rule: Rule
    armed_at: datetime | None
    ran_at: datetime | None
    held: str | None


def policies(database: Database) -> list[Policy]:
    """All rules, in the order in which they were made; they run in it."""
    with database.read() as connection:
        return [_policy(row) for row in connection.execute(select(retention_policy).order_by(retention_policy.c.id))]


def policy(database: Database, policy_id: int) -> Policy:
    """One rule; raises `NotFound`."""
    with database.read() as connection:
        return known(connection, policy_id)


def known(connection: Connection, policy_id: int) -> Policy:
    """One rule, within the caller's transaction; raises `NotFound`."""
    row = connection.execute(select(retention_policy).where(retention_policy.c.id == policy_id)).first()
    if row is None:
        raise NotFound("This rule is not there any more.")
    return _policy(row)


def add(database: Database, rule: Rule) -> int:
    """Keep a new rule, not armed; returns its id. Raises `InvalidInput`."""
    values = asdict(checked(rule))
    with database.write() as connection:
        _require_free(connection, values["name"], None)
        if connection.execute(select(func.count()).select_from(retention_policy)).scalar_one() >= MOST_RULES:
            raise InvalidInput({"name": f"There are {MOST_RULES} rules already. Change or remove one."})
        made = connection.execute(retention_policy.insert().values(values)).inserted_primary_key
        assert made is not None
        return int(made[0])


def change(database: Database, policy_id: int, rule: Rule) -> None:
    """Put a rule in the place of another, which disarms it; raises `InvalidInput`, `NotFound`."""
    values = asdict(checked(rule))
    with database.write() as connection:
        _require_free(connection, values["name"], policy_id)
        if known(connection, policy_id).rule != Rule(**values):
            connection.execute(_at(policy_id).values(values | {"held": None}))


def remove(database: Database, policy_id: int) -> None:
    """Remove a rule; what it did stays in the log."""
    with database.write() as connection:
        connection.execute(delete(retention_policy).where(retention_policy.c.id == policy_id))


def arm(database: Database, policy_id: int, seen: str, now: datetime) -> None:
    """Let a rule run daily. `seen` is the fingerprint of the preview that was looked at.

    Raises `NotFound`, and `RetentionRefused` if the rule or the protections have changed since that preview.
    """
    with database.write() as connection:
        if fingerprint(connection, known(connection, policy_id).rule) != seen:
            raise RetentionRefused("The rule or a protection has changed since the preview. Look at it again first.")
        connection.execute(_at(policy_id).values(armed_at=now, held=None))


def disarm(database: Database, policy_id: int) -> None:
    """The rule does not run until it is previewed and armed again."""
    with database.write() as connection:
        connection.execute(_at(policy_id).values(armed_at=None))


def hold(database: Database, policy_id: int, why: str | None) -> None:
    """Say why the rule's last run stopped; None: it did not."""
    with database.write() as connection:
        connection.execute(_at(policy_id).values(held=why))


def note_run(connection: Connection, policy_id: int, now: datetime) -> None:
    """The rule was run at `now`, within the caller's transaction."""
    connection.execute(_at(policy_id).values(ran_at=now, held=None))


def fingerprint(connection: Connection, rule: Rule) -> str:
    """Tells a rule under its protections from any other, within the caller's transaction."""
    told = json.dumps([asdict(rule), asdict(current(connection))], sort_keys=True)
    return sha256(told.encode()).hexdigest()


def checked(rule: Rule) -> Rule:
    """The rule tidied; raises `InvalidInput` with a sentence for each field that cannot be."""
    name, wrong = " ".join(rule.name.split()), dict(_wrong(rule))
    if not 1 <= len(name) <= LONGEST_NAME:
        wrong["name"] = f"A rule has a name of 1 to {LONGEST_NAME} characters."
    tag = rule.tag
    try:
        tag = clean(tag) if tag else None
    except InvalidInput as error:
        wrong |= error.fields
    if wrong:
        raise InvalidInput(wrong)
    return Rule(**{**asdict(rule), "name": name, "tag": tag})


def _wrong(rule: Rule) -> Mapping[str, str]:
    wrong = {
        name: f"{label} must be from {low:,} to {high:,}."
        for name, label, low, high in (
            ("older_than", "Days", 1, MOST_DAYS),
            ("rating_below", "The rating", 2, HIGHEST),
            ("total_bytes", "Bytes in all", 0, MOST_BYTES),
            ("per_model", "Items of each model", 0, MOST_ITEMS),
        )
        if (value := getattr(rule, name)) is not None and not low <= value <= high
    }
    if rule.strength not in STRENGTHS:
        wrong["strength"] = "A rule moves items to the trash, or drops their bytes."
    if rule.kind is not None and rule.kind not in KINDS:
        wrong["kind"] = f"A kind is one of {', '.join(KINDS)}."
    if rule.total_bytes is not None and rule.per_model is not None:
        wrong["per_model"] = "Limit either the bytes in all or the items of each model. Use two rules for both."
    if rule == Rule(rule.name, rule.strength, kind=rule.kind):
        wrong["older_than"] = "A rule needs at least one condition beside the kind, or it would take everything."
    return wrong


def _require_free(connection: Connection, name: str, own: int | None) -> None:
    query = select(retention_policy.c.id).where(retention_policy.c.name == name)
    found = connection.execute(query).scalar()
    if found is not None and found != own:
        raise InvalidInput({"name": f"There is a rule '{name}' already. Choose another name."})


def _at(policy_id: int) -> Any:
    return update(retention_policy).where(retention_policy.c.id == policy_id)


def _policy(row: Row[Any]) -> Policy:
    rule = Rule(**{field.name: getattr(row, field.name) for field in fields(Rule)})
    return Policy(row.id, rule, row.armed_at, row.ran_at, row.held)
