"""Schemas become fields; values are checked here whatever the browser allowed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.fields import fields, validate
from core.providers.sketch import CLIP, STILL

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "replicate" / "data" / "models"
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


def test_fields_come_in_their_authors_order() -> None:
    assert [field.name for field in fields(SCHEMA)] == ["prompt", "ratio", "steps", "strength", "image", "loud", "odd"]


def test_each_construct_has_its_kind() -> None:
    kinds = {field.name: field.kind for field in fields(SCHEMA)}
    assert kinds == {
        "prompt": "text", "ratio": "string", "steps": "integer", "strength": "number", "image": "file",
        "loud": "boolean", "odd": "json",
    }  # fmt: skip


def test_an_enum_behind_a_reference_is_found() -> None:
    ratio = fields(SCHEMA)[1]
    assert (ratio.choices, ratio.default, ratio.description) == (("1:1", "3:2"), "1:1", "Shape.")


def test_defaults_are_filled_in_and_blanks_left_out() -> None:
    assert validate(SCHEMA, {"prompt": "hills", "steps": None, "image": ""}) == {
        "prompt": "hills", "ratio": "1:1", "strength": 0.8, "loud": False,
    }  # fmt: skip


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
        ({"prompt": "a", "loud": "yes"}, "loud", "on or off"),
        ({"prompt": "a", "evil": 1}, "evil", "not an input of this model"),
    ],
)
def test_wrong_values_get_a_sentence_at_their_field(values: dict[str, Any], name: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate(SCHEMA, values)
    assert list(refused.value.fields) == [name]
    assert words in refused.value.fields[name]


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


@pytest.mark.skipif(not RECORDED.exists(), reason="recorded model descriptions are not beside this checkout")
@pytest.mark.parametrize("path", sorted(RECORDED.glob("[a-z]*.json")), ids=lambda path: path.stem)
def test_recorded_models_become_fields(path: Path) -> None:
    found = json.loads(path.read_text())
    schemas = _schemas(found)
    inputs = schemas["Input"] | {"components": {"schemas": schemas}}
    shown = fields(inputs)
    assert {field.name for field in shown} == set(inputs["properties"])
    assert any(field.choices for field in shown)


def _schemas(node: Any) -> Any:
    if isinstance(node, dict):
        if "schemas" in node:
            return node["schemas"]
        return next((found for value in node.values() if (found := _schemas(value))), None)
    return None
