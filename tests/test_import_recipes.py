"""Recipes of other programs, out of real files in the form that those programs write, and out of junk."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import embedding
from core.embedding import embedded, read_texts
from core.embedding.notes import KEY
from core.importing import recipes, sidecars
from core.importing.recipes import FoundRecipe, a1111
from tests import foreign


def read(data: bytes, mime: str = "image/png") -> FoundRecipe:
    found = recipes.read(read_texts(data, mime))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (foreign.png(1, parameters=foreign.A1111), "image/png"),
        (foreign.with_comment(1, foreign.A1111, "JPEG"), "image/jpeg"),
        (foreign.with_comment(1, foreign.A1111, "WEBP"), "image/webp"),
    ],
    ids=["png", "jpeg", "webp"],
)
def test_automatic1111(data: bytes, mime: str) -> None:
    found = read(data, mime)
    assert found.program == "a1111"
    assert found.prompt == "a red fox (masterpiece:1.2), in deep snow, <lora:winter_v2:0.7>\nsoft light"
    assert found.negative_prompt == "blurry, (ugly:1.3)\nextra paws"
    assert (found.model, found.version, found.seed) == ("dreamshaper_8", "879db523c3", 3141592653)
    assert (found.width, found.height) == (512, 768)
    said = found.parameters
    assert (said["steps"], said["sampler"], said["scheduler"], said["cfg_scale"]) == (28, "DPM++ 2M", "Karras", 6.5)
    assert said["hires_prompt"] == 'fox, "Reynard"'
    assert said["lora_hashes"] == "winter_v2: 0a1b2c3d, other: 99aa"
    assert said["denoising_strength"] == 0.4


def test_other_writers_of_that_form() -> None:
    """Forge without a negative prompt, a template behind the settings, and words that only look like settings."""
    found = a1111.parse("Übung\r\nSteps: 4, Sampler: Euler, CFG scale: 1, Seed: 7, Size: 64x64\r\nTemplate: Übung")
    assert found
    assert (found.prompt, found.negative_prompt, found.seed) == ("Übung", "", 7)
    assert a1111.parse("A recipe: flour, water, salt: a pinch") is None
    assert a1111.parse("a lighthouse at dusk") is None
    assert a1111.parse("") is None


def test_comfyui() -> None:
    found = read(foreign.png(2, prompt=json.dumps(foreign.COMFY), workflow=json.dumps(foreign.CANVAS)))
    assert (found.program, found.prompt) == ("comfyui", "a glass bottle with a galaxy in it")
    assert (found.negative_prompt, found.seed) == ("text, watermark", 156680208700286)
    assert (found.model, found.width, found.height) == ("v1-5-pruned-emaonly.safetensors", 640, 448)
    assert found.parameters["loras"] == ["glass.safetensors"]
    told = {name: found.parameters[name] for name in ("steps", "cfg_scale", "sampler", "scheduler", "denoise")}
    assert told == {"steps": 20, "cfg_scale": 8.0, "sampler": "euler", "scheduler": "normal", "denoise": 1.0}


def test_comfyui_with_a_sampler_in_parts_and_nodes_of_unknown_makers() -> None:
    found = read(foreign.comfy_webp(3, foreign.FLUX), "image/webp")
    assert (found.prompt, found.negative_prompt) == ("a tower made of paper", "")
    assert (found.seed, found.model) == (2**64 - 5, "flux1-dev.safetensors")
    assert (found.width, found.height) == (1024, 768)
    assert (found.parameters["steps"], found.parameters["sampler"], found.parameters["scheduler"]) == (
        20,
        "euler",
        "simple",
    )


def test_comfyui_by_its_canvas_alone() -> None:
    found = read(foreign.png(4, workflow=json.dumps(foreign.CANVAS)))
    assert (found.prompt, found.negative_prompt, found.seed) == ("a boat", "rain", 77)
    assert (found.model, found.width, found.parameters["steps"]) == ("sdxl.safetensors", 512, 12)


def test_comfyui_takes_the_first_of_two_passes() -> None:
    graph = json.loads(json.dumps(foreign.COMFY))
    second = {**graph["3"]["inputs"], "seed": 1, "latent_image": ["3", 0], "denoise": 0.5}
    graph["20"] = {"class_type": "KSampler", "inputs": second}
    graph["8"]["inputs"]["samples"] = ["20", 0]
    assert read(foreign.png(5, prompt=json.dumps(graph))).seed == 156680208700286


def test_a_graph_in_circles_ends() -> None:
    graph = {
        str(n): {"class_type": "KSampler", "inputs": {"positive": [str(1 - n), 0], "seed": ["0", 0]}} for n in (0, 1)
    }
    assert read(foreign.png(6, prompt=json.dumps(graph))).prompt == ""


def test_words_beside_a_graph_that_tells_nothing() -> None:
    graph = {"1": {"class_type": "Mystery", "inputs": {"a": ["2", 0]}}}
    found = read(foreign.png(7, prompt=json.dumps(graph), parameters=foreign.A1111))
    assert found.program == "a1111"


def test_invokeai_in_its_three_forms() -> None:
    found = read(foreign.png(8, invokeai_metadata=json.dumps(foreign.INVOKE), invokeai_graph="{}"))
    assert (found.program, found.prompt, found.negative_prompt) == ("invokeai", "an owl on a fence", "photo")
    assert (found.model, found.version, found.seed) == ("Juggernaut XL v9", "blake3:aa55", 4024513453)
    assert found.parameters["scheduler"] == "dpmpp_3m_k"
    older = read(foreign.png(9, sd_metadata=json.dumps(foreign.INVOKE_OLD), Dream=foreign.DREAM))
    command = read(foreign.png(10, Dream=foreign.DREAM))
    for each in (older, command):
        assert (each.prompt, each.negative_prompt, each.seed) == ("a castle on a hill", "blurry", 2112)
        assert (each.width, each.height, each.parameters["steps"]) == (512, 640, 50)
    assert older.model == "stable-diffusion-1.5"


OURS = {
    "studio": "Onefile Studio", "format": 1, "provider": "sketch", "model": "sketch/still", "version": "1",
    "prompt": "a hill", "seed": 5, "request": {"prompt": "a hill", "seed": 5, "palette": "studio:media/3"},
    "inputs": {"palette": [{"item": 3, "sha256": "ab" * 32}]}, "created_at": "2026-11-22T09:00:00.000Z",
}  # fmt: skip


@pytest.mark.parametrize(("form", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_our_own_copies_first(form: str, mime: str) -> None:
    buffer = BytesIO()
    foreign.pixels().save(buffer, form)
    copy = embedded(BytesIO(buffer.getvalue()), mime, OURS)
    found = read(b"".join(copy.pieces(BytesIO(buffer.getvalue()))), mime)
    assert (found.program, found.model, found.seed) == ("sketch", "sketch/still", 5)
    assert found.inputs == {"palette": ((3, "ab" * 32),)}
    assert found.created_at is not None


XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmp:CreatorTool="Firefly" {more}><dc:description><rdf:Alt>'
    '<rdf:li xml:lang="x-default">{words}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def test_xmp_descriptions() -> None:
    found = recipes.read({"xmp": XMP.format(words="a lamp", more="")})
    assert found
    assert (found.program, found.prompt, found.model) == ("xmp", "a lamp", "Firefly")
    settings_in = recipes.read({"xmp": XMP.format(words="a lamp\nSteps: 3, Seed: 9, Size: 64x64", more="")})
    assert settings_in
    assert (settings_in.program, settings_in.seed) == ("a1111", 9)
    assert recipes.read({"xmp": XMP.format(words="Our holiday", more='tiff:Make="Canon"')}) is None
    assert recipes.read({"xmp": "<!DOCTYPE x [<!ENTITY a 'b'>]>" + XMP.format(words="&a;", more="")}) is None
    assert recipes.read({"xmp": "<x"}) is None


def test_texts_beside_a_file() -> None:
    names = ["a.png", "a.txt", "b.JPG", "b.jpg.json", "c.webp", "c.XMP", "d.txt", "notes.json"]
    assert sidecars.owners(names) == {"a.txt": "a.png", "b.jpg.json": "b.JPG", "c.XMP": "c.webp"}
    beside: dict[str, tuple[str, str]] = {
        "a.txt": (foreign.A1111, "a1111"),
        "b.json": (json.dumps(foreign.COMFY), "comfyui"),
        "c.json": (json.dumps(foreign.CANVAS), "comfyui"),
        "d.json": (json.dumps({"prompt": foreign.COMFY, "workflow": foreign.CANVAS}), "comfyui"),
        "e.json": (json.dumps(foreign.INVOKE), "invokeai"),
        "f.json": (json.dumps(foreign.INVOKE_OLD), "invokeai"),
        "g.json": ("\ufeff" + json.dumps(OURS), "sketch"),
        "h.xmp": (XMP.format(words="a lamp", more=""), "xmp"),
    }
    for name, (text, program) in beside.items():
        found = recipes.read(sidecars.texts_of({name: lambda text=text: text.encode()}))  # type: ignore[misc]
        assert found is not None, name
        assert found.program == program
    assert recipes.read(sidecars.texts_of({"a.txt": lambda: b"\xff\xfe\0\0", "b.json": lambda: None})) is None


KEYS = ("parameters", "prompt", "workflow", "invokeai_metadata", "sd-metadata", "Dream", KEY, "xmp", "exif:UserComment",
        "exif:Model", "comment")  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def mangled() -> st.SearchStrategy[str]:
    """True metadata with one value anywhere replaced by anything."""

    def replaced(source: Any, choice: list[int], value: Any) -> Any:
        if not choice or not isinstance(source, dict | list) or not source:
            return value
        keys = list(source) if isinstance(source, dict) else list(range(len(source)))
        key = keys[choice[0] % len(keys)]
        copy = dict(source) if isinstance(source, dict) else list(source)
        copy[key] = replaced(source[key], choice[1:], value)
        return copy

    whole = st.sampled_from([foreign.COMFY, foreign.FLUX, foreign.CANVAS, foreign.INVOKE, foreign.INVOKE_OLD, OURS])
    return st.builds(replaced, whole, st.lists(st.integers(0, 30), min_size=1, max_size=5), JSON).map(json.dumps)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.text() | JSON.map(json.dumps) | mangled(), max_size=4))
def test_junk_never_raises_and_what_is_found_can_be_stored(texts: dict[str, str]) -> None:
    found = recipes.read(texts)
    if found is not None:
        json.dumps(dict(found.parameters), allow_nan=False).encode()
        for text in (found.prompt, found.negative_prompt, found.model, found.version, found.program):
            assert "\0" not in text
            text.encode()
        assert all(value is None or isinstance(value, int) for value in (found.seed, found.width, found.height))
        sidecars.texts_of({"a.json": lambda: texts.get("prompt", "").encode("utf-8", "replace")})


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "a: " * 500_000,
        'x: "' * 300_000,
        "\n" * 2_000_000,
        "[" * 1_000_000,
        '{"a":' * 500_000,
        "Steps: 20, " + "b c-d/e " * 100_000,
        "Steps: 9\n" * 200_000,
        '"' + "\\" * 500_000,
        "9" * 100_000,
    ],
)
def test_huge_texts_are_read_quickly(text: str) -> None:
    """No text takes the parsers more than a moment; a quadratic one would take hours."""
    for key in KEYS:
        recipes.read({key: text})
    assert embedding.can_embed("image/png")
