"""Pages by key: what a query finds by the rows, in every order, both ways, nothing twice and nothing left out."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core import search, trash
from core.database import Database, open_database
from core.errors import NotFound
from core.migrations import migrate
from core.models import generation, generation_input, media, media_tag, tag
from core.search import ORDERS, Query, page
from core.search.conditions import SPAN
from core.search.words import CANDIDATES
from tests import oracle
from tests.conftest import NOW
from tests.factories import add, claimed

Thing = dict[str, Any]
WORDS = ("fox", "hill", "rain", "glass", "lamp", "old", "two")
THINGS = 130
MB = 1_000_000


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Runs and items of all sorts, over several segments."""
    database = open_database(tmp_path_factory.mktemp("shelf") / "studio.db")
    migrate(database, NOW)
    chance = random.Random(5)
    with database.write() as connection:
        connection.execute(
            tag.insert(), [{"id": n, "name": name} for n, name in enumerate(("sea", "night sky", "x"), 1)]
        )
    for number in range(1, THINGS + 1):
        put(database, chance, number)
    yield database
    database.close()


def put(database: Database, chance: random.Random, number: int) -> None:
    """A run, with or without an item, or an upload; some way after the entry before it."""
    moment = NOW - timedelta(days=5 * (THINGS - number))
    kind, status = chance.choice(("image", "image", "video", "audio")), chance.choice(("succeeded",) * 5 + ("failed",))
    words = " ".join(chance.choices(WORDS, k=chance.randint(0, 4)))
    run = {
        "id": number, "batch": f"batch-{number // 3}", "provider": chance.choice(("sketch", "replicate")),
        "model": chance.choice(("sketch/still", "maker/flux-1", "maker/flux-1.1", "other/wave")), "version": "1",
        "kind": kind, "prompt": words, "request": {}, "status": status, "logs": chance.choice(("", "rain in the log")),
        "error": "out of memory" if status == "failed" else None, "created_at": moment,
        "experiment": chance.choice((None, None, "Fog and glass", "fog")),
    }  # fmt: skip
    shown, uploaded = status != "failed" or chance.random() < 0.2, chance.random() < 0.1
    item = {
        "id": number, "generation_id": None if uploaded else number, "kind": kind, "mime": "x/y", "state": "ready",
        "name": words or "holiday", "bytes": chance.choice((1, 500_000, MB, MB, 4 * MB)), "created_at": moment,
        "width": chance.choice((100, 104, 160)), "height": 100, "rating": chance.choice((0, 0, 1, 3, 4, 5)),
        "duration": None if kind == "image" else chance.choice((2.0, 4.7, 5.0, 9.5)), "has_audio": kind == "video",
        "favourite": chance.random() < 0.3, "note": chance.choice(("", "keep this lamp")),
        "trashed_at": moment if chance.random() < 0.15 else None,
    }  # fmt: skip
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'entry'", (number * 37 % 1100,)
        )
        connection.execute(generation.insert().values(run))
        if shown:
            connection.execute(media.insert().values(item))
            tagged = [{"media_id": number, "tag_id": each} for each in (1, 2) if chance.random() < 0.3]
            connection.execute(media_tag.insert(), tagged) if tagged else None
            if chance.random() < 0.2:
                used = {"generation_id": number, "role": "image", "position": 0, "media_id": 1}
                connection.execute(generation_input.insert().values(used))


def things(database: Database) -> dict[int, Thing]:
    """What can be found, by entry."""
    by_row = {(each["item"], None if each["item"] else each["run"]): each for each in oracle.things(database)}
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, media_id, generation_id FROM entry").all()
    return {row[0]: by_row[(row[1], None if row[1] else row[2])] for row in rows}


def day(text: str) -> int:
    return (datetime.fromisoformat(text).date() - oracle.EPOCH).days


def has_word(word: str) -> Callable[[Thing], bool]:
    return lambda thing: any(word in oracle.tokens(text) for text in thing["words"].values())


def has_phrase(phrase: str) -> Callable[[Thing], bool]:
    return lambda thing: any(f" {phrase} " in f" {' '.join(oracle.tokens(t))} " for t in thing["words"].values())


FILTERS: dict[tuple[str, str], Callable[[Thing], bool]] = {
    ("kind", "video"): lambda t: t["kind"] == "video",
    ("kind", "image,sound"): lambda t: t["kind"] in ("image", "audio"),
    ("provider", "replicate"): lambda t: t["provider"] == "replicate",
    ("model", "flux"): lambda t: "flux" in (t["model"] or ""),
    ("model", "maker/flux-1"): lambda t: t["model"] == "maker/flux-1",
    ("status", "failed"): lambda t: t["status"] == "failed",
    ("date", "2025"): lambda t: day("2025-01-01") <= t["day"] <= day("2025-12-31"),
    ("date", "2026-02..2026-04-10"): lambda t: day("2026-02-01") <= t["day"] <= day("2026-04-10"),
    ("after", "2026-05"): lambda t: t["day"] >= day("2026-05-01"),
    ("before", "2026-05"): lambda t: t["day"] < day("2026-05-01"),
    ("rating", ">=4"): lambda t: t["rating"] >= 4,
    ("rating", "<4"): lambda t: 0 < t["rating"] < 4,
    ("rating", "0"): lambda t: t["rating"] == 0,
    ("is", "favourite"): lambda t: t["favourite"],
    ("is", "upload"): lambda t: t["run"] is None,
    ("is", "unrated"): lambda t: t["rating"] == 0,
    ("has", "input"): lambda t: t["has_input"],
    ("has", "audio"): lambda t: t["has_audio"],
    ("tag", "sea"): lambda t: "sea" in t["tags"],
    ("tag", "Night  Sky"): lambda t: "night sky" in t["tags"],
    ("tag", "nowhere"): lambda t: False,
    ("batch", "batch-20"): lambda t: t["batch"] == "batch-20" and t["run"] is not None,
    ("experiment", "fog"): lambda t: t["experiment"] == "fog",
    ("experiment", "glass"): lambda t: t["experiment"] == "Fog and glass",
    ("size", ">500kb"): lambda t: t["bytes"] > 500_000,
    ("size", "<=1mb"): lambda t: 0 < t["bytes"] <= MB,
    ("size", "1mb"): lambda t: 900_000 <= t["bytes"] <= 1_100_000,
    ("aspect", "landscape"): lambda t: t["aspect"] == "landscape",
    ("aspect", "square"): lambda t: t["aspect"] == "square",
    ("duration", ">4.7"): lambda t: t["duration"] > 4700,
    ("duration", "5"): lambda t: 4500 <= t["duration"] <= 5499,
}
TEXTS: dict[str, Callable[[Thing], bool]] = {
    "": lambda t: True,
    "fox": has_word("fox"),
    "Fox RAIN": lambda t: has_word("fox")(t) and has_word("rain")(t),
    '"old fox"': has_phrase("old fox"),
    "-hill": lambda t: not has_word("hill")(t),
    "lamp -old": lambda t: has_word("lamp")(t) and not has_word("old")(t),
    "la*": has_word("lamp"),
    "prompt:rain": lambda t: "rain" in oracle.tokens(t["words"]["prompt"]),
    "memory": has_word("memory"),
    "flux-1.1": has_phrase("flux 1 1"),
    "fox rating:>=3 -is:favourite": lambda t: has_word("fox")(t) and t["rating"] >= 3 and not t["favourite"],
    'tag:"night sky" -kind:audio': lambda t: "night sky" in t["tags"] and t["kind"] != "audio",
    "glass -tag:sea": lambda t: has_word("glass")(t) and "sea" not in t["tags"],
    "lamp model:flux": lambda t: has_word("lamp")(t) and "flux" in (t["model"] or ""),
}
ORDERED: dict[str, Callable[[int, Thing], Any]] = {
    "newest": lambda entry, t: -entry,
    "oldest": lambda entry, t: entry,
    "rating": lambda entry, t: (-t["rating"], -entry),
    "largest": lambda entry, t: (-t["bytes"], -entry),
    "smallest": lambda entry, t: (t["bytes"], entry),
}
queries = st.builds(
    Query,
    text=st.sampled_from(sorted(TEXTS)),
    filters=st.lists(st.sampled_from(sorted(FILTERS)), max_size=3, unique_by=lambda each: each[0]).map(tuple),
    order=st.sampled_from(("", *ORDERS)),
    seed=st.integers(0, 5),
    runs=st.sampled_from(("", "too", "only")),
    trash=st.sampled_from((False, False, True)),
)


def expected(found: dict[int, Thing], query: Query) -> dict[int, Thing]:
    """What the query should find."""
    with_runs = query.runs == "too" or query.values("status") != ()

    def fits(thing: Thing) -> bool:
        wanted = thing["item"] is None if query.runs == "only" else with_runs or thing["item"] is not None
        asked = (TEXTS[query.text], *(FILTERS[each] for each in query.filters))
        return wanted and thing["trashed"] is query.trash and all(holds(thing) for holds in asked)

    return {entry: thing for entry, thing in found.items() if fits(thing)}


def uploads(database: Database, now: datetime, number: int) -> None:
    """Rows of uploads called lamp, of few sizes and ratings."""
    common = {"kind": "image", "mime": "image/png", "name": "lamp", "state": "ready", "created_at": now}
    rows = [common | {"bytes": each % 3, "rating": each % 2} for each in range(number)]
    with database.write() as connection:
        connection.execute(media.insert(), rows)


def walk(database: Database, query: Query, limit: int) -> tuple[list[tuple[int, int | None]], list[search.Page]]:
    """All hits page by page, as (item, run)."""
    pages = [page(database, query, limit=limit)]
    assert pages[0].previous is None
    while (key := pages[-1].next) is not None:
        pages.append(page(database, query, following=key, limit=limit))
        assert pages[-1].previous is not None
    return [(hit.id, None if hit.id else hit.run) for each in pages for hit in each.hits], pages


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=queries, limit=st.integers(3, 60))
def test_a_query_finds_what_the_rows_say(shelf: Database, query: Query, limit: int) -> None:
    wanted = expected(things(shelf), query)
    seen, pages = walk(shelf, query, limit)
    order = ORDERED.get(query.order or ("newest" if not query.text else ""))
    if order:
        ranked = sorted(wanted, key=lambda entry: order(entry, wanted[entry]))
        assert seen == [(wanted[e]["item"] or 0, None if wanted[e]["item"] else wanted[e]["run"]) for e in ranked]
    else:
        assert sorted(seen, key=str) == sorted(
            [(t["item"] or 0, None if t["item"] else t["run"]) for t in wanted.values()], key=str
        )
    assert search.count(shelf, query) == len(wanted)
    back = pages[-1]
    for before in reversed(pages[:-1]):
        back = page(shelf, query, preceding=back.previous, limit=limit)
        assert (back.hits, back.next) == (before.hits, before.next)
    assert back.previous is None


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=queries, place=st.integers(0, 200), limit=st.integers(1, 9))
def test_the_way_back_from_an_item(shelf: Database, query: Query, place: int, limit: int) -> None:
    """The page that an item is on is the one that turning pages shows it on, and its neighbours stand beside it."""
    _, pages = walk(shelf, query, limit)
    items = [hit.id for each in pages for hit in each.hits if hit.id]
    if not items:
        return
    at = place % len(items)
    beside = search.neighbours(shelf, query, items[at])
    assert (beside.previous, beside.next) == (items[at - 1] if at else None, (*items, None)[at + 1])
    found = search.page_of(shelf, query, items[at], limit=limit)
    if query.order == "random":
        assert found.hits[0].id == items[at]
    else:
        assert found == next(each for each in pages if items[at] in [hit.id for hit in each.hits])


def test_the_shelf_is_as_varied_as_it_should_be(shelf: Database) -> None:
    found = things(shelf)
    assert len({entry // SPAN for entry in found}) > 3
    for holds in (*FILTERS.values(), *TEXTS.values()):
        if holds(next(iter(found.values()))) is not False or holds is not FILTERS["tag", "nowhere"]:
            assert any(map(holds, found.values())) or holds is FILTERS["tag", "nowhere"]


@pytest.mark.parametrize("order", [each for each in ORDERS if each != "best"])
@pytest.mark.parametrize("backwards", [False, True])
def test_what_comes_meanwhile_moves_nothing(database: Database, now: datetime, order: str, backwards: bool) -> None:
    """Whatever was there when one began to turn pages is seen once, though much is added between the pages."""
    uploads(database, now, 70)
    query, seen = Query(order=order, seed=3), list[int]()
    first = page(database, query, limit=9)
    there = {hit.id for hit in page(database, query, limit=500).hits}
    current = first
    if backwards:
        while current.next is not None:
            current = page(database, query, following=current.next, limit=9)
    while True:
        seen += [hit.id for hit in current.hits]
        uploads(database, now, 1)
        key = current.previous if backwards else current.next
        if key is None:
            break
        current = (
            page(database, query, preceding=key, limit=9)
            if backwards
            else page(database, query, following=key, limit=9)
        )
    assert sorted(each for each in seen if each in there) == sorted(there)
    assert len(seen) == len(set(seen))


def test_an_empty_library_has_an_empty_page(database: Database) -> None:
    for order in ORDERS:
        assert page(database, Query("fox", order=order)) == search.Page((), None, None)
    assert search.count(database) == 0
    assert search.items(database, limit=5) == []


@pytest.mark.parametrize("key", [0, -1, 10**30, -(10**30)])
@pytest.mark.parametrize("order", ORDERS)
def test_odd_keys_are_harmless(shelf: Database, key: int, order: str) -> None:
    for text in ("", "fox"):
        assert len(page(shelf, Query(text, order=order), following=key).hits) <= 60
        assert len(page(shelf, Query(text, order=order), preceding=key).hits) <= 60


def test_where_an_item_is_not_known(shelf: Database) -> None:
    for missing in (0, 999, 2**200):
        with pytest.raises(NotFound):
            search.neighbours(shelf, Query(), missing)
        with pytest.raises(NotFound):
            search.page_of(shelf, Query(), missing)


def test_a_hit_says_what_a_gallery_needs(database: Database, now: datetime) -> None:
    media_id = add(database, now, b"clip", kind="video", prompt="red hills")
    claimed(database, now)  # under way, so it is not shown
    (hit,) = page(database).hits
    assert (hit.id, hit.kind, hit.width, hit.height, hit.duration, hit.caption) == (
        media_id,
        "video",
        64,
        48,
        2.0,
        "red hills",
    )
    assert (hit.run, hit.favourite, hit.rating, hit.bytes, hit.created_at, hit.status) == (1, False, 0, 4, now, None)


def test_the_best_stand_first(database: Database, now: datetime) -> None:
    """In the prompt before in the log, in few words before in many, often before once; the newer among equals."""
    prompts = ("a hill", "a lamp and a hill and rain and glass and two old trees", "lamp", "lamp lamp lamp", "lamp")
    items = [add(database, now, prompt=prompt) for prompt in prompts]
    with database.write() as connection:
        connection.execute(generation.update().where(generation.c.id == 1).values(logs="switching on the lamp"))
    assert [hit.id for hit in page(database, Query("lamp")).hits] == [items[each] for each in (3, 4, 2, 1, 0)]


def test_endings_do_not_matter(database: Database, now: datetime) -> None:
    media_id = add(database, now, prompt="Two foxes painting übergrößen, 漢字")
    for words in ("fox", "paintings", "UBERGRÖSSEN", "ubergroß*", "漢字", '"two foxes"', "painted"):
        found = [hit.id for hit in page(database, Query(words)).hits]
        assert found == ([] if words == "UBERGRÖSSEN" else [media_id]), words


def test_more_matches_than_are_ranked(database: Database, now: datetime) -> None:
    """The newest are ranked, and that is said; ordered by time all are there."""
    uploads(database, now, CANDIDATES + 50)
    found = page(database, Query("lamp"), limit=2 * CANDIDATES)
    assert (len(found.hits), found.partial, found.next) == (CANDIDATES, True, None)
    assert search.count(database, Query("lamp")) == CANDIDATES + 50
    assert len(search.items(database, Query("lamp", order="newest"), limit=9_999)) == CANDIDATES + 50


def test_runs_that_failed_are_found(database: Database, now: datetime) -> None:
    from core import jobs
    from core.errors import PredictionFailed

    claim = claimed(database, now, prompt="a stormy sea")
    jobs.fail(database, claim, PredictionFailed("The sea was too deep."), now)
    assert page(database, Query("deep")).hits == ()
    (hit,) = page(database, Query("deep", runs="too")).hits
    assert (hit.id, hit.run, hit.status, hit.error) == (0, claim.id, "failed", "The sea was too deep.")
    assert page(database, Query("status:failed")).hits == (hit,)
    assert search.items(database, Query(runs="only"), limit=9) == []


def test_a_name_with_a_comma_is_one_name(database: Database, now: datetime) -> None:
    one, other = add(database, now), add(database, now)
    with database.write() as connection:
        for media_id, name in ((one, "fog, glass"), (other, "glass")):
            of_item = select(media.c.generation_id).where(media.c.id == media_id).scalar_subquery()
            connection.execute(update(generation).where(generation.c.id == of_item).values(experiment=name))
    query = Query("", (("experiment", "fog, glass"),))
    assert [hit.id for hit in search.page(database, query).hits] == [one]
    assert len(search.page(database, Query('experiment:"fog, glass"')).hits) == 1
    assert len(search.page(database, Query("experiment:fog,glass")).hits) == 2


def test_the_trash_is_a_place_of_its_own(database: Database, now: datetime) -> None:
    kept, gone = add(database, now, prompt="fox"), add(database, now, prompt="fox")
    trash.discard(database, [gone], now)
    for text in ("", "fox"):
        assert search.items(database, Query(text), limit=9) == [kept]
        assert search.items(database, Query(text, trash=True), limit=9) == [gone]
    assert (search.count(database), search.count(database, Query(trash=True))) == (1, 1)


def test_choices_are_counted(shelf: Database) -> None:
    found = things(shelf).values()
    models = search.choices(shelf, "model", "maker/")
    here = [
        each for each in found if not each["trashed"] and (each["model"] or "").startswith("maker/") and each["run"]
    ]
    assert sum(choice.number for choice in models) == len(here)
    assert [choice.number for choice in models] == sorted((choice.number for choice in models), reverse=True)
    assert {choice.name for choice in search.choices(shelf, "tag", "n")} == {"night sky"}
    assert search.choices(shelf, "tag", "zzz") == []
