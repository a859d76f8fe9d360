"""What is asked of the painter: the brief, the report it gives, and the colours of a picture to follow."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.providers.painting.colour import Array
from core.providers.painting.compose import set_stage
from core.providers.painting.palettes import choose
from core.providers.painting.scene import read_prompt
from core.providers.painting.stage import Stage

Report = Callable[[float, str], None]  # fraction 0..1 and a log line, often empty; raising stops the painter

_COLOURS = 6


@dataclass(frozen=True)
class Brief:
    """One picture wanted: words, seed, size in pixels, and perhaps a picture whose colours to use."""

    prompt: str
    seed: int
    width: int
    height: int
    particles: bool = True
    palette: Path | None = None


def dominant(path: Path) -> tuple[Array, ...]:
    """The dominant colours of a picture; ValueError when it cannot be read."""
    try:
        with Image.open(path) as image:
            image.draft("RGB", (160, 160))
            image.thumbnail((160, 160))
            small = image.convert("RGB").quantize(_COLOURS, method=Image.Quantize.MEDIANCUT)
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"The palette picture {path.name} cannot be read.") from error
    table = np.array(small.getpalette() or [], np.float32).reshape(-1, 3) / 255
    used = sorted(small.getcolors() or [], reverse=True)[:_COLOURS]
    return tuple(table[int(str(index))] for _, index in used)


def prepare(brief: Brief, report: Report) -> Stage:
    """The stage of a brief, its prompt read and reported."""
    sample = dominant(brief.palette) if brief.palette else ()
    scene = read_prompt(brief.prompt, brief.seed)
    report(0.0, f"Reading the prompt: {scene.describe()}")
    palette = choose(scene, sample)
    return set_stage(scene, palette, brief.width, brief.height, brief.particles)
