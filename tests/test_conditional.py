"""Holds `decide` to the table of RFC 9110 cases, to oracles of its own, and to its guarantee under any input.

STUDIO_FUZZ_EXAMPLES sets how many examples each property runs (300 when it is not set).
"""

import os
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conditional import Decision, Representation, decide
from tests.http_table import SMALLEST, Case, cases

ETAG = '"sha256-0a1b,2c"'
MODIFIED = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)
SIZE = 1_000
STORED = Representation(SIZE, ETAG, MODIFIED)
EXAMPLES = settings(max_examples=int(os.environ.get("STUDIO_FUZZ_EXAMPLES", "300")), deadline=None)

FILLED = cases(ETAG, MODIFIED, SIZE)
EMPTIED = cases(ETAG, MODIFIED, 0)


def ask(*headers: tuple[str, str], method: str = "GET", size: int = SIZE) -> Decision:
    return decide(method, headers, Representation(size, ETAG, MODIFIED))


def check(case: Case, size: int, etag: str = ETAG, modified: datetime = MODIFIED) -> None:
    decision = decide(case.method, case.headers, Representation(size, etag, modified))
    assert decision.status == case.status
    assert (decision.start, decision.stop) == (case.slice or (0, 0))
    for name, value in case.expected.items():
        assert decision.headers.get(name) == value, name
    assert_coherent(decision, case.method, size)


def assert_coherent(decision: Decision, method: str, size: int) -> None:
    status, headers = decision.status, decision.headers
    length = decision.stop - decision.start
    assert status in (200, 206, 304, 412, 416)
    assert 0 <= decision.start <= decision.stop <= size
    assert headers["ETag"] == ETAG or status != 304
    if status == 200:
        assert headers["Content-Length"] == str(size)
        assert length == (0 if method == "HEAD" else size)
    elif status == 206:
        assert length > 0
        assert headers["Content-Length"] == str(length)
        assert headers["Content-Range"] == f"bytes {decision.start}-{decision.stop - 1}/{size}"
    else:
        assert length == 0
        assert headers.get("Content-Length") == (None if status == 304 else "0")
        assert headers.get("Content-Range") == (f"bytes */{size}" if status == 416 else None)
    assert "Content-Range" not in headers or status in (206, 416)


# --- the table


@pytest.mark.parametrize("case", FILLED, ids=lambda case: f"{case.section} {case.name}")
def test_table(case: Case) -> None:
    check(case, SIZE)


@pytest.mark.parametrize("case", EMPTIED, ids=lambda case: f"{case.section} {case.name}")
def test_table_of_empty_content(case: Case) -> None:
    check(case, 0)


@pytest.mark.parametrize("size", [SMALLEST, 2**31, 2**63])
@pytest.mark.parametrize(
    "modified",
    [
        datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 30, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
)
def test_table_of_other_representations(size: int, modified: datetime) -> None:
    for case in cases(ETAG, modified, size):
        check(case, size, modified=modified)


def test_table_is_worth_its_name() -> None:
    names = [case.name for case in FILLED + EMPTIED]
    assert len(names) == len(set(names)) >= 60
    assert all(case.section and "{" not in str(case.wire) for case in FILLED + EMPTIED)


@pytest.mark.parametrize(
    ("size", "etag", "modified"),
    [
        (-1, ETAG, MODIFIED),
        (1, "bare", MODIFIED),
        (1, 'W/"weak"', MODIFIED),
        (1, '"a"b"', MODIFIED),
        (1, '"a b"', MODIFIED),
        (1, ETAG, datetime(2024, 1, 1)),
    ],
)
def test_representation_refuses(size: int, etag: str, modified: datetime) -> None:
    with pytest.raises(ValueError, match="representation"):
        Representation(size, etag, modified)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "get"])
def test_other_methods(method: str) -> None:
    """13.1.2, 13.1.3, 14.2: no 304, no If-Modified-Since, no Range beyond GET and HEAD."""
    later = ("If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT")
    assert ask(("If-None-Match", ETAG), method=method).status == 412
    assert ask(later, ("Range", "bytes=0-4"), method=method).status == 200
    assert ask(("If-Match", '"x"'), method=method).status == 412


def test_tag_beyond_ascii() -> None:
    """8.8.3: a tag may hold bytes beyond ASCII, which arrive as Latin-1."""
    stored = Representation(SIZE, '"\xe9"', MODIFIED)
    assert decide("GET", [("If-None-Match", '"e", "\xe9"')], stored).status == 304


@pytest.mark.parametrize("year", ["2023", "٢٠٢٣", "२०२३"])
def test_dates_have_ascii_digits(year: str) -> None:
    status = ask(("If-Unmodified-Since", f"Wed, 01 Mar {year} 00:00:00 GMT")).status
    assert status == (412 if year.isascii() else 200)


# --- cost: what a header section may hold must not take long


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Range", "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 200_000, 2))),
        ("Range", "bytes=" + "0-0," * 100_000),
        ("Range", "bytes=" + "0-," * 1_000),
        ("Range", "bytes=0-" + "9" * 1_000_000),
        ("Range", "bytes=" + "9" * 1_000_000 + "-"),
        ("Range", "bytes=-" + "9" * 1_000_000),
        ("Range", "bytes=0-4" + " \t" * 500_000 + "x"),
        ("Range", "bytes=" + ", " * 500_000),
        ("If-None-Match", '"x", ' * 200_000),
        ("If-None-Match", ',"' * 500_000),
        ("If-None-Match", "," + " " * 1_000_000 + "x"),
        ("If-None-Match", '"' + "x" * 1_000_000),
        ("If-Match", 'W/"x" ' * 200_000),
        ("If-Modified-Since", "Mon, 01 Jan 20" + "0" * 1_000_000),
    ],
    ids=range(14),
)
def test_a_megabyte_is_cheap(name: str, value: str) -> None:
    begun = time.process_time()
    assert_coherent(ask((name, value)), "GET", SIZE)
    assert time.process_time() - begun < 1


def test_only_a_reasonable_number_of_ranges_is_looked_at() -> None:
    """14.2: the set below would be satisfiable as one range, but is too long to be worth it."""
    assert ask(("Range", "bytes=0-4" + ",0-4" * 1_000)).status == 206
    assert ask(("Range", "bytes=0-4" + ",0-4" * 1_001)).status == 200


# --- (a) any text at all

FIELDS = ("Range", "If-Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since")
ANY_VALUE = st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | st.text('bytes=0123456789-, "W/*')
ANY_HEADER = st.tuples(st.sampled_from(FIELDS) | st.text(), ANY_VALUE)
METHODS = st.sampled_from(["GET", "GET", "HEAD", "POST"])
SIZES = st.integers(0, 20) | st.integers(0, 2**70)


@given(headers=st.lists(ANY_HEADER, max_size=8), method=METHODS, size=SIZES)
@EXAMPLES
def test_anything_gets_a_coherent_answer(headers: list[tuple[str, str]], method: str, size: int) -> None:
    assert_coherent(ask(*headers, method=method, size=size), method, size)


@given(value=ANY_VALUE, size=SIZES)
@EXAMPLES
def test_any_range_gets_a_coherent_answer(value: str, size: int) -> None:
    decision = ask(("Range", f"bytes={value}"), size=size)
    assert_coherent(decision, "GET", size)
    assert decision.status in (200, 206, 416)


# --- (b) valid ranges against Python's own slicing

POSITIONS = st.integers(0, 80) | st.integers(0, 10**30)


@st.composite
def single_ranges(draw: st.DrawFn) -> tuple[str, slice]:
    """A valid range-spec and the slice it names."""
    kind = draw(st.sampled_from(["first-", "first-last", "-suffix"]))
    first = draw(POSITIONS)
    zeros = "0" * draw(st.integers(0, 3))
    if kind == "first-":
        return f"{zeros}{first}-", slice(first, None)
    if kind == "-suffix":
        return f"-{zeros}{first}", slice(-first, None) if first else slice(0, 0)
    last = first + draw(POSITIONS)
    return f"{first}-{zeros}{last}", slice(first, last + 1)


@given(asked=single_ranges(), size=st.integers(1, 64), unit=st.sampled_from(["bytes", "Bytes", "BYTES"]))
@EXAMPLES
def test_single_range_equals_slicing(asked: tuple[str, slice], size: int, unit: str) -> None:
    text, wanted = asked
    content = bytes(range(size))
    decision = ask(("Range", f"{unit}={text}"), size=size)
    assert decision.status == (206 if content[wanted] else 416)
    assert content[decision.start : decision.stop] == content[wanted]
    assert_coherent(decision, "GET", size)


@given(
    asked=st.lists(single_ranges(), min_size=1, max_size=6),
    separators=st.lists(st.sampled_from([",", ", ", " ,", "\t, ,", ",,"]), min_size=6, max_size=6),
    size=st.integers(1, 64),
)
@EXAMPLES
def test_several_ranges_equal_the_set_of_their_bytes(
    asked: list[tuple[str, slice]], separators: list[str], size: int
) -> None:
    text = "".join(part for (spec, _), comma in zip(asked, separators, strict=False) for part in (spec, comma))
    wanted = sorted({byte for _, cut in asked for byte in range(size)[cut]})
    decision = ask(("Range", f"bytes={text}"), size=size)
    if not wanted:
        assert decision.status == 416
    elif wanted == list(range(wanted[0], wanted[-1] + 1)):
        assert (decision.status, decision.start, decision.stop) == (206, wanted[0], wanted[-1] + 1)
    else:
        assert (decision.status, decision.stop) == (200, size)


# --- (c) valid and junk mixed

JUNK_RANGES = st.sampled_from(["x", "-", "5", "5-4", "0--4", "+0-4", "0-4;", "0- 4", "٣-٤", "bytes=0-4", "0-²"])
JUNK_TAGS = st.sampled_from(["x", "W/", '"', '"a b"', 'W/ "a"', "*", "", '"a"b', ETAG + "x", "w/" + ETAG, "'a'"])
OTHER_TAGS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters='"\x7f')).map(
    lambda text: f'"{text}"'
)


@given(asked=st.lists(single_ranges(), max_size=4), junk=JUNK_RANGES, place=st.integers(0, 4))
@EXAMPLES
def test_one_junk_member_makes_range_ignored(asked: list[tuple[str, slice]], junk: str, place: int) -> None:
    members = [text for text, _ in asked]
    members.insert(place, junk)
    assert ask(("Range", f"bytes={','.join(members)}")).status == 200


@given(
    others=st.lists(OTHER_TAGS | OTHER_TAGS.map("W/".__add__), max_size=5),
    mine=st.sampled_from([None, ETAG, f"W/{ETAG}"]),
    place=st.integers(0, 5),
    lines=st.booleans(),
)
@EXAMPLES
def test_lists_of_tags(others: list[str], mine: str | None, place: int, lines: bool) -> None:
    tags = [tag for tag in others if tag.removeprefix("W/") != ETAG] or ['"x"']
    if mine:
        tags.insert(place, mine)
    values = tags if lines else [" , ".join(tags)]
    assert ask(*(("If-None-Match", value) for value in values)).status == (304 if mine else 200)
    assert ask(*(("If-Match", value) for value in values)).status == (200 if mine == ETAG else 412)


@given(junk=st.lists(JUNK_TAGS, min_size=2, max_size=5), mine=st.booleans())
@EXAMPLES
def test_junk_beside_a_tag_hides_nothing(junk: list[str], mine: bool) -> None:
    value = ",".join([ETAG, *junk] if mine else junk)
    assert ask(("If-None-Match", value)).status == (304 if mine else 200)


BEFORE, EQUAL, AFTER = (
    "Thu, 29 Feb 2024 23:59:58 GMT",
    "Thursday, 29-Feb-24 23:59:59 GMT",
    "Fri Mar  1 00:00:00 2024",
)
JUNK_DATE = st.sampled_from(
    [
        "",
        "0",
        "2024-02-29",
        "Thu, 29 Feb 2023 00:00:00 GMT",
        "Thu, 29 Feb ٢٠٢٤ 00:00:00 GMT",
        f"{BEFORE}, {BEFORE}",
    ]
)
DATES = st.none() | st.sampled_from([BEFORE, EQUAL, AFTER]) | JUNK_DATE
TAGS = st.none() | st.sampled_from([ETAG, "*", f"W/{ETAG}", '"x"']) | JUNK_TAGS
RANGES = st.sampled_from([None, "bytes=1-4", "bytes=9999-", "bytes=4-1", "bytes=0-0,5-5"])
TRUE_IF_RANGE = (None, ETAG, EQUAL)


@given(
    method=st.sampled_from(["GET", "HEAD"]),
    match=TAGS,
    unmodified=DATES,
    none_match=TAGS,
    modified=DATES,
    range_=RANGES,
    if_range=TAGS | DATES,
)
@EXAMPLES
def test_order_of_preconditions(
    method: str,
    match: str | None,
    unmodified: str | None,
    none_match: str | None,
    modified: str | None,
    range_: str | None,
    if_range: str | None,
) -> None:
    """13.2.2 as one expression per step."""
    sent = zip(FIELDS, (range_, if_range, none_match, modified, match, unmodified), strict=True)
    decision = ask(*((name, value) for name, value in sent if value is not None), method=method)
    failed = match not in (ETAG, "*") if match is not None else unmodified == BEFORE
    known = none_match in (ETAG, f"W/{ETAG}", "*") if none_match is not None else modified in (EQUAL, AFTER)
    in_range = method == "GET" and if_range in TRUE_IF_RANGE
    wanted = {"bytes=1-4": 206, "bytes=9999-": 416}.get(range_ or "", 200) if in_range else 200
    assert decision.status == (412 if failed else 304 if known else wanted)
    assert_coherent(decision, method, SIZE)


@given(moment=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))
@EXAMPLES
def test_own_last_modified_is_understood(moment: datetime) -> None:
    stored = Representation(SIZE, ETAG, moment)
    date = decide("GET", (), stored).headers["Last-Modified"]
    assert decide("GET", [("If-Modified-Since", date)], stored).status == 304
    assert decide("GET", [("If-Unmodified-Since", date)], stored).status == 200
    assert decide("GET", [("Range", "bytes=0-0"), ("If-Range", date)], stored).status == 206
