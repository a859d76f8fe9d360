"""Models whose inputs show every construct that input schemas have been seen with."""

from tests.standin.models import Model
from tests.standin.painters import PROMPT, SEED
from tests.standin.schema import URIS, choice, number, picture, pictures, switch, text, whole

_INLINE = {"enum": ["low", "medium", "high"], "description": "Options written in place.", "default": "medium"}
_OR_NULL = {
    "anyOf": [{"$ref": "#/components/schemas/mood"}, {"type": "null"}],
    "description": "A reference or null.",
}
_MOOD = {"mood": {"type": "string", "enum": ["calm", "wild"], "title": "mood", "description": "An enumeration."}}

ZOO = (
    Model(
        "zoo",
        "enums",
        "Options behind allOf, behind a bare reference, or null, in place, and as numbers.",
        {
            "prompt": PROMPT,
            "aspect_ratio": choice("Behind allOf.", ("1:1", "16:9", "9:16"), "1:1"),
            "palette": choice("Behind a bare reference.", ("warm", "cold"), "warm", _bare=True),
            "mood": _OR_NULL,
            "detail": {"type": "string", **_INLINE},
            "typeless": {**_INLINE, "description": "Options in place, without a type."},
            "frames": choice("Options that are numbers.", (8, 16, 24), 16),
            "single": choice("A single option.", (24,), 24),
            "undecided": choice("Options without a default.", ("left", "right")),
            "translated": choice("Options beyond ASCII.", ("tag", "nacht – später", "夕方"), "tag"),
        },
        extra=_MOOD,
        tags=("construct-zoo",),
    ),
    Model(
        "zoo",
        "numbers",
        "Whole and broken numbers with one bound, two, or none.",
        {
            "prompt": PROMPT,
            "steps": whole("From 1 to 50.", 1, 50, default=28),
            "seed": SEED,
            "guidance": number("From 0 to 10.", 0, 10, default=3.5),
            "at_least": number("At least 0.5.", 0.5, None, default=1),
            "at_most": whole("At most 12.", None, 12, default=0),
            "free": number("Without bounds."),
            "big": whole("Up to the largest seed.", 0, 2**53, default=0),
            "exclusive": {"type": "number", "exclusiveMinimum": 0, "description": "Above nought.", "default": 1.0},
        },
        tags=("construct-zoo",),
    ),
    Model(
        "zoo",
        "defaults",
        "Defaults that are null, empty, a blank or an empty list, and none at all.",
        {
            "prompt": text("Words.", default=None, nullable=True),
            "negative_prompt": text("Empty by default.", default=""),
            "suffix": text("A blank by default.", default=" "),
            "words": {"type": "array", "items": {"type": "string"}, "default": [], "description": "An empty list."},
            "no_default": text("Nothing said."),
            "upscale": {"type": "boolean", "description": "A switch without a default."},
            "tiling": switch("On by default.", True),
            "unordered": text("No place in the order.", _unordered=True),
            "also_unordered": whole("Nor this.", 0, 9, _unordered=True),
        },
        required=(),
        tags=("construct-zoo",),
    ),
    Model(
        "zoo",
        "secrets",
        "Asks for a key of another service, which nobody may see again.",
        {
            "api_key": text("Your key.", format="password", writeOnly=True, **{"x-cog-secret": True}),
            "prompt": PROMPT,
            "old_name": text("Use prompt.", deprecated=True, nullable=True),
            "user_id": text("Who you are.", nullable=True),
        },
        required=("api_key", "prompt"),
        tags=("construct-zoo",),
    ),
    Model(
        "zoo",
        "lists",
        "Lists of files, words and numbers, an object, and a thing without a type.",
        {
            "prompt": PROMPT,
            "images": pictures("Files, with an empty anyOf in their items.", nullable=True),
            "image": picture("One file.", nullable=True),
            "weights": {"type": "array", "items": {"type": "string"}, "nullable": True, "description": "Words."},
            "scales": {"type": "array", "items": {"type": "number"}, "nullable": True, "description": "Numbers."},
            "sizes": {"type": "array", "items": {"type": "integer"}, "default": [64, 8], "description": "Whole ones."},
            "options": {"type": "object", "description": "Any object.", "nullable": True},
            "anything": {"description": "No type is given."},
            "strange": {"type": "tensor", "description": "A type nobody knows."},
        },
        output=URIS,
        shape="list",
        tags=("construct-zoo",),
    ),
    Model(
        "zoo",
        "bare-name-and-a-very-long-one-to-see-where-it-breaks-in-a-narrow-window",
        "A long name, a long description – zażółć gęślą jaźń, 写真を描く – " + "and on it goes, " * 20 + "until here.",
        {"prompt": PROMPT, "strength_of_the_second_control_image": number("Long name.", 0, 1, default=0.5)},
        tags=("construct-zoo",),
    ),
    Model("zoo", "no-version", "Has been announced and holds no version yet.", {}, versions=0, tags=("construct-zoo",)),
    Model(
        "zoo",
        "no-schema",
        "Has a version that says nothing of its inputs. It is not in the list; search finds it.",
        {"prompt": PROMPT},
        schema_given=False,
        listed=False,
        tags=("construct-zoo",),
    ),
    Model("zoo", "no-inputs", "Asks for nothing at all.", {}, required=(), tags=("construct-zoo",)),
)
