"""Words to describe a model's input and output in, as Cog writes them: OpenAPI 3.0.2, enums one step away."""

from collections.abc import Mapping, Sequence
from typing import Any

Node = dict[str, Any]


def title(name: str) -> str:
    """The display text that Cog makes of a name."""
    return name.replace("_", " ").title()


def text(description: str, **more: Any) -> Node:
    """A string."""
    return {"type": "string", "description": description, **more}


def whole(description: str, low: int | None = None, high: int | None = None, **more: Any) -> Node:
    """An integer with inclusive bounds."""
    return {"type": "integer", "description": description, **_bounds(low, high), **more}


def number(description: str, low: float | None = None, high: float | None = None, **more: Any) -> Node:
    """A number with inclusive bounds."""
    return {"type": "number", "description": description, **_bounds(low, high), **more}


def switch(description: str, default: bool, **more: Any) -> Node:
    """A boolean."""
    return {"type": "boolean", "description": description, "default": default, **more}


def picture(description: str, **more: Any) -> Node:
    """A file: a string that holds an address or a data URI."""
    return {"type": "string", "format": "uri", "description": description, **more}


def pictures(description: str, **more: Any) -> Node:
    """A list of files, with the odd empty `anyOf` that such lists have been seen with."""
    items = {"type": "string", "anyOf": [], "format": "uri"}
    return {"type": "array", "items": items, "description": description, **more}


def choice(description: str, options: Sequence[Any], default: Any = None, **more: Any) -> Node:
    """An enum; `components` moves the options into a schema of their own."""
    kind = "integer" if isinstance(options[0], int) else "string"
    node: Node = {"_choice": {"type": kind, "enum": list(options)}, "description": description, **more}
    return node | ({"default": default} if default is not None else {})


def components(inputs: Mapping[str, Node], required: Sequence[str], output: Node, extra: Mapping[str, Node]) -> Node:
    """The `components.schemas` of a model: Input, Output and what they point to."""
    schemas: Node = {}
    properties: Node = {}
    for order, (name, node) in enumerate(inputs.items()):
        node, bare = dict(node), bool(node.get("_bare"))
        for mark in ("_bare", "_unordered"):
            node.pop(mark, None)
        if named := node.pop("_choice", None):
            schemas[name] = {**named, "title": name, "description": "An enumeration."}
            reference = {"$ref": f"#/components/schemas/{name}"}
            node = {**reference, **node} if bare else {"allOf": [reference], **node}
        elif "$ref" not in node:
            node.setdefault("title", title(name))
        if not inputs[name].get("_unordered"):
            node.setdefault("x-order", order)
        properties[name] = node
    whole_input = {"type": "object", "title": "Input", "properties": properties}
    if required:
        whole_input["required"] = list(required)
    return {"Input": whole_input, "Output": {"title": "Output", **output}, **schemas, **extra, "Status": STATUS}


def document(schemas: Node) -> Node:
    """An OpenAPI document around the schemas, as a version carries it."""
    return {
        "openapi": "3.0.2",
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {"/predictions": {"post": {"summary": "Predict", "operationId": "predict_predictions_post"}}},
        "components": {"schemas": schemas},
    }


def resolve(node: Any, schemas: Mapping[str, Any]) -> Node:
    """`node` with what it points to merged in; its own keys win. `anyOf` with null becomes `nullable`."""
    merged: Node = {}
    if "$ref" in node:
        merged |= resolve(schemas.get(str(node["$ref"]).rsplit("/", 1)[-1], {}), schemas)
    for part in node.get("allOf", ()):
        merged |= resolve(part, schemas)
    options = [part for part in node.get("anyOf", ()) if part.get("type") != "null"]
    if len(options) == 1:
        merged |= resolve(options[0], schemas)
    if len(options) < len(node.get("anyOf", ())):
        merged["nullable"] = True
    return merged | {key: value for key, value in node.items() if key not in ("$ref", "allOf", "anyOf")}


def _bounds(low: float | None, high: float | None) -> Node:
    return {**({} if low is None else {"minimum": low}), **({} if high is None else {"maximum": high})}


STATUS: Node = {
    "type": "string",
    "title": "Status",
    "enum": ["starting", "processing", "succeeded", "canceled", "failed"],
    "description": "An enumeration.",
}
URI: Node = {"type": "string", "format": "uri"}
URIS: Node = {"type": "array", "items": URI}
