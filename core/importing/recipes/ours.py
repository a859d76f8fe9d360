"""Recipes that a studio wrote: into copies, and into the list of an export."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from core import plainjson
from core.embedding import xmp
from core.embedding.notes import KEY
from core.importing.recipes import values
from core.importing.recipes.found import FoundRecipe

PROVIDER: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def read(texts: Mapping[str, str]) -> FoundRecipe | None:
    """The recipe in one of the texts; None where none is ours."""
    for text in (texts.get(KEY), xmp.recipe_of(texts["xmp"]) if "xmp" in texts else None):
        said = plainjson.read(text) if text else None
        if said is not None and (found := understood(said)):
            return found
    return None


def understood(said: Any) -> FoundRecipe | None:
    """A recipe as `core.copies` writes it; None for anything else."""
    if not isinstance(said, Mapping) or not isinstance(said.get("request"), Mapping):
        return None
    provider = said.get("provider")
    if not isinstance(provider, str) or not PROVIDER.fullmatch(provider):
        return None
    request: dict[str, Any] = values.plain(said["request"])
    return FoundRecipe(
        program=provider,
        prompt=values.text(said.get("prompt")),
        negative_prompt=values.text(request.get("negative_prompt")),
        model=values.name(said.get("model")),
        version=values.name(said.get("version")),
        seed=values.whole(said.get("seed")),
        width=values.side(said.get("width")),
        height=values.side(said.get("height")),
        parameters=request,
        created_at=moment(said.get("created_at")),
        inputs=_inputs(said.get("inputs")),
    )


def moment(value: Any) -> datetime | None:
    """A moment in ISO 8601, in UTC where it names no zone; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def digest(value: Any) -> str | None:
    """A SHA-256 in hexadecimal digits; None for anything else."""
    return value if isinstance(value, str) and DIGEST.fullmatch(value) else None


def _inputs(value: Any) -> dict[str, tuple[tuple[int | None, str | None], ...]]:
    if not isinstance(value, Mapping):
        return {}
    found = {}
    for role, used in list(value.items())[: values.MOST]:
        if isinstance(role, str) and isinstance(used, list):
            parts = [part for part in used[: values.MOST] if isinstance(part, Mapping)]
            pairs = tuple((values.whole(part.get("item")), digest(part.get("sha256"))) for part in parts)
            found[values.text(role, values.LONGEST_NAME)] = pairs
    return found
