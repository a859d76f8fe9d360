"""When something was made, by what is told of it: never in the future, never by a clock that was not set."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
TEXTS: Final = ("exif:DateTimeOriginal", "exif:DateTime")
OFFSET: Final = "exif:OffsetTimeOriginal"
FORM: Final = "%Y:%m:%d %H:%M:%S"


def created_at(now: datetime, *moments: datetime | None) -> datetime:
    """The first moment that can be right, in the order of trust; `now` where none can."""
    return next((each for each in moments if each is not None and EARLIEST <= each <= now), now)


def of_texts(texts: Mapping[str, str]) -> datetime | None:
    """When a camera or program says that it made the picture; UTC where it names no zone."""
    for key in TEXTS:
        if key in texts:
            with suppress(ValueError, OverflowError):
                found = datetime.strptime(texts[key].strip()[:19], FORM)
                return _zoned(found, texts.get(OFFSET, ""))
    return None


def _zoned(found: datetime, offset: str) -> datetime:
    with suppress(ValueError):
        return datetime.strptime(f"{found.isoformat()}{offset.strip()}", "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    return found.replace(tzinfo=UTC)
