"""What the headers of a delivered file say: type, checksum, version, part, when to come back. Reads; never acts."""

import base64
import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage
from typing import Final

MIME: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
STRONG_ETAG: Final = re.compile(r'"[\x21\x23-\x7e]{1,200}"')
MD5_ETAG: Final = re.compile(r'"([0-9a-f]{32})"')
CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")


def is_readable(head: HTTPMessage) -> bool:
    """Whether every line was a header; lines after one that was not would be lost."""
    return not head.defects and not head.get_payload()


def is_plain(head: HTTPMessage) -> bool:
    """Whether the body is the file itself, not a packed form of it."""
    return all(name.strip().lower() in ("", "identity") for name in head.get_all("Content-Encoding", []))


def media_type(head: HTTPMessage) -> str | None:
    """The declared type without parameters, in lower case."""
    declared = str(head.get("Content-Type", "")).partition(";")[0].strip().lower()
    return declared if MIME.fullmatch(declared) else None


def etag(head: HTTPMessage) -> str | None:
    """The strong validator, if there is exactly one."""
    values = head.get_all("ETag", [])
    return values[0] if len(values) == 1 and STRONG_ETAG.fullmatch(values[0]) else None


def md5(head: HTTPMessage) -> str | None:
    """The MD5 of the whole file in hexadecimal digits, where Google's storage declares it.

    From x-goog-hash; or from the ETag, but only beside other x-goog headers: elsewhere an ETag of 32 digits is
    often the MD5 of something else (Starlette hashes time and size).
    """
    for entry in ",".join(head.get_all("x-goog-hash", [])).split(","):
        name, _, value = entry.strip().partition("=")
        if name == "md5":
            try:
                return base64.b64decode(value, validate=True).hex()
            except binascii.Error:
                return None
    digits = MD5_ETAG.fullmatch(etag(head) or "")
    return digits[1] if digits and any(name.lower().startswith("x-goog-") for name in head) else None


def part(head: HTTPMessage) -> tuple[int, int, int] | None:
    """(first byte, last byte, size of the whole) of a 206, from its only Content-Range."""
    values = head.get_all("Content-Range", [])
    found = CONTENT_RANGE.fullmatch(values[0]) if len(values) == 1 else None
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def retry_after(head: HTTPMessage, now: datetime) -> float:
    """Seconds to wait before asking again; 0 when the host does not say."""
    value = str(head.get("Retry-After", "")).strip()
    if re.fullmatch("[0-9]{1,9}", value):
        return float(value)
    try:
        return max((parsedate_to_datetime(value).replace(tzinfo=UTC) - now).total_seconds(), 0.0)
    except ValueError:
        return 0.0
