"""What people type where a value is no plain text: lists as lines, everything else as JSON. And what cannot be kept."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

from core.errors import InvalidInput
from core.fields import words
from core.fields.field import Field

DEEPEST: Final = 60  # levels of a value
LARGEST: Final = 2**63  # beyond which a whole number is stored nowhere
UNSPEAKABLE: Final = 2**1000  # beyond which it cannot even be written in a sentence


def is_text(field: Field) -> bool:
    """Whether text is read for what it stands for: lists, JSON, and secrets that are more than one word."""
    return field.kind in ("json", "list") or (field.kind == "secret" and field.schema.get("type", "string") != "string")


def read(field: Field, text: str) -> Any:
    """The value that a text stands for: of a list its lines, else JSON; raises `InvalidInput`."""
    if field.kind == "list":
        found = _listed(text)
        return _lines(field, text) if found is None else found
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        plain = "type" not in field.schema or "string" in str(field.schema["type"])
        hint = " Put plain text into double quotes." if plain else ""
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput({field.name: f"{field.title} is not valid JSON at {place}: {error.msg}.{hint}"}) from None
    except (ValueError, RecursionError):
        raise InvalidInput({field.name: f"{field.title} is too large or too deep to be read."}) from None


def written(field: Field, value: Any) -> str:
    """The text that `read` makes the value of."""
    if field.kind != "list":
        return json.dumps(value, ensure_ascii=False, indent=2)
    lines = [each if isinstance(each, str) else json.dumps(each) for each in value]
    text = "\n".join(lines)
    return text if _listed(text) is None and _parts(field, text) == lines else json.dumps(value, ensure_ascii=False)


def unreadable(field: Field, value: Any) -> str | None:
    """A sentence on a value that is no data at all."""
    for part, depth in _walk(value):
        if isinstance(part, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in part):
            return f"{field.title} contains characters that are not text. Remove them and try again."
        if isinstance(part, float) and not math.isfinite(part):
            return f"{field.title} must be a number; {words.shown(part)} is none."
        if isinstance(part, int) and abs(part) >= UNSPEAKABLE:
            return f"{field.title} is too large a number."
        if depth > DEEPEST or not _is_data(part):
            return f"{field.title} is nothing that a model can be given."
    return None


def unstorable(field: Field, value: Any) -> str | None:
    """A sentence on a value that breaks no rule of the model, but fits nowhere."""
    large = any(isinstance(part, int) and abs(part) >= LARGEST for part, _ in _walk(value))
    return f"{field.title} is too large a number." if large else None


def _walk(value: Any) -> Iterator[tuple[Any, int]]:
    """Every part of a value with its depth."""
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        if isinstance(part, (list, dict)):
            waiting += [(each, depth + 1) for each in (part if isinstance(part, list) else [*part, *part.values()])]


def _is_data(value: Any) -> bool:
    named = not isinstance(value, dict) or all(isinstance(name, str) for name in value)
    return value is None or (isinstance(value, (str, int, float, list, dict)) and named)


def _listed(text: str) -> list[Any] | None:
    """A list that was written as JSON."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _lines(field: Field, text: str) -> list[Any]:
    parts = _parts(field, text)
    if field.item == "string":
        return list(parts)
    return [_number(field, part) for part in parts]


def _parts(field: Field, text: str) -> list[str]:
    """The lines that say something; numbers may stand side by side with commas."""
    parts = text.split("\n") if field.item == "string" else re.split(r"[\n,;]", text)
    return [part.strip() for part in parts if part.strip()]


def _number(field: Field, text: str) -> int | float:
    try:
        number = int(text) if re.fullmatch(r"[+-]?\d{1,300}", text) else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in text:
        raise InvalidInput({field.name: f"{field.title} must be numbers; {words.shown(text)} is none."})
    return number
