"""The form of a model that asks for everything: what it shows, what it sends, what comes back into it."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Studio, jobs, remix
from core.fields import Field, fields
from core.jobs import Run
from core.studio import share
from core.ui import form, inputs, widgets
from tests.factories import add, picture
from tests.test_fields import RECORDED, URI, one
from tests.zoo import EVERYTHING, admit

SHELL = str(Path(__file__).resolve().parents[1] / "pages" / "_shell.py")
KEY = "sk-hush-hush"
COMPLETE: dict[str, Any] = {
    "prompt": "a fox\nin the snow", "aspect_ratio": "1:1", "duration": 4, "voice": "Voice C", "style": "anime",
    "num_inference_steps": 12, "guidance": 7.5, "lora_scale": 0.125, "width": 512, "seed": 7,
    "negative_prompt": "blur", "output_name": "fox-1", "generate_audio": False, "enhance": False,
    "lora_weights": ["https://e.org/a", "two words"], "lora_scales": [0.5, 1], "effects": ["bloom", "grain"],
    "storyboard": [{"text": "dawn", "seconds": 2.5}], "camera": {"zoom": 2}, "go_fast": True,
}  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "aspect_ratio": "16:9", "duration": 8, "num_inference_steps": 28, "guidance": 3, "lora_scale": 1,
    "output_name": "clip", "generate_audio": True, "go_fast": False,
}  # fmt: skip
Opened = Callable[..., AppTest]


@pytest.fixture
def opened(studio: Studio) -> Iterator[Opened]:
    """Opens Create with a model of this schema picked."""
    share(studio)

    def opens(schema: Mapping[str, Any] = EVERYTHING) -> AppTest:
        admit(studio, {"model": schema})
        test = AppTest.from_file(SHELL, default_timeout=20)
        test.query_params["model"] = "zoo/model"
        return test.run()

    yield opens
    share(None)


def named(elements: Any, label: str) -> Any:
    """The one widget whose label begins like this."""
    (found,) = [each for each in elements if each.label.startswith(label)]
    return found


def press(test: AppTest, label: str = "Generate") -> AppTest:
    return named(test.button, label).click().run()


def with_key(test: AppTest) -> AppTest:
    named(test.text_input, "OpenAI API key").set_value(KEY)
    return test


def request(studio: Studio) -> dict[str, Any]:
    """What the newest run asks for, without the secret."""
    (row,) = jobs.recent(studio.database, limit=1)
    return {name: value for name, value in row["request"].items() if name != "openai_api_key"}


def sentences(test: AppTest) -> list[str]:
    return [error.value for error in test.error]


def run(request: Mapping[str, Any], **chosen: tuple[int, ...]) -> Run:
    return Run("zoo", "zoo/model", "1", "image", request, None, chosen)


def test_every_kind_has_its_widget(opened: Opened) -> None:
    test = opened()
    assert not test.exception
    labels = {
        kind: [element.label for element in test.get(kind)]
        for kind in ("text_area", "text_input", "number_input", "slider", "toggle", "selectbox", "multiselect")
    }
    assert labels == {
        "text_area": ["Prompt", "Negative prompt", "LoRA weights", "LoRA scales", "Storyboard", "Camera"],
        "text_input": ["OpenAI API key", "Output name"],
        "number_input": ["LoRA scale", "Width", "Seed"],
        "slider": ["Number of inference steps", "Guidance"],
        "toggle": ["Generate audio", "Go fast (deprecated)"],
        "selectbox": ["Model", "Voice"],
        "multiselect": ["Effects"],
    }
    groups = [group.label for group in test.get("button_group")]
    assert groups == ["Kind", "Aspect ratio", "Duration", "How many", "Style", "Enhance"]
    assert [each.label for each in test.file_uploader] == [
        "Start image (optional)", "Reference images (optional)", "Audio to sing to (optional)",
    ]  # fmt: skip


def test_what_matters_comes_first_and_what_is_old_last() -> None:
    first, more = form.split(fields(EVERYTHING))
    assert [field.name for field in first] == [
        "prompt", "openai_api_key", "start_image", "reference_images", "aspect_ratio", "duration",
    ]  # fmt: skip
    assert (more[0].name, more[-1].name) == ("voice", "go_fast")
    deprecated = one({"type": "string", "deprecated": True}, "prompt", required=True)
    assert form.split([deprecated]) == ([], [deprecated])


def test_a_form_without_more_shows_no_empty_box(opened: Opened) -> None:
    assert list(opened({"properties": {"prompt": {"type": "string"}}}).expander) == []


def test_bounds_and_rules_are_told(opened: Opened) -> None:
    test = opened()
    assert named(test.number_input, "Width").help == "From 256 to 2,048, a multiple of 32."
    assert named(test.number_input, "Width").placeholder == "from 256 to 2,048"
    assert named(test.number_input, "Seed").placeholder == "random"
    assert named(test.slider, "Number of inference steps").help == "From 1 to 50."
    assert named(test.text_input, "Output name").help == "Up to 40 characters."
    assert "never stored" in named(test.text_input, "OpenAI API key").help
    assert named(test.text_area, "Storyboard").placeholder == '[{"text": "text", "seconds": 0.5}]'
    reference = named(test.file_uploader, "Reference images").help
    assert reference.startswith("Reference pictures to keep the look")
    assert "clip.  \nUse up to three" in reference
    assert r"\*text\*, \[logos\] or \<tags\>" in reference
    assert r"\$5 and \$6" in reference
    assert "https://example.org/a_long/address_with_words?and=more for" in reference
    assert reference.endswith("Up to 3 files.")


def test_a_blank_form_sends_the_defaults(opened: Opened, studio: Studio) -> None:
    test = with_key(opened())
    test.text_area[0].set_value("hills")
    press(test)
    found = request(studio)
    assert found == DEFAULTS | {"prompt": "hills", "seed": found["seed"]}


def test_a_recipe_comes_back_complete_and_alone(opened: Opened, studio: Studio, now: datetime) -> None:
    items = [add(studio.database, now) for _ in range(3)]
    chosen = {"start_image": (items[2],), "reference_images": (items[1], items[0])}
    addresses = {
        "start_image": f"studio:media/{items[2]}",
        "reference_images": [f"studio:media/{items[1]}", f"studio:media/{items[0]}"],
    }
    test = with_key(opened())
    test.session_state["recipe_to_use"] = run(COMPLETE | addresses, **chosen)
    press(with_key(test.run()))
    assert request(studio) == COMPLETE | addresses
    assert jobs.run_of(studio.database, 4).inputs == chosen
    test.session_state["recipe_to_use"] = run({"prompt": "bare", "seed": 5})
    press(with_key(test.run()))
    assert request(studio) == DEFAULTS | {"prompt": "bare", "seed": 5}
    assert jobs.run_of(studio.database, 5).inputs == {}


def test_what_a_recipe_says_that_no_longer_fits_is_left_out(opened: Opened, studio: Studio) -> None:
    test = opened()
    odd = {"prompt": "a", "seed": 2**60, "duration": 7, "num_inference_steps": 500, "effects": ["fire"], "camera": None}
    test.session_state["recipe_to_use"] = run(odd | {"voice": 5, "storyboard": "not JSON", "gone": 1})
    press(with_key(test.run()))
    found = request(studio)
    assert found == DEFAULTS | {"prompt": "a", "seed": found["seed"]}


def test_a_choice_without_a_default_can_be_cleared(opened: Opened, studio: Studio) -> None:
    test = with_key(opened())
    test.text_area[0].set_value("hills")
    named(test.selectbox, "Voice").set_value("Voice B")
    named(test.get("button_group"), "Enhance").set_value(True)
    press(test)
    assert (request(studio)["voice"], request(studio)["enhance"]) == ("Voice B", True)
    named(test.selectbox, "Voice").set_value(None)
    named(test.get("button_group"), "Enhance").set_value(None)
    named(test.number_input, "LoRA scale").set_value(None)
    press(test)
    assert not {"voice", "enhance"} & set(request(studio))
    assert request(studio)["lora_scale"] == 1


def test_a_default_prompt_stands_behind_the_empty_field(opened: Opened, studio: Studio) -> None:
    test = opened({"properties": {"prompt": {"type": "string", "default": "an astronaut"}}})
    assert (test.text_area[0].value, test.text_area[0].placeholder) == ("", "an astronaut")
    press(test)
    assert request(studio) == {"prompt": "an astronaut"}


def test_errors_stand_beside_their_fields_and_go_with_the_value(opened: Opened, studio: Studio) -> None:
    test = with_key(opened())
    test.text_area[0].set_value("hills")
    named(test.number_input, "Width").set_value(100)
    named(test.text_input, "Output name").set_value("No *good*")
    named(test.text_area, "LoRA scales").set_value("0.5, half")
    named(test.text_area, "Storyboard").set_value('[{"text": 5}]')
    named(test.text_area, "Camera").set_value("left")
    test = press(test)
    assert sentences(test) == [
        "Width must be from 256 to 2,048; 100 is not.",
        r"Output name is not in the form that this model asks for: it must match ^\[a-z0-9-\]\*\$.",
        "LoRA scales must be numbers; half is none.",
        r"Storyboard at \[0\].text must be text.",
        "Camera is not valid JSON at line 1, column 1: Expecting value. Put plain text into double quotes.",
    ]
    assert jobs.recent(studio.database) == []
    assert test.expander[0].proto.expanded
    named(test.number_input, "Width").set_value(512)
    assert len(sentences(test.run())) == 4


def test_what_the_provider_says_is_shown_at_its_field_or_at_the_end(opened: Opened) -> None:
    test = opened()
    said = {"width": "Too wide with this ratio.", "size": "No such size.", "": "Try later."}
    test.session_state["errors"] = {name: (sentence, None) for name, sentence in said.items()}
    assert sentences(test.run()) == []  # they were another model's
    test.session_state["errors_of"] = "zoo/model"
    assert sentences(test.run()) == ["Too wide with this ratio.", "No such size.", "Try later."]


def test_a_secret_is_nowhere_but_in_its_widget(opened: Opened, studio: Studio) -> None:
    test = with_key(opened())
    shown = named(test.text_input, "OpenAI API key").proto
    assert shown.type == shown.PASSWORD
    test.text_area[0].set_value("hills")
    named(test.number_input, "Width").set_value(100)
    press(test)
    kept = {name: value for name, value in test.session_state.items() if KEY in str(value)}
    assert list(kept) == [form.key(field) for field in fields(EVERYTHING) if field.kind == "secret"]
    test.switch_page("jobs.py").run()
    assert KEY not in str(test.session_state.to_dict())
    assert named(test.switch_page("create.py").run().text_input, "OpenAI API key").value == ""


def test_a_wrong_secret_is_told_until_it_changes(opened: Opened) -> None:
    secret = {"type": "string", "format": "password", "pattern": "^r8_"}
    test = opened({"properties": {"key": secret}, "required": ["key"]})
    assert sentences(press(test)) == ["Key is needed."]
    test.text_input[0].set_value("hush")
    (sentence,) = sentences(press(test))
    assert "must match" in sentence
    assert "hush" not in sentence
    test.text_input[0].set_value("r8_1")
    assert sentences(test.run()) == []


def test_uploads_and_items_are_sent_together(opened: Opened, studio: Studio, now: datetime) -> None:
    first, second = (add(studio.database, now) for _ in range(2))
    test = with_key(opened())
    test.text_area[0].set_value("hills")
    test.session_state["items"] = {"reference_images": (second,), "start_image": (first,), "other": (first,)}
    named(test.file_uploader, "Start").set_value(("new.png", picture(seed=5), "image/png"))
    named(test.file_uploader, "Reference").set_value([("more.png", picture(seed=6), "image/png")])
    test = test.run()
    assert "The uploaded file is used" in "".join(caption.value for caption in test.caption)
    press(test)
    sent = jobs.run_of(studio.database, 3).inputs
    assert sent == {"start_image": (3,), "reference_images": (second, 4)} or sent == {
        "start_image": (4,), "reference_images": (second, 3),
    }  # fmt: skip
    assert request(studio)["reference_images"] == [f"studio:media/{item}" for item in sent["reference_images"]]


def test_a_recipe_takes_the_place_of_uploads(opened: Opened, studio: Studio, now: datetime) -> None:
    item = add(studio.database, now)
    test = with_key(opened())
    named(test.file_uploader, "Start").set_value(("new.png", picture(seed=5), "image/png"))
    test.run()
    test.session_state["recipe_to_use"] = run({"prompt": "hills"}, start_image=(item,))
    press(with_key(test.run()))
    assert jobs.run_of(studio.database, 2).inputs == {"start_image": (item,)}


def test_too_many_files_are_told(opened: Opened, studio: Studio, now: datetime) -> None:
    test = with_key(opened())
    test.text_area[0].set_value("hills")
    test.session_state["items"] = {"reference_images": tuple(add(studio.database, now) for _ in range(4))}
    test = press(test)
    assert sentences(test) == ["Reference images takes up to 3 files; there are 4."]
    assert sentences(press(test, "Clear")) == []


def test_items_that_are_gone_are_let_go(opened: Opened) -> None:
    test = opened()
    test.session_state["items"] = {"start_image": (99,), "reference_images": (98, 99)}
    test.run()
    assert test.session_state["items"] == {"start_image": (), "reference_images": ()}


def test_the_picker_shows_the_library(opened: Opened, studio: Studio, now: datetime) -> None:
    for number in range(inputs.SHOWN + 1):
        add(studio.database, now, prompt=f"hill {number}")
    add(studio.database, now, kind="video", prompt="waves")
    test = opened()
    next(button for button in test.button if button.label == "Choose from the library").click()
    shown = json.loads(_component(test.run(), "picker"))
    assert [tile[4] for tile in shown["tiles"]] == [f"hill {number}" for number in range(inputs.SHOWN, 0, -1)]
    assert (shown["most"], shown["chosen"]) == (1, [])


def test_the_picker_shows_only_what_the_author_names(opened: Opened, studio: Studio, now: datetime) -> None:
    add(studio.database, now)
    clip = add(studio.database, now, kind="video")
    test = opened({"properties": {"input": {**URI, "contentMediaType": "video/*"}}})
    shown = json.loads(_component(press(test, "Choose from the library"), "picker"))
    assert [tile[0] for tile in shown["tiles"]] == [clip]
    assert "Show" not in [group.label for group in test.get("button_group")]


def test_an_item_is_offered_to_the_first_input_that_suits_it() -> None:
    def script(schema, media_id, kind):  # type: ignore[no-untyped-def]
        import streamlit as st

        from core.fields import fields
        from core.ui import inputs

        field = inputs.offer(fields(schema), media_id, kind)
        st.text(f"{field and field.name} {field and inputs.chosen(field.name)}")

    def offered(schema: Any, kind: str) -> str:
        test = AppTest.from_function(script, args=(schema, 5, kind))
        test.session_state["items"] = {"reference_images": (4,)}
        return str(test.run().text[0].value)

    assert offered(EVERYTHING, "image") == "start_image (5,)"
    assert offered(EVERYTHING, "audio") == "sound (5,)"
    assert offered(EVERYTHING, "video") == "None None"
    several = {"properties": {"reference_images": {"type": "array", "items": URI}}}
    assert offered(several, "image") == "reference_images (4, 5)"
    assert offered({"properties": {"input": URI}}, "video") == "input (5,)"


@pytest.mark.parametrize(
    ("name", "words", "kind"),
    [
        ("start_image", "", "image"),
        ("input", "A driving VIDEO", "video"),
        ("voice_sample", "", "audio"),
        ("mask", "", "image"),
        ("audio", "Plays over the image", "audio"),
        ("input", "Anything", None),
    ],
)
def test_the_kind_of_file_is_guessed_from_words(name: str, words: str, kind: str | None) -> None:
    assert remix.likely(one({**URI, "description": words}, name)) == kind


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 16:9 and 1: one", "plain words, 16:9 and 1: one"),
        ("*a* _b_ `c` ~d~ | e", r"\*a\* \_b\_ \`c\` \~d\~ \| e"),
        ("![x](http://e.org/a_b.png)", r"!\[x\](http://e.org/a_b.png)"),
        (":red[x] :material/star: :+1:", r"\:red\[x\] \:material/star: \:+1:"),
        ("$a$ <b> \\c # d", r"\$a\$ \<b\> \\c \# d"),
    ],
)
def test_words_from_outside_mean_themselves(text: str, shown: str) -> None:
    assert widgets.literal(text) == shown


ODD: dict[str, Any] = {
    "same ends": {"type": "integer", "minimum": 3, "maximum": 3, "default": 3},
    "huge ends": {"type": "integer", "minimum": 2**60, "maximum": 2**60 + 9, "default": 2**60},
    "huge default": {"type": "integer", "default": 2**62},
    "tiny steps": {"type": "number", "minimum": 0, "maximum": 1e-9, "default": 5e-10},
    "wide": {"type": "number", "minimum": -1e300, "maximum": 1e300, "default": 0},
    "third": {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.3, "default": 0.3},
    "half step": {"type": "integer", "multipleOf": 0.5, "default": 2},
    "giant step": {"type": "integer", "multipleOf": 10**40},
    "beside the grid": {"type": "integer", "minimum": 1, "maximum": 129, "multipleOf": 64, "default": 64},
    "*bold* [x](y) :red[z]": {"enum": ["*a*", ":smile:", "", "$x$"], "title": "![i](http://e.org)", "default": ""},
    "": {"type": "string"},
    "names": {"enum": [1.5, 2], "x-enumNames": ["One and a half", "Two"]},
    "many": {"enum": [f"choice {n}" for n in range(400)]},
    "long": {"type": "string", "title": "t" * 500, "description": "d" * 5_000, "default": "v" * 5_000},
    "of lists": {"enum": [["a"], {"b": 1}]},
    "preset": {"type": "object", "default": {"a": [1, "é"]}},
    "effects": {"type": "array", "items": {"enum": [1, 2, 3]}, "default": [2], "maxItems": 1},
    "prompt": {"type": "array", "items": {"type": "string"}},
    "seed": {"type": "string"},
    "no room": {"type": "array", "items": {"enum": ["a"]}, "maxItems": 0},
    "endless room": {"type": "array", "items": {"enum": ["a"]}, "maxItems": 2**53},
    "beyond a float": {"type": "number", "minimum": 0, "maximum": 2**62 + 1, "default": 2**62 + 1},
    "junk": "junk",
}


def test_odd_schemas_still_make_a_form(opened: Opened, studio: Studio) -> None:
    test = opened({"properties": ODD})
    assert not test.exception
    test = press(test)
    assert not test.exception
    assert sentences(test) == []
    found = request(studio)
    assert (found["same ends"], found["preset"], found["effects"]) == (3, {"a": [1, "é"]}, [2])
    assert "prompt" not in found


@pytest.mark.skipif(not RECORDED.exists(), reason="recorded model descriptions are not beside this checkout")
def test_recorded_models_make_forms(opened: Opened, studio: Studio) -> None:
    for path in sorted(RECORDED.glob("[a-z]*.json")):
        body = json.loads(path.read_text())["response"]["body"]
        schemas = body["latest_version"]["openapi_schema"]["components"]["schemas"]
        test = opened(schemas["Input"] | {"components": {"schemas": schemas}})
        test.text_area[0].set_value(path.stem)
        test = press(test)
        assert not test.exception
        assert sentences(test) == []
        assert request(studio)["prompt"] == path.stem


def _component(test: AppTest, name: str) -> str:
    (found,) = [node for node in test.get("bidi_component") if node.proto.component_name == f"studio_{name}"]
    return str(found.proto.json)


def test_models_share_what_they_ask_for_alike() -> None:
    def key(node: dict[str, Any]) -> str:
        return form.key(one(node, "steps"))

    same: Field = one({"type": "integer", "default": 5, "description": "In other words"}, "steps")
    assert form.key(same) == key({"type": "integer", "default": 5})
    assert key({"type": "integer", "default": 5}) != key({"type": "integer", "default": 6})
    assert key({"type": "integer"}) != key({"type": "string"})


def test_an_upload_that_is_none_is_told_at_its_field(opened: Opened, studio: Studio) -> None:
    test = with_key(opened())
    test.text_area[0].set_value("hills")
    named(test.file_uploader, "Start").set_value(("my_notes.png", b"just words", "image/png"))
    (sentence,) = sentences(press(test))
    assert sentence.startswith(r"my\_notes.png: The file is text/plain")
    assert jobs.recent(studio.database) == []
