"""Replicate's published OpenAPI document as a strict judge of answers; it lies beside the repository, not in it."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SHARED = Path(__file__).resolve().parents[2] / "shared" / "replicate" / "data"

# Keys that answers have been seen with and that no published schema names.
UNPUBLISHED = {
    "schemas_prediction_response": ("webhook", "webhook_events_filter"),
    "schemas_model_response": ("created_at", "weights_url"),
    "schemas_file_response": ("name", "etag"),
    "checksums": ("md5",),
    "results": ("is_official", "created_at", "weights_url"),
}
OPEN = ("metrics", "input", "metadata")  # objects of which the document says that they may hold anything
FORMATS = FormatChecker(formats=())
FORMATS.checks("date-time", ValueError)(lambda value: not isinstance(value, str) or bool(datetime.fromisoformat(value)))
FORMATS.checks("uri")(lambda value: not isinstance(value, str) or bool(re.match(r"[a-z]+://[^/]+", value)))


@cache
def document() -> dict[str, Any]:
    """The document as it was published."""
    return dict(json.loads((SHARED / "openapi_replicate_2026-03-16.json").read_text()))


def faults(method: str, path: str, status: int, content_type: str, body: Any) -> list[str]:
    """What an answer does that the document does not say of this operation."""
    said = document()["paths"][path][method]["responses"]
    if str(status) not in said:
        return [f"{method} {path}: {status} is not among {', '.join(said)}"]
    contents = said[str(status)].get("content", {})
    kind = content_type.partition(";")[0]
    if contents and kind not in contents:
        return [f"{method} {path}: {kind} is not among {', '.join(contents)}"]
    if not contents or not kind.endswith("json"):
        return []
    errors = _validator(method, path, str(status), kind).iter_errors(body)
    return [f"{method} {path} {error.json_path}: {error.message[:200]}" for error in errors]


@cache
def _validator(method: str, path: str, status: str, kind: str) -> Draft202012Validator:
    schema = document()["paths"][path][method]["responses"][status]["content"][kind]["schema"]
    return Draft202012Validator(_strict(schema, ""), format_checker=FORMATS)


def _strict(node: Any, name: str) -> Any:
    """The schema with its references filled in, no key allowed that it does not name, `nullable` in today's words."""
    if isinstance(node, list):
        return [_strict(part, name) for part in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        return _strict(document()["components"]["schemas"][name], name)
    made = {key: _strict(part, name if key == "items" else key) for key, part in node.items()}
    if made.pop("nullable", None) is True and "type" in made:
        made["type"] = [made["type"], "null"]
    if "oneOf" in made:  # "hidden" is any string and the word "hidden" too: the document refuses its own example
        made["anyOf"] = made.pop("oneOf")
    if isinstance(node.get("properties"), Mapping) and node.get("type") == "object":
        made["properties"] |= {extra: {} for extra in UNPUBLISHED.get(name, ())}
        made.setdefault("additionalProperties", name in OPEN)
    return made
