"""On which inputs a price depends, written as `resolution=1080p, generate_audio=true`; empty: on none."""

import re
from collections.abc import Mapping
from typing import Any, Final

LARGEST: Final = 300  # characters
_PAIR = re.compile(r"\s*([\w.-]+)\s*=\s*([^,=]*[^,=\s])\s*")

Condition = Mapping[str, str]


def parse(text: str) -> Condition:
    """The inputs and the values they must have; raises `ValueError` where the text is no condition."""
    if not text.strip():
        return {}
    pairs = [_PAIR.fullmatch(part) for part in text.split(",")]
    named = {pair[1]: pair[2] for pair in pairs if pair}
    if len(named) < len(pairs) or len(text) > LARGEST:
        raise ValueError("no condition")
    return named


def written(condition: Condition) -> str:
    """A condition in its one way to be written."""
    return ", ".join(f"{name}={condition[name]}" for name in sorted(condition))


def meets(condition: Condition, inputs: Mapping[str, Any]) -> bool | None:
    """Whether inputs meet a condition; None where one that decides it is left to the model."""
    known = [same(inputs[name], value) for name, value in condition.items() if inputs.get(name) is not None]
    if not all(known):
        return False
    return True if len(known) == len(condition) else None


def same(given: Any, value: str) -> bool:
    """Whether an input has the value that a condition names: true is `true`, 5 is `5` and `5.0`."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        try:
            return float(value) == float(given)
        except ValueError:
            return False
    return str(given).casefold() == value.casefold()
