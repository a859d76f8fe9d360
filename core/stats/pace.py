"""How the library has grown, and when its disk is full if it goes on like that: a straight line, and a sentence."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from core.stats.file import Room

if TYPE_CHECKING:
    import pandas as pd

LOOKED_BACK: Final = timedelta(days=30)
TOO_YOUNG: Final = timedelta(days=2)  # of a library whose pace says nothing yet
FAR: Final = timedelta(days=3653)
NEAR: Final = timedelta(days=60)  # within which a full disk is worth a warning
UNITS: Final = (  # up to so many days, days in one of them, its name
    (1, 1 / 24, "hour"),
    (21, 1, "day"),
    (84, 7, "week"),
    (730, 30.44, "month"),
    (float("inf"), 365.25, "year"),
)


@dataclass(frozen=True)
class Forecast:
    """`pace` is bytes a day as the file grows by them, `room` the bytes that it can still grow by.

    `full_at` is None where that is too far away or cannot be told.
    """

    pace: float
    room: int
    full_at: datetime | None
    sentence: str
    near: bool = False
    early: bool = False  # the pace says nothing yet


def growth(cube: "pd.DataFrame") -> "pd.DataFrame":
    """By day what was added of what is still there: (day, items, bytes, total_items, total_bytes).

    What has been deleted for ever is not in it, for nothing tells when it was there.
    """
    days = cube.groupby("day", as_index=False, sort=True)[["items", "bytes"]].sum()
    return days.assign(total_items=days["items"].cumsum(), total_bytes=days["bytes"].cumsum())


def forecast(grown: "pd.DataFrame", room: Room, now: datetime) -> Forecast:
    """When the disk is full at the pace of the last thirty days, or of the library's life if that is shorter."""
    left = room.disk_free + room.free_pages
    if room.disk_free <= 0:
        return Forecast(0.0, left, now, "The disk is full: make room on it, or nothing more can be stored.", True)
    if grown.empty:
        return Forecast(0.0, left, None, "Nothing is stored yet.")
    pace = _pace(grown, room, now)
    if pace <= 0:
        return Forecast(0.0, left, None, "Nothing was added in the last 30 days, so the file does not grow.")
    if _midnight(now) + timedelta(days=1) - _first(grown) < TOO_YOUNG:
        return Forecast(pace, left, None, "The library is too young to tell when its disk will be full.", early=True)
    days = left / pace
    if days > FAR.days:
        return Forecast(pace, left, None, "At this pace the disk has room for more than ten years.")
    full_at = now + timedelta(days=days)
    return Forecast(pace, left, full_at, f"At this pace the disk is full in {_words(days)}.", full_at - now <= NEAR)


def _pace(grown: "pd.DataFrame", room: Room, now: datetime) -> float:
    """Bytes a day, with what thumbnails and whole pages add to items."""
    end = _midnight(now) + timedelta(days=1)
    since = max(_first(grown), end - LOOKED_BACK)
    added = grown[(grown["day"] >= _naive(since)) & (grown["day"] < _naive(end))]["bytes"].sum()
    stored = int(grown["bytes"].sum())
    more = max(1.0, room.content / stored) if stored else 1.0
    return float(added) * more / max(1.0, (end - since) / timedelta(days=1))


def _words(days: float) -> str:
    for most, length, name in UNITS:
        if days < most:
            number = max(1, round(days / length))
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    raise AssertionError("the last unit has no end")


def _first(grown: "pd.DataFrame") -> datetime:
    first: datetime = grown["day"].iloc[0].to_pydatetime().replace(tzinfo=UTC)
    return first


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
