"""Values of filters as spans of whole numbers: ratings, bytes, milliseconds, days since 1970. Knows no SQL."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Final

from core.errors import InvalidInput

Span = tuple[int, int | None]  # the least and the greatest that fit, None: no end
Reader = Callable[[str], tuple[int, int]]  # the least and the greatest that a value may mean

EPOCH: Final = date(1970, 1, 1)
EXAMPLES: Final = {"rating": ">=4", "size": ">1mb", "duration": "2..10", "date": "2026-11"}
UNITS: Final = {"": 1, "b": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
SECONDS: Final = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
_SIGNED: Final = re.compile(r"(>=|<=|>|<|=)?\s*(.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def rating(value: str) -> Span:
    """Such as 4, >=4, 2..3; 0 is unrated, which no span below something takes in unless it says 0."""
    return _span("rating", value, _rating, floor=1)


def size(value: str) -> Span:
    """Such as >1mb, 500kb..2mb; 1 MB is 1,000,000 bytes. Without a sign it is within a tenth."""
    return _span("size", value, _bytes, floor=1, about=lambda number: (number * 9 // 10, number * 11 // 10))


def duration(value: str) -> Span:
    """Such as >5, 2..10, 1.5min. Without a sign it is within half a second."""
    return _span("duration", value, _milliseconds, floor=1, about=lambda number: (max(1, number - 500), number + 499))


def days(value: str) -> Span:
    """Such as 2026, 2026-11, 2026-11-24, >=2026-11, 2026-01..2026-03, all in UTC."""
    return _span("date", value, _days, floor=0)


def since(value: str) -> Span:
    """On the first day that it means, or later."""
    return max(0, _days(value)[0]), None


def until(value: str) -> Span:
    """Before the first day that it means."""
    return 0, _days(value)[0] - 1


def _span(
    key: str, value: str, read: Reader, *, floor: int, about: Callable[[int], tuple[int, int]] | None = None
) -> Span:
    first, dots, last = value.strip().lower().partition("..")
    if dots and (first or last):
        low = read(first)[0] if first else floor
        return low, read(last)[1] if last else None
    match = _SIGNED.fullmatch(first)
    if match is None or dots or not match[2]:
        raise InvalidInput({key: f"{key}: needs a value, such as in {key}:{EXAMPLES[key]}."})
    sign, (low, high) = match[1], read(match[2])
    if sign is None and about and low == high:
        return about(low)
    spans: dict[str | None, Span] = {
        ">=": (low, None),
        ">": (high + 1, None),
        "<": (floor, low - 1),
        "<=": (floor, high),
    }
    return spans.get(sign, (low, high))


def _rating(value: str) -> tuple[int, int]:
    if value not in ("0", "1", "2", "3", "4", "5"):
        raise InvalidInput({"rating": f"rating: takes 0 to 5, such as rating:>=4; '{value[:40]}' is not."})
    return int(value), int(value)


def _bytes(value: str) -> tuple[int, int]:
    match = _NUMBER.fullmatch(value)
    unit = UNITS.get(match[2] if match and match[2] in UNITS else (match[2].removesuffix("b") if match else "?"))
    if match is None or unit is None:
        raise InvalidInput({"size": f"size: takes such as >1mb or 200kb..1gb; '{value[:40]}' is not."})
    number = int(float(match[1]) * unit)
    return number, number


def _milliseconds(value: str) -> tuple[int, int]:
    match = _NUMBER.fullmatch(value)
    unit = SECONDS.get(match[2]) if match else None
    if match is None or unit is None:
        raise InvalidInput({"duration": f"duration: takes seconds, such as >5 or 2..10; '{value[:40]}' is not."})
    number = int(float(match[1]) * unit * 1000)
    return number, number


def _days(value: str) -> tuple[int, int]:
    match = _DATE.fullmatch(value)
    try:
        if match is None:
            raise ValueError
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
        first = date(year, month, day)
        last = (
            first if match[3] else date(year, month if match[2] else 12, monthrange(year, month)[1] if match[2] else 31)
        )
    except ValueError:
        words = f"'{value[:40]}' is not a date. Write such as 2026, 2026-11 or 2026-11-24."
        raise InvalidInput({"date": words}) from None
    return (first - EPOCH).days, (last - EPOCH).days
