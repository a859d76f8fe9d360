"""What people type is understood or explained, never an error; and a query survives the way through an address."""

from contextlib import suppress
from datetime import date, datetime
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import search
from core.database import Database
from core.errors import InvalidInput
from core.search import KEYS, ORDERS, Query, from_params, page, to_params, values
from core.search.query import SEEDS
from core.search.syntax import MOST, Term, Typed, understand
from core.search.values import EPOCH
from tests.factories import add

MB = 1_000_000
PIECES = (
    '"',
    "-",
    "*",
    "..",
    ">=",
    "5",
    "fox",
    "(",
    "AND",
    "NOT",
    "NEAR(",
    "^",
    ":",
    " ",
    ",",
    *(f"{key}:" for key in KEYS),
)
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
chosen = st.tuples(st.sampled_from(KEYS), st.text(min_size=1, max_size=20))
queries = st.builds(
    Query,
    text=st.text(max_size=40),
    filters=st.lists(chosen, max_size=6).map(tuple),
    order=st.sampled_from(("", *ORDERS)),
    seed=st.integers(0, SEEDS - 1),
    runs=st.sampled_from(("", "too", "only")),
    trash=st.booleans(),
)


@given(query=queries)
def test_a_query_survives_an_address(query: Query) -> None:
    assert from_params(to_params(query)) == query
    address = urlencode(to_params(query), doseq=True)
    assert from_params(parse_qs(address)) == query


@given(
    params=st.dictionaries(
        st.sampled_from((*KEYS, "q", "sort", "seed", "runs", "trash", "page")), texts | st.lists(texts)
    )
)
def test_any_address_is_a_query(params: dict[str, str | list[str]]) -> None:
    query = from_params(params)
    assert from_params(to_params(query)) == query


def test_what_an_address_says() -> None:
    query = Query("red fox", order="random", seed=7).having("kind", "image", "video").having("rating", ">=4")
    assert to_params(query) == {
        "q": "red fox",
        "sort": "random",
        "seed": "7",
        "kind": ["image", "video"],
        "rating": ">=4",
    }
    assert query.having("kind") == Query("red fox", (("rating", ">=4"),), "random", 7)
    assert query.values("kind") == ("image", "video")
    assert (Query().narrow, query.narrow, Query(order="oldest").narrow) == (False, True, False)
    for wrong in ({"order": "best of all"}, {"runs": "maybe"}, {"seed": -1}, {"filters": (("colour", "red"),)}):
        with pytest.raises(ValueError):  # noqa: PT011
            Query(**wrong)  # type: ignore[arg-type]


@pytest.fixture
def one(database: Database, now: datetime) -> Database:
    """A library of one item, so that every part of a query is looked at."""
    add(database, now, prompt="fox")
    return database


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=texts, chosen=st.lists(st.tuples(st.sampled_from(KEYS), texts), max_size=2), order=st.sampled_from(ORDERS))
def test_nothing_that_one_may_type_is_an_error(
    one: Database, text: str, chosen: list[tuple[str, str]], order: str
) -> None:
    query = Query(text, tuple(chosen), order=order)
    assert len(page(one, query).hits) == search.count(one, query) <= 1


@pytest.mark.parametrize(
    ("text", "terms", "filters"),
    [
        ("red fox", [Term("red"), Term("fox")], []),
        ('"red fox" -rain', [Term("red fox"), Term("rain", negated=True)], []),
        ('-"red fox" pai*', [Term("red fox", negated=True), Term("pai", prefix=True)], []),
        ('"red fo"*', [Term("red fo", prefix=True)], []),
        ("flux-1.1 16:9", [Term("flux-1.1"), Term("16:9")], []),
        ("prompt:rain -log:step", [Term("rain", column="prompt"), Term("step", column="logs", negated=True)], []),
        ('tag:"night sky" rating:>=4', [], [Typed("tag", "night sky"), Typed("rating", ">=4")]),
        ("-is:favourite Kind:VIDEO", [], [Typed("is", "favourite", True), Typed("kind", "VIDEO")]),
        ("a AND b OR c", [Term("a"), Term("AND"), Term("b"), Term("OR"), Term("c")], []),
        ("", [], []),
        ("   ", [], []),
    ],
)
def test_what_is_typed_is_understood(text: str, terms: list[Term], filters: list[Typed]) -> None:
    found = understand(text)
    assert (list(found.terms), list(found.filters), found.notes) == (terms, filters, ())


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('"red fox', "A quotation mark is not closed; all after it was taken as one phrase."),
        ("rating:", "rating: needs a value right after it."),
        ('tag:""', "tag: needs a value right after it."),
        ("rating:9", "rating: takes 0 to 5, such as rating:>=4; '9' is not."),
        ("rating:>=", "rating: needs a value, such as in rating:>=4."),
        ("size:..", "size: needs a value, such as in size:>1mb."),
        ("kind:sculpture", "kind: takes image, images,"),
        ("is:nice", "is: takes favourite,"),
        ("date:yesterday", "'yesterday' is not a date. Write such as 2026, 2026-11 or 2026-11-24."),
        ("date:2026-02-30", "'2026-02-30' is not a date."),
        ("date:2026..2025..2024", "'2025..2024' is not a date."),
        ("after:>2026", "'>2026' is not a date."),
        ("size:big", "size: takes such as >1mb or 200kb..1gb; 'big' is not."),
        ("duration:1day", "duration: takes seconds, such as >5 or 2..10; '1day' is not."),
        ("rating:,", "rating: needs a value right after it."),
        ("model:zzz", "No model here has 'zzz' in its name."),
        ("tag:zzz", "Nothing here has the tag 'zzz'."),
        ("batch:zzz", "There is no batch 'zzz'."),
        ("color:red", "There is no filter 'color:', so it is looked for as words. The filters are kind, provider,"),
        ("!!!", "'!!!' has no letter or digit, so it cannot be looked for."),
        ("🙂", "'🙂' has no letter or digit, so it cannot be looked for."),
        ("f*", "A * needs 2 letters before it; 'f' is looked for as a whole word."),
        ("fox " * (MOST + 1), f"Only the first {MOST} words and filters are used."),
    ],
)
def test_what_is_not_understood_is_told(database: Database, text: str, note: str) -> None:
    (told,) = page(database, Query(text)).notes
    assert told.startswith(note)


def test_what_no_text_may_hold_is_left_out(one: Database) -> None:
    query = Query("\0fox\ud800", (("tag", "a\udfff\0"),))
    assert (query.text, query.filters) == (" fox", (("tag", "a "),))
    assert (len(page(one, query).hits), len(page(one, Query("\0fox\ud800")).hits)) == (0, 1)


def test_the_rest_of_a_search_still_counts(database: Database) -> None:
    found = page(database, Query('fox rating:9 "open', (("size", "huge"),)))
    assert len(found.notes) == 3


def test_every_key_is_told_in_words() -> None:
    assert {key for key in KEYS if understand(f"{key}:x").filters != (Typed(key, "x"),)} == set()


def of(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - EPOCH).days


@pytest.mark.parametrize(
    ("read", "value", "span"),
    [
        (values.rating, "4", (4, 4)),
        (values.rating, ">=4", (4, None)),
        (values.rating, "> 4", (5, None)),
        (values.rating, "<3", (1, 2)),
        (values.rating, "<=3", (1, 3)),
        (values.rating, "2..4", (2, 4)),
        (values.rating, "..4", (1, 4)),
        (values.rating, "2..", (2, None)),
        (values.rating, "0", (0, 0)),
        (values.size, ">1mb", (MB + 1, None)),
        (values.size, "<= 1.5 MiB", (1, 1_572_864)),
        (values.size, "500kb..2MB", (500_000, 2 * MB)),
        (values.size, "1m", (900_000, 1_100_000)),
        (values.size, "=1000", (1000, 1000)),
        (values.duration, ">5", (5001, None)),
        (values.duration, "5", (4500, 5499)),
        (values.duration, "2s..1.5min", (2000, 90_000)),
        (values.days, "2026", (of(2026, 1, 1), of(2026, 12, 31))),
        (values.days, "2024-02", (of(2024, 2, 1), of(2024, 2, 29))),
        (values.days, "2026-11-24", (of(2026, 11, 24), of(2026, 11, 24))),
        (values.days, ">2026-11", (of(2026, 12, 1), None)),
        (values.days, ">=2026-11", (of(2026, 11, 1), None)),
        (values.days, "2026-01..2026-03", (of(2026, 1, 1), of(2026, 3, 31))),
        (values.since, "2026-11", (of(2026, 11, 1), None)),
        (values.until, "2026-11", (0, of(2026, 10, 31))),
    ],
)
def test_values_are_spans(read: object, value: str, span: tuple[int, int | None]) -> None:
    assert read(value) == span  # type: ignore[operator]


@given(
    read=st.sampled_from((values.rating, values.size, values.duration, values.days, values.since, values.until)),
    value=texts,
)
def test_any_value_is_a_span_or_refused(read: object, value: str) -> None:
    with suppress(InvalidInput):
        low, high = read(value)  # type: ignore[operator]
        assert isinstance(low, int)
        assert high is None or isinstance(high, int)
