"""Rules by their previews: what goes, what is protected and why, when a run refuses; the database keeps it so."""

from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update
from starlette.testclient import TestClient

from core import Studio, blobs, compaction, deletions, library, marks, retention, room, search, tags, trash
from core.api import create_app
from core.database import Database, open_database
from core.deletions import Hand
from core.errors import BytesGone, InvalidInput, NotFound, RetentionRefused, StorageError
from core.models import generation, media, media_chunk
from core.retention import Candidate, Plan, Policy, Protections, Rule, running
from core.search import Query
from core.sqlite import PAGE_SIZE
from core.studio import Upload
from tests.factories import add, claimed, found, picture

DAY = timedelta(days=1)
NONE = Protections(None, (), False, 0)


@pytest.fixture
def free(database: Database) -> Database:
    """A file in which favourites alone are protected."""
    retention.protect(database, NONE)
    return database


def ids(rows: tuple[Candidate, ...]) -> list[int]:
    return [row.id for row in rows]


def goes(database: Database, now: datetime, **conditions: object) -> list[int]:
    return ids(retention.plan(database, Rule("a rule", **conditions), now).goes)  # type: ignore[arg-type]


def through(database: Database, plan: Plan, now: datetime) -> None:
    for _ in retention.run(database, plan, now):
        pass


def armed(database: Database, now: datetime, rule: Rule) -> int:
    policy_id = retention.add(database, rule)
    retention.arm(database, policy_id, retention.plan(database, rule, now, policy_id).fingerprint, now)
    return policy_id


def only(database: Database) -> Policy:
    (kept,) = retention.policies(database)
    return kept


def day(database: Database, now: datetime) -> None:
    daily = retention.Daily(database)
    while daily.step(now):
        pass


def test_thinned_items_are_found(free: Database, now: datetime) -> None:
    old, new = add(free, now - 9 * DAY), add(free, now)
    through(free, retention.plan(free, Rule("old", "thin", older_than=5), now), now)
    assert [hit.id for hit in search.page(free, Query("is:thinned")).hits] == [old]
    assert [hit.id for hit in search.page(free, Query("-is:thinned")).hits] == [new]


# --- what matches


def test_each_condition_takes_what_it_says(free: Database, now: datetime) -> None:
    old, low, none = (
        add(free, now - days * DAY, kind=kind) for days, kind in ((9, "image"), (5, "video"), (0, "image"))
    )
    marks.rate(free, [old], 3)
    marks.rate(free, [low], 2)
    tags.add(free, [low, none], ["draft"])
    with free.write() as connection:
        connection.execute(update(generation).where(generation.c.id == old).values(status="failed"))
    assert goes(free, now, older_than=5) == [old, low]
    assert goes(free, now, older_than=6) == [old]
    assert goes(free, now, tag=" Draft ".strip().lower()) == [low, none]
    assert goes(free, now, tag="draft", kind="video") == [low]
    assert goes(free, now, rating_below=3) == [low]
    assert goes(free, now, unrated=True) == [none]
    assert goes(free, now, unrated=True, rating_below=3) == [low, none]
    assert goes(free, now, failed=True) == [old]


def test_limits_let_the_newest_stay(free: Database, now: datetime) -> None:
    stills = [add(free, now, bytes(100)) for _ in range(3)]
    clips = [add(free, now, bytes(1000), kind="video") for _ in range(2)]
    assert goes(free, now, per_model=1) == [*stills[:2], clips[0]]
    assert goes(free, now, per_model=0, kind="image") == stills
    assert goes(free, now, total_bytes=2_000) == stills
    assert goes(free, now, total_bytes=2_200) == stills[:1]
    assert goes(free, now, total_bytes=2_299) == stills[:1]
    assert goes(free, now, total_bytes=2_300) == []
    marks.favour(free, stills[:1])
    plan = retention.plan(free, Rule("full", total_bytes=2_150), now)
    assert (ids(plan.goes), ids(plan.protected)) == (stills[1:], stills[:1]), "what is protected counts, and stays"


def test_what_is_in_the_trash_is_no_concern_of_a_rule(free: Database, now: datetime) -> None:
    items = [add(free, now, bytes(100)) for _ in range(2)]
    trash.discard(free, items[:1], now)
    assert goes(free, now, per_model=0) == items[1:]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Rule(" "), "name"),
        (Rule("x" * 101, older_than=1), "name"),
        (Rule("all"), "older_than"),
        (Rule("all videos", kind="video"), "older_than"),
        (Rule("x", older_than=0), "older_than"),
        (Rule("x", rating_below=1), "rating_below"),
        (Rule("x", rating_below=6), "rating_below"),
        (Rule("x", total_bytes=-1), "total_bytes"),
        (Rule("x", total_bytes=1, per_model=1), "per_model"),
        (Rule("x", "burn", older_than=1), "strength"),
        (Rule("x", kind="song", older_than=1), "kind"),
        (Rule("x", tag="a,b"), "tag"),
    ],
)
def test_a_rule_that_makes_no_sense_is_told(database: Database, rule: Rule, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        retention.add(database, rule)
    assert field in refused.value.fields


def test_names_are_taken_once(database: Database) -> None:
    first = retention.add(database, Rule("  Old   drafts ", older_than=30))
    assert only(database).rule.name == "Old drafts"
    with pytest.raises(InvalidInput, match="already"):
        retention.add(database, Rule("Old drafts", unrated=True))
    retention.change(database, first, Rule("Old drafts", older_than=31))
    retention.remove(database, first)
    with pytest.raises(NotFound):
        retention.policy(database, first)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (Rule("x", older_than=1), "Moves to the trash items older than 1 day."),
        (
            Rule("x", "thin", older_than=30, kind="video", rating_below=3, unrated=True),
            "Drops the bytes of videos rated below 3 or not rated, older than 30 days.",
        ),
        (Rule("x", total_bytes=5 * 10**9), "Moves to the trash all but the newest 5 GB of items."),
        (
            Rule("x", per_model=1000, failed=True),
            "Moves to the trash all but the newest 1,000 of each model's items of failed runs.",
        ),
    ],
)  # fmt: skip
def test_a_rule_says_what_it_does(rule: Rule, sentence: str) -> None:
    assert rule.sentence == sentence


# --- what is protected


def test_what_is_protected_and_why(database: Database, now: datetime) -> None:
    items = [add(database, now - 99 * DAY) for _ in range(6)]
    marks.favour(database, items[:1])
    marks.rate(database, items[1:2], 4)
    marks.rate(database, items[2:3], 3)
    tags.add(database, [items[0], items[3]], ["keep"])
    claim = claimed(database, now - 99 * DAY)
    with database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO generation_input (generation_id, role, media_id) VALUES (?, 'image', ?)", (claim.id, items[4])
        )
    retention.protect(database, Protections(4, ("keep",), True, 1))
    plan = retention.plan(database, Rule("old", older_than=1), now)
    assert {each.id: each.why for each in plan.found} == {
        items[0]: ("a favourite", "tagged 'keep'"),
        items[1]: ("rated 4 or more",),
        items[2]: (),
        items[3]: ("tagged 'keep'",),
        items[4]: ("used as an input",),
        items[5]: ("among the newest 1",),
    }
    assert retention.protections(database) == Protections(4, ("keep",), True, 1)


def test_protections_that_make_no_sense_are_told(database: Database) -> None:
    for wrong in (
        Protections(rating=6),
        Protections(newest=-1),
        Protections(newest=10_001),
        Protections(tags=("a,b",)),
    ):
        with pytest.raises(InvalidInput):
            retention.protect(database, wrong)
    assert retention.protections(database) == Protections()


def automatic(database: Database, now: datetime, hand: str, *statements: object) -> None:
    with database.write() as connection, deletions.by(connection, Hand(hand, "daily-x", 1, "old"), now):
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def test_the_database_itself_keeps_what_is_protected(free: Database, now: datetime) -> None:
    held, plain = add(free, now, b"held"), add(free, now, b"plain")
    marks.favour(free, [held])
    to_trash = update(media).values(trashed_at=now)
    thin = update(media).values(state="thinned")
    for hand in ("rule", "trash"):
        for statement in (
            to_trash.where(media.c.id == held),
            to_trash,
            thin.where(media.c.id == held),
            update(media).values(state="lost").where(media.c.id == plain),
            delete(media).where(media.c.id == held),
            delete(media).where(media.c.id == plain),
            delete(media_chunk).where(media_chunk.c.media_id == plain),
        ):
            with pytest.raises(StorageError, match="protected from automatic deletion"):
                automatic(free, now, hand, statement)
    trash.discard(free, [held, plain], now)
    with pytest.raises(StorageError, match="protected"):
        automatic(free, now, "rule", delete(media).where(media.c.id == plain))
    with pytest.raises(StorageError, match="protected"):
        automatic(free, now, "trash", delete(media).where(media.c.id == held))
    automatic(free, now, "trash", delete(media).where(media.c.id == plain))
    assert trash.delete_for_ever(free, [held], now).number == 1, "a person's own hand may"
    with free.read() as connection:
        assert connection.execute(select(text("count(*)")).select_from(media_chunk)).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM deleting")).scalar() == 0


def test_every_protection_is_the_databases_own(database: Database, now: datetime) -> None:
    rated, tagged, used, plain, newest = (add(database, now) for _ in range(5))
    marks.rate(database, [rated], 5)
    tags.add(database, [tagged], ["keep"])
    claim = claimed(database, now)
    with database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO generation_input (generation_id, role, media_id) VALUES (?, 'image', ?)", (claim.id, used)
        )
    retention.protect(database, Protections(newest=1))
    for media_id in (rated, tagged, used, newest):
        with pytest.raises(StorageError, match="protected"):
            automatic(database, now, "rule", update(media).where(media.c.id == media_id).values(trashed_at=now))
    automatic(database, now, "rule", update(media).where(media.c.id == plain).values(trashed_at=now))


# --- armed and disarmed


def test_any_change_disarms(database: Database, now: datetime) -> None:
    policy_id = armed(database, now, Rule("old", older_than=30))
    assert only(database).armed_at == now
    retention.change(database, policy_id, Rule("old", older_than=30))
    assert only(database).armed_at == now, "nothing changed"
    retention.change(database, policy_id, Rule("old", older_than=29))
    assert only(database).armed_at is None


def test_a_looser_protection_disarms_and_a_stricter_one_does_not(database: Database, now: datetime) -> None:
    armed(database, now, Rule("old", older_than=30))
    retention.protect(database, Protections(tags=("keep", "client")))
    assert only(database).armed_at is not None
    for looser in (Protections(5), Protections(tags=()), Protections(inputs=False), Protections(newest=0)):
        retention.protect(database, Protections())
        policy = only(database)
        retention.arm(database, policy.id, retention.plan(database, policy.rule, now).fingerprint, now)
        retention.protect(database, looser)
        assert only(database).armed_at is None, looser


def test_the_end_of_a_tag_that_protects_disarms(database: Database, now: datetime) -> None:
    items = [add(database, now) for _ in range(2)]
    tags.add(database, items, ["keep"])
    armed(database, now, Rule("old", older_than=30))
    tags.remove(database, items[:1], ["keep"])
    assert only(database).armed_at is not None
    tags.rename(database, "keep", "kept")
    assert only(database).armed_at is None


def test_another_program_that_changes_a_rule_disarms_it(database: Database, now: datetime) -> None:
    armed(database, now, Rule("old", older_than=30))
    with database.write() as connection:
        connection.execute(text("UPDATE retention_policy SET older_than = 1"))
    assert only(database).armed_at is None


def test_arming_needs_the_preview_of_what_is_armed(database: Database, now: datetime) -> None:
    policy_id = retention.add(database, Rule("old", older_than=30))
    seen = retention.plan(database, Rule("old", older_than=30), now).fingerprint
    retention.change(database, policy_id, Rule("old", older_than=1))
    with pytest.raises(RetentionRefused, match="changed since the preview"):
        retention.arm(database, policy_id, seen, now)
    with pytest.raises(NotFound):
        retention.arm(database, 99, seen, now)
    assert only(database).armed_at is None


# --- runs


def test_the_preview_is_the_run(free: Database, now: datetime) -> None:
    items = [add(free, now - number * DAY, bytes(100 + number)) for number in range(4)]
    marks.favour(free, items[3:])
    policy_id = armed(free, now, Rule("old", older_than=2))
    plan = retention.plan(free, only(free).rule, now, policy_id)
    assert (ids(plan.goes), plan.bytes) == ([items[2]], 102)
    through(free, plan, now)
    assert search.items(free, Query(trash=True), limit=9) == [items[2]]
    (line,) = deletions.log(free, limit=9)
    assert (line.at, line.hand, line.act, line.rule) == (now, "rule", "trash", "old")
    assert (line.media_id, line.bytes, line.policy_id) == (items[2], 102, policy_id)
    assert line.sha256 == library.item(free, items[2]).sha256
    assert only(free).ran_at == now


def test_a_run_looks_once_more(free: Database, now: datetime) -> None:
    """What a person does between preview and run counts, and nothing that the preview did not show goes."""
    favoured, rated, restored, plain = (add(free, now - 9 * DAY) for _ in range(4))
    plan = retention.plan(free, Rule("unrated", older_than=1, unrated=True), now)
    marks.favour(free, [favoured])
    marks.rate(free, [rated], 1)
    trash.discard(free, [restored], now)
    late = add(free, now - 9 * DAY)
    through(free, plan, now)
    assert {line.media_id for line in deletions.log(free, limit=9)} == {plain}
    assert late in search.items(free, limit=9)


def test_a_plan_from_before_a_change_of_protections_is_refused(free: Database, now: datetime) -> None:
    add(free, now - 9 * DAY)
    plan = retention.plan(free, Rule("old", older_than=1), now)
    retention.protect(free, Protections())
    with pytest.raises(RetentionRefused, match="Look at it again"):
        through(free, plan, now)
    assert deletions.log(free, limit=1) == []


def test_a_thinned_item_keeps_all_but_its_bytes(free: Database, now: datetime) -> None:
    data = bytes(range(256)) * 10_000
    thin, kept = add(free, now - 9 * DAY, data, prompt="red hills"), add(free, now, data)
    tags.add(free, [thin], ["sea"])
    before = library.item(free, thin)
    plan = retention.plan(free, Rule("old", "thin", older_than=1), now)
    through(free, plan, now)
    after = library.item(free, thin)
    assert after.thinned
    assert (after.sha256, after.bytes, after.tags, after.caption) == (before.sha256, len(data), ("sea",), "red hills")
    assert library.thumbnail_data(free, "image", thin)[0] == "image/webp"
    assert search.items(free, Query("hills tag:sea"), limit=9) == [thin]
    with pytest.raises(StorageError):
        next(blobs.read(free, thin, 0, 1))
    with pytest.raises(BytesGone, match=r"thinned on 22 November 2026 by the rule 'old'"):
        library.require_bytes(free, after)
    assert b"".join(blobs.read(free, kept, 0, len(data))) == data
    assert [(line.act, line.bytes) for line in deletions.log(free, limit=9)] == [("thin", len(data))]
    assert ids(retention.plan(free, Rule("old", "thin", older_than=1), now).found) == []
    trash.discard(free, [thin], now)
    assert (trash.holds(free).number, trash.holds(free).bytes) == (1, 0)
    assert trash.delete_for_ever(free, [thin], now).bytes == 0


@given(st.integers(0, 3 * 2**20))
def test_pages_of_any_size_are_never_too_many(size: int) -> None:
    assert compaction.pages_of(size) * (PAGE_SIZE - 4) <= size + PAGE_SIZE * (size // 2**20 + 1)


@pytest.mark.parametrize(
    "size", [100, 16_000, 16_337, 17_000, 300_000, 2**20 - 5, 2**20, 2**20 + 1, 3 * 2**20 + 70_000]
)
def test_the_bytes_that_return_are_counted_in_pages(free: Database, now: datetime, size: int) -> None:
    items = [add(free, now - 9 * DAY, bytes([number]) * size) for number in range(3)]
    plan = retention.plan(free, Rule("old", "thin", older_than=1), now)
    before = compaction.free_bytes(free)
    through(free, plan, now)
    grown = compaction.free_bytes(free) - before
    assert plan.returns <= grown + 4 * PAGE_SIZE
    assert grown <= plan.returns + len(items) * PAGE_SIZE * (2 + size // 2**20)
    if size >= 300_000:
        assert plan.returns > 0.9 * 3 * size


def test_the_same_bytes_twice_return_twice(free: Database, now: datetime) -> None:
    for _ in range(2):
        add(free, now - 9 * DAY, bytes(2**20))
    plan = retention.plan(free, Rule("old", older_than=1), now)
    assert plan.returns >= 2 * 2**20 - 2 * PAGE_SIZE


def test_the_frame_has_a_row_for_everything_that_matches(free: Database, now: datetime) -> None:
    items = [add(free, now - 9 * DAY, prompt=f"hill {number}") for number in range(3)]
    marks.favour(free, items[:1])
    plan = retention.plan(free, Rule("old", older_than=1), now)
    frame = plan.frame
    assert list(frame.index) == items
    assert list(frame["goes"]) == [False, True, True]
    assert frame.loc[items[0], "protected"] == "a favourite"
    assert frame["bytes"].where(frame["goes"], 0).sum() == plan.bytes
    assert frame["returns"].sum() == plan.returns
    assert retention.plan(free, Rule("none", tag="never"), now).frame.empty


# --- by itself


def test_daily_runs_take_armed_rules_only_and_once_a_day(free: Database, now: datetime) -> None:
    items = [add(free, now - 9 * DAY) for _ in range(3)]
    retention.add(free, Rule("unarmed", older_than=1))
    day(free, now)
    assert search.count(free) == 3
    armed(free, now, Rule("one", older_than=1, per_model=2))
    day(free, now + timedelta(hours=23))
    assert search.count(free) == 3, "today is over"
    day(free, now + DAY)
    assert search.items(free, Query(trash=True), limit=9) == items[:1]
    assert deletions.log(free, limit=1)[0].run.startswith("daily-")


def test_a_run_that_would_take_too_much_stops_and_asks(free: Database, now: datetime) -> None:
    items = [add(free, now - 9 * DAY) for _ in range(5)]
    policy_id = armed(free, now, Rule("old", older_than=1))
    day(free, now)
    kept = only(free)
    assert kept.held is not None
    assert kept.held.startswith(
        "It would take 5 of 5 items, and rules may take 1 a day by themselves (5% of the library"
    )
    assert search.count(free) == 5
    plan = retention.plan(free, kept.rule, now, policy_id)
    with pytest.raises(RetentionRefused, match="would take 5 of 5"):
        retention.require_safe(free, plan, now, confirmed=False)
    retention.require_safe(free, plan, now, confirmed=True)
    through(free, plan, now)
    assert search.items(free, Query(trash=True), limit=9) == items[::-1]
    assert only(free).held is None


def test_the_limit_is_that_of_a_day(free: Database, now: datetime) -> None:
    """Many small rules, or a run that is killed and begun again, take no more than one rule may."""
    for _ in range(40):
        add(free, now - 9 * DAY)
    tags.add(free, [1, 2], ["a"])
    tags.add(free, [3, 4], ["b"])
    armed(free, now, Rule("first", tag="a"))
    armed(free, now, Rule("second", tag="b"))
    day(free, now)
    assert search.items(free, Query(trash=True), limit=9) == [2, 1]
    assert retention.policies(free)[1].held is not None
    assert "after 2 earlier today" in str(retention.policies(free)[1].held)
    day(free, now + DAY)
    assert search.items(free, Query(trash=True), limit=9) == [4, 3, 2, 1]
    assert running.beyond(500, 10**6) is None
    assert running.beyond(501, 10**6) is not None


def test_the_trash_is_emptied_by_a_later_run_of_its_own(free: Database, now: datetime) -> None:
    for _ in range(40):
        add(free, now - 9 * DAY)
    armed(free, now, Rule("first", older_than=1, per_model=39))
    day(free, now)
    for number in range(1, 40):
        day(free, now + number * DAY)
    assert trash.holds(free).number == 1, "off until the owner says so"
    retention.wait_in_trash(free, 30)
    marks.favour(free, [2])
    trash.discard(free, [2], now)
    day(free, now + 40 * DAY)
    assert trash.holds(free).number == 1, "what is protected stays in the trash"
    line = deletions.log(free, limit=1)[0]
    assert (line.hand, line.act, line.media_id) == ("trash", "delete", 1)
    for wrong in (0, 4_000):
        with pytest.raises(InvalidInput):
            retention.wait_in_trash(free, wrong)
    retention.wait_in_trash(free, None)
    assert retention.trash_days(free) is None


def test_emptying_the_trash_has_the_same_limit(free: Database, now: datetime) -> None:
    items = [add(free, now) for _ in range(21)]
    trash.discard(free, items[:3], now)
    retention.wait_in_trash(free, 1)
    day(free, now)
    day(free, now + DAY)
    assert trash.holds(free).number == 3
    assert "would take 3 of 21 items" in str(running.trash_held(free))
    trash.delete_for_ever(free, items[:2], now)
    day(free, now + 2 * DAY)
    assert (trash.holds(free).number, running.trash_held(free)) == (0, None)


# --- guards


@pytest.mark.parametrize(
    ("moved", "word"), [(-timedelta(hours=1), "was in use at"), (timedelta(days=9), "was last in use on")]
)
def test_a_clock_that_jumped_stops_everything_until_a_person_looks(
    free: Database, now: datetime, moved: timedelta, word: str
) -> None:
    for _ in range(3):
        add(free, now - 9 * DAY)
    armed(free, now, Rule("old", older_than=1, per_model=2))
    retention.wait_in_trash(free, 1)
    retention.Daily(free).step(now - DAY)  # looks, and begins nothing yet
    later = now + moved
    with free.write() as connection:
        connection.execute(text("UPDATE media SET created_at = '2026-01-01T00:00:00.000Z'"))
    day(free, now)
    taken = trash.holds(free).number
    assert taken == 1
    assert word in str(retention.doubt(free, later))
    day(free, later)
    with pytest.raises(RetentionRefused, match=word):
        retention.require_safe(free, retention.plan(free, Rule("x", older_than=1), later), later, confirmed=True)
    assert trash.holds(free).number == taken
    assert word in str(retention.doubt(free, now)), "once in doubt, a person has to look"
    retention.accept(free, later)
    assert retention.doubt(free, later) is None


def test_a_file_that_was_in_use_later_than_now_is_in_doubt_at_once(free: Database, now: datetime) -> None:
    add(free, now)
    assert retention.doubt(free, now) is None
    assert "Set the clock right" in str(retention.doubt(free, now - DAY))


def test_small_corrections_and_weekly_use_are_no_jumps(free: Database, now: datetime) -> None:
    day(free, now)
    assert retention.doubt(free, now - timedelta(minutes=4)) is None
    assert retention.doubt(free, now + timedelta(days=7)) is None


def test_time_zones_do_not_matter(free: Database, now: datetime) -> None:
    from zoneinfo import ZoneInfo

    add(free, now - DAY)
    day(free, now)
    for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"):
        elsewhere = now.astimezone(ZoneInfo(name))
        assert retention.doubt(free, elsewhere) is None
        assert goes(free, elsewhere, older_than=1) == [1]
        assert goes(free, elsewhere - timedelta(seconds=1), older_than=1) == []


def test_a_restored_copy_is_in_doubt(free: Database, now: datetime, tmp_path: Path) -> None:
    add(free, now)
    day(free, now)
    free.seal()
    copyfile(free.path, tmp_path / "copy.db")
    copy = open_database(tmp_path / "copy.db")
    assert "was restored, copied or moved" in str(retention.doubt(copy, now))
    retention.accept(copy, now)
    assert retention.doubt(copy, now) is None
    copy.close()
    assert retention.doubt(free, now) is None


def test_an_older_state_under_the_same_name_is_in_doubt(free: Database, now: datetime, tmp_path: Path) -> None:
    """Copied over in place the file stays the same to the system; the ballast, which no copy holds, knows better."""
    for _ in range(3):
        add(free, now - 9 * DAY)
    armed(free, now, Rule("old", older_than=1, per_model=2))
    room.keep_ballast(free.path)
    retention.accept(free, now)
    free.seal()
    before = free.path.read_bytes()
    day(free, now)
    assert (trash.holds(free).number, retention.doubt(free, now)) == (1, None)
    free.close()
    with free.path.open("r+b") as file:
        file.write(before)
    again = open_database(free.path, accept_lost_wal=True)
    assert trash.holds(again).number == 0
    assert "was restored" in str(retention.doubt(again, now))
    day(again, now + DAY)
    assert trash.holds(again).number == 0, "what a restore brought back is not taken again at once"
    again.close()


def test_who_restores_says_so(free: Database, now: datetime) -> None:
    from core.retention import guards

    with free.write() as connection:
        guards.mark_restored(connection, "The backup of Monday was restored.")
    assert retention.doubt(free, now) == "The backup of Monday was restored."


# --- the log


def test_a_persons_deletions_are_in_the_log(free: Database, now: datetime) -> None:
    media_id = add(free, now, b"bytes")
    digest = library.item(free, media_id).sha256
    trash.discard(free, [media_id], now)
    assert deletions.log(free, limit=9) == [], "the trash is no deletion"
    trash.delete_for_ever(free, [media_id], now + DAY)
    (line,) = deletions.log(free, limit=9)
    assert (line.hand, line.act, line.at, line.rule) == ("person", "delete", now + DAY, "")
    assert (line.media_id, line.sha256, line.bytes, line.kind) == (media_id, digest, 5, "image")
    assert deletions.of_item(free, media_id) == line
    assert deletions.lines(free) == 1
    assert deletions.log(free, limit=9, before=line.id) == []


def test_what_another_program_deletes_is_in_the_log(free: Database, now: datetime) -> None:
    add(free, now, b"bytes")
    with free.write() as connection:
        connection.execute(text("DELETE FROM media"))
    (line,) = deletions.log(free, limit=9)
    assert (line.hand, line.act, line.bytes) == ("unknown", "delete", 5)


def test_what_never_was_an_item_is_not_in_the_log(free: Database, now: datetime) -> None:
    claim = claimed(free, now)
    with free.write() as connection:
        library.begin(connection, claim.id, 0, found(), None, now)
    with free.write() as connection:
        library.drop_incoming(connection, claim.id)
    assert deletions.log(free, limit=9) == []


# --- what a thinned item is good for


def test_the_endpoint_says_what_became_of_the_bytes(free: Database, now: datetime) -> None:
    media_id = add(free, now - 9 * DAY, prompt="red hills")
    through(free, retention.plan(free, Rule("old", "thin", older_than=1), now), now)
    with TestClient(create_app(lambda: free)) as client:
        for what in ("data", "copy"):
            answer = client.get(f"/api/images/{media_id}/{what}", headers={"Range": "bytes=0-1"})
            assert answer.status_code == 410
            assert answer.json()["error"]["code"] == "bytes_gone"
            assert "its bytes are gone" in answer.json()["error"]["message"]
        assert client.get(f"/api/images/{media_id}/thumbnail").status_code == 200
        told = client.get(f"/api/images/{media_id}").json()
        assert (told["state"], told["recipe"]["prompt"]) == ("thinned", "red hills")


def test_it_cannot_be_an_input_and_the_same_upload_comes_anew(studio: Studio, now: datetime) -> None:
    retention.protect(studio.database, NONE)
    palette = studio.upload(Upload("colours.png", picture()), now=now - 9 * DAY)
    through(studio.database, retention.plan(studio.database, Rule("old", "thin", older_than=1), now), now)
    with pytest.raises(InvalidInput, match="its bytes are gone"):
        studio.generate("sketch/still", {"prompt": "hills"}, now=now, files={"palette": [palette]})
    assert studio.upload(Upload("colours.png", picture()), now=now) != palette
