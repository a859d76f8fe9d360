"""A provider whose models ask for everything that an input schema can ask for; it paints as Sketch does."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core import Studio
from core.catalogue import Catalogue
from core.errors import UnknownModel
from core.providers import Model
from core.providers.sketch import Sketch

WORDS: Final = (
    "Reference pictures to keep the look of a person, an animal or a thing across the whole clip.\n"
    "Use up to three: the first counts most.\n"
    "Sharp pictures with one subject each, well lit and seen from the front, work best; pictures with *text*, [logos] "
    "or <tags> do not. Prices such as $5 and $6 mean nothing here, and neither do names_with_underscores. "
    "See https://example.org/a_long/address_with_words?and=more for examples. " + "More. " * 30
)
EVERYTHING: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["prompt", "openai_api_key"],
    "properties": {
        "seed": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "Random seed.", "x-order": 12},
        "openai_api_key": {
            "type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True, "x-order": 1,
            "description": "Your own key",
        },
        "prompt": {"type": "string", "title": "Prompt", "x-order": 0, "description": "What to see"},
        "start_image": {
            "type": "string", "format": "uri", "nullable": True, "x-order": 2, "description": "First frame",
        },
        "reference_images": {
            "type": "array", "items": {"type": "string", "format": "uri", "anyOf": []}, "maxItems": 3, "x-order": 3,
            "nullable": True, "description": WORDS,
        },
        "aspect_ratio": {"allOf": [{"$ref": "#/components/schemas/aspect_ratio"}], "default": "16:9", "x-order": 4},
        "duration": {"allOf": [{"$ref": "#/components/schemas/duration"}], "default": 8, "x-order": 5},
        "voice": {"$ref": "#/components/schemas/voice", "x-order": 6},
        "style": {"anyOf": [{"$ref": "#/components/schemas/style"}, {"type": "null"}], "x-order": 7},
        "num_inference_steps": {"type": "integer", "minimum": 1, "maximum": 50, "default": 28, "x-order": 8},
        "guidance": {"type": "number", "minimum": 0, "maximum": 10, "default": 3, "x-order": 9},
        "lora_scale": {"type": "number", "default": 1, "minimum": -1, "maximum": 1000, "x-order": 10},
        "width": {"type": ["integer", "null"], "minimum": 256, "maximum": 2048, "multipleOf": 32, "x-order": 11},
        "negative_prompt": {"type": "string", "default": " ", "x-order": 13},
        "output_name": {"type": "string", "default": "clip", "maxLength": 40, "pattern": "^[a-z0-9-]*$"},
        "generate_audio": {"type": "boolean", "default": True},
        "enhance": {"type": "boolean", "nullable": True},
        "lora_weights": {"type": "array", "items": {"type": "string"}, "nullable": True, "description": "Addresses"},
        "lora_scales": {"type": "array", "items": {"type": "number"}, "description": "For each, such as 0.5, 0.7"},
        "effects": {"type": "array", "items": {"enum": ["grain", "bloom", "vignette"]}, "maxItems": 2},
        "storyboard": {
            "type": "array", "description": "Scenes one after the other",
            "items": {"type": "object", "required": ["text"], "properties": {
                "text": {"type": "string"}, "seconds": {"type": "number", "minimum": 1}}},
        },
        "camera": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"zoom": {"type": "number"}}}]},
        "sound": {"type": "string", "format": "uri", "title": "Audio to sing to"},
        "go_fast": {"type": "boolean", "default": False, "deprecated": True},
    },
    "components": {"schemas": {
        "aspect_ratio": {"type": "string", "title": "aspect_ratio", "enum": ["16:9", "9:16", "1:1"],
                         "description": "An enumeration."},
        "duration": {"type": "integer", "title": "duration", "enum": [4, 6, 8], "description": "An enumeration."},
        "style": {"type": "string", "enum": ["photo", "film_noir", "anime"], "description": "An enumeration."},
        "voice": {"type": "string", "enum": [f"Voice {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]},
    }},
}  # fmt: skip


class Zoo(Sketch):
    """The provider `zoo`, with models of these schemas."""

    name = "zoo"

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(workers=1)
        self._models = [
            Model(f"zoo/{name}", "image", name.capitalize(), "Asks for a lot.", "1", schema, provider="zoo")
            for name, schema in schemas.items()
        ]

    def models(self) -> Sequence[Model]:
        return self._models

    def describe(self, model: str) -> Model:
        for known in self._models:
            if known.id == model:
                return known
        raise UnknownModel(f"There is no model '{model}'.")

    def size(self, model: str, inputs: Mapping[str, Any]) -> tuple[int, int]:
        return 256, 256


def admit(studio: Studio, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    """Let the studio offer models of these schemas beside its own."""
    studio.providers = {"zoo": Zoo(schemas), **studio.providers}
    studio.catalogue = Catalogue(studio.database, studio.providers, "replicate")
