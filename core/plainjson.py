"""JSON as text that every container, shell and terminal takes: no control, no lone surrogate, nothing that turns the
direction of what follows. Reads it back leniently."""

import json
import re
from typing import Any, Final

UNSAFE: Final = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\uffff]"
)


def written(value: Any, *, indent: int | None = None) -> str:
    """The value as JSON; what could do harm is written as an escape, which only strings can hold."""
    return UNSAFE.sub(_escaped, json.dumps(value, ensure_ascii=False, indent=indent))


def read(text: str) -> dict[str, Any] | None:
    """The object that a text holds; None for anything else, however odd."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
