"""What a form needs to know of one input, taken from its plain schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.fields.names import title

LONG_TEXTS: Final = ("caption", "description", "dialogue", "instructions", "lyrics", "script", "text", "transcript")
MEDIA: Final = ("image", "video", "audio")
SCALARS: Final = ("string", "integer", "number")


@dataclass(frozen=True)
class Field:
    """One input.

    `kind` is string, text (a long string), integer, number, boolean, file, files (several), list (of strings or
    numbers; `item` says of what), secret (never to be stored) or json (anything else). What a list, a secret or JSON
    holds may come as text.
    `default` is one that a value left out really stands for, else None. `choices` are strings or numbers, of a list
    those of its items. `media` are the kinds of file that the author names; none: any.
    """

    name: str
    kind: str
    title: str
    description: str = ""
    default: Any = None
    required: bool = False
    nullable: bool = False
    deprecated: bool = False
    choices: tuple[Any, ...] = ()
    choice_names: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    item: str = ""
    media: tuple[str, ...] = ()
    example: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict, repr=False)


def described(name: str, node: Mapping[str, Any], required: bool) -> Field:
    """The field for a plain schema, with its default as it is written."""
    kind = _kind(name, node)
    chosen = node.get("items", {}) if kind == "list" else node
    return Field(
        name=name,
        kind=kind,
        title=title(name, node.get("title", "")),
        description=node.get("description", ""),
        default=node.get("default"),
        required=required,
        nullable=node.get("nullable", False),
        deprecated=node.get("deprecated", False),
        choices=tuple(chosen.get("enum", ())) if kind in ("list", *SCALARS) else (),
        choice_names=tuple(chosen.get("x-enumNames", ())),
        minimum=node.get("minimum"),
        maximum=node.get("maximum"),
        step=node.get("multipleOf"),
        max_length=node.get("maxLength"),
        min_items=node.get("minItems"),
        max_items=node.get("maxItems"),
        item=chosen["type"] if kind == "list" else "",
        media=_media(node),
        example=_example(node) if kind == "json" else "",
        schema=node,
    )


def is_secret(node: Mapping[str, Any]) -> bool:
    """Whether the value, or a part of it, must never be stored."""
    marked = node.get("format") == "password" or node.get("x-cog-secret") or node.get("writeOnly")
    parts = [*filter(None, [node.get("items")]), *node.get("properties", {}).values(), *node.get("anyOf", ())]
    return bool(marked) or any(is_secret(part) for part in parts)


def _kind(name: str, node: Mapping[str, Any]) -> str:
    declared = node.get("type")
    if is_secret(node):
        return "secret"
    if declared == "array":
        return _kind_of_list(node)
    if declared == "string" and "enum" not in node:
        return _kind_of_text(name, node)
    return declared if declared in ("string", "integer", "number", "boolean") else "json"


def _kind_of_list(node: Mapping[str, Any]) -> str:
    items = node.get("items", {})
    if "enum" in node or items.get("type") not in SCALARS:
        return "json"
    return "files" if _is_file(items) else "list"


def _kind_of_text(name: str, node: Mapping[str, Any]) -> str:
    if _is_file(node):
        return "file"
    long = "prompt" in name or name.endswith(LONG_TEXTS) or "\n" in str(node.get("default", ""))
    return "text" if long or node.get("format") == "textarea" else "string"


def _is_file(node: Mapping[str, Any]) -> bool:
    return node.get("format") == "uri" and "enum" not in node


def _media(node: Mapping[str, Any]) -> tuple[str, ...]:
    declared = node.get("contentMediaType", node.get("items", {}).get("contentMediaType", ""))
    return tuple(kind for kind in MEDIA if declared.startswith(f"{kind}/"))


def _example(node: Mapping[str, Any]) -> str:
    found = next(iter(node.get("examples", ())), None) or _sample(node)
    try:
        return json.dumps(found, ensure_ascii=False)[:400]
    except (TypeError, ValueError, RecursionError):
        return ""


def _sample(node: Mapping[str, Any]) -> Any:
    """A value in the form of a schema, to show what is meant."""
    if "enum" in node:
        return node["enum"][0]
    if "anyOf" in node:
        return _sample(node["anyOf"][0])
    if "properties" in node:
        return {name: _sample(part) for name, part in list(node["properties"].items())[:6]}
    if "items" in node:
        return [_sample(node["items"])]
    return {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "array": []}.get(str(node.get("type")), {})
