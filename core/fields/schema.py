"""JSON Schema made plain: references followed, null taken apart, what makes no sense left out.

What comes out is finite and well formed whatever went in, so that nothing after it can stumble.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from core.fields.patterns import usable

Plain = dict[str, Any]

STEPS: Final = 2_000  # parts looked at for one property; what is left of a larger one may be anything
DEPTH: Final = 24
MERGED: Final = ("$ref", "allOf", "anyOf", "oneOf")
USELESS: Final = "An enumeration."  # what frameworks write where nobody wrote anything
SIMPLE: Final = frozenset(("string", "integer", "number", "boolean"))
TYPES: Final = ("string", "integer", "number", "boolean", "array", "object")


def resolve(node: Any, schema: Any) -> Plain:
    """`node` with its `$ref`, `allOf` and lone alternatives merged into it; what it says itself wins.

    Nullability is `nullable`; `const` is an `enum` of one; real alternatives stay as `anyOf`. References are taken
    from `schema`. Circles end in a schema without a type.
    """
    return _Resolver(schema).plain(node, frozenset(), 0)


def members(schema: Any) -> tuple[Mapping[str, Any], frozenset[str]]:
    """(properties, names of the required ones) of an object schema, the properties as they are written."""
    whole, _ = _Resolver(schema).merged(schema, frozenset(), 0)
    properties, required = whole.get("properties"), _list(whole.get("required"))
    names = frozenset(name for name in required if isinstance(name, str))
    return (properties if isinstance(properties, Mapping) else {}), names


class _Resolver:
    """Follows the references of one schema; `seen` are those that lead to where it is, which end a circle."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.steps = STEPS

    def plain(self, node: Any, seen: frozenset[str], depth: int) -> Plain:
        merged, seen = self.merged(node, seen, depth)
        kept = {name: merged[name] for name, sound in KEYWORDS.items() if name in merged and sound(merged[name])}
        plain = _bounded(_typed(_enumerated(kept)))
        if "items" in plain:
            plain["items"] = self.plain(plain["items"], seen, depth + 1)
        if "properties" in plain:
            parts = plain["properties"].items()
            plain["properties"] = {str(name): self.plain(part, seen, depth + 1) for name, part in parts}
        return plain

    def merged(self, node: Any, seen: frozenset[str], depth: int) -> tuple[Plain, frozenset[str]]:
        """The node and its parts in one mapping, not cleaned, and the references that were followed so far."""
        self.steps -= 1
        if not isinstance(node, Mapping) or self.steps < 0 or depth > DEPTH:
            return {}, seen
        merged: Plain = {}
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            merged, seen = self.merged(_target(reference, self.schema), seen | {reference}, depth + 1)
            merged = {key: value for key, value in _useful(merged).items() if key != "title"}  # that of a type
        for part in _list(node.get("allOf")):
            added, seen = self.merged(part, seen, depth + 1)
            merged |= _useful(added)
        for name in ("anyOf", "oneOf"):
            merged |= self._alternatives(_list(node.get(name)), seen, depth + 1)
        return merged | {key: value for key, value in node.items() if key not in MERGED}, seen

    def _alternatives(self, nodes: Sequence[Any], seen: frozenset[str], depth: int) -> Plain:
        """What several alternatives come to: the one that is not null, a choice, or still alternatives."""
        found = [self.plain(node, seen, depth) for node in nodes]
        real = [one for one, node in zip(found, nodes, strict=True) if not _is_null(node)]
        null: Plain = {"nullable": True} if len(real) < len(found) else {}
        if not real:
            return null
        if len(real) == 1:
            return _useful(real[0]) | null
        return (_choice(real) or _same_type(real) or {"anyOf": real}) | null


def _target(reference: str, schema: Any) -> Any:
    node: Any = schema
    for part in reference.removeprefix("#").strip("/").split("/"):
        node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    return node


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _useful(part: Plain) -> Plain:
    """A part without the words that only its own place gives sense to."""
    return {key: value for key, value in part.items() if key != "description" or value != USELESS}


def _is_null(node: Any) -> bool:
    if not isinstance(node, Mapping):
        return False
    return node.get("type") == "null" or node.get("enum") == [None] or ("const" in node and node["const"] is None)


def _choice(nodes: Sequence[Plain]) -> Plain | None:
    """Alternatives that are fixed values, as one enum, with their titles for names."""
    if not all("enum" in node for node in nodes):
        return None
    values = [value for node in nodes for value in node["enum"]]
    names = [node["title"] for node in nodes if "title" in node]
    return {"enum": values} | ({"x-enumNames": names} if len(names) == len(values) else {})


def _same_type(nodes: Sequence[Plain]) -> Plain | None:
    """Alternatives of one simple type, as that type without the limits that only some of them set."""
    types = {str(node.get("type")) for node in nodes}
    if types == {"integer", "number"}:
        return {"type": "number"}
    return {"type": types.pop()} if len(types) == 1 and types <= SIMPLE else None


def _enumerated(node: Plain) -> Plain:
    """`const` and `enum` as one list without repetition and null."""
    listed = node.pop("enum", [])
    values = [node.pop("const")] if "const" in node else listed
    names = node.pop("x-enumNames", node.pop("enumNames", []))
    if any(value is None for value in values):
        node["nullable"] = True
    different: list[Any] = []
    for value in values:
        if value is not None and not any(value == known and type(value) is type(known) for known in different):
            different.append(value)
    if different:
        node["enum"] = different
    if different and len(names) == len(different) and all(isinstance(name, str) for name in names):
        node["x-enumNames"] = names
    return node


def _typed(node: Plain) -> Plain:
    """One name as `type` where that can be said, a list where it cannot, none where anything goes."""
    declared = node.pop("type", [])
    declared = [declared] if isinstance(declared, str) else declared
    if "null" in declared:
        node["nullable"] = True
    known = [name for name in TYPES if name in declared]
    if {"integer", "number"} <= set(known):
        known.remove("integer")
    if "enum" in node:
        known = _types_of(node["enum"])
    elif not known and "anyOf" not in node:
        signs = (("array", "items" in node), ("object", "properties" in node), ("string", node.get("format") == "uri"))
        known = [name for name, shown in signs if shown][:1]
    if known:
        node["type"] = known[0] if len(known) == 1 else known
    return node


def _types_of(values: Sequence[Any]) -> list[str]:
    """The type that all fixed values share; a choice says more than what is declared beside it."""
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return ["number"]
    names = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
    return [names[kinds.pop()]] if len(kinds) == 1 and kinds <= set(names) else []


def _bounded(node: Plain) -> Plain:
    """Limits that can be met; those of whole numbers include their ends."""
    for limit, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if node.get(limit) is True and bound in node:  # as OpenAPI 3.0 writes it
            node[limit] = node.pop(bound)
        if isinstance(node.get(limit), bool):
            del node[limit]
    if node.get("type") == "integer":
        _include_ends(node)
    for least, most in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
        if least in node and most in node and node[least] > node[most]:
            del node[least], node[most]
    return node


def _include_ends(node: Plain) -> None:
    if (above := node.pop("exclusiveMinimum", None)) is not None:
        node["minimum"] = max(math.floor(above) + 1, node.get("minimum", -math.inf))
    if (below := node.pop("exclusiveMaximum", None)) is not None:
        node["maximum"] = min(math.ceil(below) - 1, node.get("maximum", math.inf))
    if "minimum" in node:
        node["minimum"] = math.ceil(node["minimum"])
    if "maximum" in node:
        node["maximum"] = math.floor(node["maximum"])


def _number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 10**300


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9


def _words(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _anything(value: Any) -> bool:
    return True


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


KEYWORDS: Final[Mapping[str, Callable[[Any], bool]]] = {  # what is kept of a schema, where its value makes sense
    "title": _words,
    "description": _words,
    "default": _anything,
    "examples": _is(list),
    "format": _is(str),
    "contentMediaType": _is(str),
    "nullable": _is(bool),
    "deprecated": _is(bool),
    "writeOnly": _is(bool),
    "x-cog-secret": _is(bool),
    "x-order": _number,
    "type": lambda value: isinstance(value, (str, list)),
    "const": _anything,
    "enum": _is(list),
    "enumNames": _is(list),
    "x-enumNames": _is(list),
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": lambda value: isinstance(value, bool) or _number(value),
    "exclusiveMaximum": lambda value: isinstance(value, bool) or _number(value),
    "multipleOf": lambda value: _number(value) and value > 0,
    "minLength": _count,
    "maxLength": _count,
    "minItems": _count,
    "maxItems": _count,
    "pattern": usable,
    "items": _is(Mapping),
    "properties": _is(Mapping),
    "required": lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value),
    "anyOf": _is(list),
}
