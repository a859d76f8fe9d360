"""Requests and the answers RFC 9110 wants for them, as a table for any server of one stored representation.

Knows nothing of the code under test: values are symbolic, and `cases` fills in one representation's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

Slice = tuple[int | None, int | None]

SMALLEST = 100  # bytes; the table's ranges need a representation of at least this size
WHOLE: Slice = (None, None)

# What every answer of a status carries; None: the field must be absent. {first}, {final} and {length} are
# those of the slice. 304: Last-Modified may be there or not (15.4.5). 412: may describe content of its own.
ALWAYS: Mapping[int, Mapping[str, str | None]] = {
    200: {
        "Content-Length": "{size}",
        "Content-Range": None,
        "ETag": "{etag}",
        "Last-Modified": "{modified}",
        "Accept-Ranges": "bytes",
    },
    206: {
        "Content-Length": "{length}",
        "Content-Range": "bytes {first}-{final}/{size}",
        "ETag": "{etag}",
        "Last-Modified": "{modified}",
        "Accept-Ranges": "bytes",
    },
    304: {"ETag": "{etag}", "Content-Length": None, "Content-Range": None},
    412: {"Content-Range": None},
    416: {"Content-Range": "bytes */{size}"},
}


@dataclass(frozen=True)
class Case:
    """One request and its answer; `slice` is the [start, stop) of the content sent, None for no content.

    A slice is written like Python's own: open ends are None, negative numbers count from the end.
    """

    section: str
    name: str
    method: str
    headers: tuple[tuple[str, str], ...]
    status: int
    slice: Slice | None = None
    expected: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def wire(self) -> list[tuple[bytes, bytes]]:
        """The request header fields as the bytes to send."""
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in self.headers]


def _case(
    section: str,
    name: str,
    *lines: str,
    status: int,
    cut: Slice | None = None,
    method: str = "GET",
    expected: Mapping[str, str | None] | None = None,
) -> Case:
    headers = tuple((line.partition(": ")[0], line.partition(": ")[2]) for line in lines)
    whole = WHOLE if status == 200 and method == "GET" else None
    return Case(section, name, method, headers, status, cut or whole, expected or {})


def _utf8(text: str) -> str:
    """Text as a server sees it that reads header bytes as Latin-1."""
    return text.encode("utf-8").decode("latin-1")


# fmt: off
TABLE: tuple[Case, ...] = (
    # Nothing special
    _case("9.3.1", "plain GET", status=200),
    _case("9.3.2", "plain HEAD has the length and no content", method="HEAD", status=200),
    # If-Match
    _case("13.1.1", "If-Match equal", "If-Match: {etag}", status=200),
    _case("13.1.1", "If-Match equal on HEAD", "If-Match: {etag}", method="HEAD", status=200),
    _case("13.1.1", "If-Match star", "If-Match: *", status=200),
    _case("13.1.1", "If-Match in a list", 'If-Match: "x", {etag}, "y"', status=200),
    _case("5.3", "If-Match on a second line", 'If-Match: "x"', "If-Match: {etag}", status=200),
    _case("13.1.1", "If-Match other", 'If-Match: "x"', status=412),
    _case("13.1.1", "If-Match other on HEAD", 'If-Match: "x"', method="HEAD", status=412),
    _case("8.8.3.2", "If-Match weak never matches strongly", "If-Match: W/{etag}", status=412),
    _case("13.1.1", "If-Match unquoted matches nothing", "If-Match: x", status=412),
    _case("13.1.1", "If-Match other beats Range", 'If-Match: "x"', "Range: bytes=0-4", status=412),
    _case("13.1.1", "If-Match equal lets Range through", "If-Match: {etag}", "Range: bytes=0-4",
          status=206, cut=(0, 5)),
    _case("13.2.2", "If-Match equal, then If-None-Match equal", "If-Match: {etag}", "If-None-Match: {etag}",
          status=304),
    _case("13.2.2", "If-Match other before If-None-Match equal", 'If-Match: "x"', "If-None-Match: {etag}",
          status=412),
    # If-Unmodified-Since
    _case("13.1.4", "If-Unmodified-Since same second", "If-Unmodified-Since: {modified}", status=200),
    _case("13.1.4", "If-Unmodified-Since later", "If-Unmodified-Since: {after}", status=200),
    _case("13.1.4", "If-Unmodified-Since earlier", "If-Unmodified-Since: {before}", status=412),
    _case("13.1.4", "If-Unmodified-Since earlier on HEAD", "If-Unmodified-Since: {before}", method="HEAD",
          status=412),
    _case("13.1.4", "If-Unmodified-Since not a date", "If-Unmodified-Since: yesterday", status=200),
    _case("13.1.4", "If-Unmodified-Since ISO date", "If-Unmodified-Since: 1994-11-06T08:49:37Z", status=200),
    _case("13.1.4", "If-Unmodified-Since twice is not a date", "If-Unmodified-Since: {before}",
          "If-Unmodified-Since: {before}", status=200),
    _case("13.1.4", "If-Unmodified-Since not looked at after If-Match", "If-Match: {etag}",
          "If-Unmodified-Since: {before}", status=200),
    _case("13.2.2", "If-Unmodified-Since earlier before If-None-Match", "If-Unmodified-Since: {before}",
          "If-None-Match: {etag}", status=412),
    _case("13.2.2", "If-Unmodified-Since earlier before Range", "If-Unmodified-Since: {before}",
          "Range: bytes=0-4", status=412),
    # If-None-Match
    _case("13.1.2", "If-None-Match equal", "If-None-Match: {etag}", status=304),
    _case("13.1.2", "If-None-Match equal on HEAD", "If-None-Match: {etag}", method="HEAD", status=304),
    _case("8.8.3.2", "If-None-Match weak form matches weakly", "If-None-Match: W/{etag}", status=304),
    _case("13.1.2", "If-None-Match star", "If-None-Match: *", status=304),
    _case("13.1.2", "If-None-Match in a list", 'If-None-Match: "x", W/"y",{etag}', status=304),
    _case("5.3", "If-None-Match on a second line", 'If-None-Match: "x"', "If-None-Match: {etag}", status=304),
    _case("5.6.1", "If-None-Match with empty members", "If-None-Match: , ,{etag} ,,", status=304),
    _case("8.8.3", "If-None-Match after a tag with a comma", 'If-None-Match: "a,b", {etag}', status=304),
    _case("8.8.3", "If-None-Match after a tag with beyond-ASCII text",
          f'If-None-Match: "{_utf8("é")}", {{etag}}', status=304),
    _case("13.1.2", "If-None-Match other", 'If-None-Match: "x"', status=200),
    _case("8.8.3", "If-None-Match unquoted", "If-None-Match: x", status=200),
    _case("8.8.3", "If-None-Match with a lower-case weakness mark", "If-None-Match: w/{etag}", status=200),
    _case("8.8.3", "If-None-Match with an open quote", 'If-None-Match: "x', status=200),
    _case("8.8.3", "If-None-Match with text after the tag", "If-None-Match: {etag}x", status=200),
    _case("13.1.2", "If-None-Match with junk beside the tag", 'If-None-Match: x, {etag}, W/, "', status=304),
    _case("13.1.2", "If-None-Match star is no member of a list", 'If-None-Match: "x", *', status=200),
    _case("13.2.2", "If-None-Match equal beats Range", "If-None-Match: {etag}", "Range: bytes=0-4",
          status=304),
    _case("13.2.2", "If-None-Match equal beats an unsatisfiable Range", "If-None-Match: {etag}",
          "Range: bytes={size}-", status=304),
    _case("13.2.2", "If-None-Match other lets Range through", 'If-None-Match: "x"', "Range: bytes=0-4",
          status=206, cut=(0, 5)),
    # If-Modified-Since
    _case("13.1.3", "If-Modified-Since same second", "If-Modified-Since: {modified}", status=304),
    _case("13.1.3", "If-Modified-Since same second on HEAD", "If-Modified-Since: {modified}", method="HEAD",
          status=304),
    _case("13.1.3", "If-Modified-Since later", "If-Modified-Since: {after}", status=304),
    _case("13.1.3", "If-Modified-Since earlier", "If-Modified-Since: {before}", status=200),
    _case("5.6.7", "If-Modified-Since in the format of RFC 850", "If-Modified-Since: {rfc850}", status=304),
    _case("5.6.7", "If-Modified-Since in the format of asctime", "If-Modified-Since: {asctime}", status=304),
    _case("5.6.7", "If-Modified-Since old in the format of RFC 850",
          "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT", status=200),
    _case("5.6.7", "If-Modified-Since old in the format of asctime",
          "If-Modified-Since: Sun Nov  6 08:49:37 1994", status=200),
    _case("5.6.7", "If-Modified-Since in year 1", "If-Modified-Since: Mon, 01 Jan 0001 00:00:00 GMT",
          status=200),
    _case("5.6.7", "If-Modified-Since on a leap second", "If-Modified-Since: Fri, 31 Dec 9998 23:59:60 GMT",
          status=304),
    _case("13.1.3", "If-Modified-Since not a date", "If-Modified-Since: now", status=200),
    _case("5.6.7", "If-Modified-Since with another zone",
          "If-Modified-Since: Fri, 31 Dec 9998 23:59:59 +0000", status=200),
    _case("5.6.7", "If-Modified-Since on a day that is not",
          "If-Modified-Since: Tue, 30 Feb 9998 00:00:00 GMT", status=200),
    _case("5.6.7", "If-Modified-Since with text behind", "If-Modified-Since: {after} x", status=200),
    _case("5.6.7", "If-Modified-Since with digits beyond ASCII",
          f"If-Modified-Since: Fri, 31 Dec {_utf8('٩٩٩٨')} 23:59:59 GMT", status=200),
    _case("13.1.3", "If-Modified-Since twice is not a date", "If-Modified-Since: {after}",
          "If-Modified-Since: {after}", status=200),
    _case("13.1.3", "If-Modified-Since not looked at with If-None-Match", 'If-None-Match: "x"',
          "If-Modified-Since: {after}", status=200),
    _case("13.1.3", "If-Modified-Since not looked at with a malformed If-None-Match", "If-None-Match: x",
          "If-Modified-Since: {after}", status=200),
    _case("13.2.2", "If-Modified-Since beats Range", "If-Modified-Since: {modified}", "Range: bytes=0-4",
          status=304),
    # Range: one range
    _case("14.1.2", "Range first-last", "Range: bytes=0-4", status=206, cut=(0, 5)),
    _case("14.1.2", "Range of one byte", "Range: bytes=7-7", status=206, cut=(7, 8)),
    _case("14.1.2", "Range first-", "Range: bytes=10-", status=206, cut=(10, None)),
    _case("14.1.2", "Range of the last byte", "Range: bytes={last}-", status=206, cut=(-1, None)),
    _case("14.1.2", "Range of everything", "Range: bytes=0-", status=206, cut=WHOLE),
    _case("14.1.2", "Range up to the exact end", "Range: bytes=50-{last}", status=206, cut=(50, None)),
    _case("14.1.2", "Range clamped to the end", "Range: bytes=50-{size}", status=206, cut=(50, None)),
    _case("14.1.2", "Range clamped from far beyond", "Range: bytes=50-99999999999999999999999999", status=206,
          cut=(50, None)),
    _case("14.1.2", "Range suffix", "Range: bytes=-5", status=206, cut=(-5, None)),
    _case("14.1.2", "Range suffix of the exact size", "Range: bytes=-{size}", status=206, cut=WHOLE),
    _case("14.1.2", "Range suffix longer than the content", f"Range: bytes=-{'9' * 6000}", status=206,
          cut=WHOLE),
    _case("14.1.1", "Range with leading zeros", "Range: bytes=0007-000009", status=206, cut=(7, 10)),
    _case("14.1", "Range unit in any case", "Range: BYTES=0-4", status=206, cut=(0, 5)),
    # Range: unsatisfiable
    _case("14.1.2", "Range suffix of nothing", "Range: bytes=-0", status=416),
    _case("14.1.2", "Range from the end", "Range: bytes={size}-", status=416),
    _case("14.1.2", "Range beyond the end", "Range: bytes={size}-{size}", status=416),
    _case("14.1.2", "Range from a number of 6,000 digits", f"Range: bytes={'9' * 6000}-", status=416),
    _case("15.5.17", "Range list without a satisfiable member", "Range: bytes={size}-, -0", status=416),
    # Range: not to be honoured
    _case("14.2", "Range on HEAD", "Range: bytes=0-4", method="HEAD", status=200),
    _case("14.2", "Range unsatisfiable on HEAD", "Range: bytes={size}-", method="HEAD", status=200),
    _case("14.2", "Range unit unknown", "Range: seconds=0-4", status=200),
    _case("14.2", "Range without a unit", "Range: 0-4", status=200),
    _case("14.2", "Range unit alone", "Range: bytes", status=200),
    _case("14.1.1", "Range last before first", "Range: bytes=5-4", status=200),
    _case("14.1.1", "Range last before first, both far beyond", f"Range: bytes=1{'0' * 40}-1{'0' * 39}",
          status=200),
    _case("14.1.1", "Range set empty", "Range: bytes=", status=200),
    _case("14.1.1", "Range set of empty members", "Range: bytes=,", status=200),
    _case("14.1.1", "Range dash alone", "Range: bytes=-", status=200),
    _case("14.1.1", "Range number alone", "Range: bytes=5", status=200),
    _case("14.1.1", "Range with letters", "Range: bytes=a-b", status=200),
    _case("14.1.1", "Range hexadecimal", "Range: bytes=0x1-0x4", status=200),
    _case("14.1.1", "Range with a sign", "Range: bytes=+1-4", status=200),
    _case("14.1.1", "Range with two dashes", "Range: bytes=--4", status=200),
    _case("14.1.1", "Range with an underscore", "Range: bytes=0-1_0", status=200),
    _case("14.1.1", "Range with a point", "Range: bytes=0-1.0", status=200),
    _case("14.1.1", "Range with an exponent", "Range: bytes=0-1e1", status=200),
    _case("14.1.1", "Range with a space inside", "Range: bytes=0 - 4", status=200),
    _case("14.1.1", "Range with a space after the equals sign", "Range: bytes= 0-4", status=200),
    _case("14.1.1", "Range with a space before the equals sign", "Range: bytes =0-4", status=200),
    _case("14.1.1", "Range with digits beyond ASCII", f"Range: bytes=0-{_utf8('٤')}", status=200),
    _case("14.1.1", "Range with a superscript digit", "Range: bytes=0-\u00b2", status=200),
    _case("14.1.1", "Range list with one invalid member", "Range: bytes=0-4, x", status=200),
    _case("14.1.1", "Range list with one backward member", "Range: bytes=0-4, 9-8", status=200),
    _case("14.2", "Range twice is no range set", "Range: bytes=0-4", "Range: bytes=5-9", status=200),
    # Range: several ranges
    _case("14.2", "Ranges apart", "Range: bytes=0-4, 10-14", status=200),
    _case("14.2", "Ranges one byte apart", "Range: bytes=0-4,6-9", status=200),
    _case("15.3.7.2", "Ranges overlapping", "Range: bytes=0-4,3-9", status=206, cut=(0, 10)),
    _case("15.3.7.2", "Ranges adjacent", "Range: bytes=0-4,5-9", status=206, cut=(0, 10)),
    _case("15.3.7.2", "Ranges adjacent in descending order", "Range: bytes=5-9,0-4", status=206, cut=(0, 10)),
    _case("15.3.7.2", "Ranges one within the other", "Range: bytes=0-9,3-4,8-9", status=206, cut=(0, 10)),
    _case("15.3.7.2", "Ranges of which one is satisfiable", "Range: bytes={size}-,0-4,-0", status=206,
          cut=(0, 5)),
    _case("15.3.7.2", "Ranges that cover everything", "Range: bytes=0-49, 50-, -1", status=206, cut=WHOLE),
    _case("5.6.1", "Ranges with empty members and white space", "Range: bytes=,0-4 \t, ,\t 5-9,,", status=206,
          cut=(0, 10)),
    _case("17.15", "Ranges: a thousand apart",
          f"Range: bytes={','.join(f'{2 * n}-{2 * n}' for n in range(1000))}",
          status=200),
    _case("17.15", "Ranges: a thousand alike", f"Range: bytes={','.join(['0-4'] * 1000)}", status=206,
          cut=(0, 5)),
    # If-Range
    _case("13.1.5", "If-Range equal", "Range: bytes=0-4", "If-Range: {etag}", status=206, cut=(0, 5),
          expected={"Last-Modified": None}),
    _case("13.1.5", "If-Range equal, Range unsatisfiable", "Range: bytes={size}-", "If-Range: {etag}",
          status=416),
    _case("13.1.5", "If-Range other", "Range: bytes=0-4", 'If-Range: "x"', status=200),
    _case("13.1.5", "If-Range other, Range unsatisfiable", "Range: bytes={size}-", 'If-Range: "x"',
          status=200),
    _case("8.8.3.2", "If-Range weak", "Range: bytes=0-4", "If-Range: W/{etag}", status=200),
    _case("13.1.5", "If-Range star", "Range: bytes=0-4", "If-Range: *", status=200),
    _case("13.1.5", "If-Range list", "Range: bytes=0-4", 'If-Range: {etag}, "x"', status=200),
    _case("13.1.5", "If-Range twice", "Range: bytes=0-4", "If-Range: {etag}", "If-Range: {etag}", status=200),
    _case("13.1.5", "If-Range not a tag nor a date", "Range: bytes=0-4", "If-Range: x", status=200),
    _case("13.1.5", "If-Range empty", "Range: bytes=0-4", "If-Range: ", status=200),
    _case("13.1.5", "If-Range same date", "Range: bytes=0-4", "If-Range: {modified}", status=206, cut=(0, 5),
          expected={"Last-Modified": None}),
    _case("13.1.5", "If-Range later date is no exact match", "Range: bytes=0-4", "If-Range: {after}",
          status=200),
    _case("13.1.5", "If-Range earlier date", "Range: bytes=0-4", "If-Range: {before}", status=200),
    _case("13.1.5", "If-Range without Range", 'If-Range: "x"', status=200),
    _case("13.2.2", "If-Range equal after If-None-Match equal", "If-None-Match: {etag}", "Range: bytes=0-4",
          "If-Range: {etag}", status=304),
    # Names
    _case("5.1", "Field names in any case", "rAnGe: bytes=0-4", "IF-MATCH: {etag}", status=206, cut=(0, 5)),
)

EMPTY: tuple[Case, ...] = (
    _case("9.3.1", "empty: plain GET", status=200),
    _case("9.3.2", "empty: plain HEAD", method="HEAD", status=200),
    _case("13.1.2", "empty: If-None-Match equal", "If-None-Match: {etag}", status=304),
    _case("13.1.1", "empty: If-Match star, there is a representation", "If-Match: *", status=200),
    _case("14.1.2", "empty: Range first-", "Range: bytes=0-", status=416),
    _case("14.1.2", "empty: Range first-last", "Range: bytes=0-4", status=416),
    _case("14.1.2", "empty: Range suffix of nothing", "Range: bytes=-0", status=416),
    _case("14.1.2", "empty: Range suffix is satisfiable, yet has no Content-Range", "Range: bytes=-5",
          status=200),
    _case("14.1.1", "empty: Range invalid", "Range: bytes=1-0", status=200),
    _case("13.1.5", "empty: If-Range other", "Range: bytes=0-", 'If-Range: "x"', status=200),
)
# fmt: on


def cases(etag: str, modified: datetime, size: int) -> list[Case]:
    """The table for one representation: `etag` strong with its quotes, `modified` aware, `size` in bytes.

    Size 0 has a table of its own; any other size must be `SMALLEST` at least. The cases returned hold no
    placeholder, and plain positions as slices. `{before}` and `{after}` are one second off `modified`.
    """
    if 0 < size < SMALLEST:
        raise ValueError(f"the table needs {SMALLEST} bytes or none")
    moment = modified.astimezone(UTC).replace(microsecond=0)
    values = {"etag": etag, "size": str(size), "last": str(size - 1)} | _dates(moment)
    return [_filled(case, values, size) for case in (TABLE if size else EMPTY)]


def _dates(moment: datetime) -> dict[str, str]:
    second = timedelta(seconds=1)
    fixed = format_datetime(moment, usegmt=True)
    _, day, month, year, clock, _ = fixed.split()
    weekday = ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")[moment.weekday()] + "day"
    return {
        "modified": fixed,
        "before": format_datetime(moment - second, usegmt=True),
        "after": format_datetime(moment + second, usegmt=True),
        "rfc850": f"{weekday}, {day}-{month}-{year[2:]} {clock} GMT",
        "asctime": f"{fixed[:3]} {month} {moment.day:2} {clock} {year}",
    }


def _filled(case: Case, values: Mapping[str, str], size: int) -> Case:
    start, stop, _ = slice(*(case.slice or (0, 0))).indices(size)
    own = {"first": str(start), "final": str(stop - 1), "length": str(stop - start)}
    known = {**values, **own}
    return Case(
        case.section,
        case.name,
        case.method,
        tuple((name, value.format_map(known)) for name, value in case.headers),
        case.status,
        (start, stop) if case.slice else None,
        {
            name: value if value is None else value.format_map(known)
            for name, value in {**ALWAYS[case.status], **case.expected}.items()
        },
    )
