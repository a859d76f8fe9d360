"""What of a recipe another run takes over: pure, nothing is read or written.

The same model takes everything that it still knows; another model takes what means the same to both. What does not
fit is left out and named, never bent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from core import fields
from core.catalogue import Known
from core.derived import PROVIDER
from core.errors import InvalidInput
from core.fields import Field
from core.library import Item, Recipe
from core.providers import Model
from core.submission import SECRET

Part = Literal["all", "without seed", "prompt", "input"]

FILES: Final = ("file", "files")
MEANINGS: Final = (  # names under which models ask for the same
    ("prompt", "text_prompt"),
    ("negative_prompt",),
    ("aspect_ratio", "ratio"),
    ("seed",),
    ("duration", "seconds"),
    ("fps", "frames_per_second", "frame_rate"),
    ("resolution",),
    ("width",),
    ("height",),
)
STARTS: Final = (  # inputs that take the picture to begin with, the plainest first
    "start_image",
    "first_frame_image",
    "first_frame",
    "start_frame",
    "image",
    "input_image",
    "init_image",
    "input_reference",
    "image_prompt",
    "images",
    "input_images",
    "image_input",
)
START_WORDS: Final = ("first frame", "starting frame", "start frame", "starting image", "start image", "initial image",
                      "to animate", "in motion")  # fmt: skip
OTHERS: Final = ("mask", "last", "end", "tail", "style", "palette", "reference", "control", "depth", "pose", "face",
                 "subject", "lora")  # fmt: skip
HINTS: Final = {
    "audio": ("audio", "voice", "song", "music", "speech", "sound"),
    "video": ("video", "clip", "movie", "footage"),
    "image": ("image", "photo", "picture", "frame", "mask", "face", "portrait"),
}


@dataclass(frozen=True)
class Filling:
    """What to fill a form with: values, and items for file inputs; `dropped` are sentences on what was left out."""

    model: str
    values: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)


def fill(item: Item, model: Model, part: Part = "all") -> Filling:
    """A form of `model` filled with a part of the item's recipe, or with the item itself as a file input.

    Raises `InvalidInput` where the model does not take the item, or the item has no recipe.
    """
    if part == "input":
        return _with_item(item, model)
    if item.recipe is None:
        raise InvalidInput({"": f"Item {item.id} was brought here, so there is no recipe to use."})
    given = dict(item.recipe.request)
    inputs: Mapping[str, Sequence[int]] = item.recipe.inputs
    if part == "prompt" or item.recipe.provider == PROVIDER:  # nothing of how a frame was taken is for a model
        given, inputs = {"prompt": item.recipe.prompt}, {}
    elif part == "without seed":
        given.pop("seed", None)
    same = _bare(item.recipe.model) == _bare(model.id)
    asked = {one.name: one for one in fields.fields(model.schema)}
    values, dropped = _values(given, asked, same, model.title, set(item.recipe.inputs))
    items, unused = _items(item.recipe, inputs, asked, model, same)
    return Filling(model.id, values, items, dropped | unused)


def animate(item: Item, model: Model) -> Filling:
    """The item as what a film begins with, and its prompt; raises `InvalidInput` where the model takes none."""
    begun = _with_item(item, model)
    if item.recipe is None or not item.recipe.prompt:
        return begun
    said = fill(item, model, "prompt")
    return Filling(model.id, said.values, begun.items, said.dropped)


def models_that_animate(shelf: Iterable[Known]) -> list[Model]:
    """Those of the shelf that make a film out of a picture, in the shelf's order."""
    return [known.model for known in shelf if known.model.kind == "video" and start_image(known.model)]


def start_image(model: Model) -> Field | None:
    """The input that takes the picture to begin with; None where the model has none."""
    asked = [one for one in fields.fields(model.schema) if _takes(one, "image") and not one.deprecated]
    named = {one.name.casefold(): one for one in asked}
    for name in STARTS:
        if name in named:
            return named[name]
    spoken = [one for one in asked if not any(word in one.name.casefold().split("_") for word in OTHERS)]
    return next((one for one in spoken if _speaks_of_start(one)), None)


def input_for(model: Model, kind: str) -> Field | None:
    """The input that an item of this kind is most likely meant for; None where the model takes none."""
    asked = [one for one in fields.fields(model.schema) if _takes(one, kind) and not one.deprecated]
    first = start_image(model) if kind == "image" else None
    return first or next((one for one in asked if likely(one) == kind), next(iter(asked), None))


def likely(one: Field) -> str | None:
    """The kind of media that a file input is about, by its author's words; None if they do not tell."""
    if one.media:
        return one.media[0]
    for text in (one.name, one.title, one.description):
        for kind, words in HINTS.items():
            if any(word in text.casefold() for word in words):
                return kind
    return None


def _takes(one: Field, kind: str) -> bool:
    return one.kind in FILES and (kind in one.media if one.media else likely(one) in (None, kind))


def _speaks_of_start(one: Field) -> bool:
    text = f"{one.name.replace('_', ' ')} {one.title} {one.description}".casefold()
    return any(words in text for words in START_WORDS)


def _with_item(item: Item, model: Model) -> Filling:
    taken = input_for(model, item.kind)
    if taken is None:
        raise InvalidInput({"": f"{model.title} takes no {item.kind} as an input. Choose another model."})
    return Filling(model.id, items={taken.name: (item.id,)})


def _values(
    given: Mapping[str, Any], asked: Mapping[str, Field], same: bool, title: str, files: set[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values that fit, sentences on those that do not)."""
    values: dict[str, Any] = {}
    dropped: dict[str, str] = {}
    for name, value in given.items():
        if name in files:
            continue
        target = _counterpart(name, asked, same)
        if value == SECRET:
            dropped[name] = f"{_title(name, asked)} is a secret and was not kept. Fill it in."
        elif target is None:
            dropped[name] = f"{title} does not ask for {_title(name, asked)}."
        else:
            try:
                values[target.name] = fields.check(target, _as_choice(target, value))
            except InvalidInput as error:
                dropped |= {name: error.sentence} if value not in ("", None) else {}
    return {name: value for name, value in values.items() if value is not None}, dropped


def _items(
    made: Recipe, inputs: Mapping[str, Sequence[int]], asked: Mapping[str, Field], model: Model, same: bool
) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """(items by the inputs that take them, sentences on those that none takes)."""
    items: dict[str, tuple[int, ...]] = {}
    dropped: dict[str, str] = {}
    for role, used in inputs.items():
        target = asked.get(role)
        if target is None and not same and role in STARTS:
            target = start_image(model)
        if target is None or target.kind not in FILES or target.name in items:
            dropped[role] = f"{model.title} has no input for {_title(role, asked)}."
            continue
        most = 1 if target.kind == "file" else target.max_items or len(used)
        items[target.name] = tuple(used[:most])
        if len(used) > most:
            dropped[role] = f"{target.title} takes {most} of the {len(used)} files."
    return items, dropped


def _counterpart(name: str, asked: Mapping[str, Field], same: bool) -> Field | None:
    """The field that means what `name` meant to the model that made the item."""
    alike = next((names for names in MEANINGS if name in names), ())
    named = [name] if same else []
    found = [asked[one] for one in (*named, name, *alike) if one in asked and (same or alike)]
    return next((one for one in found if one.kind not in (*FILES, "secret")), None)


def _as_choice(one: Field, value: Any) -> Any:
    """The choice that says the same: "5" and 5 are one duration."""
    return next((choice for choice in one.choices if str(choice) == str(value)), value)


def _title(name: str, asked: Mapping[str, Field]) -> str:
    return asked[name].title if name in asked else name.replace("_", " ")


def _bare(model: str) -> str:
    """Without its version."""
    return model.partition(":")[0]
