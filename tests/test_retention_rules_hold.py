"""Row 36: whatever people, clocks and disks do, what is protected stays, and a run takes what its preview showed.

`STUDIO_RETENTION_STEPS` asks for so many steps; the oracle of what is protected is written anew from the rows.
"""

import hashlib
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from core import blobs, deletions, marks, retention, room, search, tags, trash
from core.database import Database, open_database
from core.deletions import Line
from core.errors import RetentionRefused
from core.migrations import migrate
from core.models import entry, generation, generation_input, media, media_chunk, media_tag, tag, thumbnail
from core.retention import Protections, Rule, running
from core.search import Query

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ZONES = ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu")
STEPS = int(os.environ.get("STUDIO_RETENTION_STEPS", "0"))
EACH = 50  # steps of an example in a long run
conditions = st.fixed_dictionaries(
    {},
    optional={
        "older_than": st.integers(1, 40),
        "kind": st.sampled_from(("image", "video")),
        "tag": st.sampled_from(("keep", "draft")),
        "rating_below": st.integers(2, 5),
        "unrated": st.booleans(),
        "total_bytes": st.integers(0, 4000),
    },
).filter(lambda asked: set(asked) - {"kind"} and (asked.get("unrated", True) or len(asked) > 1 + ("kind" in asked)))
protections = st.builds(
    Protections,
    st.sampled_from((None, 3, 5)),
    st.sampled_from(((), ("keep",))),
    st.booleans(),
    st.integers(0, 3),
)


class Retention(RuleBasedStateMachine):
    """A library in use while rules run."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.template.parent))
        self.database = self.opened(shutil.copy(self.template, self.folder / "studio.db"))
        self.daily = retention.Daily(self.database)
        self.now = NOW
        self.zone = ZoneInfo("UTC")
        self.gone: set[int] = set()  # by a person's hand

    def opened(self, path: Path) -> Database:
        return open_database(path)

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def clock(self) -> datetime:
        return self.now.astimezone(self.zone)

    def items(self, data: st.DataObject) -> list[int]:
        with self.database.read() as connection:
            known = list(connection.execute(select(media.c.id)).scalars())
        return data.draw(st.lists(st.sampled_from(known or [999]), min_size=1, max_size=4))

    @initialize(number=st.integers(5, 25))
    def begin(self, number: int) -> None:
        retention.accept(self.database, self.clock())
        for each in range(number):
            self.make(each, "image" if each % 3 else "video", 100 + each)

    @rule(age=st.integers(0, 60), kind=st.sampled_from(("image", "video")), size=st.integers(1, 2000))
    def make(self, age: int, kind: str, size: int) -> None:
        data, when = os.urandom(size), self.now - timedelta(days=age)
        mime = {"image": "image/png", "video": "video/mp4"}[kind]
        with self.database.write() as connection:
            run = {"batch": "b", "provider": "sketch", "model": f"sketch/{kind}", "version": "1", "kind": kind}
            run |= {"prompt": "hill", "request": {}, "status": "succeeded", "created_at": when}
            made = connection.execute(generation.insert().values(run)).inserted_primary_key
            assert made is not None
            row = {"generation_id": made[0], "kind": kind, "mime": mime, "bytes": size, "width": 9, "height": 9}
            row |= {"sha256": hashlib.sha256(data).hexdigest(), "state": "ready", "created_at": when}
            item = connection.execute(media.insert().values(row)).inserted_primary_key
            assert item is not None
            blobs.insert(connection, item[0], blobs.split(data))
            small = {"media_id": item[0], "mime": "image/webp", "width": 9, "height": 9, "data": b"small"}
            connection.execute(thumbnail.insert().values(small))

    @rule(data=st.data(), favourite=st.booleans())
    def favour(self, data: st.DataObject, favourite: bool) -> None:
        marks.favour(self.database, self.items(data), favourite)

    @rule(data=st.data(), rating=st.integers(0, 5))
    def rate(self, data: st.DataObject, rating: int) -> None:
        marks.rate(self.database, self.items(data), rating)

    @rule(data=st.data(), name=st.sampled_from(("keep", "draft")), add=st.booleans())
    def mark(self, data: st.DataObject, name: str, add: bool) -> None:
        (tags.add if add else tags.remove)(self.database, self.items(data), [name])

    @rule(data=st.data())
    def use(self, data: st.DataObject) -> None:
        with self.database.write() as connection:
            run = connection.execute(select(func.max(generation.c.id))).scalar()
            used = connection.execute(select(func.count()).select_from(generation_input)).scalar_one()
            for position, media_id in enumerate(self.items(data), used):
                row = {"generation_id": run, "role": "image", "position": position, "media_id": media_id}
                connection.execute(generation_input.insert().values(row))

    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        trash.discard(self.database, self.items(data), self.now)

    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        trash.restore(self.database, self.items(data))

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        items = self.items(data)
        with self.database.read() as connection:
            there = select(media.c.id).where(media.c.id.in_(items), media.c.trashed_at.is_not(None))
            self.gone |= set(connection.execute(there).scalars())
        trash.delete_for_ever(self.database, items, self.now)

    @rule(asked=conditions, strength=st.sampled_from(("trash", "thin")), arm=st.booleans())
    def write_rule(self, asked: dict[str, object], strength: str, arm: bool) -> None:
        kept = retention.policies(self.database)
        written = Rule(f"rule {len(kept)}", strength, **asked)  # type: ignore[arg-type]
        if len(kept) < 3:
            policy_id = retention.add(self.database, written)
        else:
            policy_id = kept[0].id
            retention.change(self.database, policy_id, Rule(kept[0].rule.name, strength, **asked))  # type: ignore[arg-type]
        if arm:
            plan = retention.plan(self.database, retention.policy(self.database, policy_id).rule, self.clock())
            retention.arm(self.database, policy_id, plan.fingerprint, self.now)

    @rule(wanted=protections)
    def protect(self, wanted: Protections) -> None:
        before = retention.protections(self.database)
        retention.protect(self.database, wanted)
        armed = [policy for policy in retention.policies(self.database) if policy.armed_at]
        looser = (
            (before.rating is not None and before.rating != wanted.rating)
            or not set(before.tags) <= set(wanted.tags)
            or before.inputs > wanted.inputs
            or (before.newest and before.newest != wanted.newest)
        )
        assert not (looser and armed)

    @rule(days=st.sampled_from((None, 1, 20)))
    def wait_in_trash(self, days: int | None) -> None:
        retention.wait_in_trash(self.database, days)

    @rule(hours=st.integers(1, 7 * 24))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.run_daily()

    @rule(zone=st.sampled_from(ZONES))
    def travel(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    @rule(hours=st.one_of(st.integers(-2000, -1), st.integers(9 * 24, 20_000)))
    def clock_jumps(self, hours: int) -> None:
        """Forward or back: nothing goes by itself, nor by a rule that is run by hand, until a person looks."""
        right, before = self.now, self.log()
        self.daily_steps()
        before = self.log()
        self.now += timedelta(hours=hours)
        if retention.doubt(self.database, self.clock()) is None:
            seen = (right - self.now) <= timedelta(minutes=5)
            assert seen, "a clock that went back is always in doubt"
        else:
            self.daily_steps()
            plan = retention.plan(self.database, Rule("by hand", older_than=1), self.clock())
            with pytest.raises(RetentionRefused):
                retention.require_safe(self.database, plan, self.clock(), confirmed=True)
            assert self.log() == before
        self.now = max(right, self.now) if hours < 0 else right
        retention.accept(self.database, self.clock())

    @rule()
    def disk_is_low(self) -> None:
        """It stops new work; what rules take is the same as before."""
        rules = [policy.rule for policy in retention.policies(self.database)]
        plans = [retention.plan(self.database, each, self.clock()) for each in rules]
        assert room.shortage(self.database.path, 2**62) is not None
        room.spend_ballast(self.database.path)
        assert plans == [retention.plan(self.database, each, self.clock()) for each in rules]
        self.run_daily()

    @rule(data=st.data())
    def run_by_hand(self, data: st.DataObject) -> None:
        """A person looks at the preview and confirms it: exactly that goes."""
        kept = retention.policies(self.database)
        if not kept:
            return
        policy = data.draw(st.sampled_from(kept))
        plan, before = retention.plan(self.database, policy.rule, self.clock(), policy.id), len(self.log())
        self.require_oracle(plan)
        retention.require_safe(self.database, plan, self.clock(), confirmed=True)
        for _ in retention.run(self.database, plan, self.clock()):
            pass
        new = self.log()[before:]
        assert sorted(line.media_id for line in new) == sorted(each.id for each in plan.goes)
        assert {line.act for line in new} <= {policy.rule.strength}
        assert {line.sha256 for line in new} == {each.sha256 for each in plan.goes}

    # --- what must hold

    def log(self) -> list[Line]:
        return deletions.log(self.database, limit=10**6)[::-1]

    def protected(self) -> set[int]:
        """By the rows, without the view and the triggers."""
        wanted = retention.protections(self.database)
        with self.database.read() as connection:
            rows = connection.execute(select(media.c.id, media.c.favourite, media.c.rating, media.c.trashed_at)).all()
            named = connection.execute(
                select(media_tag.c.media_id, tag.c.name).join(tag, tag.c.id == media_tag.c.tag_id)
            ).all()
            used = set(connection.execute(select(generation_input.c.media_id)).scalars())
            order = connection.execute(
                select(entry.c.media_id).where(entry.c.media_id.is_not(None)).order_by(entry.c.id.desc())
            ).scalars()
            trashed = {row.id for row in rows if row.trashed_at is not None}
            newest = [media_id for media_id in order if media_id not in trashed][: wanted.newest]
        held = {row.id for row in rows if row.favourite}
        held |= {row.id for row in rows if wanted.rating is not None and row.rating >= wanted.rating}
        held |= {media_id for media_id, name in named if name in wanted.tags}
        return held | set(newest) | (used if wanted.inputs else set())

    def require_oracle(self, plan: retention.Plan) -> None:
        held = self.protected()
        assert not held & {each.id for each in plan.goes}
        assert {each.id for each in plan.protected} <= held

    def daily_steps(self) -> None:
        while self.daily.step(self.clock()):
            pass

    def run_daily(self) -> None:
        before, held = len(self.log()), self.protected()
        with self.database.read() as connection:
            trashed = dict(connection.execute(select(media.c.id, media.c.trashed_at)).all())
        size, days, doubted = running.library(self.database), retention.trash_days(self.database), self.doubted()
        armed = {policy.id for policy in retention.policies(self.database) if policy.armed_at}
        self.daily_steps()
        new = self.log()[before:]
        assert not (doubted and new)
        assert not held & {line.media_id for line in new}, "what is protected is never touched"
        for line in new:
            if line.act == "delete":
                moved = trashed[line.media_id]
                assert line.hand == "trash"
                assert days is not None
                assert moved is not None
                assert moved <= self.now - timedelta(days=days)
            else:
                assert line.hand == "rule"
                assert line.policy_id in armed
                assert trashed[line.media_id] is None
        taken = [
            line for line in self.log() if line.run.startswith("daily-") and line.at > self.now - timedelta(days=1)
        ]
        assert len(taken) <= max(1, -(-size // 20)), "the limit of a day"

    def doubted(self) -> bool:
        return retention.doubt(self.database, self.clock()) is not None

    @invariant()
    def each_item_is_whole_or_thinned(self) -> None:
        with self.database.read() as connection:
            sizes = select(media_chunk.c.media_id, func.sum(func.length(media_chunk.c.data)))
            held = {row[0]: row[1] for row in connection.execute(sizes.group_by(media_chunk.c.media_id))}
            rows = connection.execute(select(media.c.id, media.c.state, media.c.bytes)).all()
            small = set(connection.execute(select(thumbnail.c.media_id)).scalars())
        assert held == {row.id: row.bytes for row in rows if row.state == "ready"}
        assert small == {row.id for row in rows}
        gone = {line.media_id for line in self.log() if line.act == "delete"}
        assert not gone & {row.id for row in rows}
        assert self.gone <= gone
        found = search.count(self.database) + search.count(self.database, Query(trash=True))
        assert found == len(rows)


@pytest.fixture
def machine(tmp_path: Path) -> type[Retention]:
    made = open_database(tmp_path / "template.db")
    migrate(made, NOW)
    made.close()
    Retention.template = tmp_path / "template.db"
    return Retention


def hold(machine: type[Retention], examples: int, steps: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    phases = (Phase.generate,)  # making a failure smaller takes minutes
    asked = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=quiet, phases=phases
    )
    run_state_machine_as_test(machine, settings=asked)


def test_what_is_protected_stays(machine: type[Retention]) -> None:
    hold(machine, 8, 20)


@pytest.mark.torture
def test_what_is_protected_stays_for_long(machine: type[Retention]) -> None:
    hold(machine, max(1, (STEPS or 100_000) // EACH), EACH)
