"""The check of one value against its field: blanks, text that stands for a list or for JSON, every rule."""

import math
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from core.errors import InvalidInput
from core.fields import words
from core.fields.field import Field
from core.fields.patterns import matches
from core.fields.texts import is_text, read, unreadable, unstorable

Errors = Iterator[ValidationError]


def check(field: Field, value: Any) -> Any:
    """The value as the model takes it, the default for a blank, None for nothing; raises `InvalidInput`."""
    if is_blank(field, value):
        return _blank(field, value)
    if isinstance(value, str) and is_text(field):
        value = read(field, value)
    elif field.kind == "file" and isinstance(value, list) and len(value) == 1:
        value = value[0]
    if sentence := unreadable(field, value) or _broken(field, value) or unstorable(field, value):
        raise InvalidInput({field.name: sentence})
    return _whole(field, value)


def fits(field: Field, value: Any) -> bool:
    """Whether the value is one that the model takes."""
    try:
        return check(field, value) is not None
    except InvalidInput:
        return False


def is_blank(field: Field, value: Any) -> bool:
    """Whether the value says nothing."""
    if isinstance(value, str):
        return not value.strip() and value not in field.choices
    return value is None or (field.kind in ("list", "file", "files") and value == [])


def _blank(field: Field, value: Any) -> Any:
    """What stands for a blank: the default; but what somebody emptied stays empty, or the default would come back."""
    empty: Any = {"string": "", "text": "", "list": [], "files": []}.get(field.kind)
    emptied = value is not None and empty is not None
    if emptied and not field.required and field.default is not None and not _broken(field, empty):
        return empty
    if field.required and (field.default is None or emptied):
        raise InvalidInput({field.name: words.missing(field)})
    return deepcopy(field.default)


def _broken(field: Field, value: Any) -> str | None:
    """A sentence on the first rule that the value breaks."""
    error = next(_Checker(field.schema).iter_errors(value), None)
    return None if error is None else words.unlike(field, value, error)


def _whole(field: Field, value: Any) -> Any:
    """Whole numbers as such: 2.0 is one too."""
    if field.kind == "integer":
        return int(value)
    return [int(each) for each in value] if field.item == "integer" else value


def _unless_null(rule: Callable[..., Errors]) -> Callable[..., Errors]:
    """The rule, except where null is allowed as OpenAPI 3.0 says it."""

    def checked(validator: Any, limit: Any, value: Any, schema: Mapping[str, Any]) -> Errors:
        if value is not None or not schema.get("nullable"):
            yield from rule(validator, limit, value, schema) or ()

    return checked


def _multiple(validator: Any, step: float, value: Any, schema: Mapping[str, Any]) -> Errors:
    """As decimals are meant: 0.3 is a multiple of 0.1."""
    if not validator.is_type(value, "number"):
        return
    if isinstance(value, int) and isinstance(step, int):
        remains = value % step != 0
    else:
        quotient = float(value) / step if abs(value) < 10**300 else math.inf
        remains = not math.isfinite(quotient) or abs(quotient - round(quotient)) > 1e-9 * max(1.0, abs(quotient))
    if remains:
        yield ValidationError("not a multiple")


def _pattern(validator: Any, pattern: str, value: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(value, str) and not matches(pattern, value):
        yield ValidationError("does not match")


_rules = Draft202012Validator.VALIDATORS
_extend: Any = validators.extend  # it is not annotated
_Checker: Any = _extend(
    Draft202012Validator,
    {
        "type": _unless_null(_rules["type"]),
        "enum": _unless_null(_rules["enum"]),
        "anyOf": _unless_null(_rules["anyOf"]),
        "multipleOf": _multiple,
        "pattern": _pattern,
    },
)
