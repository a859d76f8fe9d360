"""Planets: a great banded globe, half in shadow and sometimes ringed, over the horizon of another world."""

import numpy as np

from core.providers.painting.colour import Array, mix
from core.providers.painting.noise import fractal, smooth
from core.providers.painting.sky import Draw, distance
from core.providers.painting.stage import Stage, blend


def _globe(stage: Stage, right: Array, down: Array, tilt: float) -> Array:
    """Colours (3, h, w) of the globe's bands and shadow at offsets in radii from its middle."""
    rng = stage.rng("globe")
    across = down * np.cos(tilt) - right * np.sin(tilt)
    swirl = fractal(rng, (across.shape[0], across.shape[1]), stage.unit * 0.05, 4, 4.0) * 0.05
    bands = 0.5 + 0.5 * np.sin((across + swirl) * rng.uniform(7, 13)) * np.cos(across * 3)
    side = 1.0 if right[0, int(np.clip(stage.sun[0], 0, right.shape[1] - 1))] > 0 else -1.0
    lit = smooth(-0.75, 0.75, right * side * 0.85 - down * 0.4 + 0.12)
    pale = mix(stage.palette.glow, stage.palette.light, 0.3)
    rich = mix(stage.palette.glow, stage.palette.sky[1], 0.5)
    shade = mix(stage.palette.sky[0], stage.palette.sky[1], 0.65)
    tones = [s + (a + (b - a) * bands - s) * lit for a, b, s in zip(pale, rich, shade, strict=True)]
    return np.stack(tones).astype(np.float32)


def _ring(right: Array, down: Array, tilt: float) -> Array:
    """Cover (h, w) of the rings, hidden behind the upper half of the globe."""
    along, across = right * np.cos(tilt) + down * np.sin(tilt), down * np.cos(tilt) - right * np.sin(tilt)
    gap = np.hypot(along, across / 0.24)
    ring = smooth(1.28, 1.34, gap) * smooth(2.1, 2.0, gap) * (0.5 + 0.3 * np.sin(gap * 38)) * 0.8
    hidden = (across < 0) & (np.hypot(right, down) < 1)
    return np.where(hidden, 0, ring).astype(np.float32)


def planets(stage: Stage) -> Draw:
    """A planet on the other side of the sky from the sun."""
    rng = stage.rng("planets")
    radius = stage.unit * float(rng.uniform(0.14, 0.27))
    x = stage.width * (0.3 if stage.sun[0] > stage.width / 2 else 0.7) + stage.unit * float(rng.uniform(-0.08, 0.08))
    y = stage.horizon * float(rng.uniform(0.28, 0.5))
    rows, tilt = int(stage.horizon) + 1, float(rng.uniform(-0.5, 0.5))
    right = np.broadcast_to((np.arange(stage.width, dtype=np.float32) - x) / radius, (rows, stage.width))
    down = np.broadcast_to(((np.arange(rows, dtype=np.float32) - y) / radius)[:, None], (rows, stage.width))
    veil = smooth(1.05, 0.5, np.arange(rows, dtype=np.float32) / stage.horizon)[:, None] * np.float32(0.95)
    disc = smooth(radius + 0.8, radius - 0.8, distance(stage, x, y, rows)) * veil
    ring = _ring(right, down, tilt) * veil * np.float32(rng.random() < 0.5)
    colour = _globe(stage, right, down, tilt)
    pale = mix(stage.palette.glow, stage.palette.light, 0.3).reshape(3, 1, 1)

    def draw(canvas: Array, time: float) -> None:
        blend(canvas[:, :rows], colour, disc)
        blend(canvas[:, :rows], pale, ring)

    return draw
