"""Schemas become fields, whatever is in them; values are checked here whatever the browser allowed.

STUDIO_FUZZ_EXAMPLES sets how many examples each property runs (150 when it is not set).
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.fields import Field, check, fields, fits, items, limits, resolve, secrets, validate, written
from core.providers.sketch import CLIP, STILL
from tests.zoo import EVERYTHING

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "replicate" / "data" / "models"
EXAMPLES = settings(
    max_examples=int(os.environ.get("STUDIO_FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.8, "x-order": 3},
        "prompt": {"type": "string", "x-order": 0, "maxLength": 20},
        "ratio": {"allOf": [{"$ref": "#/definitions/ratio"}], "default": "1:1", "x-order": 1, "description": "Shape."},
        "steps": {"type": "integer", "minimum": 1, "x-order": 2},
        "image": {"type": "string", "format": "uri"},
        "loud": {"type": "boolean", "default": False},
        "odd": {"anyOf": [{"type": "array"}, {"type": "object"}]},
    },
    "definitions": {"ratio": {"type": "string", "enum": ["1:1", "3:2"]}},
}
URI = {"type": "string", "format": "uri"}


def one(node: Any, name: str = "x", required: bool = False, **schema: Any) -> Field:
    """The field of a schema's only property."""
    (field,) = fields({"properties": {name: node}, "required": [name] if required else [], **schema})
    return field


def refused(node: Any, value: Any, required: bool = False) -> str:
    """The sentence on a value that is no good."""
    with pytest.raises(InvalidInput) as error:
        check(one(node, required=required), value)
    return error.value.fields["x"]


def test_fields_come_in_their_authors_order() -> None:
    assert [field.name for field in fields(SCHEMA)] == ["prompt", "ratio", "steps", "strength", "image", "loud", "odd"]


def test_an_odd_place_is_no_place() -> None:
    places = {"a": None, "b": "first", "c": 2.5, "d": True, "e": 1}
    schema = {"properties": {name: {"type": "string", "x-order": place} for name, place in places.items()}}
    assert [field.name for field in fields(schema)] == ["e", "c", "a", "b", "d"]


def test_an_enum_behind_a_reference_is_found() -> None:
    ratio = fields(SCHEMA)[1]
    assert (ratio.choices, ratio.default, ratio.description) == (("1:1", "3:2"), "1:1", "Shape.")


KINDS: tuple[tuple[Any, str], ...] = (
    ({"type": "string"}, "string"),
    ({"type": "string", "format": "textarea"}, "text"),
    ({"type": "string", "default": "two\nlines"}, "text"),
    (URI, "file"),
    ({"format": "uri"}, "file"),
    ({"type": "string", "format": "password"}, "secret"),
    ({"type": "string", "writeOnly": True}, "secret"),
    ({"x-cog-secret": True}, "secret"),
    ({"anyOf": [{"type": "string", "format": "password"}, {"type": "null"}]}, "secret"),
    ({"type": "array", "items": {"type": "string", "format": "password"}}, "secret"),
    ({"type": "integer"}, "integer"),
    ({"type": "number"}, "number"),
    ({"type": ["integer", "number"]}, "number"),
    ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "number"}]}, "number"),
    ({"anyOf": [{"type": "string"}, URI]}, "string"),
    ({"type": "boolean"}, "boolean"),
    ({"enum": [True, False]}, "boolean"),
    ({"enum": ["a", "b"]}, "string"),
    ({"enum": [1, 2]}, "integer"),
    ({"enum": [1, 2.5]}, "number"),
    ({"enum": [1, "2"]}, "json"),
    ({"enum": [["a"], ["b"]]}, "json"),
    ({"const": "a"}, "string"),
    ({"oneOf": [{"const": "a"}, {"const": "b"}]}, "string"),
    ({"type": "array", "items": URI}, "files"),
    ({"type": "array", "items": {**URI, "anyOf": []}}, "files"),
    ({"anyOf": [{"type": "array", "items": URI}, {"type": "null"}]}, "files"),
    ({"type": "array", "items": {"type": "string"}}, "list"),
    ({"type": "array", "items": {"type": "number"}}, "list"),
    ({"type": "array", "items": {"enum": [4, 6]}}, "list"),
    ({"items": {"type": "integer"}}, "list"),
    ({"type": "array", "items": {"type": "boolean"}}, "json"),
    ({"type": "array", "items": {"type": "object"}}, "json"),
    ({"type": "array", "items": [{"type": "string"}]}, "json"),
    ({"type": "array"}, "json"),
    ({"type": "object"}, "json"),
    ({"type": ["string", "integer"]}, "json"),
    ({"anyOf": [{"type": "string"}, {"type": "object"}]}, "json"),
    ({"anyOf": []}, "json"),
    ({"type": "string", "anyOf": []}, "string"),
    ({"type": "null"}, "json"),
    ({"type": "file"}, "json"),
    ({"$ref": "#/nowhere"}, "json"),
    ({"$ref": 5, "allOf": {}, "anyOf": "x"}, "json"),
    ({}, "json"),
    (True, "json"),
    (False, "json"),
    (None, "json"),
    ("junk", "json"),
)


@pytest.mark.parametrize(("node", "kind"), KINDS, ids=lambda value: json.dumps(value)[:60])
def test_each_construct_has_its_kind(node: Any, kind: str) -> None:
    assert one(node).kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [("prompt", "text"), ("negative_prompt", "text"), ("prompt_2", "text"), ("lyrics", "text"), ("name", "string")],
)
def test_a_long_text_is_known_by_its_name(name: str, kind: str) -> None:
    assert one({"type": "string"}, name).kind == kind
    assert one({"type": "integer"}, name).kind == "integer"


@pytest.mark.parametrize(
    "node",
    [
        {"type": "integer", "nullable": True},
        {"type": ["integer", "null"]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/number"}]},
        {"anyOf": [{"type": "integer"}, {"const": None}]},
        {"allOf": [{"type": "integer", "nullable": True}]},
    ],
)
def test_null_is_taken_apart(node: dict[str, Any]) -> None:
    field = one(node, components={"schemas": {"number": {"type": "integer"}}})
    assert (field.kind, field.nullable) == ("integer", True)
    assert check(field, None) is None


def test_null_among_choices_is_no_choice() -> None:
    field = one({"enum": ["a", None, "b", "a"]})
    assert (field.choices, field.nullable) == (("a", "b"), True)


def test_a_propertys_own_words_win_over_those_of_its_type() -> None:
    schemas = {"Size": {"type": "string", "title": "Size", "enum": ["s", "l"], "description": "An enumeration."}}
    field = one({"allOf": [{"$ref": "#/components/schemas/Size"}], "enum": ["l"]}, components={"schemas": schemas})
    assert (field.title, field.description, field.choices) == ("X", "", ("l",))
    schemas["Size"]["description"] = "How large."
    assert one({"$ref": "#/components/schemas/Size"}, components={"schemas": schemas}).description == "How large."


def test_names_of_choices_come_from_their_titles() -> None:
    field = one({"oneOf": [{"const": "a", "title": "First"}, {"const": "b", "title": "Second"}]})
    assert (field.choices, field.choice_names) == (("a", "b"), ("First", "Second"))
    assert one({"enum": [1, 2], "x-enumNames": ["One", "Two"]}).choice_names == ("One", "Two")
    assert one({"enum": [1, 2], "x-enumNames": ["One"]}).choice_names == ()
    assert refused({"enum": [1, 2], "x-enumNames": ["One", "Two"]}, 3) == "X must be one of One, Two."


@pytest.mark.parametrize(
    ("name", "declared", "title"),
    [
        ("aspect_ratio", "aspect_ratio", "Aspect ratio"),
        ("num_inference_steps", "Num Inference Steps", "Number of inference steps"),
        ("openai_api_key", "Openai Api Key", "OpenAI API key"),
        ("extra_lora_scale", None, "Extra LoRA scale"),
        ("size", "Longer edge in pixels", "Longer edge in pixels"),
        ("fps", None, "FPS"),
        ("num", None, "Num"),
        ("___", 5, "Input"),
        ("x", "long " * 40, "long " * 15 + "long…"),
    ],
)
def test_titles_are_read_as_words(name: str, declared: Any, title: str) -> None:
    assert one({"type": "string", "title": declared}, name).title == title


def test_circles_end() -> None:
    circle = {"a": {"$ref": "#/components/schemas/b"}, "b": {"allOf": [{"$ref": "#/components/schemas/a"}]}}
    tree = {"tree": {"type": "object", "properties": {"leaves": {"type": "array", "items": {"$ref": "#/c/tree"}}}}}
    assert one({"$ref": "#/components/schemas/a"}, components={"schemas": circle}).kind == "json"
    field = one({"$ref": "#/c/tree"}, c=tree)
    assert check(field, '{"leaves": [{"leaves": []}]}') == {"leaves": [{"leaves": []}]}
    with pytest.raises(InvalidInput):
        check(field, '{"leaves": 5}')


def test_a_bomb_of_references_is_left_aside_at_once() -> None:
    parts = {
        f"p{n}": {"allOf": [{"$ref": f"#/s/p{n + 1}"}, {"anyOf": [{"$ref": f"#/s/p{n + 1}"}] * 9}]} for n in range(40)
    }
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(300):
        deep = {"type": "array", "items": deep}
    started = time.perf_counter()
    assert one({"$ref": "#/s/p0"}, s=parts).kind == "json"
    assert one(deep).kind == "json"
    assert time.perf_counter() - started < 2


def test_limits_that_cannot_be_met_are_none() -> None:
    node = {"type": "integer", "minimum": 5, "maximum": 1, "multipleOf": 0, "minLength": -1, "pattern": "(", "enum": []}
    assert resolve(node, {}) == {"type": "integer"}
    assert resolve({"type": "integer", "exclusiveMinimum": 0.5, "exclusiveMaximum": 10}, {}) == {
        "type": "integer", "minimum": 1, "maximum": 9,
    }  # fmt: skip


def test_the_whole_schema_may_stand_behind_a_reference() -> None:
    inner = {"Input": {"properties": {"a": {"type": "string"}}, "required": ["a", 5]}}
    (field,) = fields({"$ref": "#/components/schemas/Input", "components": {"schemas": inner}})
    assert (field.name, field.required) == ("a", True)


def test_secrets_are_named_wherever_they_hide() -> None:
    schema = {
        "properties": {
            "key": {"type": "string", "x-cog-secret": True},
            "behind": {"$ref": "#/components/schemas/Secret"},
            "several": {"type": "array", "items": {"type": "string", "format": "password"}},
            "inside": {"type": "object", "properties": {"token": {"writeOnly": True}}},
            "open": {"type": "string"},
        },
        "components": {"schemas": {"Secret": {"type": "string", "format": "password"}}},
    }
    assert secrets(schema) == {"key", "behind", "several", "inside"}
    assert secrets(STILL.schema) == frozenset()


def test_a_secret_is_never_repeated() -> None:
    node = {"type": "string", "format": "password", "pattern": "^r8_", "minLength": 5, "enum": ["r8_right", "r8_other"]}
    for rule in ("pattern", "minLength", "enum"):
        assert "hush" not in refused({key: node[key] for key in ("type", "format", rule)}, "hush")
    assert one(node).default is None
    assert refused({"type": "string", "format": "password"}, " ", required=True) == "X is needed."
    several = {"type": "array", "items": {"type": "string", "format": "password", "pattern": "^r8_"}}
    assert check(one(several), '["r8_a", "r8_b"]') == ["r8_a", "r8_b"]
    for text in ('["hush"]', "[hush", '{"hush": 1}'):
        assert "hush" not in refused(several, text)
    assert "77" not in refused({"type": "integer", "writeOnly": True, "maximum": 5}, "77")


@pytest.mark.parametrize(
    "node",
    [
        {"type": "string", "default": None},
        {"type": "string", "default": " "},
        {"type": "array", "items": {"type": "string"}, "default": []},
        {"type": "object", "default": {}},
        {"type": "integer", "maximum": 5, "default": 9},
        {"type": "integer", "default": "many"},
        {"type": "number", "default": float("nan")},
        {"enum": ["a"], "default": "b"},
        {**URI, "default": "https://example.org/their.png"},
        {"type": "string", "format": "password", "default": "hush"},
    ],
    ids=lambda node: json.dumps(node),
)
def test_a_default_that_says_nothing_or_breaks_its_rules_is_none(node: dict[str, Any]) -> None:
    assert one(node).default is None
    assert validate({"properties": {"x": node}}, {}) == {}


def test_a_models_own_file_is_told_and_not_sent() -> None:
    assert (
        "Left empty, the model takes https://e.org/a.png" in one({**URI, "default": "https://e.org/a.png"}).description
    )


def test_a_default_fits_its_choices() -> None:
    assert one({"enum": [5, 10], "default": "5"}).default == 5
    assert one({"enum": ["5", "10"], "default": 5}).default is None
    assert one({"type": "integer", "default": 5.0}).default == 5


def test_defaults_are_filled_in_and_blanks_left_out() -> None:
    assert validate(SCHEMA, {"prompt": "hills", "steps": None, "image": "", "odd": " \n"}) == {
        "prompt": "hills", "ratio": "1:1", "strength": 0.8, "loud": False,
    }  # fmt: skip


def test_what_was_emptied_stays_empty_where_a_default_would_come_back() -> None:
    schema = {
        "properties": {
            "avoid": {"type": "string", "default": "blur"},
            "name": {"type": "string", "default": "clip", "minLength": 1},
            "tags": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
            "steps": {"type": "integer", "default": 4},
        }
    }
    assert validate(schema, {"avoid": "", "name": "", "tags": "", "steps": None}) == {
        "avoid": "", "name": "clip", "tags": [], "steps": 4,
    }  # fmt: skip
    assert validate(schema, {}) == {"avoid": "blur", "name": "clip", "tags": ["a"], "steps": 4}


def test_a_filled_in_default_is_nobody_elses() -> None:
    schema = {"properties": {"x": {"type": "array", "items": {"type": "string"}, "default": ["a"]}}}
    validate(schema, {})["x"].append("b")
    assert validate(schema, {}) == {"x": ["a"]}


@pytest.mark.parametrize(
    ("values", "name", "words"),
    [
        ({}, "prompt", "Write a prompt first"),
        ({"prompt": ""}, "prompt", "Write a prompt first"),
        ({"prompt": " \n\t "}, "prompt", "Write a prompt first"),
        ({"prompt": "x" * 21}, "prompt", "21 characters long; this model reads up to 20"),
        ({"prompt": "nul\0"}, "prompt", "characters that are not text"),
        ({"prompt": "half \ud800"}, "prompt", "characters that are not text"),
        ({"prompt": 5}, "prompt", "must be text"),
        ({"prompt": "a", "ratio": "7:1"}, "ratio", "one of 1:1, 3:2"),
        ({"prompt": "a", "steps": 0}, "steps", "at least 1; 0 is not"),
        ({"prompt": "a", "steps": 1.5}, "steps", "a whole number"),
        ({"prompt": "a", "steps": True}, "steps", "a whole number"),
        ({"prompt": "a", "strength": 2}, "strength", "from 0 to 1; 2 is not"),
        ({"prompt": "a", "strength": float("nan")}, "strength", "must be a number"),
        ({"prompt": "a", "strength": float("-inf")}, "strength", "must be a number"),
        ({"prompt": "a", "loud": "yes"}, "loud", "on or off"),
        ({"prompt": "a", "evil": 1}, "evil", "not an input of this model"),
        ({"prompt": "a", "odd": {1, 2}}, "odd", "nothing that a model can be given"),
        ({"prompt": "a", "odd": {"a": b"b"}}, "odd", "nothing that a model can be given"),
        ({"prompt": "a", "odd": "[\n1,,2]"}, "odd", "not valid JSON at line 2, column 3"),
    ],
)
def test_wrong_values_get_a_sentence_at_their_field(values: dict[str, Any], name: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate(SCHEMA, values)
    assert list(refused.value.fields) == [name]
    assert words in refused.value.fields[name]


def test_a_number_without_end_is_refused_and_not_repeated() -> None:
    assert refused({"type": "integer"}, 2**20_000) == "X is too large a number."


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        validate(SCHEMA, {"steps": 0, "strength": 9, "other": 1})
    assert set(refused.value.fields) == {"prompt", "steps", "strength", "other"}


@pytest.mark.parametrize(
    ("node", "value", "words"),
    [
        ({"type": "number", "exclusiveMinimum": 0}, 0, "must be more than 0"),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0, "must be more than 0"),
        ({"type": "number", "exclusiveMaximum": 2}, 2, "must be less than 2"),
        ({"type": "integer", "maximum": 4000}, 5000, "at most 4,000; 5,000 is not"),
        ({"type": "integer"}, 2**700, "too large a number"),
        ({"type": "number", "multipleOf": 0.1}, 0.35, "a multiple of 0.1"),
        ({"type": "integer", "multipleOf": 8}, 12, "a multiple of 8"),
        ({"type": "string", "minLength": 3}, "ab", "at least 3 characters"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "A", "it must match ^[a-z]+$"),
        ({"type": "string", "enum": [f"voice {n}" for n in range(30)]}, "x", "voice 11 and 18 more"),
        (URI, ["a", "b"], "takes one file; there are 2"),
        (URI, 5, "must be a file that you choose"),
        ({"type": "array", "items": URI, "maxItems": 1}, ["a", "b"], "takes up to 1 file; there are 2"),
        ({"type": "array", "items": URI, "minItems": 2, "maxItems": 3}, ["a"], "takes from 2 to 3 files; there are 1"),
        ({"type": "array", "items": URI}, [5], "must be files that you choose"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, "a", "takes at least 2 items; there are 1"),
        ({"type": "array", "items": {"type": "number"}}, "0.5\nhalf", "must be numbers; half is none"),
        ({"type": "array", "items": {"type": "number"}}, "1e999", "must be numbers; 1e999 is none"),
        ({"type": "array", "items": {"type": "integer"}}, "1, 2.5", ", number 2, must be a whole number"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "a\nc", ", line 2, must be one of a, b"),
        ({"type": ["string", "integer"]}, "1.5", "must be text or a whole number"),
        ({"type": "object"}, "5", "must be an object"),
        ({"type": "array", "items": {"type": "object", "required": ["a"]}}, '[{"b": 1}]', "at [0]: 'a' is a required"),
        ({"type": "object", "properties": {"a": {"maximum": 5}}}, '{"a": 9}', "at a must be at most 5"),
        ({"anyOf": [{"type": "object"}, {"type": "array"}]}, "5", "none of the forms"),
        ({}, "left", "Put plain text into double quotes"),
        ({}, "[" * 5_000, "too large or too deep"),
        ({}, "9" * 50, "too large a number"),
        ({}, "9" * 5_000, "too large or too deep"),
        ({}, "[" * 100 + "]" * 100, "nothing that a model can be given"),
        ({}, '"\\ud800"', "characters that are not text"),
        ({}, "NaN", "must be a number"),
    ],
)  # fmt: skip
def test_each_rule_has_its_sentence(node: dict[str, Any], value: Any, words: str) -> None:
    sentence = refused(node, value)
    assert words in sentence
    assert sentence.startswith("X")
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("node", "value", "cleaned"),
    [
        ({"type": "integer"}, 2.0, 2),
        ({"type": "number", "multipleOf": 0.1}, 0.3, 0.3),
        ({"type": "number", "multipleOf": 0.01}, 8.29, 8.29),
        ({"enum": ["", "a"], "default": "a"}, "", ""),
        (URI, ["studio:media"], "studio:media"),
        ({"type": "array", "items": URI}, ["a", "b"], ["a", "b"]),
        ({"type": "array", "items": {"type": "string"}}, " a, b \n\n[c]\n", ["a, b", "[c]"]),
        ({"type": "array", "items": {"type": "string"}}, '["a\\nb", ""]', ["a\nb", ""]),
        ({"type": "array", "items": {"type": "number"}}, "0.5, 1;-2e1\n+3", [0.5, 1, -20.0, 3]),
        ({"type": "array", "items": {"type": "integer"}}, "1.0\n2", [1, 2]),
        ({"type": "array", "items": {"type": "string"}}, ["a"], ["a"]),
        ({}, '{"a": [1, null, "é"]}', {"a": [1, None, "é"]}),
        ({}, {"a": 1}, {"a": 1}),
        ({"type": "object", "properties": {"a": {"type": "string", "nullable": True}}}, '{"a": null}', {"a": None}),
        ({"type": "object", "properties": {"a": {"enum": ["b", None]}}}, '{"a": null}', {"a": None}),
        ({"type": "string", "pattern": r"^\d+x\d+$"}, "640x480", "640x480"),
    ],
)
def test_good_values_come_out_as_the_model_takes_them(node: dict[str, Any], value: Any, cleaned: Any) -> None:
    found = check(one(node), value)
    assert found == cleaned
    assert type(found) is type(cleaned)


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "(a|aa)*b", r"(a)\1*", "(?<=a)b", "[[a]", "^a+a+a+a+a+a+a+b", "a" * 400, "("]
)
def test_a_pattern_that_could_take_for_ever_is_left_to_the_model(pattern: str) -> None:
    started = time.perf_counter()
    assert check(one({"type": "string", "pattern": pattern}), "a" * 5_000) == "a" * 5_000
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 4000}, "from 1 to 4,000"),
        ({"type": "number", "minimum": 0.5}, "at least 0.5"),
        ({"type": "integer"}, ""),
        ({"type": "array", "items": URI, "maxItems": 3}, "up to 3 files"),
        ({"type": "array", "items": URI, "minItems": 2, "maxItems": 2}, "exactly 2 files"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 5}, "from 2 to 5 items"),
    ],
)
def test_limits_are_told_to_people(node: dict[str, Any], told: str) -> None:
    field = one(node)
    assert limits(field) + items(field) == told


def test_media_are_those_that_the_author_names() -> None:
    assert one({**URI, "contentMediaType": "image/*"}).media == ("image",)
    assert one({"type": "array", "items": {**URI, "contentMediaType": "audio/wav"}}).media == ("audio",)
    assert one(URI).media == ()


def test_an_example_has_the_form_of_the_value() -> None:
    scenes = {"type": "array", "items": {"properties": {"text": {"type": "string"}, "seconds": {"type": "integer"}}}}
    assert json.loads(one(scenes).example) == [{"text": "text", "seconds": 1}]
    assert one({"type": "object", "examples": [{"zoom": 2}]}).example == '{"zoom": 2}'


@pytest.mark.parametrize("size", [255, 257, 100_000, -64, 2**70])
def test_impossible_sizes_are_refused(size: int) -> None:
    with pytest.raises(InvalidInput, match="Longer edge"):
        validate(STILL.schema, {"prompt": "a", "size": size})


@pytest.mark.parametrize("seed", [-1, 2**32, 2**80])
def test_seeds_out_of_range_are_refused(seed: int) -> None:
    with pytest.raises(InvalidInput, match="Seed must be from 0 to"):
        validate(CLIP.schema, {"prompt": "a", "seed": seed})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@EXAMPLES
@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), json_values))
def test_whatever_comes_is_cleaned_or_refused(values: dict[str, Any]) -> None:
    try:
        cleaned = validate(SCHEMA, values)
    except InvalidInput as refused:
        sentences = list(refused.fields.values())
    else:
        sentences = ["."]
        assert cleaned["prompt"].strip()
        assert set(cleaned) <= set(SCHEMA["properties"])
    assert sentences
    assert all(sentence.endswith(".") for sentence in sentences)


KEYWORDS = (
    "type", "enum", "const", "default", "anyOf", "oneOf", "allOf", "$ref", "items", "properties", "required", "minimum",
    "maximum", "exclusiveMinimum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format",
    "nullable", "title", "description", "x-order", "deprecated", "writeOnly", "x-cog-secret", "examples", "x-enumNames",
    "components", "schemas", "contentMediaType",
)  # fmt: skip
SENSE = (
    "string", "integer", "number", "boolean", "array", "object", "null", "uri", "password", "image/*", "#",
    "#/properties/a", "#/components/schemas/a", "(a+)+$", "^a*$", 5, 0.1, -1, 10**400,
)  # fmt: skip
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(SENSE)
nodes = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=6),
    max_leaves=15,
)
names = st.sampled_from(("a", "b", "prompt", "seed"))
schemas = nodes | st.fixed_dictionaries(
    {"properties": st.dictionaries(names, st.dictionaries(st.sampled_from(KEYWORDS), nodes, max_size=6), max_size=4)},
    optional={"required": st.lists(names) | nodes, "components": nodes},
)


@EXAMPLES
@given(schemas, st.dictionaries(names, nodes, max_size=4))
def test_no_schema_breaks_anything(schema: Any, values: dict[str, Any]) -> None:
    asked = fields(schema)
    assert secrets(schema) >= {field.name for field in asked if field.kind == "secret"}
    for field in asked:
        assert field.title
        assert field.default is None or fits(field, field.default)
        if field.kind in ("list", "json") and field.default is not None:
            assert check(field, written(field, field.default)) == field.default
    try:
        cleaned = validate(schema, values)
    except InvalidInput as refused:
        sentences = list(refused.fields.values())
    else:
        sentences = ["."]
        assert None not in cleaned.values()
        json.dumps(cleaned, allow_nan=False)
    assert sentences
    assert all(sentence.endswith(".") for sentence in sentences)


@EXAMPLES
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_a_list_is_read_back_as_it_was_written(value: list[str]) -> None:
    field = one({"type": "array", "items": {"type": "string"}})
    assert check(field, written(field, value)) == value


def test_everything_that_can_be_asked_for_is_asked_for() -> None:
    kinds = {field.kind for field in fields(EVERYTHING)}
    assert kinds == {"string", "text", "integer", "number", "boolean", "file", "files", "list", "secret", "json"}


@pytest.mark.skipif(not RECORDED.exists(), reason="recorded model descriptions are not beside this checkout")
@pytest.mark.parametrize("path", sorted(RECORDED.glob("[a-z]*.json")), ids=lambda path: path.stem)
def test_recorded_models_become_fields(path: Path) -> None:
    found = json.loads(path.read_text())
    schemas = _schemas(found)
    inputs = schemas["Input"] | {"components": {"schemas": schemas}}
    shown = fields(inputs)
    assert {field.name for field in shown} == set(inputs["properties"])
    assert any(field.choices for field in shown)
    assert [field.name for field in shown if field.kind == "json"] == []
    assert "An enumeration." not in {field.description for field in shown}
    assert validate(inputs, {"prompt": "hills"})["prompt"] == "hills"


@pytest.mark.skipif(not RECORDED.exists(), reason="recorded model descriptions are not beside this checkout")
def test_a_recorded_secret_is_found() -> None:
    found = json.loads((RECORDED / "_secret_input_example.json").read_text())["Input"]
    assert secrets(found) == {"openai_api_key"}
    assert {field.name: field.kind for field in fields(found)}["input_images"] == "files"


def _schemas(node: Any) -> Any:
    if isinstance(node, dict):
        if "schemas" in node:
            return node["schemas"]
        return next((found for value in node.values() if (found := _schemas(value))), None)
    return None
