"""Values out of texts that nobody vouches for: made plain, bounded, never raising."""

import math
from collections.abc import Mapping
from typing import Any, Final

LONGEST: Final = 100_000  # characters of a text
LONGEST_NAME: Final = 200
MOST: Final = 300  # parameters of a recipe, and entries of a list
DEEPEST: Final = 8
DIGITS: Final = 40  # of a number in a text
PIXELS: Final = 1_000_000  # that a side may have


def text(value: Any, longest: int = LONGEST) -> str:
    """A text without what no database and no answer could hold; "" for anything else."""
    if not isinstance(value, str):
        return ""
    return value[:longest].encode("utf-8", "replace").decode().replace("\0", "")


def name(value: Any) -> str:
    """A short text on one line, as a model's name; backticks would end it where it is shown."""
    found = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else text(value, LONGEST_NAME)
    return " ".join("".join(c if c.isprintable() else " " for c in found).replace("`", "'").split())


def whole(value: Any) -> int | None:
    """A whole number, also as a text or as 7.0; None for anything else."""
    found = number(value)
    if isinstance(found, float):
        return int(found) if found.is_integer() and abs(found) < 2**53 else None
    return found


def number(value: Any) -> int | float | None:
    """A number, also as a text; None for anything else and for one without end."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else None


def side(value: Any) -> int | None:
    """A width or height in pixels."""
    found = whole(value)
    return found if found and 0 < found <= PIXELS else None


def plain(value: Any, depth: int = 0) -> Any:
    """The value as data that JSON can hold."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return text(value)
    if depth >= DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return {text(str(key), LONGEST_NAME): plain(part, depth + 1) for key, part in list(value.items())[:MOST]}
    return [plain(part, depth + 1) for part in list(value)[:MOST]] if isinstance(value, list | tuple) else ""


def parameters(**values: Any) -> dict[str, Any]:
    """Those of the values that say something, plain."""
    return {key: plain(value) for key, value in list(values.items())[:MOST] if value not in (None, "", [], {})}


def typed(word: str) -> Any:
    """A setting's word as a number where it is one."""
    found = number(word)
    return text(word) if found is None else found


def _parsed(word: str) -> int | float | None:
    if not 0 < len(word) <= DIGITS or not word.isascii() or "_" in word:
        return None
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        return None
