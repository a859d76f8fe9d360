"""Recipes of InvokeAI in its three forms: `invokeai_metadata`, the older `sd-metadata`, and the command of `Dream`."""

import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from core import plainjson
from core.importing.recipes import values
from core.importing.recipes.found import FoundRecipe

NEWEST: Final = ("invokeai_metadata", "invokeai")
OPTIONS: Final = {  # of the command
    "-s": "steps", "-S": "seed", "-W": "width", "-H": "height", "-C": "cfg_scale", "-A": "sampler",
    "--steps": "steps", "--seed": "seed", "--width": "width", "--height": "height", "--cfg_scale": "cfg_scale",
    "--sampler": "sampler",
}  # fmt: skip
JOINED: Final = re.compile(r"(-[sSWHCA])(.+)")
NEGATIVE: Final = re.compile(r"\[([^\[\]]{1,10000})\]")
LONGEST_COMMAND: Final = 50_000  # characters
BULKY: Final = {"workflow", "graph", "canvas_v2_metadata"}  # kept whole among the raw texts


def read(texts: Mapping[str, str]) -> FoundRecipe | None:
    """The recipe in one of the texts; None where none is written like this."""
    for key in NEWEST:
        if key in texts and (said := plainjson.read(texts[key])) and (found := _newest(said)):
            return found
    if "sd-metadata" in texts and (said := plainjson.read(texts["sd-metadata"])) and (found := _older(said)):
        return found
    return _command(texts["Dream"]) if "Dream" in texts else None


def _newest(said: Mapping[str, Any]) -> FoundRecipe | None:
    if not any(key in said for key in ("positive_prompt", "seed", "generation_mode", "app_version")):
        return None
    model = said.get("model")
    named = model if isinstance(model, Mapping) else {}
    own = {"positive_prompt", "negative_prompt", "seed", "width", "height", "model", "app_version", *BULKY}
    rest = {key: value for key, value in said.items() if key not in own and isinstance(key, str)}
    return _found(
        said.get("positive_prompt"),
        said.get("negative_prompt"),
        named.get("name") or named.get("model_name") or model,
        named.get("hash"),
        said,
        rest,
    )


def _older(said: Mapping[str, Any]) -> FoundRecipe | None:
    image = said.get("image")
    if not isinstance(image, Mapping):
        return None
    prompt = image.get("prompt")
    if isinstance(prompt, list):
        parts = (part.get("prompt") if isinstance(part, Mapping) else part for part in prompt[: values.MOST])
        prompt = " ".join(filter(None, (values.text(part) for part in parts)))
    positive, negative = _split(values.text(prompt))
    own = {"prompt", "seed", "width", "height"}
    rest = {key: value for key, value in image.items() if key not in own and isinstance(key, str)}
    return _found(
        positive, negative, said.get("model_weights") or said.get("model"), said.get("model_hash"), image, rest
    )


def _command(text: str) -> FoundRecipe | None:
    """`"a fox" -s 50 -S 1234 -W 512 -H 512 -C 7.5 -A k_lms`."""
    try:
        words = shlex.split(text[:LONGEST_COMMAND])
    except ValueError:
        return None
    prompt: list[str] = []
    said: dict[str, Any] = {}
    waiting = None
    for word in words:
        joined = JOINED.fullmatch(word)
        if waiting is not None:
            said[waiting], waiting = values.typed(word), None
        elif word in OPTIONS:
            waiting = OPTIONS[word]
        elif joined:
            said[OPTIONS[joined[1]]] = values.typed(joined[2])
        elif not said and not word.startswith("-"):
            prompt.append(word)
    if not said:
        return None
    positive, negative = _split(" ".join(prompt))
    rest = {key: value for key, value in said.items() if key not in ("seed", "width", "height")}
    return _found(positive, negative, None, None, said, rest)


def _found(
    prompt: Any, negative: Any, model: Any, version: Any, said: Mapping[str, Any], rest: Mapping[str, Any]
) -> FoundRecipe:
    seed, width, height = (
        values.whole(said.get("seed")),
        values.side(said.get("width")),
        values.side(said.get("height")),
    )
    own = values.parameters(
        prompt=values.text(prompt), negative_prompt=values.text(negative), seed=seed, width=width, height=height
    )
    return FoundRecipe(
        program="invokeai",
        prompt=values.text(prompt),
        negative_prompt=values.text(negative),
        model=values.name(model),
        version=values.name(version),
        seed=seed,
        width=width,
        height=height,
        parameters=values.parameters(**dict(list(rest.items())[: values.MOST])) | own,
    )


def _split(prompt: str) -> tuple[str, str]:
    """What stands in brackets was not to be."""
    negative = " ".join(part.strip() for part in NEGATIVE.findall(prompt))
    return " ".join(NEGATIVE.sub(" ", prompt).split()) if negative else prompt, negative
