"""The outlines of land: the crest of every kind of ridge, from rolling hills to volcanoes."""

from dataclasses import dataclass

import numpy as np

from core.providers.painting.colour import Array
from core.providers.painting.noise import fractal_line, line, smooth
from core.providers.painting.stage import Stage


@dataclass(frozen=True)
class Ridge:
    """A range of land: outline, depth 0 far .. 1 near, foot row, lengths in units; `room` is for trees."""

    kind: str
    depth: float
    foot: float
    height: float
    cell: float
    name: str
    room: float = 0.02


def outline(stage: Stage, ridge: Ridge) -> Array:
    """The crest's row at each plate column (width + 2 margin,), in pixels."""
    rng = stage.rng("ridge", ridge.name)
    rise = _SHAPES[ridge.kind](rng, stage, ridge.cell * stage.unit)
    return np.asarray(ridge.foot - rise * ridge.height * stage.unit, np.float32)


def _peaks(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    best = np.full(xs.shape, 0.1, np.float32)
    bent = xs + fractal_line(rng, xs, cell * 0.35, 3) * cell * 0.1
    for index in range(int(np.ceil(stage.width / cell * 1.6)) + 4):
        centre = (index - 2 + rng.uniform(-0.45, 0.45)) * cell / 1.6
        tall = rng.uniform(0.3, 0.72) + 0.36 * float(rng.random() < 0.22)
        left, right = rng.uniform(0.75, 1.5, 2)
        gap = (bent - centre) / cell
        best = np.maximum(best, tall - np.abs(gap) * np.where(gap < 0, left, right))
    rough = fractal_line(rng, xs, cell * 0.3, 6, 0.5, angular=True)
    return np.asarray((best + rough * 0.085).clip(0.03, 1.2))


def _hills(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    rise = 0.5 + 0.5 * fractal_line(rng, xs, cell * 1.5, 3, 0.3)
    return np.asarray(rise.clip(0.03, 1.1))


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
    best = np.full(xs.shape, -0.05, np.float32)
    x = -cell
    while x < stage.width + cell:
        wide = cell * rng.uniform(0.25, 1.1)
        tall, lean = rng.uniform(0.2, 1.0) ** 1.4, rng.uniform(-0.45, 0.45)
        part = (xs - x) / wide
        slab = tall * (1 + lean * (part - 0.5)) - np.maximum(np.abs(part - 0.5) - 0.36, 0) * 7 * tall
        best = np.maximum(best, np.where((part > -0.1) & (part < 1.1), slab, -0.05))
        x += wide * rng.uniform(0.75, 2.1)
    return best + fractal_line(rng, xs, cell * 0.12, 4, 0.5, angular=True) * 0.04 * (best > 0)


def _headland(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    side = rng.choice([-1.0, 1.0])
    end = stage.width * (0.5 + side * rng.uniform(0.02, 0.3))
    inland = np.clip((xs - end) * side / (cell * 1.2), 0, 1.6)
    rough = fractal_line(rng, xs, cell * 0.5, 6, 0.45, angular=True)
    return np.where(inland > 0, inland**0.7 * (0.5 + 0.4 * rough), -0.06).astype(np.float32)


def _isle(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    xs = stage.xs()
    centre = stage.width * rng.uniform(0.3, 0.7)
    gap = (xs - centre) / (cell * 0.9)
    rough = fractal_line(rng, xs, cell * 0.4, 6, 0.45, angular=True)
    dome = np.clip(1 - gap**2, 0, 1) ** 0.8
    return np.where(dome > 0, dome * (0.75 + 0.3 * rough), -0.06).astype(np.float32)


def _plain(rng: np.random.Generator, stage: Stage, cell: float) -> Array:
    return 0.5 + 0.6 * fractal_line(rng, stage.xs(), cell * 1.6, 3, 0.35)


_SHAPES = {
    "peaks": _peaks, "hills": _hills, "forest": _forest, "dunes": _dunes, "mesa": _mesa, "cone": _cone,
    "ice": _ice, "headland": _headland, "isle": _isle, "plain": _plain,
}  # fmt: skip


def volcano_mouth(stage: Stage) -> float:
    """The column of the volcano's crater, in pixels."""
    return stage.width * (0.5 + 0.14 * float(stage.rng("mouth").uniform(-1, 1)))
