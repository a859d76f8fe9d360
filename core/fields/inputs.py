"""All inputs of a model: the fields of its schema, which of them are secret, and the check of everything given."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from core.errors import InvalidInput
from core.fields import checking
from core.fields.field import Field, described, is_secret
from core.fields.schema import members, resolve

UNORDERED: Final = float("inf")


def fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields of an object schema in the order of their author; those without a place come last."""
    properties, required = members(schema)
    plain = {name: resolve(node, schema) for name, node in properties.items()}
    ordered = sorted(plain, key=lambda name: plain[name].get("x-order", UNORDERED))
    return tuple(_with_default(described(name, plain[name], name in required)) for name in ordered)


def secrets(schema: Mapping[str, Any]) -> frozenset[str]:
    """The names of the inputs whose values must never be stored."""
    properties, _ = members(schema)
    return frozenset(name for name, node in properties.items() if is_secret(resolve(node, schema)))


def validate(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` cleaned: blanks left out, defaults filled in, lists and JSON read from their texts.

    Raises `InvalidInput` with a sentence for each field. Never gives null.
    """
    known = {field.name: field for field in fields(schema)}
    given = {name for name, value in values.items() if value is not None and value != ""}
    errors = {name: f"{name} is not an input of this model." for name in values if name in given - known.keys()}
    cleaned: dict[str, Any] = {}
    for name, field in known.items():
        try:
            value = checking.check(field, values.get(name))
        except InvalidInput as error:
            errors |= error.fields
        else:
            cleaned |= {} if value is None else {name: value}
    if errors:
        raise InvalidInput(errors)
    return cleaned


def _with_default(field: Field) -> Field:
    """The field with its default as the model takes it, or without one that says nothing or breaks its own rules."""
    default, bare = field.default, replace(field, default=None, required=False)
    if field.kind in ("file", "files", "secret"):
        return replace(_with_own_file(field), default=None)
    if isinstance(default, str) and default not in field.choices:
        default = next((choice for choice in field.choices if str(choice) == default), default)
    if checking.is_blank(field, default) or default == {} or not checking.fits(bare, default):
        return replace(field, default=None)
    return replace(field, default=checking.check(bare, default))


def _with_own_file(field: Field) -> Field:
    """A model's own file is not sent, for the studio sends none but a person's; its words say that there is one."""
    if not isinstance(field.default, str) or field.kind != "file" or not field.default.strip():
        return field
    return replace(field, description=f"{field.description}\n\nLeft empty, the model takes {field.default}".strip())
