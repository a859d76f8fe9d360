"""Rules that say which requests, files or predictions go wrong, how, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EXACT = ("route", "model", "prediction")
MATCHES = (*EXACT, "path", "type", "prompt")


@dataclass
class Rule:
    """`kind` says what happens, `match` to whom, `args` how.

    The first `skip` that match pass unharmed, the next `times` are hit (None: for ever); with `repeat` one more then
    passes and the counting begins anew.
    """

    kind: str
    match: dict[str, Any] = field(default_factory=dict)
    args: dict[str, Any] = field(default_factory=dict)
    times: int | None = 1
    skip: int = 0
    repeat: bool = False
    seen: int = 0
    hits: int = 0

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Rule":
        """A rule from its JSON form, in which arguments stand beside `kind`; raises `ValueError`."""
        values = dict(document)
        kind = str(values.pop("kind", ""))
        times = values.pop("times", 1)
        skip = int(values.pop("skip", 0))
        repeat = bool(values.pop("repeat", False))
        match = {name: values.pop(name) for name in MATCHES if name in values}
        return cls(kind, match, values, None if times in (None, 0) else int(times), skip, repeat)

    def takes(self, subject: Mapping[str, Any]) -> bool:
        """Whether this rule hits the subject now; counts it."""
        if not all(_fits(name, wanted, subject.get(name)) for name, wanted in self.match.items()):
            return False
        self.seen += 1
        turn = self.seen - self.skip
        if self.repeat and self.times is not None and turn > 0:
            turn = (turn - 1) % (self.times + 1) + 1
        hit = turn > 0 and (self.times is None or turn <= self.times)
        self.hits += hit
        return hit

    def shown(self) -> dict[str, Any]:
        """The rule as JSON, with how often it was hit."""
        return {"kind": self.kind, **self.match, **self.args, "times": self.times, "hits": self.hits}


def taken(rules: list[Rule], subject: Mapping[str, Any]) -> Rule | None:
    """The first rule that hits, or None."""
    return next((rule for rule in rules if rule.takes(subject)), None)


def _fits(name: str, wanted: Any, given: Any) -> bool:
    """A list means any of them; paths, types and prompts fit where they contain what is wanted."""
    if isinstance(wanted, (list, tuple)):
        return any(_fits(name, one, given) for one in wanted)
    return wanted == given if name in EXACT else str(wanted) in str(given or "")
