"""A model's input schema as form fields, and the check of values against it.

Schemas are JSON Schema as OpenAPI documents carry it: enums behind `allOf`/`$ref`, `x-order`, `nullable`, bounds.
The check here is the one that counts: a browser's limits are only a courtesy.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from core.errors import InvalidInput

UNORDERED: Final = 10_000


@dataclass(frozen=True)
class Field:
    """One input: what a form needs to ask for it. `kind` is string, text, integer, number, boolean, file or json."""

    name: str
    kind: str
    title: str
    description: str
    default: Any = None
    required: bool = False
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None


def fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields of an object schema, in the order in which its author wants them asked."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    ordered = sorted(properties, key=lambda name: properties[name].get("x-order", UNORDERED))
    return tuple(_field(name, resolve(properties[name], schema), name in required) for name in ordered)


def resolve(node: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """`node` with its `$ref` and `allOf` parts merged into it; what it says itself wins."""
    merged: dict[str, Any] = {}
    if "$ref" in node:
        merged |= resolve(_target(node["$ref"], schema), schema)
    for part in node.get("allOf", ()):
        merged |= resolve(part, schema)
    return merged | {key: value for key, value in node.items() if key not in ("$ref", "allOf")}


def validate(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` cleaned: blanks left out, defaults filled in; raises `InvalidInput` with a sentence for each field."""
    known = {field.name: field for field in fields(schema)}
    given = {name: value for name, value in values.items() if value is not None and value != ""}
    errors = {name: f"{name} is not an input of this model." for name in given if name not in known}
    cleaned = {name: field.default for name, field in known.items() if field.default is not None} | given
    for name, field in known.items():
        if name not in cleaned:
            if field.required:
                errors[name] = _missing(field)
        elif sentence := _wrong(field, resolve(schema["properties"][name], schema), cleaned[name]):
            errors[name] = sentence
        elif field.kind == "integer":
            cleaned[name] = int(cleaned[name])
    if errors:
        raise InvalidInput(errors)
    return cleaned


def _target(reference: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    node: Any = schema
    for part in reference.removeprefix("#/").split("/"):
        node = node.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(node, Mapping) else {}
    return node if isinstance(node, Mapping) else {}


def _field(name: str, node: Mapping[str, Any], required: bool) -> Field:
    return Field(
        name=name,
        kind=_kind(name, node),
        title=node.get("title") or name.replace("_", " ").capitalize(),
        description=node.get("description", ""),
        default=node.get("default"),
        required=required,
        choices=tuple(node.get("enum", ())),
        minimum=node.get("minimum"),
        maximum=node.get("maximum"),
        step=node.get("multipleOf"),
    )


def _kind(name: str, node: Mapping[str, Any]) -> str:
    declared = node.get("type")
    if declared == "string" and node.get("format") == "uri":
        return "file"
    if declared == "string" and ("prompt" in name or node.get("format") == "textarea"):
        return "text"
    return declared if declared in ("string", "integer", "number", "boolean") else "json"


def _missing(field: Field) -> str:
    if field.name == "prompt":
        return "Write a prompt first: a few words on what you want to see."
    return f"{field.title} is needed."


def _wrong(field: Field, node: Mapping[str, Any], value: Any) -> str | None:
    """A sentence on what is wrong with the value, or None."""
    if field.required and isinstance(value, str) and not value.strip():
        return _missing(field)
    if isinstance(value, str) and not _storable(value):
        return f"{field.title} contains characters that are not text. Remove them and try again."
    if not _finite(value):
        return f"{field.title} must be a number; {_shown(value)} is none."
    error = next(iter(Draft202012Validator({**node, "format": ""}).iter_errors(value)), None)
    return None if error is None else _sentence(field, node, value, error)


def _storable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _finite(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def _sentence(field: Field, node: Mapping[str, Any], value: Any, error: ValidationError) -> str:
    rule = error.validator
    if rule == "enum":
        return f"{field.title} must be one of {', '.join(map(str, field.choices))}."
    if rule in ("minimum", "maximum"):
        return f"{field.title} must be {_range(field)}; {_shown(value)} is not."
    if rule == "maxLength":
        return f"{field.title} is {len(value):,} characters long; this model reads up to {node['maxLength']:,}."
    if rule == "multipleOf":
        return f"{field.title} must be a multiple of {node['multipleOf']}."
    if rule == "type":
        words = {"integer": "a whole number", "number": "a number", "boolean": "on or off", "string": "text"}
        return f"{field.title} must be {words.get(str(node.get('type')), str(node.get('type')))}."
    return f"{field.title}: {error.message[:200]}."


def _range(field: Field) -> str:
    if field.minimum is None:
        return f"at most {field.maximum:,}"
    if field.maximum is None:
        return f"at least {field.minimum:,}"
    return f"from {field.minimum:,} to {field.maximum:,}"


def _shown(value: Any) -> str:
    text = f"{value:,}" if isinstance(value, (int, float)) else str(value)
    return text if len(text) <= 30 else text[:29] + "…"
