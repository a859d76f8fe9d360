"""Knows RFC 9110 sections 8.8, 13 and 14: how one stored, immutable representation answers a request.

Must not know storage, clocks, sockets or any web framework. Guarantees that no header field makes it raise,
that its cost stays in proportion to the header section, and that the slice lies inside the content.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime

_MAX_COMMAS = 1_000  # a longer list of ranges is ignored, as 14.2 allows
_OPAQUE = r'"[\x21\x23-\x7e\x80-\xff]*"'
_STRONG = re.compile(_OPAQUE)
_LISTED = re.compile(rf"(?:^|,)[ \t]*((?:W/)?{_OPAQUE})[ \t]*(?=,|\Z)")
_RANGE = re.compile(r"(\d*)-(\d*)", re.ASCII)
# The three layouts of 5.6.7 exactly; email.utils alone also takes other zones, digits and trailing text.
_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} (\d{4}) \d\d:\d\d:\d\d GMT"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT"
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (\d{4}))",
    re.ASCII,
)


@dataclass(frozen=True)
class Representation:
    """What is stored: size in bytes, strong entity tag with its quotes (8.8.3), time zone aware date (8.8.2).

    A negative size, a weak or unquoted tag or a naive date is the caller's mistake: ValueError.
    """

    size: int
    etag: str
    modified: datetime

    def __post_init__(self) -> None:
        if self.size < 0 or not _STRONG.fullmatch(self.etag) or self.modified.utcoffset() is None:
            raise ValueError("a representation needs a size, a strong quoted entity tag and an aware date")


@dataclass(frozen=True)
class Decision:
    """The answer: status 200, 206, 304, 412 or 416, its header fields, and the bytes [start, stop) to send.

    The slice is empty (0, 0) when no content is to be sent: for 304, 412, 416 and every answer to HEAD.
    """

    status: int
    start: int = 0
    stop: int = 0
    headers: dict[str, str] = field(default_factory=dict)


def decide(method: str, headers: Iterable[tuple[str, str]], representation: Representation) -> Decision:
    """Choose the answer to a request by RFC 9110 sections 13.2.2 and 14.2.

    `method` is case-sensitive (9.1). `headers` are all (name, value) pairs as received, values decoded as
    Latin-1: names in any case, repeated lines joined here (5.3). Positions and lengths are in bytes.
    """
    fields = _joined(headers)
    refused = _precondition(method, fields, representation)
    if refused is not None:
        return _without_content(refused, representation)
    span = _requested(fields, representation) if method == "GET" else None
    if span is None:
        return _whole(method, representation)
    if span[0] == span[1]:
        return _without_content(416, representation)
    return _part(*span, "if-range" in fields, representation)


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Field values by lower-case name; lines of one name are joined with a comma (5.2, 5.3)."""
    lines: dict[str, list[str]] = {}
    for name, value in headers:
        lines.setdefault(name.lower(), []).append(value.strip(" \t"))
    return {name: ", ".join(values) for name, values in lines.items()}


def _precondition(method: str, fields: dict[str, str], representation: Representation) -> int | None:
    """The status of the first false precondition in the order of 13.2.2, None when the request goes on."""
    safe = method in ("GET", "HEAD")
    modified = _second(representation)
    if (tags := fields.get("if-match")) is not None:
        if not _matches(tags, representation.etag, weakly=False):
            return 412
    elif (limit := _date(fields.get("if-unmodified-since", ""))) and modified > limit:
        return 412
    if (tags := fields.get("if-none-match")) is not None:
        if _matches(tags, representation.etag, weakly=True):
            return 304 if safe else 412
    elif safe and (known := _date(fields.get("if-modified-since", ""))) and modified <= known:
        return 304
    return None


def _matches(value: str, etag: str, *, weakly: bool) -> bool:
    """Whether `value` is `*` or lists `etag` by the weak or strong comparison of 8.8.3.2.

    Members that are no entity tag match nothing; a tag may itself contain commas.
    """
    listed = _LISTED.findall(value)
    return value == "*" or etag in listed or (weakly and f"W/{etag}" in listed)


def _second(representation: Representation) -> datetime:
    """The modification date in the resolution of HTTP dates, one second."""
    return representation.modified.astimezone(UTC).replace(microsecond=0)


def _date(value: str) -> datetime | None:
    """An HTTP-date in one of the three formats of 5.6.7, None for anything else.

    A leap second counts as the second before it. The library reads the two-digit years 69 to 99 as 19xx, as
    5.6.7 wants of all dates before 2069, but it reads 0094 so as well: a four-digit year is put back.
    """
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    try:
        when = parsedate_to_datetime(value.replace(":60 ", ":59 "))
        return when.replace(tzinfo=UTC, year=int(match[1] or match[2] or when.year))
    except ValueError:
        return None


def _requested(fields: dict[str, str], representation: Representation) -> tuple[int, int] | None:
    """The one span to send, empty when unsatisfiable, None when Range is absent or to be ignored (14.2)."""
    unit, _, ranges = fields.get("range", "").partition("=")
    if unit.lower() != "bytes" or ranges.count(",") > _MAX_COMMAS:
        return None
    if ranges.startswith((" ", "\t")) or not _unchanged(fields.get("if-range"), representation):
        return None  # white space belongs around commas only (5.6.1)
    members = [member for text in ranges.split(",") if (member := text.strip(" \t"))]
    return _merged([_span(member, representation.size) for member in members])


def _unchanged(value: str | None, representation: Representation) -> bool:
    """If-Range (13.1.5): absent, the very entity tag (strong comparison), or the very modification date.

    The content behind a stored tag never changes, so it cannot have changed twice within the second that
    Last-Modified names: by 8.8.2.2 that date is a strong validator, and an equal date (no later one) is true.
    """
    return value is None or value == representation.etag or _date(value) == _second(representation)


def _span(member: str, size: int) -> tuple[int, int] | None:
    """One range-spec of 14.1.1 as [start, stop) cut to `size`: empty when unsatisfiable, None when invalid.

    Decimal takes any number of digits, exactly and in linear time. A suffix of empty content is satisfiable,
    but no Content-Range can say so: it counts as invalid, and the whole (empty) content is sent.
    """
    match = _RANGE.fullmatch(member)
    if match is None or member == "-":
        return None
    if not match[1]:
        suffix = min(Decimal(match[2]), Decimal(size))
        return None if size == 0 and Decimal(match[2]) else (size - int(suffix), size)
    first, last = Decimal(match[1]), Decimal(match[2] or "Infinity")
    if last < first:
        return None
    return int(min(first, Decimal(size))), int(min(last, Decimal(size - 1))) + 1


def _merged(spans: list[tuple[int, int] | None]) -> tuple[int, int] | None:
    """The one span that the satisfiable `spans` make up (15.3.7.2), empty when there is none.

    None when there is no member, an invalid one (14.1.1) or a gap: Range is then ignored, as 14.2 allows.
    """
    valid = [span for span in spans if span is not None]
    if not spans or len(valid) < len(spans):
        return None
    start = stop = 0
    for first, end in sorted(span for span in valid if span[0] < span[1]):
        if stop and first > stop:
            return None
        start, stop = (start if stop else first), max(stop, end)
    return start, stop


def _validators(representation: Representation) -> dict[str, str]:
    """What a response to a safe request says of the selected representation (8.8, 14.3)."""
    modified = format_datetime(_second(representation), usegmt=True)
    return {"ETag": representation.etag, "Last-Modified": modified, "Accept-Ranges": "bytes"}


def _whole(method: str, representation: Representation) -> Decision:
    """200 (15.3.1); HEAD has the length of the content it does not send (8.6)."""
    length = {"Content-Length": str(representation.size)}
    stop = 0 if method == "HEAD" else representation.size
    return Decision(200, 0, stop, _validators(representation) | length)


def _part(start: int, stop: int, resumed: bool, representation: Representation) -> Decision:
    """206 (15.3.7); after If-Range the client holds the rest: no metadata beyond what must be there."""
    headers = _validators(representation)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{representation.size}"
    headers["Content-Length"] = str(stop - start)
    if resumed:
        del headers["Last-Modified"]
    return Decision(206, start, stop, headers)


def _without_content(status: int, representation: Representation) -> Decision:
    """304 with the entity tag alone (15.4.5); 412 (15.5.13) and 416 with the current length (15.5.17)."""
    if status == 304:
        return Decision(status, headers={"ETag": representation.etag})
    headers = _validators(representation) | {"Content-Length": "0"}
    if status == 416:
        headers["Content-Range"] = f"bytes */{representation.size}"
    return Decision(status, headers=headers)
