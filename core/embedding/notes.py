"""What is written into a copy: the recipe as JSON, and the same in the words that other programs read."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core import plainjson
from core.about import NAME, VERSION

KEY: Final = "onefile"
WORDS_KEY: Final = "parameters"  # where AUTOMATIC1111 and what reads its pictures look
SETTINGS: Final = (  # their names there, and those that models have for them
    ("Steps", ("steps", "num_inference_steps")),
    ("Sampler", ("sampler", "scheduler")),
    ("CFG scale", ("cfg_scale", "guidance_scale", "guidance", "cfg")),
)
_CONTROL: Final = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Notes:
    """A recipe as JSON and in words; neither holds controls or what XML cannot take."""

    recipe: str
    words: str


def notes(recipe: Mapping[str, Any]) -> Notes:
    """What to write for a recipe."""
    return Notes(plainjson.written(recipe), _CONTROL.sub("", _words(recipe)))


def _words(recipe: Mapping[str, Any]) -> str:
    """The prompt, what it must not be, and one line of settings."""
    request = recipe.get("request") or {}
    lines = [str(recipe.get("prompt") or ""), _named("Negative prompt: ", request.get("negative_prompt"))]
    said = [(name, next((request[key] for key in keys if key in request), None)) for name, keys in SETTINGS]
    size = f"{recipe['width']}x{recipe['height']}" if recipe.get("width") and recipe.get("height") else None
    said += [("Seed", recipe.get("seed")), ("Size", size), ("Model", recipe.get("model"))]
    said.append(("Version", f"{NAME} {VERSION}"))
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in said if value is not None))
    return "\n".join(line.replace("\r\n", "\n").replace("\r", "\n") for line in lines if line)


def _named(name: str, value: Any) -> str:
    return f"{name}{value}" if value else ""


def _quoted(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if set(text) & set(',:\n"') else text
