"""Recipes of AUTOMATIC1111, Forge and all that write as they do: prompt, negative prompt, one line of settings."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from core.importing.recipes import values
from core.importing.recipes.found import FoundRecipe

KEYS: Final = ("parameters", "exif:UserComment", "exif:ImageDescription", "comment")  # where it stands
NEGATIVE: Final = "Negative prompt:"
SETTING: Final = re.compile(r'\s*(\w[\w \-/]{1,60}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')  # as it reads them itself
FIRST: Final = re.compile(r"\s*Steps: *\d")
LEAST: Final = 3  # settings in a line that does not begin with the steps
LONGEST_LINE: Final = 200_000  # characters
OWN: Final = {"Steps", "Sampler", "CFG scale", "Seed", "Size", "Model", "Model hash", "Schedule type"}
TAIL: Final = 60  # lines behind the settings, as templates leave them


def read(texts: Mapping[str, str]) -> FoundRecipe | None:
    """The recipe in one of the texts; None where none is written like this."""
    for key in KEYS:
        if key in texts and (found := parse(texts[key])):
            return found
    return None


def parse(text: str) -> FoundRecipe | None:
    """A whole text of this form; None for any other."""
    lines = text.replace("\r\n", "\n").strip().split("\n")
    at = _settings_at(lines)
    if at is None:
        return None
    said = _settings(lines[at])
    prompt, negative = _prompts(lines[:at])
    width, height = _size(said.get("Size", ""))
    seed = values.whole(said.get("Seed"))
    rest = {_key(name): values.typed(word) for name, word in said.items() if name not in OWN}
    known = values.parameters(
        prompt=prompt,
        negative_prompt=negative,
        steps=values.whole(said.get("Steps")),
        sampler=said.get("Sampler"),
        scheduler=said.get("Schedule type"),
        cfg_scale=values.number(said.get("CFG scale")),
        seed=seed,
        width=width,
        height=height,
        model_hash=said.get("Model hash"),
    )
    return FoundRecipe(
        program="a1111",
        prompt=values.text(prompt),
        negative_prompt=values.text(negative),
        model=values.name(said.get("Model")),
        version=values.name(said.get("Model hash")),
        seed=seed,
        width=width,
        height=height,
        parameters=known | {name: word for name, word in values.parameters(**rest).items() if name not in known},
    )


def _settings_at(lines: list[str]) -> int | None:
    """The line with the settings: the last that begins with the steps, or a last one with several settings."""
    for at in range(len(lines) - 1, max(-1, len(lines) - TAIL), -1):
        if FIRST.match(lines[at]):
            return at
    last = lines[-1][:LONGEST_LINE]
    known = {"Seed", "Sampler", "CFG scale", "Size", "Model"}
    said = _settings(last)
    return len(lines) - 1 if len(said) >= LEAST and len(known & set(said)) >= 2 else None


def _settings(line: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, word in SETTING.findall(line[:LONGEST_LINE]):
        said.setdefault(name.strip(), _unquoted(word.strip()))
    return said


def _prompts(lines: list[str]) -> tuple[str, str]:
    at = next((number for number, line in enumerate(lines) if line.strip().startswith(NEGATIVE)), len(lines))
    negative = "\n".join(lines[at:]).strip().removeprefix(NEGATIVE)
    return "\n".join(lines[:at]).strip(), negative.strip()


def _size(text: str) -> tuple[int | None, int | None]:
    width, _, height = text.lower().partition("x")
    return values.side(width), values.side(height)


def _key(name: str) -> str:
    return "_".join(name.lower().replace("-", " ").split())


def _unquoted(word: str) -> str:
    if word[:1] != '"':
        return word
    try:
        found: Any = json.loads(word)
    except ValueError:
        return word.strip('"')
    return found if isinstance(found, str) else word
