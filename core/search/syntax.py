"""What people type: words, "phrases", -not, beginning*, key:value. What is not understood is told, never an error."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from core.search.query import KEYS

COLUMNS: Final = {"prompt": "prompt", "note": "note", "error": "error", "log": "logs", "logs": "logs"}
MOST: Final = 32  # words and filters in one search
SHORTEST: Final = 2  # letters before a *
_TOKEN: Final = re.compile(r'-?(?:[A-Za-z]+:)?"[^"]*"?\*?|[^\s"]+')
_PARTS: Final = re.compile(r"(-?)(?:([A-Za-z]+):)?(.*)", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """A word or phrase to be found; with `prefix` its last word may go on; `column` None: anywhere."""

    text: str
    prefix: bool = False
    column: str | None = None
    negated: bool = False


@dataclass(frozen=True)
class Typed:
    """A filter as it was typed."""

    key: str
    value: str
    negated: bool = False


@dataclass(frozen=True)
class Understood:
    """What a search says, and sentences on what was not understood in it."""

    terms: tuple[Term, ...] = ()
    filters: tuple[Typed, ...] = ()
    notes: tuple[str, ...] = ()


def understand(text: str) -> Understood:
    """Read a search as it was typed."""
    tokens = _TOKEN.findall(text)
    terms: list[Term] = []
    filters: list[Typed] = []
    notes: list[str] = []
    for token in tokens[:MOST]:
        found = _read(token, notes)
        if isinstance(found, Term):
            terms.append(found)
        elif found:
            filters.append(found)
    if len(tokens) > MOST:
        notes.append(f"Only the first {MOST} words and filters are used.")
    return Understood(tuple(terms), tuple(filters), tuple(dict.fromkeys(notes)))


def searchable(text: str) -> bool:
    """Whether there is a letter or digit in it; nothing else is in the index."""
    return any(unicodedata.category(letter)[0] in "LN" for letter in text)


def _read(token: str, notes: list[str]) -> Term | Typed | None:
    match = _PARTS.fullmatch(token)
    assert match is not None  # every part of it may be empty
    minus, key, rest = match[1], (match[2] or "").lower(), match[3]
    prefix, value = rest.endswith("*"), _unquoted(rest, notes)
    if key in KEYS:
        if value:
            return Typed(key, value, bool(minus))
        notes.append(f"{key}: needs a value right after it.")
        return None
    column = COLUMNS.get(key)
    if key and not column and searchable(value):
        notes.append(f"There is no filter '{key}:', so it is looked for as words. The filters are {', '.join(KEYS)}.")
        value = f"{key} {value}"
    return _term(value, prefix, column, bool(minus), notes)


def _term(value: str, prefix: bool, column: str | None, negated: bool, notes: list[str]) -> Term | None:
    value = value.rstrip("*")
    if not searchable(value):
        if value.strip("-"):
            notes.append(f"'{value[:40]}' has no letter or digit, so it cannot be looked for.")
        return None
    if prefix and len(re.findall(r"\w+", value)[-1]) < SHORTEST:
        notes.append(f"A * needs {SHORTEST} letters before it; '{value[:40]}' is looked for as a whole word.")
        prefix = False
    return Term(value, prefix, column, negated)


def _unquoted(value: str, notes: list[str]) -> str:
    if not value.startswith('"'):
        return value
    inner = value.rstrip("*")
    if len(inner) < 2 or not inner.endswith('"'):
        notes.append("A quotation mark is not closed; all after it was taken as one phrase.")
    return inner.strip('"')
