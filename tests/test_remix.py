"""What another run takes over from a recipe: what means the same and fits; the rest is named."""

from typing import Any

import pytest

from core.catalogue import Known
from core.errors import InvalidInput
from core.library import Item, Recipe
from core.providers import Model
from core.providers.sketch import CLIP, STILL
from core.remix import animate, fill, input_for, models_that_animate, start_image
from core.submission import SECRET

FILE = {"type": "string", "format": "uri"}


def model(name: str, kind: str = "video", **properties: Any) -> Model:
    return Model(name, kind, name.partition("/")[2].title(), "", "v", {"properties": properties}, "replicate")


def choice(*values: Any) -> dict[str, Any]:
    return {"enum": list(values)}


PROMPT = {"type": "string"}
KLING = model("film/kling", prompt=PROMPT, negative_prompt=PROMPT, aspect_ratio=choice("16:9", "9:16", "1:1"),
              duration=choice(5, 10), start_image=FILE, end_image=FILE)  # fmt: skip
VEO = model("film/veo", prompt=PROMPT, aspect_ratio=choice("16:9", "9:16"), duration=choice(4, 6, 8), image=FILE,
            last_frame=FILE, seed={"type": "integer"})  # fmt: skip
TEXTUAL = model("film/textual", prompt=PROMPT, duration=choice("5", "10"), fps={"type": "integer", "maximum": 24})
SEVERAL = model("still/several", "image", prompt=PROMPT, images={"type": "array", "items": FILE, "maxItems": 2})
BLUR = model("still/blur", "image", image=FILE, mask=FILE)


def made(
    of: str, request: dict[str, Any], inputs: dict[str, tuple[int, ...]] | None = None, kind: str = "image"
) -> Item:
    provider = "sketch" if of.startswith("sketch") else "studio" if of.startswith("studio") else "replicate"
    known = {"generation_id": 7, "provider": provider, "model": of, "prompt": request.get("prompt", ""),
             "request": request, "inputs": inputs or {}}  # fmt: skip
    return item(kind, Recipe(**{name: known.get(name) for name in Recipe.__dataclass_fields__}))


def item(kind: str = "image", recipe: Recipe | None = None) -> Item:
    known = {"id": 12, "kind": kind, "mime": f"{kind}/x", "name": "a", "width": 3, "height": 2, "recipe": recipe}
    return Item(**{name: known.get(name) for name in Item.__dataclass_fields__})


def test_the_same_model_takes_everything_that_it_knows() -> None:
    request = {"prompt": "hills", "seed": 5, "size": 512, "aspect_ratio": "3:2", "particles": False, "palette": "x"}
    found = fill(made("sketch/still", request, {"palette": (3,)}), STILL)
    assert found.model == "sketch/still"
    assert found.values == {"prompt": "hills", "seed": 5, "size": 512, "aspect_ratio": "3:2", "particles": False}
    assert found.items == {"palette": (3,)}
    assert found.dropped == {}


def test_without_its_seed() -> None:
    found = fill(made("sketch/still", {"prompt": "hills", "seed": 5}), STILL, "without seed")
    assert found.values == {"prompt": "hills"}
    assert found.dropped == {}


def test_the_prompt_alone() -> None:
    found = fill(made("film/kling", {"prompt": "hills", "duration": 5}, {"start_image": (3,)}), STILL, "prompt")
    assert (found.values, found.items, found.dropped) == ({"prompt": "hills"}, {}, {})


def test_another_version_of_a_model_is_the_same_model() -> None:
    other = model(f"film/kling:{'a' * 64}", prompt=PROMPT, knob={"type": "number", "maximum": 1})
    found = fill(made("film/kling", {"prompt": "x", "knob": 0.5, "gone": 1}), other)
    assert found.values == {"prompt": "x", "knob": 0.5}
    assert found.dropped == {"gone": f"{other.title} does not ask for gone."}


def test_another_model_takes_what_means_the_same_and_fits() -> None:
    request = {"prompt": "hills", "negative_prompt": "people", "aspect_ratio": "1:1", "duration": 5, "knob": 3}
    found = fill(made("film/kling", request, {"start_image": (3,), "end_image": (4,)}, "video"), VEO)
    assert found.values == {"prompt": "hills"}
    assert found.items == {"image": (3,)}
    assert found.dropped == {
        "negative_prompt": "Veo does not ask for negative prompt.",
        "aspect_ratio": "Aspect ratio must be one of 16:9, 9:16.",
        "duration": "Duration must be one of 4, 6, 8.",
        "knob": "Veo does not ask for knob.",
        "end_image": "Veo has no input for end image.",
    }


def test_a_value_is_taken_in_the_form_in_which_it_is_asked_for() -> None:
    found = fill(made("film/kling", {"prompt": "a", "duration": 5, "frames_per_second": 24}), TEXTUAL)
    assert found.values == {"prompt": "a", "duration": "5", "fps": 24}
    assert fill(made("film/kling", {"prompt": "a", "fps": 30}), TEXTUAL).dropped.keys() == {"fps"}


def test_names_that_mean_something_else_elsewhere_stay_at_home() -> None:
    strong = model("still/strong", "image", prompt=PROMPT, strength={"type": "number"})
    assert fill(made("still/other", {"prompt": "a", "strength": 0.3}), strong).values == {"prompt": "a"}


def test_secrets_are_asked_for_again() -> None:
    keyed = model("film/keyed", prompt=PROMPT, api_key={"type": "string", "format": "password"})
    found = fill(made("film/keyed", {"prompt": "a", "api_key": SECRET}), keyed)
    assert found.values == {"prompt": "a"}
    assert found.dropped == {"api_key": "API key is a secret and was not kept. Fill it in."}


def test_one_file_or_as_many_as_are_taken() -> None:
    one = model("still/several", "image", prompt=PROMPT, images=FILE)
    origin = made("still/several", {"prompt": "a", "images": []}, {"images": (3, 4, 5)})
    assert fill(origin, SEVERAL).items == {"images": (3, 4)}
    assert fill(origin, one).items == {"images": (3,)}
    assert fill(origin, one).dropped == {"images": "Images takes 1 of the 3 files."}


@pytest.mark.parametrize(
    ("target", "kind", "name"),
    [(KLING, "image", "start_image"), (VEO, "image", "image"), (SEVERAL, "image", "images"),
     (STILL, "image", "palette"), (BLUR, "image", "image"), (model("a/b", video=FILE, image=FILE), "video", "video"),
     (model("a/b", audio=FILE), "audio", "audio"), (TEXTUAL, "image", None), (model("a/b", audio=FILE), "image", None)],
)  # fmt: skip
def test_an_item_goes_where_its_kind_is_taken(target: Model, kind: str, name: str | None) -> None:
    field = input_for(target, kind)
    assert (field and field.name) == name
    if name is None:
        with pytest.raises(InvalidInput, match=f"takes no {kind}"):
            fill(item(kind), target, "input")
    else:
        assert fill(item(kind), target, "input").items == {name: (12,)}


STARTING = [
    (KLING, "start_image"),
    (VEO, "image"),
    (
        model("minimax/video", first_frame_image=FILE, subject_reference=FILE, last_frame_image=FILE),
        "first_frame_image",
    ),
    (model("stability/svd", input_image=FILE), "input_image"),
    (model("openai/sora", input_reference=FILE | {"description": "Image to use as first frame"}), "input_reference"),
    (model("x/spoken", picture=FILE | {"description": "The picture to set in motion."}), "picture"),
    (model("x/ends", end_frame=FILE | {"description": "Where it goes from the first frame."}), None),
    (model("x/masks", mask=FILE, style_image=FILE), None),
    (model("x/old", start_image=FILE | {"deprecated": True}, image=FILE), "image"),
    (model("x/typed", image=FILE | {"contentMediaType": "video/*"}), None),
    (CLIP, None),
]


@pytest.mark.parametrize(("target", "name"), STARTING, ids=[one.id for one, _ in STARTING])
def test_the_picture_that_a_film_begins_with(target: Model, name: str | None) -> None:
    field = start_image(target)
    assert (field and field.name) == name


def test_models_of_the_shelf_that_animate() -> None:
    shelf = [Known(one, None, False, None) for one in (STILL, CLIP, VEO, BLUR, TEXTUAL, KLING)]
    assert models_that_animate(shelf) == [VEO, KLING]


def test_to_animate_is_to_begin_with_the_item_and_its_words() -> None:
    found = animate(made("sketch/still", {"prompt": "hills", "seed": 3}), KLING)
    assert (found.model, found.values, found.items) == ("film/kling", {"prompt": "hills"}, {"start_image": (12,)})
    assert animate(item(), KLING).values == {}
    frame = made("studio/frame", {"video": "studio:media/3", "seconds": 5.0}, {"video": (3,)})
    assert (animate(frame, KLING).values, fill(frame, KLING).values) == ({}, {})
    with pytest.raises(InvalidInput, match="takes no image"):
        animate(item(), TEXTUAL)


def test_what_was_brought_has_no_recipe_to_use() -> None:
    with pytest.raises(InvalidInput, match="no recipe to use"):
        fill(item(), STILL)
