"""Every model of the stand-in, by name, by version and by collection; and the search through them."""

import re
from functools import cache

from tests.standin.models import Model
from tests.standin.painters import SHOWN
from tests.standin.shapes import SHAPES
from tests.standin.trouble import TROUBLES
from tests.standin.zoo import ZOO

COLLECTIONS = (
    ("text-to-image", "Generate images", "Models that make pictures from words."),
    ("text-to-video", "Generate videos", "Models that make films from words."),
    ("image-to-video", "Animate images", "Models that set a picture in motion."),
    ("image-editing", "Edit images", "Models that change the pictures you give them."),
    ("text-to-audio", "Make music and sound", "Models that make sound from words."),
    ("language-models", "Write text", "Models that answer in words."),
    ("output-shapes", "Output shapes", "One model for each form that an output can have."),
    ("construct-zoo", "Construct zoo", "Input forms with every construct that schemas have been seen with."),
    ("trouble", "Trouble", "Models that go wrong, each in its own way."),
)
HARDWARE = (
    {"name": "CPU", "sku": "cpu"},
    {"name": "Nvidia T4 GPU", "sku": "gpu-t4"},
    {"name": "Nvidia L40S GPU", "sku": "gpu-l40s"},
    {"name": "Nvidia H100 GPU", "sku": "gpu-h100"},
)


@cache
def everything() -> dict[str, Model]:
    """Every model by its full name, in the order in which they are listed."""
    return {model.full_name: model for model in (*SHOWN, *SHAPES, *ZOO, *TROUBLES)}


@cache
def by_version() -> dict[str, Model]:
    """The model of each version id."""
    return {version: model for model in everything().values() for version in model.version_ids}


def listed() -> list[Model]:
    """What `GET /models` lists."""
    return [model for model in everything().values() if model.listed]


def of_version(text: str) -> tuple[Model, str] | None:
    """(model, version id) of the text a create names its version with, in any of three forms; None if there is none.

    A plain `owner/name` stands for official models alone.
    """
    name, _, version = text.rpartition(":") if ":" in text else ("", "", text)
    if "/" in version:
        model = everything().get(version)
        return (model, model.version_ids[0]) if model and model.official and model.versions else None
    model = by_version().get(version)
    return (model, version) if model and name in ("", model.full_name) else None


def of_collection(slug: str) -> list[Model]:
    """The models of a collection, the most used first."""
    found = [model for model in everything().values() if slug in model.tags and model.listed]
    return sorted(found, key=lambda model: -model.runs)


def found(query: str, limit: int) -> list[tuple[Model, float]]:
    """(model, score) for the words of a query, the best first."""
    words = [word for word in re.findall(r"\w+", query.lower()) if len(word) > 2]
    scored = [(model, _score(model, words)) for model in everything().values()]
    hits = [(model, score) for model, score in scored if score > 0]
    return sorted(hits, key=lambda hit: (-hit[1], -hit[0].runs))[:limit]


def _score(model: Model, words: list[str]) -> float:
    """Words count where a word of the model begins with them; its name counts most."""
    places = ((model.full_name, 3.0), (" ".join(model.tags), 2.0), (model.description, 1.0))
    scored = ((weight, re.findall(r"\w+", place.lower())) for place, weight in places)
    return sum(
        weight for weight, known in scored for word in words if any(one.startswith(word.rstrip("s")) for one in known)
    )
