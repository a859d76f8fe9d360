"""From filters to conditions, by the names that the library knows; notes say what it does not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from core.errors import InvalidInput
from core.models import STATUSES
from core.search import values
from core.search.conditions import Between, Condition, Has, Listed, Not, Some, Words, by_segment
from core.search.query import Query
from core.search.reading import Plan
from core.search.syntax import Term, Typed, understand
from core.search.values import Span
from core.search.words import expression

KINDS: Final = {
    "image": "image", "images": "image", "picture": "image", "pictures": "image", "photo": "image",
    "video": "video", "videos": "video", "clip": "video", "clips": "video",
    "audio": "audio", "sound": "audio", "sounds": "audio",
}  # fmt: skip
STATES: Final = {**{status: status for status in STATUSES}, "cancelled": "canceled", "failure": "failed"}
IS: Final = ("favourite", "favorite", "rated", "unrated", "upload", "failed", "thinned")
NAMED: Final = ("provider", "model", "experiment")
HAS: Final = ("input", "audio")
ASPECTS: Final = ("landscape", "portrait", "square")
DIGITS: Final = {"bytes": 40, "duration": 32, "day": 16, "rating": 3}
ITEMS, RUNS = Has("media"), Has("run")
RATED: Final = Between("rating", DIGITS["rating"], 1, None)
FEW: Final = 8  # names that a search for words is narrowed by
_COLUMNS: Final = {"tag": "tags", "model": "model"}
_NAMES: Final = "SELECT substr(name, ?) FROM facet_total WHERE name >= ? AND name < ? ORDER BY name"
_OF_BATCH: Final = """
SELECT entry.id FROM generation JOIN entry ON entry.generation_id = generation.id WHERE generation.batch = ?
"""
_THINNED: Final = "SELECT entry.id FROM media JOIN entry ON entry.media_id = media.id WHERE media.state = 'thinned'"


@dataclass(frozen=True)
class Compiled:
    """A query as conditions; `words` is what to rank by, "" for nothing."""

    plan: Plan
    words: str
    notes: tuple[str, ...]


@dataclass
class _Compiler:
    connection: Connection
    place: str
    notes: list[str] = field(default_factory=list)

    def conditions(self, filters: Sequence[Typed]) -> list[Condition]:
        """What the filters ask for; several values of a key that an entry has one of are alternatives."""
        made: list[Condition] = []
        either: dict[str, list[Condition]] = {}
        for typed in filters:
            condition = self._condition(typed)
            if condition is None:
                continue
            if typed.negated:
                made.append(Not(condition))
            elif typed.key in _ALTERNATIVES:
                either.setdefault(typed.key, []).append(condition)
            else:
                made.append(condition)
        return [*(Some(several) for several in either.values()), *made]

    def _condition(self, typed: Typed) -> Condition | None:
        """The condition of one filter; None where it was not understood, and a note says so."""
        try:
            return Some([self._one(typed.key, value) for value in self._parts(typed.key, typed.value)])
        except InvalidInput as error:
            self.notes += error.fields.values()
            return None

    def _one(self, key: str, value: str) -> Condition:
        if key in _SPANS:
            name, read = _SPANS[key]
            return _between(name, read(value))
        if key in NAMED:
            return self._named(key, value)
        if key == "batch":
            return self._batch(value)
        if key == "tag":
            return self._tag(value)
        return self._is(value) if key == "is" else _word(key, value)

    def _parts(self, key: str, value: str) -> list[str]:
        """The alternatives in one value: a,b; but a name with a comma in it is one."""
        if key in NAMED and value.strip() in self.names(f"{key}:"):
            return [value]
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not parts:
            raise InvalidInput({key: f"{key}: needs a value right after it."})
        return parts

    def _is(self, value: str) -> Condition:
        known = _known("is", value, IS)
        if known == "thinned":
            return Listed(by_segment(self.connection.exec_driver_sql(_THINNED).scalars().all()))
        return _PLAIN[known]

    def _named(self, key: str, value: str) -> Condition:
        """A name in full, or any that has these letters in it."""
        asked, known = value.strip().casefold(), self.names(f"{key}:")
        found = [name for name in known if name.casefold() == asked] or [
            name for name in known if asked in name.casefold()
        ]
        if not found:
            self.notes.append(f"No {key} here has '{value[:60]}' in its name.")
        return Some([Has(f"{key}:{name}") for name in found])

    def _tag(self, value: str) -> Condition:
        asked = " ".join(value.split()).lower()
        start = asked.removesuffix("*")
        found = self.names(f"tag:{start}", skip=len("tag:")) if start != asked else [asked]
        if not found or (found == [asked] and asked not in self.names(f"tag:{asked}", skip=len("tag:"))):
            self.notes.append(f"Nothing here has the tag '{value[:60]}'.")
        return Some([Has(f"tag:{name}") for name in found])

    def _batch(self, value: str) -> Condition:
        found = self.connection.exec_driver_sql(_OF_BATCH, (value.strip(),)).scalars().all()
        if not found:
            self.notes.append(f"There is no batch '{value[:60]}'.")
        return Listed(by_segment(found))

    def names(self, start: str, skip: int | None = None) -> list[str]:
        """The facets that begin so, without their first `skip` letters (all of `start` if not said)."""
        beginning = self.place + start
        after = len(self.place) + (len(start) if skip is None else skip) + 1
        end = beginning[:-1] + chr(ord(beginning[-1]) + 1)
        return list(self.connection.exec_driver_sql(_NAMES, (after, beginning, end)).scalars())


def compiled(connection: Connection, query: Query, budget: int | None = None) -> Compiled:
    """What a query means in this library."""
    place, understood = "trash/" if query.trash else "", understand(query.text)
    compiler = _Compiler(connection, place, list(understood.notes))
    chosen = tuple(Typed(key, value) for key, value in query.filters)
    conditions = [*compiler.conditions(chosen), *compiler.conditions(understood.filters)]
    wanted, unwanted = ([term for term in understood.terms if term.negated is negated] for negated in (False, True))
    texts: list[Condition] = [Not(Words(expression([term]))) for term in unwanted]
    words = expression(wanted, unwanted, _narrowing(conditions)) if wanted else ""
    if words:
        texts = [Words(words)]
    plan = Plan([_scope(query, (*chosen, *understood.filters)), *conditions, *texts], place, budget)
    return Compiled(plan, words, tuple(dict.fromkeys(compiler.notes)))


def _narrowing(conditions: Sequence[Condition]) -> list[list[Term]]:
    """What tags and models are asked for, as words: then common words need not be gone through for a rare tag."""
    found = []
    for condition in conditions:
        names = [name.partition(":") for name in condition.facets()]
        known = all(key in _COLUMNS and _plain(value) for key, _, value in names)
        if isinstance(condition, Some) and 0 < len(names) <= FEW and known:
            found.append([Term(value, column=_COLUMNS[key]) for key, _, value in names])
    return found


def _plain(name: str) -> bool:
    """Whether there is something in a name that the full-text index has for certain."""
    return any(letter.isascii() and letter.isalnum() for letter in name)


def _scope(query: Query, filters: Sequence[Typed]) -> Condition:
    """Items; runs without any where they were asked for, be it by their status."""
    by_status = any(typed.key == "status" or typed == Typed("is", "failed") for typed in filters)
    if query.runs == "only":
        return RUNS
    return Some([ITEMS, RUNS]) if query.runs or by_status else ITEMS


def _between(name: str, span: Span) -> Condition:
    low, high = span
    if high is not None and high < low:
        return Some([])
    return Between(name, DIGITS[name], low, high)


def _word(key: str, value: str) -> Condition:
    """A value out of a fixed list."""
    if key == "has":
        return Has(f"has:{_known(key, value, HAS)}")
    words = {"kind": KINDS, "status": STATES, "aspect": {name: name for name in ASPECTS}}[key]
    return Has(f"{key}:{words[_known(key, value, tuple(words))]}")


def _known(key: str, value: str, words: Sequence[str]) -> str:
    asked = value.strip().lower()
    if asked not in words:
        raise InvalidInput({key: f"{key}: takes {', '.join(words)}; '{value[:40]}' is none of them."})
    return asked


_PLAIN: Final[dict[str, Condition]] = {
    "favourite": Has("favourite"),
    "favorite": Has("favourite"),
    "rated": RATED,
    "unrated": Not(RATED),
    "upload": Has("upload"),
    "failed": Has("status:failed"),
}
_ALTERNATIVES: Final = ("kind", "provider", "model", "status", "aspect", "batch", "experiment")
_SPANS: Final[dict[str, tuple[str, Callable[[str], Span]]]] = {
    "rating": ("rating", values.rating),
    "size": ("bytes", values.size),
    "duration": ("duration", values.duration),
    "date": ("day", values.days),
    "after": ("day", values.since),
    "before": ("day", values.until),
}
