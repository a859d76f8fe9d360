"""What the service says of a body or an input that does not fit: `invalid_fields`, in its own words."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.standin.schema import Node, resolve

Fault = dict[str, str]
EVENTS = ("start", "output", "logs", "completed")
ADDRESS = re.compile(r"(https?://[^\s/]+|data:[\w.+/-]*[;,])", re.IGNORECASE)
NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def body_faults(body: Any, with_version: bool, http_hooks: bool) -> list[Fault]:
    """Faults of the body of a create."""
    if not isinstance(body, dict):
        return [_fault("invalid_type", "", f"Invalid type. Expected: object, given: {_kind(body)}")]
    kinds = {"input": "object", "webhook": "string", "webhook_events_filter": "array", "stream": "boolean"}
    kinds |= {"webhook_completed": "string"} | ({"version": "string"} if with_version else {})
    needed = ["version"] * with_version + ["input"]
    faults = [_fault("required", "", f"{name} is required") for name in needed if name not in body]
    for name, value in body.items():
        if name not in kinds:
            faults.append(_fault("additional_property_not_allowed", "", f"Additional property {name} is not allowed"))
        elif _kind(value) != kinds[name] and not (value is None and name.startswith("webhook")):
            faults.append(_fault("invalid_type", name, f"Invalid type. Expected: {kinds[name]}, given: {_kind(value)}"))
    return faults or list(_hook_faults(body, http_hooks))


def _hook_faults(body: Mapping[str, Any], http_hooks: bool) -> Iterable[Fault]:
    for event in body.get("webhook_events_filter") or ():
        if event not in EVENTS:
            yield _enum("webhook_events_filter", "webhook_events_filter", EVENTS)
    hook = body.get("webhook")
    near = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]", str(hook or "")) and http_hooks
    if hook and not near and not str(hook).startswith("https://"):
        yield _fault("format", "webhook", "Must be an HTTPS URL")


def input_faults(inputs: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[Fault]:
    """Faults of a model's input; names that the model does not know are let through, as the service does."""
    described = schemas.get("Input", {})
    needed = described.get("required", ())
    faults = [_fault("required", "input", f"{name} is required") for name in needed if name not in inputs]
    for name, value in inputs.items():
        if name in described.get("properties", {}):
            node = resolve(described["properties"][name], schemas)
            faults += _value_faults(f"input.{name}", name, value, node, schemas)
    return faults


def _value_faults(where: str, name: str, value: Any, node: Node, schemas: Mapping[str, Any]) -> list[Fault]:
    if value is None and node.get("nullable"):
        return []
    wanted = node.get("type")
    if wanted in NAMES.values() and not _is(value, str(wanted)):
        return [_fault("invalid_type", where, f"Invalid type. Expected: {wanted}, given: {_kind(value)}")]
    if "enum" in node and value not in node["enum"]:
        return [_enum(where, name, node["enum"])]
    faults = list(_bound_faults(where, value, node))
    if node.get("format") == "uri" and isinstance(value, str) and not ADDRESS.match(value):
        faults.append(_fault("format", where, "Does not match format 'uri'"))
    if isinstance(value, list):
        items = resolve(node.get("items", {}), schemas)
        for position, item in enumerate(value):
            faults += _value_faults(f"{where}.{position}", name, item, items, schemas)
    return faults


def _bound_faults(where: str, value: Any, node: Node) -> Iterable[Fault]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value > node.get("maximum", value):
            yield _fault("number_lte", where, f"Must be less than or equal to {node['maximum']}")
        if value < node.get("minimum", value):
            yield _fault("number_gte", where, f"Must be greater than or equal to {node['minimum']}")
    if isinstance(value, str) and len(value) > node.get("maxLength", len(value)):
        yield _fault("string_lte", where, f"String length must be less than or equal to {node['maxLength']}")
    if isinstance(value, list) and len(value) > node.get("maxItems", len(value)):
        yield _fault("array_max_items", where, f"Array must have at most {node['maxItems']} items")


def refusal(faults: list[Fault]) -> dict[str, Any]:
    """The body of the 422."""
    lines = "".join(
        f"- {fault['field']}: {fault['description']}\n" if fault["field"] else f"- {fault['description']}\n"
        for fault in faults
    )
    return {"detail": lines, "status": 422, "title": "Input validation failed", "invalid_fields": faults}


def _is(value: Any, wanted: str) -> bool:
    if wanted == "number":
        return _kind(value) in ("number", "integer")
    if wanted == "integer" and isinstance(value, float):
        return value.is_integer()
    return _kind(value) == wanted


def _kind(value: Any) -> str:
    return "null" if value is None else NAMES.get(type(value), "object")


def _enum(where: str, name: str, options: Iterable[Any]) -> Fault:
    shown = ", ".join(json.dumps(option, ensure_ascii=False) for option in options)
    return _fault("enum", where, f"{name} must be one of the following: {shown}")


def _fault(kind: str, where: str, description: str) -> Fault:
    return {"type": kind, "field": where, "description": description}
