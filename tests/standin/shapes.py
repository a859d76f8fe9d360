"""One model for each form of output that finished predictions have been seen with, and for each kind of file."""

from typing import Any

from tests.standin.models import Model
from tests.standin.painters import PROMPT, SEED
from tests.standin.schema import URI, URIS, Node, choice, whole

SIMPLE: dict[str, Node] = {"prompt": PROMPT, "seed": SEED}


def _object(*names: str) -> Node:
    properties = {name: URI if name != "caption" else {"type": "string", "title": "Caption"} for name in names}
    return {"type": "object", "title": "Piece", "required": list(names), "properties": properties}


def _shape(name: str, description: str, shape: str, output: Node, **more: Any) -> Model:
    tags = ("output-shapes", *more.pop("tags", ()))
    inputs = more.pop("inputs", SIMPLE)
    usual = {"runs_for": 1.2, "runs": 400}
    return Model("shapes", name, description, inputs, output=output, shape=shape, tags=tags, **{**usual, **more})


PIECES: Node = {"type": "array", "items": {"$ref": "#/components/schemas/Piece"}}
CAPTIONED = _object("image", "caption")
GROWING: Node = {**URIS, "x-cog-array-type": "iterator"}
MOVES = SIMPLE | {"output_format": choice("Format of the moving picture.", ("gif", "webp"), "gif")}
SOUNDS = SIMPLE | {
    "duration": whole("Seconds.", 1, 6, default=1),
    "output_format": choice("Format of the sound.", ("wav", "mp3"), "mp3"),
}
SHAPES = (
    _shape("one-url", "The output is one address.", "one", URI),
    _shape("list-of-urls", "The output is a list of two addresses.", "list", URIS, plan={"count": 2}),
    _shape("text", "The output is one text.", "text", {"type": "string"}),
    _shape("list-of-text", "The output is a list of words.", "texts", {"type": "array", "items": {"type": "string"}}),
    _shape("file-objects", "A list of {file}.", "files", PIECES, extra={"Piece": _object("file")}),
    _shape("image-objects", "A list of {image}.", "images", PIECES, extra={"Piece": _object("image")}),
    _shape("list-of-lists", "A list of lists of addresses.", "nested", {"type": "array", "items": URIS}),
    _shape("numbers", "Nested numbers, no file.", "numbers", {"type": "array", "items": {"type": "array"}}),
    _shape(
        "video-and-zip",
        "An object with a film and a zip archive of its frames.",
        "video_zip",
        {"$ref": "#/components/schemas/Piece"},
        extra={"Piece": _object("video", "zip")},
        makes="clip",
    ),
    _shape("captioned", "A list of {caption, image}.", "captioned", PIECES, extra={"Piece": CAPTIONED}),
    _shape("data-uri", "The pictures come inside the answer, as data URIs.", "data", URIS),
    _shape("empty-list", "Succeeds with an empty list.", "empty", URIS),
    _shape("null", "Succeeds with null.", "null", URI),
    _shape("text-like-an-address", "A text that begins like an address.", "url_text", {"type": "string"}),
    _shape("mixed", "An object of numbers, words and one picture.", "mixed", {"type": "object"}),
    _shape("disagreeing", "Declares addresses and gives {file} objects.", "files", URIS),
    _shape("undeclared", "Says nothing of its output.", "one", {}),
    _shape("growing", "Four pictures, one after the other.", "list", GROWING, plan={"count": 4}, runs_for=4.0),
    _shape("animated", "A moving picture without a player: GIF or WebP.", "one", URI, makes="motion", inputs=MOVES),
    _shape("sound", "One sound.", "one", URI, makes="sound", tags=("text-to-audio",), inputs=SOUNDS),
    _shape("archive", "One zip archive and nothing to look at.", "one", URI, makes="zip"),
)
