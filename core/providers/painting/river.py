"""The meadows on both banks of a winding river, as a plate with a river-shaped gap."""

import numpy as np

from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.noise import fractal, fractal_line, smooth
from core.providers.painting.stage import TAU, Plate, Stage


def banks(stage: Stage) -> Plate:
    """The ground from the horizon to the bottom, open where the river shows the water beneath."""
    rng = stage.rng("river")
    top = int(stage.horizon) - 1
    rows, xs = stage.height - top, stage.xs()
    depth = np.linspace(0, 1, rows, dtype=np.float32)
    near = depth**1.35
    turns, phase = rng.uniform(1.4, 2.3), rng.uniform(0, TAU)
    swing = np.sin(phase + TAU * turns * depth**0.45) * (0.03 + 0.26 * near) * stage.width
    aim = stage.sun[0] * 0.4 + stage.width * 0.3
    centre = aim + swing - swing[0]
    half = stage.unit * (0.006 + 0.24 * near)
    ragged = fractal_line(rng, np.arange(rows, dtype=np.float32), max(rows / 7, 3), 5)
    half = half * (1 + 0.22 * ragged)
    gap = np.abs(xs[None, :] - centre[:, None]) - half[:, None]
    soft = 1 + stage.unit * 0.002 * depth[:, None]
    cover = smooth(-1, 1, gap / soft)
    patches = fractal(rng, cover.shape, stage.unit * 0.035, 5, 5.0)
    light = 0.5 + 0.16 * patches + 0.2 * np.exp(-np.maximum(gap, 0) / (stage.unit * (0.004 + 0.03 * near[:, None])))
    light = (light * (1 - 0.35 * depth[:, None])).astype(np.float32)
    return Plate(top, _grass(stage, depth, light), cover, 0.6)


def _grass(stage: Stage, depth: Array, light: Array) -> Array:
    own = from_hex("c08a3c" if stage.scene.has("leaves") else "dfe8f0" if stage.scene.has("snow") else "6f9a45")
    share = 0.16 + 0.55 * stage.palette.daylight
    far, near = mix(stage.land(0.3), own, share * 0.8), mix(stage.land(0.9), own, share * 0.7)
    bright, dark = mix(own, stage.palette.glow, 0.6), mix(near, stage.palette.near, 0.5)
    bands = []
    for first, last, up, down in zip(far, near, bright, dark, strict=True):
        tone = first + (last - first) * np.sqrt(depth)[:, None]
        lit, dim = np.clip(light - 0.4, 0, 1) * np.float32(0.5), np.clip(0.4 - light, 0, 1)
        bands.append(tone + (up - tone) * lit + (down - tone) * dim)
    return np.stack(bands).astype(np.float32)
