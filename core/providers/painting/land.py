"""Land: the plates painted under the crests of ridges, with facets, rims and mist."""

import numpy as np

from core.providers.painting.colour import Array, mix
from core.providers.painting.noise import fractal, moved, smooth
from core.providers.painting.outlines import Ridge
from core.providers.painting.stage import Plate, Stage


def facets(stage: Stage, crest: Array, below: Array, kind: str, rng: np.random.Generator) -> Array:
    """Light on slopes, -1 (turned away) .. 1 (lit), under a crest (w,) at `below` pixels from it (h, w)."""
    rough = _ROUGH.get(kind, 1.0)
    slopes = []
    for level in range(6):
        reach = max(int(stage.unit * 0.012 * 2.1**level), 1)
        kernel = np.hanning(2 * reach + 3)[1:-1]
        even = np.convolve(np.pad(crest, reach, mode="edge"), kernel / kernel.sum(), "valid")
        slope = np.gradient(even) * -stage.lit_from
        slopes.append(np.clip(slope / (slope.std() * 1.1 + 0.02), -1.4, 1.4))
    deep = np.maximum(below, 0)
    level_at = np.log2(1 + deep / (stage.unit * 0.014)) * 0.85
    wander = fractal(rng, (below.shape[0], below.shape[1]), stage.unit * 0.06, 5, 0.8, 0.55) * np.float32(rough)
    columns = np.arange(below.shape[1], dtype=np.float32)[None, :] + wander * np.minimum(deep, stage.unit * 0.25) * 0.3
    if kind == "dunes":
        columns = columns + stage.lit_from * (deep * 0.5 + np.sin(deep / stage.unit * 9) * stage.unit * 0.02)
    shade = moved(np.stack(slopes).astype(np.float32), np.clip(level_at + wander * 0.3, 0, 4.99), columns)
    if kind == "dunes":
        return smooth(-0.25, 0.25, shade) * 2 - 1
    if rough < 0.5:
        return np.clip(shade, -1, 1) * np.float32(0.8)
    return smooth(-0.3, 0.3, shade + wander * 0.12) * 2 - 1


_MEADOWS = ("hills", "plain")


def _patches(rng: np.random.Generator, stage: Stage, below: Array) -> Array:
    """Light on grassland (h, w): the shadows of clouds, mown stripes and tufts."""
    shape = (below.shape[0], below.shape[1])
    shadow = smooth(-0.3, 0.5, fractal(rng, shape, stage.unit * 0.07, 4, 5.0)) - 0.5
    tufts = fractal(rng, shape, stage.unit * 0.008, 3, 4.0)
    return np.asarray(shadow * 0.22 + tufts * 0.03, np.float32)


_ROUGH = {
    "hills": 0.2,
    "forest": 0.2,
    "plain": 0.2,
    "dunes": 0.12,
    "ice": 0.3,
    "headland": 0.35,
    "isle": 0.35,
    "shore": 0.2,
}


def _cliffs(rng: np.random.Generator, stage: Stage, below: Array) -> Array:
    """Light on sheer rock (h, w): upright flutes and level layers of stone."""
    shape = (below.shape[0], below.shape[1])
    flutes = fractal(rng, shape, stage.unit * 0.16, 4, 0.3, 0.55) * 0.06
    sag = fractal(rng, shape, stage.unit * 0.2, 3, 2.0) * 0.3
    rows = np.arange(shape[0], dtype=np.float32)[:, None] / stage.unit
    layers = smooth(-0.2, 0.2, np.sin(rows * 95 + sag * 5 + np.sin(rows * 31 + sag * 2) * 2)) - 0.5
    return np.asarray(flutes + layers * 0.12, np.float32)


def cover_of(crest: Array, top: int, rows: int) -> Array:
    """Antialiased coverage (rows, w) of everything below a crest (w,), the first row being `top`."""
    slope = np.sqrt(1 + np.gradient(crest) ** 2)
    y = np.arange(top, top + rows, dtype=np.float32)[:, None]
    edge = (y - crest[None, :]) / slope[None, :].clip(1, 3) + 0.5
    return np.asarray(edge.clip(0, 1), np.float32)


def mist_of(stage: Stage, ridge: Ridge, below: Array) -> Array:
    """How much mist lies on a ridge `below` pixels under its crest (h, w): less close to the eye."""
    reach = max(ridge.height, 0.2) * stage.unit * (0.8 if stage.scene.has("fog") else 1.0)
    amount = 0.8 if stage.scene.has("fog") else 0.28 if stage.scene.has("clear") else 0.42
    return smooth(0.08, 1.0, below / np.float32(reach)) * np.float32(amount * (1 - ridge.depth) ** 0.7)


def plate(
    stage: Stage,
    ridge: Ridge,
    crest: Array,
    bottom: float,
    body: Array,
    strength: float,
    fringe: Array | None = None,
) -> Plate:
    """The plate of a ridge down to row `bottom`, of colour `body` (3,) with facets of `strength`.

    `fringe` (rows, w) is the cover of its trees and begins at the same row as the plate.
    """
    top = top_of(stage, ridge, crest)
    rows = max(int(np.ceil(bottom)) - top, 2)
    rng = stage.rng("facets", ridge.name)
    y = np.arange(top, top + rows, dtype=np.float32)[:, None]
    below = y - crest[None, :]
    light = facets(stage, crest, below, ridge.kind, rng) * np.float32(strength)
    if ridge.kind == "mesa":
        light = light * np.float32(0.35) + _cliffs(rng, stage, below)
    rim = np.exp(-np.maximum(below, 0) / (stage.unit * 0.006)) * np.float32(
        0.10 + 0.1 * (1 - ridge.depth) if fringe is None else 0.0
    )
    light = light * np.clip(1.1 - below / (stage.unit * 0.5), 0.25, 1)
    if ridge.kind == "ice":
        light = light + 0.5 * np.exp(-np.maximum(below, 0) / (stage.unit * 0.018))
    if ridge.kind in _MEADOWS:
        light += _patches(rng, stage, below)
    light += rim * (0.5 + 0.5 * np.sign(strength)) + 0.02 * fractal(rng, below.shape, stage.unit * 0.02, 4, 2.5)
    cover = cover_of(crest, top, rows)
    if fringe is not None:
        cover = np.maximum(cover, fringe[:rows])
        light = light * 0.4
    colour = painted(stage, body, light, mist_of(stage, ridge, below))
    return Plate(top, colour, cover, ridge.depth)


def painted(stage: Stage, body: Array, light: Array, mist: Array) -> Array:
    """Colours (3, h, w) of a body colour under light -1..1 (h, w), veiled by mist 0..1 (h, w)."""
    bright = mix(body, stage.palette.glow, 0.75)
    shade = mix(body, stage.palette.sky[0], 0.6) * 0.8
    lit, dim = np.clip(light, 0, 1), np.clip(-light, 0, 1)
    haze = mix(stage.haze, stage.palette.far, 0.35)
    bands = []
    for own, up, down, air in zip(body, bright, shade, haze, strict=True):
        tone = own + (up - own) * lit + (down - own) * dim
        bands.append(tone + (air - tone) * mist)
    return np.stack(bands).astype(np.float32, copy=False)


def top_of(stage: Stage, ridge: Ridge, crest: Array) -> int:
    """The first row of a ridge's plate, leaving room for trees on the crest."""
    room = stage.unit * ridge.room
    return int(np.floor(max(float(crest.min()) - room, -room)))
