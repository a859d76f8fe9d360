"""The aurora: curtains of light whose folds wave and whose rays shimmer."""

from dataclasses import dataclass

import numpy as np

from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.noise import fractal, resized, smooth
from core.providers.painting.sky import Draw
from core.providers.painting.stage import TAU, Stage, shine

_SCALE = 3  # pixels of the picture to one of the aurora's own
_HUES = (("5df2b0", "8a5cf0"), ("4de8d0", "5a6cf5"), ("8ef58a", "e05ac0"))


@dataclass(frozen=True)
class Curtain:
    """One curtain: its foot's middle row, waves (frequency, phase, turns a loop), rays and strength."""

    base: float
    waves: tuple[tuple[float, float, int], ...]
    rays: Array
    strength: float

    def light(self, rows: int, columns: int, unit: float, time: float) -> tuple[Array, Array]:
        """The light of the lower and of the upper part (rows, columns) at a time 0..1 of the loop."""
        x = np.arange(columns, dtype=np.float32)
        wave = np.zeros(columns)
        for index, (often, phase, turns) in enumerate(self.waves):
            wave += np.sin(x * often + phase + TAU * turns * time) / (index + 1.4)
        shift = np.clip(x + 10 * np.sin(x / unit * 3 + TAU * time) + 20, 0, len(self.rays) - 1)
        ray = np.interp(shift, np.arange(len(self.rays)), self.rays)
        breath = 0.5 + 0.5 * np.sin(x / unit * 1.7 + self.base - TAU * time)
        power = np.clip(0.55 + 0.3 * ray, 0.1, 1.4) * (0.12 + 0.88 * breath**1.5) * self.strength
        above = (self.base + wave * unit * 0.16 - np.arange(rows)[:, None]) / unit
        lit = smooth(-0.02, 0.022, above) * power
        low = lit * np.exp(-np.maximum(above, 0) / 0.12)
        return low, lit * np.exp(-np.maximum(above - 0.05, 0) / 0.24) * 0.42


def _curtain(stage: Stage, index: int, rows: int, columns: int, unit: float) -> Curtain:
    rng = stage.rng("aurora", str(index))
    base = rows * (0.66 - 0.17 * index + rng.uniform(-0.05, 0.05))
    waves = tuple(
        (rng.uniform(2, 4.5) / unit * (1 + each), rng.uniform(0, TAU), int(rng.choice([-1, 1]))) for each in range(3)
    )
    rays = fractal(rng, (1, columns + 64), unit * 0.03, 4, 1.0, 0.6)[0]
    return Curtain(base, waves, rays, rng.uniform(0.6, 1.0) * (1, 0.75, 0.5)[index])


def _hues(stage: Stage) -> tuple[Array, Array]:
    if stage.scene.colours or stage.scene.has("noir"):
        return mix(stage.palette.sky[-1], stage.palette.light, 0.3), stage.palette.sky[-1]
    low, high = _HUES[int(stage.rng("aurora hue").integers(3))]
    return from_hex(low), from_hex(high)


def aurora(stage: Stage) -> Draw:
    """Three waving curtains of light, one behind the other."""
    rows, columns = max(int(stage.horizon) // _SCALE, 8), max(stage.width // _SCALE, 8)
    unit = stage.unit / _SCALE
    curtains = [_curtain(stage, index, rows, columns, unit) for index in range(3)]
    low_hue, high_hue = _hues(stage)
    full = (min(rows * _SCALE, stage.height), stage.width)

    def draw(canvas: Array, time: float) -> None:
        low, high = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32)
        for curtain in curtains:
            near, above = curtain.light(rows, columns, unit, time)
            low += near
            high += above
        shine(canvas[:, : full[0]], high_hue, np.clip(resized(high, full), 0, 0.85))
        shine(canvas[:, : full[0]], low_hue, np.clip(resized(low, full), 0, 0.95))

    return draw
