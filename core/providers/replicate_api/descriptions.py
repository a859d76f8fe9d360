"""Reads models as Replicate describes them; knows no network. The Input schema becomes one that stands alone."""

import re
from collections.abc import Mapping
from typing import Any, Final

from core.errors import UnknownModel
from core.providers import Model

NAME: Final = re.compile(r"(?!\.+/)([\w.-]+)/(?!\.+(?::|$))([\w.-]+)(?::([0-9a-f]{64}))?", re.ASCII)
OFFICIAL: Final = "official"  # in place of a version: such models are run by their name
ENDINGS: Final = {
    "video": (".mp4", ".webm", ".mov", ".mkv"),
    "audio": (".wav", ".mp3", ".flac", ".ogg", ".m4a"),
    "image": (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif"),
}
WORDS: Final = (
    ("video", re.compile(r"\b(video|videos|animate|animation|film|veo|kling|sora|hailuo)\b", re.IGNORECASE)),
    ("audio", re.compile(r"\b(audio|music|speech|voice|sound|song|tts|text-to-speech)\b", re.IGNORECASE)),
)


def named(text: str) -> tuple[str, str | None]:
    """("owner/name", version or None) of what a person typed; raises `UnknownModel`."""
    match = NAME.fullmatch(text.strip())
    if match is None:
        raise UnknownModel(f"'{text[:80]}' is no model's name. Write owner/name or owner/name:version.")
    return f"{match[1]}/{match[2]}", match[3]


def reference(model: str, version: str) -> str:
    """How the API wants to be told: a model's official form goes by its name, everything else by its version's id.

    Raises `UnknownModel`.
    """
    identity, typed = named(model)
    whole = f"{identity}:{typed or version}"
    return whole if NAME.fullmatch(whole) else identity


def model(raw: Mapping[str, Any], version: Mapping[str, Any] | None = None) -> Model:
    """A model's JSON in the studio's terms, with another `version` than its latest if one is given.

    Raises `UnknownModel` where there is nothing to run.
    """
    identity = f"{raw.get('owner')}/{raw.get('name')}"
    official, chosen = bool(raw.get("is_official")), version or raw.get("latest_version") or {}
    if not chosen and not official:
        raise UnknownModel(f"{identity} has no version that could be run.")
    schemas = ((chosen.get("openapi_schema") or {}).get("components") or {}).get("schemas") or {}
    description = str(raw.get("description") or "").strip()
    return Model(
        id=identity if version is None else f"{identity}:{version['id']}",
        kind=_kind(raw, schemas, description),
        title=str(raw.get("name")),
        description=description,
        version=OFFICIAL if official and version is None else str(chosen.get("id") or ""),
        schema=_schema(schemas, raw),
        provider="replicate",
        cover=raw.get("cover_image_url") or None,
        runs=raw.get("run_count"),
        official=official,
        url=raw.get("url") or None,
        raw={**raw, "studio_version": version} if version else raw,
    )


def _schema(schemas: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The Input schema with all that it refers to; without one, fields as in the model's own example."""
    declared = schemas.get("Input")
    if not isinstance(declared, dict):
        example = (raw.get("default_example") or {}).get("input") or {"prompt": ""}
        declared = {"type": "object", "properties": {name: _like(value) for name, value in example.items()}}
    referred = {name: part for name, part in schemas.items() if name != "Input"}
    return {"properties": {}, **declared, "components": {"schemas": referred}}


def _like(value: Any) -> dict[str, Any]:
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": names[type(value)]} if type(value) in names else {}


def _kind(raw: Mapping[str, Any], schemas: Mapping[str, Any], description: str) -> str:
    """What it makes: by its own example, else by its words; `other` where no file comes out."""
    example = str((raw.get("default_example") or {}).get("output") or "").lower()
    for kind, endings in ENDINGS.items():
        if any(f"{ending}'" in f"{example}'" for ending in endings):
            return kind
    declared = schemas.get("Output")
    if isinstance(declared, dict) and "uri" not in str(declared) and "$ref" not in str(declared):
        return "other"
    spoken = f"{str(raw.get('name')).replace('-', ' ')} {description}"
    return next((kind for kind, words in WORDS if words.search(spoken)), "image")
