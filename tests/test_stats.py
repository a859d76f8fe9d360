"""Statistics: bytes add up to the file, and frames say what plain Python works out from the rows."""

import itertools
import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from core import stats, trash
from core.database import Database, open_database
from core.errors import StorageBusy, StorageError, UnusableDatabase
from core.migrations import migrate
from core.models import charge, generation, media, media_chunk, media_tag, tag
from core.stats import Room, file, log, outside, pace, pagemap, snapshot
from tests.conftest import NOW
from tests.factories import add, picture

KINDS, MODELS = ("image", "video", "audio"), ("flux", "kling", None)
Item = dict[str, Any]
ITEMS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(KINDS),
            "model": st.sampled_from(MODELS),
            "experiment": st.sampled_from(("sky", None)),
            "bytes": st.integers(0, 2**40),
            "rating": st.integers(0, 5),
            "favourite": st.booleans(),
            "made": st.datetimes(datetime(2024, 12, 20), datetime(2026, 11, 22), timezones=st.just(UTC)),
            "trashed": st.booleans(),
            "state": st.sampled_from(("ready", "ready", "ready", "damaged", "incoming")),
            "sha256": st.sampled_from("abcdef"),
            "tags": st.sets(st.sampled_from((1, 2))),
            "charges": st.lists(st.tuples(st.none() | st.just(0.25), st.none() | st.just(0.5)), max_size=2),
        }
    ),
    max_size=9,
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One file for all examples, emptied before each."""
    opened = open_database(tmp_path_factory.mktemp("shelf") / "studio.db")
    migrate(opened, NOW)
    with opened.write() as connection:
        connection.execute(tag.insert(), [{"id": 1, "name": "sea"}, {"id": 2, "name": "night sky"}])
    yield opened
    opened.close()


def put(database: Database, items: Sequence[Item]) -> None:
    """Nothing but these items; those of a model each with a run of its own."""
    with database.write() as connection:
        for table in (charge, media, generation):
            connection.execute(delete(table))
        for number, item in enumerate(items, start=1):
            if item["model"]:
                row = {"model": item["model"], "version": "1", "kind": item["kind"], "prompt": "hill", "request": {}}
                row |= {"id": number, "batch": "b", "provider": item["model"][:1], "status": "succeeded"}
                row |= {"created_at": item["made"], "experiment": item["experiment"]}
                connection.execute(generation.insert().values(row))
            names = ("kind", "bytes", "rating", "favourite", "state", "sha256")
            row = {name: item[name] for name in names} | {"id": number, "mime": "image/png"}
            row |= {"generation_id": number if item["model"] else None, "created_at": item["made"]}
            connection.execute(media.insert().values(row | {"trashed_at": NOW if item["trashed"] else None}))
            links = [{"media_id": number, "tag_id": each} for each in item["tags"]]
            connection.execute(media_tag.insert(), links) if links else None
            for turn, (cost, estimate) in enumerate(item["charges"] if item["model"] else ()):
                sent = {"generation_id": number, "number": turn, "sent_at": NOW, "cost": cost, "estimate": estimate}
                connection.execute(charge.insert().values(sent))


def told(frame: pd.DataFrame, name: str) -> dict[Any, tuple[int, ...]]:
    columns = ["items", "bytes", "trash_items", "trash_bytes"]
    return {row[0]: tuple(map(int, row[1:])) for row in frame[[name, *columns]].itertuples(index=False)}


def plain(items: Sequence[Item], key: Callable[[Item], Sequence[Any]]) -> dict[Any, tuple[int, ...]]:
    """What each value of a property should come to."""
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for item in items:
        for value in key(item) if item["state"] != "incoming" else ():
            row = (1, item["bytes"], int(item["trashed"]), item["bytes"] if item["trashed"] else 0)
            sums[value] = [one + other for one, other in zip(sums[value], row, strict=True)]
    return {value: tuple(row) for value, row in sums.items()}


KEYS: dict[str, Callable[[Item], Sequence[Any]]] = {
    "kind": lambda item: [item["kind"]],
    "model": lambda item: [item["model"] or "Uploaded"],
    "provider": lambda item: [item["model"][:1] if item["model"] else "Uploaded"],
    "experiment": lambda item: [(item["model"] and item["experiment"]) or "None"],
    "rating": lambda item: [item["rating"]],
    "favourite": lambda item: [item["favourite"]],
    "tag": lambda item: [(None, "sea", "night sky")[each] for each in item["tags"]],
    "day": lambda item: [pd.Timestamp(item["made"].date())],
    "week": lambda item: [pd.Timestamp(item["made"].date() - timedelta(days=item["made"].weekday()))],
    "month": lambda item: [pd.Timestamp(item["made"].date().replace(day=1))],
}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=ITEMS)
def test_frames_say_what_the_rows_come_to(shelf: Database, items: list[Item]) -> None:
    put(shelf, items)
    found = stats.storage(shelf, NOW)
    for name, key in KEYS.items():
        assert told(found.frames[name], name) == plain(items, key), name
    counted = [item for item in items if item["state"] != "incoming"]
    assert (found.items, found.bytes) == (len(counted), sum(item["bytes"] for item in counted))
    _growth(found.frames["growth"], counted)
    ready = [(number, item) for number, item in enumerate(items, start=1) if item["state"] == "ready"]
    _largest_and_twins(found, ready)
    _costs(found.frames["costs"], items)


def _growth(frame: pd.DataFrame, counted: Sequence[Item]) -> None:
    days: Counter[date] = Counter()
    for item in counted:
        days[item["made"].date()] += item["bytes"]
    assert dict(zip(frame["day"].dt.date, frame["bytes"], strict=True)) == days
    assert list(frame["day"]) == sorted(frame["day"])
    totals = [sum(size for day, size in days.items() if day <= until) for until in sorted(days)]
    assert list(frame["total_bytes"]) == totals


def _largest_and_twins(found: stats.Storage, ready: Sequence[tuple[int, Item]]) -> None:
    ordered = sorted(ready, key=lambda pair: (-pair[1]["bytes"], pair[0]))
    assert list(found.frames["largest"]["id"]) == [number for number, _ in ordered]
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, item in ready:
        groups[item["sha256"]].append((number, item["bytes"]))
    twins = {name: rows for name, rows in groups.items() if len(rows) > 1}
    frame = found.frames["duplicates"].set_index("sha256")
    assert set(frame.index) == set(twins)
    for name, rows in twins.items():
        sizes = [size for _, size in rows]
        assert frame.loc[name, "ids"] == [number for number, _ in rows]
        assert frame.loc[name, "spared"] == sum(sizes) - max(sizes)


def _costs(frame: pd.DataFrame, items: Sequence[Item]) -> None:
    expected: dict[str, tuple[int, int, float, int]] = {}
    for model in ("flux", "kling"):
        mine = [item for item in items if item["model"] == model]
        sent = [cost if cost is not None else estimate for item in mine for cost, estimate in item["charges"]]
        kept = sum(item["state"] == "ready" and not item["trashed"] for item in mine)
        if sent:
            expected[model] = (len(sent), sent.count(None), sum(usd or 0.0 for usd in sent), kept)
    rows = frame[["model", "requests", "unknown", "usd", "kept"]].itertuples(index=False)
    assert {row[0]: tuple(row[1:]) for row in rows} == expected
    for row in frame.itertuples(index=False):
        assert row.per_kept == pytest.approx(row.usd / row.kept) if row.kept else pd.isna(row.per_kept)


def test_what_was_spent_on_deleted_runs_stays_spent(shelf: Database) -> None:
    put(shelf, [])
    with shelf.write() as connection:
        connection.execute(charge.insert().values(generation_id=None, number=1, sent_at=NOW, cost=0.5))
    frame = stats.costs(shelf)
    assert frame["model"].to_list() == ["Runs that were deleted"]
    assert (frame["usd"].sum(), frame["kept"].sum()) == (0.5, 0)


def filled(database: Database, number: int = 8) -> list[int]:
    """Items with bytes and thumbnails, large and small."""
    sizes = (20, 64, 400, 900)
    return [
        add(
            database, NOW - timedelta(days=turn), picture(sizes[turn % 4], sizes[turn % 4], turn), prompt=f"hill {turn}"
        )
        for turn in range(number)
    ]


def adds_up(database: Database) -> Room:
    """Both frames come to the size of the file, and every part is there."""
    room, parts, tables = stats.consists_of(database)
    assert parts["bytes"].sum() == tables["bytes"].sum() == room.file
    assert list(parts["part"]) == list(stats.PARTS)
    assert (parts["bytes"] >= 0).all()
    assert parts["share"].sum() == pytest.approx(1)
    return room


def part(database: Database, name: str) -> int:
    _, parts, _ = stats.consists_of(database)
    return int(parts.set_index("part").loc[name, "bytes"])


def test_bytes_add_up_to_the_file_through_a_life(database: Database) -> None:
    adds_up(database)
    items = filled(database)
    before = adds_up(database)  # most of it is in the log
    assert before.wal > 0
    database.seal()
    sealed = adds_up(database)
    assert sealed.file == sealed.on_disk == database.path.stat().st_size == before.file
    with database.read() as connection:
        stored = connection.execute(select(func.sum(func.length(media_chunk.c.data)))).scalar_one()
    assert part(database, "images") == stored
    change = trash.discard(database, items[::2], NOW)
    assert change.number == 4
    assert part(database, "trash") + part(database, "images") == stored
    trash.empty(database, NOW)
    database.seal()
    room = adds_up(database)
    assert part(database, "trash") == 0
    assert room.free_pages == part(database, "free") > 0
    assert room.on_disk >= sealed.on_disk  # nothing came back yet


def test_tables_are_those_that_sqlite_counts_itself(database: Database) -> None:
    trash.discard(database, filled(database)[::3], NOW)
    trash.empty(database, NOW)
    database.seal()
    _, _, tables = stats.consists_of(database)
    database.close()
    with closing(sqlite3.connect(database.path)) as connection:  # once nothing else has the file
        if not connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'").fetchone():
            pytest.skip("this Python's SQLite has no dbstat to compare with")
        counted = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())
    ours = dict(zip(tables["name"], tables["bytes"], strict=True))
    assert {name: ours[name] for name in counted} == counted
    assert sum(ours[name] for name in ours if name not in counted) == ours["page maps"] + ours["free pages"]


@pytest.mark.parametrize("kept", [0, 3, 7])
def test_compaction_returns_what_was_said(database: Database, kept: int) -> None:
    trash.discard(database, filled(database)[kept:], NOW)
    trash.empty(database, NOW)
    room = adds_up(database)
    with database.write() as connection:
        while connection.exec_driver_sql("PRAGMA freelist_count").scalar_one():  # a page at a time
            connection.exec_driver_sql("PRAGMA incremental_vacuum").close()
    database.seal()
    assert room.file - database.path.stat().st_size == room.returned > 0
    assert adds_up(database).returned == 0


@pytest.mark.parametrize("page_size", [512, 4096, 16384])
def test_a_file_shrinks_as_sqlite_does_it(page_size: int) -> None:
    """Beyond one pointer map, and with every number of free pages near its edges."""
    for rows in (60, 260, 470):
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            connection.execute(f"PRAGMA page_size={page_size}")
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("CREATE TABLE t (x)")
            connection.executemany("INSERT INTO t VALUES (zeroblob(?))", [(page_size,)] * rows)
            connection.execute("DELETE FROM t WHERE rowid > 7")
            pages, free = _pragma(connection, "page_count"), _pragma(connection, "freelist_count")
            while _pragma(connection, "freelist_count"):
                connection.execute("PRAGMA incremental_vacuum").fetchall()
            assert pagemap.shrunk(pages, free, page_size) == _pragma(connection, "page_count")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def test_half_stored_and_damaged_items_are_told_apart(database: Database) -> None:
    items = filled(database, 4)
    with database.write() as connection:
        connection.execute(update(media).where(media.c.id == items[2]).values(state="damaged"))
        connection.execute(update(media).where(media.c.id == items[3]).values(state="incoming", bytes=None))
    adds_up(database)
    with database.read() as connection:
        sizes = select(func.sum(func.length(media_chunk.c.data))).group_by(media_chunk.c.media_id)
        *_, damaged, unfinished = connection.execute(sizes).scalars()
    assert (part(database, "damaged"), part(database, "unfinished")) == (damaged, unfinished)


def test_rows_that_claim_too_much_change_nothing_of_the_sum(database: Database) -> None:
    items = filled(database, 4)
    with database.write() as connection:
        connection.execute(update(media).where(media.c.id == items[0]).values(bytes=2**50))
    adds_up(database)
    with database.read() as connection:
        stored = connection.execute(select(func.sum(func.length(media_chunk.c.data)))).scalar_one()
    assert part(database, "images") == stored


def test_it_counts_one_moment_while_others_write(database: Database) -> None:
    """A commit between looking at the log and at the file is noticed, and the count begun anew."""
    filled(database, 3)
    seen = []

    def ask(connection: Any, found: pagemap.PageMap) -> int:
        if not seen:
            filled(database, 4)  # this snapshot does not have them, and the map must not either
        seen.append(found.pages)
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    assert pagemap.look(database, ask) == seen[0]
    assert pagemap.look(database, ask) == seen[1] > seen[0]


def test_it_adds_up_while_others_write(database: Database) -> None:
    filled(database, 2)
    stop = threading.Event()

    def write() -> None:
        for turn in itertools.count():
            item = add(database, NOW, picture(40 + turn % 400, 300, turn))
            trash.discard(database, [item], NOW)
            trash.empty(database, NOW)
            if turn % 5 == 0:
                database.seal()
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(15):
            adds_up(database)
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("library", [None, sqlite3.dbapi2], ids=["ours", "python's own"])
def test_newer_pages_are_taken_from_the_log(tmp_path: Path, library: ModuleType | None) -> None:
    """Also on an exclusive connection, which has no index of its log on the disk."""
    database = open_database(tmp_path / "studio.db", library=library)
    migrate(database, NOW)
    filled(database, 4)
    before, known = adds_up(database), stats.consists_of(database)[2]
    assert before.wal > before.file - before.on_disk > 0
    database.seal()
    assert stats.consists_of(database)[2].equals(known)
    database.close()


def test_a_log_begun_anew_is_noticed(database: Database) -> None:
    filled(database, 2)
    with outside.Outside(database.path, 16384) as reading:
        held = reading.log()
        assert held is not None
        assert held.frames > 0
        newer = log.pages(database.path, 16384, held, {1, 2})
        assert newer is not None
        assert set(newer) == {1, 2}
        database.seal()
        assert log.pages(database.path, 16384, held, {1, 2}) is None
        filled(database, 1)
        assert reading.log() != held
    assert log.pages(database.path, 16384, held, {1, 2}) is None
    assert log.pages(database.path, 16384, log.State(b"12345678", 0), {1, 2}) == {}


def test_a_link_to_the_file_is_as_good(database: Database) -> None:
    filled(database, 2)
    link = database.path.with_name("link.db")
    link.symlink_to(database.path)
    other = open_database(link)
    adds_up(other)
    other.close()


def test_without_end_of_writing_it_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(database, 1)
    monkeypatch.setattr(pagemap, "TRIES", 0)
    with pytest.raises(StorageBusy, match="Try again in a moment"):
        stats.consists_of(database)


def test_a_map_that_makes_no_sense_is_told(database: Database) -> None:
    filled(database, 2)
    database.seal()
    with database.path.open("r+b") as writing:
        writing.seek(16384 + 5 * 30)
        writing.write(b"\x05\x00\x00\x00\x21\x05\x00\x00\x00\x20")  # two pages, each above the other
    with pytest.raises(UnusableDatabase, match="integrity_check"):
        stats.consists_of(database)


def test_a_file_that_cannot_be_read_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "PROGRAM", "raise SystemExit(1)")
    with pytest.raises(StorageError, match="Check the disk"):
        stats.consists_of(database)


def room(**sizes: int) -> Room:
    return Room(**{name: sizes.get(name, 0) for name in Room.__dataclass_fields__})


def grown(*days: tuple[int, int]) -> pd.DataFrame:
    """Bytes by so many days before now."""
    rows = sorted((pd.Timestamp(NOW.date() - timedelta(days=ago)), size) for ago, size in days)
    frame = pd.DataFrame(rows, columns=["day", "bytes"]).assign(items=1)
    return stats.growth(frame)


@pytest.mark.parametrize(
    ("days", "free", "sentence"),
    [
        ([(40, 0), (10, 300)], 490, "At this pace the disk is full in 7 weeks."),  # 10 a day
        ([(40, 0), (10, 300)], 200, "At this pace the disk is full in 20 days."),
        ([(40, 0), (10, 300)], 10, "At this pace the disk is full in 1 day."),
        ([(40, 0), (10, 300)], 4, "At this pace the disk is full in 10 hours."),
        ([(40, 0), (10, 300)], 2_000, "At this pace the disk is full in 7 months."),
        ([(40, 0), (10, 300)], 20_000, "At this pace the disk is full in 5 years."),
        ([(40, 0), (10, 300)], 10**9, "At this pace the disk has room for more than ten years."),
        ([(9, 100)], 490, "At this pace the disk is full in 7 weeks."),  # ten days old, 10 a day
        ([(40, 300)], 490, "Nothing was added in the last 30 days, so the file does not grow."),
        ([(0, 300)], 490, "The library is too young to tell when its disk will be full."),
        ([], 490, "Nothing is stored yet."),
        ([(40, 0), (10, 300)], 0, "The disk is full: make room on it, or nothing more can be stored."),
    ],
)
def test_the_forecast_is_a_sentence(days: list[tuple[int, int]], free: int, sentence: str) -> None:
    found = stats.forecast(grown(*days) if days else grown((1, 1)).iloc[:0], room(disk_free=free), NOW)
    assert found.sentence == sentence


def test_the_forecast_reckons_with_free_pages_and_what_items_weigh_in_the_file() -> None:
    history = grown((40, 0), (10, 300))
    plain_one = stats.forecast(history, room(disk_free=490), NOW)
    assert plain_one.pace == 10
    assert plain_one.full_at == NOW + timedelta(days=49)
    heavier = stats.forecast(history, room(disk_free=490, free_pages=490, content=600), NOW)
    assert heavier.pace == 20
    assert heavier.full_at == plain_one.full_at
    assert plain_one.near
    assert not stats.forecast(history, room(disk_free=10_000), NOW).near
    assert timedelta(days=49) < pace.NEAR < timedelta(days=1000)


def test_recent_is_told_again_only_for_a_while(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "WORTH", 1e9)
    first = stats.recent(database, NOW)
    filled(database, 1)
    assert stats.recent(database, NOW) is first
    other = open_database(database.path)  # another opened file is another file
    monkeypatch.setattr(snapshot, "WORTH", 0)
    assert stats.recent(other, NOW).items == 1
    filled(other, 1)
    assert stats.recent(other, NOW).items == 2
    other.close()


def test_every_table_is_some_part_of_the_file(database: Database) -> None:
    _, _, tables = stats.consists_of(database)
    parts = set(tables["part"])
    assert parts <= {*stats.PARTS, "content"}
    by_name = dict(zip(tables["name"], tables["part"], strict=True))
    assert by_name["words_data"] == by_name["facet"] == by_name["ix_entry_generation_id"] == "search"
    assert by_name["thumbnail"] == "thumbnails"
    assert by_name["ix_media_sha256"] == "indexes"
    assert by_name[file.BLOBS] == "content"
