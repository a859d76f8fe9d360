"""Filters and what they find, in words."""

from typing import Final

from core.search import COUNTED, Query

KINDS: Final = {"image": "Images", "video": "Videos", "audio": "Sounds"}
STATES: Final = {"succeeded": "Succeeded", "failed": "Failed", "canceled": "Canceled", "queued": "Queued",
                 "running": "Running", "uncertain": "Uncertain"}  # fmt: skip
ASPECTS: Final = {"landscape": "Landscape", "portrait": "Portrait", "square": "Square"}
RATINGS: Final = {"5": "5", ">=4": "4 or more", ">=3": "3 or more", ">=2": "2 or more", ">=1": "Any rating",
                  "0": "Unrated"}  # fmt: skip
SIZES: Final = {"<1mb": "Under 1 MB", "1mb..10mb": "1 to 10 MB", "10mb..100mb": "10 to 100 MB",
                ">100mb": "Over 100 MB"}  # fmt: skip
DURATIONS: Final = {"<5": "Under 5 s", "5..15": "5 to 15 s", "15..60": "15 s to 1 min", ">60": "Over 1 min"}
PROPERTIES: Final = {
    ("is", "favourite"): "Favourites",
    ("is", "upload"): "Uploads",
    ("has", "input"): "Made from an input",
    ("has", "audio"): "With sound",
}
LABELS: Final = {"kind": "Kind", "provider": "Provider", "model": "Model", "status": "Status", "date": "Made",
                 "after": "Since", "before": "Before", "rating": "Rating", "is": "Only", "has": "Has", "tag": "Tag",
                 "batch": "Batch", "experiment": "Experiment", "size": "Size", "aspect": "Shape",
                 "duration": "Length"}  # fmt: skip
_VALUES: Final = {"kind": KINDS, "status": STATES, "aspect": ASPECTS, "rating": RATINGS, "size": SIZES,
                  "duration": DURATIONS}  # fmt: skip
_NOUNS: Final = {"image": ("picture", "pictures"), "video": ("video", "videos"), "audio": ("sound", "sounds")}


def chip(key: str, value: str) -> str:
    """A filter in short: "Rating: 4 or more"."""
    if (key, value) in PROPERTIES:
        return PROPERTIES[(key, value)]
    shown = _VALUES.get(key, {}).get(value, value)
    return f"{LABELS[key]}: {_dates(shown) if key == 'date' else shown[:60]}"


def counted(query: Query, number: int) -> str:
    """How much a query finds: "1,234 items"."""
    one, many = _noun(query)
    if query.text.strip() and number >= COUNTED:
        return f"{number:,}+ {many}"
    return f"1 {one}" if number == 1 else f"{number:,} {many}"


def nothing(query: Query) -> str:
    """The plural of what was looked for."""
    return _noun(query)[1]


def _noun(query: Query) -> tuple[str, str]:
    kinds = query.values("kind")
    if query.runs == "only":
        return "run", "runs"
    return _NOUNS.get(kinds[0], ("item", "items")) if len(kinds) == 1 and not query.runs else ("item", "items")


def _dates(value: str) -> str:
    first, dots, last = value.partition("..")
    if not dots:
        return value
    if first and last:
        return f"{first} to {last}"
    return f"since {first}" if first else f"up to {last}"
