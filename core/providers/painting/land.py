"""Land: the outlines of ridges, and the plates painted under them with facets, rims and mist."""

from dataclasses import dataclass

import numpy as np

from .colour import Array, mix
from .noise import fractal, fractal_line, line, moved, smooth
from .stage import Plate, Stage


@dataclass(frozen=True)
class Ridge:
    """A range of land: kind of outline, depth 0 far .. 1 near, foot row, height and cell in units."""

    kind: str
    depth: float
    foot: float
    height: float
    cell: float
    name: str


def outline(stage: Stage, ridge: Ridge) -> Array:
    """The crest's row at each plate column (width + 2 margin,), in pixels."""
    rng = stage.rng("ridge", ridge.name)
    rise = _SHAPES[ridge.kind](rng, stage, ridge.cell * stage.unit)
    return np.asarray(ridge.foot - rise * ridge.height * stage.unit, np.float32)


def _peaks(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    jagged = fractal_line(rng, xs + line(rng, xs, cell * 0.6) * cell * 0.22, cell, 7, 0.44, angular=True)
    return np.clip(0.52 + 0.55 * jagged, 0.04, 1.2)


def _hills(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    return np.clip(0.5 + 0.5 * fractal_line(rng, xs, cell * 1.5, 3, 0.3), 0.03, 1.1)


def _forest(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    return _hills(rng, stage, cell) * 0.7 + 0.1


def _dunes(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    best = np.full(xs.shape, 0.05, np.float32)
    count = int(np.ceil(stage.width / cell)) + 3
    for index in range(count):
        centre = (index - 1 + rng.uniform(-0.3, 0.3)) * cell
        wide = cell * rng.uniform(0.9, 1.7)
        gap = (xs - centre) / wide
        lean = np.where(gap * stage.lit_from > 0, 1.0, 0.55)
        best = np.maximum(best, rng.uniform(0.5, 1.0) * np.exp(-(np.abs(gap / lean) ** 1.5) * 1.6))
    return best + 0.02 * line(rng, xs, cell * 0.5)


def _mesa(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    wander = fractal_line(rng, xs, cell * 0.9, 4, 0.4)
    high = smooth(0.02, 0.12, wander) * 0.5 + smooth(0.3, 0.42, wander) * 0.32
    rough = fractal_line(rng, xs, cell * 0.12, 3, 0.5, angular=True) * 0.025
    return high + 0.1 + 0.12 * wander.clip(0) + rough


def _cone(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    centre = volcano_mouth(stage)
    gap = np.abs(xs - centre) / (cell * 1.5)
    slope = 1.1 * np.exp(-gap * 1.25)
    cut = np.minimum(slope, 0.93 + 0.02 * line(rng, xs, stage.unit * 0.02, True))
    rough = fractal_line(rng, xs, cell * 0.2, 5, 0.5, angular=True)
    return np.asarray(cut + rough * 0.035 * np.clip(gap * 2, 0.15, 1), np.float32)


def _ice(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    jagged = fractal_line(rng, xs, cell * 0.8, 4, 0.36, angular=True)
    blocks = smooth(-0.12, -0.02, jagged) * (0.32 + 0.42 * jagged.clip(-0.2))
    return blocks + 0.01


def _headland(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    side = rng.choice([-1.0, 1.0])
    end = stage.width * (0.5 + side * rng.uniform(0.02, 0.3))
    inland = np.clip((xs - end) * side / (cell * 1.2), 0, 1.6)
    rough = fractal_line(rng, xs, cell * 0.5, 6, 0.45, angular=True)
    return np.where(inland > 0, inland**0.6 * (0.55 + 0.28 * rough), -0.06).astype(np.float32)


def _isle(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    centre = stage.width * rng.uniform(0.3, 0.7)
    gap = (xs - centre) / (cell * 0.9)
    rough = fractal_line(rng, xs, cell * 0.4, 6, 0.45, angular=True)
    dome = np.clip(1 - gap**2, 0, 1) ** 0.8
    return np.where(dome > 0, dome * (0.75 + 0.3 * rough), -0.06).astype(np.float32)


def _plain(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    return 0.5 + 0.3 * fractal_line(rng, stage.xs(), cell * 2, 3, 0.35)


_SHAPES = {
    "peaks": _peaks, "hills": _hills, "forest": _forest, "dunes": _dunes, "mesa": _mesa, "cone": _cone,
    "ice": _ice, "headland": _headland, "isle": _isle, "plain": _plain,
}  # fmt: skip


def volcano_mouth(stage: Stage) -> float:
    """The column of the volcano's crater, in pixels."""
    return stage.width * (0.5 + 0.14 * float(stage.rng("mouth").uniform(-1, 1)))


def facets(stage: Stage, crest: Array, below: Array, roughness: float, rng: np.random.Generator) -> Array:
    """Light on slopes, -1 (turned away) .. 1 (lit), under a crest (w,) at `below` pixels from it (h, w)."""
    scales = [stage.unit * 0.006 * 2.1**level for level in range(6)]
    slopes = []
    for scale in scales:
        reach = max(int(scale * 2), 1)
        kernel = np.hanning(2 * reach + 3)[1:-1]
        padded = np.pad(crest, reach, mode="edge")
        even = np.convolve(padded, kernel / kernel.sum(), "valid")
        slopes.append(np.clip(np.gradient(even) * stage.lit_from * -1.6, -1, 1))
    level = np.log2(1 + np.maximum(below, 0) / (stage.unit * 0.012)) * 0.9
    wander = fractal(rng, (below.shape[0], below.shape[1]), stage.unit * 0.05, 4) * roughness
    columns = (
        np.arange(below.shape[1], dtype=np.float32)[None, :]
        + wander * np.minimum(below, stage.unit * 0.3) * 0.22
    )
    shade = moved(np.stack(slopes).astype(np.float32), np.clip(level + wander * 0.35, 0, 4.99), columns)
    return np.asarray(smooth(-0.35, 0.35, shade) * 2 - 1, np.float32)


def cover_of(crest: Array, top: int, rows: int) -> Array:
    """Antialiased coverage (rows, w) of everything below a crest (w,), the first row being `top`."""
    slope = np.sqrt(1 + np.gradient(crest) ** 2)
    y = np.arange(top, top + rows, dtype=np.float32)[:, None]
    return np.clip((y - crest[None, :]) / slope[None, :].clip(1, 3) + 0.5, 0, 1).astype(np.float32)


def mist_of(stage: Stage, ridge: Ridge, top: int, rows: int) -> Array:
    """How much mist lies on a ridge at each row (rows, 1): more near its foot, less close to the eye."""
    part = np.arange(rows, dtype=np.float32)[:, None] / max(ridge.foot - top, 1)
    amount = 0.75 if stage.scene.has("fog") else 0.5
    if stage.scene.has("clear"):
        amount = 0.38
    return smooth(0.1, 1.1, part) * np.float32(amount * (1 - ridge.depth) ** 0.7)


def plate(
    stage: Stage,
    ridge: Ridge,
    crest: Array,
    bottom: float,
    body: Array,
    strength: float,
    fringe: Array | None = None,
) -> Plate:
    """The plate of a ridge down to row `bottom`: body colour (3,), facets of `strength`; `fringe` is tree cover.

    `fringe` (rows, w) begins at the same row as the plate; both reach `fringe_room` above the crest.
    """
    top = top_of(stage, crest)
    rows = max(int(np.ceil(bottom)) - top, 2)
    rng = stage.rng("facets", ridge.name)
    y = np.arange(top, top + rows, dtype=np.float32)[:, None]
    below = y - crest[None, :]
    light = facets(stage, crest, below, 1.0, rng) * np.float32(strength)
    rim = np.exp(-np.maximum(below, 0) / (stage.unit * 0.006)) * np.float32(0.10 + 0.1 * (1 - ridge.depth))
    light = light * np.clip(1.1 - below / (stage.unit * 0.5), 0.25, 1)
    light += rim * (0.5 + 0.5 * np.sign(strength)) + 0.02 * fractal(
        rng, below.shape, stage.unit * 0.02, 4, 2.5
    )
    cover = cover_of(crest, top, rows)
    if fringe is not None:
        cover = np.maximum(cover, fringe[:rows])
        light = light * 0.4
    return Plate(top, painted(stage, ridge, top, body, light), cover, ridge.depth)


def painted(stage: Stage, ridge: Ridge, top: int, body: Array, light: Array) -> Array:
    """Colours (3, h, w) of a body colour lit (positive, towards the glow) or shaded, with mist at the foot."""
    bright = mix(body, stage.palette.glow, 0.75)
    shade = mix(body, stage.palette.sky[0], 0.6) * 0.8
    mist = mist_of(stage, ridge, top, light.shape[0])
    lit, dim = np.clip(light, 0, 1), np.clip(-light, 0, 1)
    haze = mix(stage.haze, stage.palette.far, 0.35)
    bands = []
    for own, up, down, air in zip(body, bright, shade, haze, strict=True):
        tone = own + (up - own) * lit + (down - own) * dim
        bands.append(tone + (air - tone) * mist)
    return np.stack(bands).astype(np.float32, copy=False)


def top_of(stage: Stage, crest: Array) -> int:
    """The first row of a ridge's plate, leaving room for trees on the crest."""
    return int(np.floor(max(float(crest.min()) - stage.unit * 0.13, -2)))
