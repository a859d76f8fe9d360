"""Water: the mirror of what stands above it, broken by waves, with the light's path glittering on it."""

import numpy as np
from numpy.typing import NDArray

from core.providers.painting.colour import Array, mix
from core.providers.painting.noise import fractal_line, resized, smooth
from core.providers.painting.sky import Draw
from core.providers.painting.stage import TAU, Stage


class Waves:
    """A sum of waves in perspective whose slope (h, w), about -1..1, is the same again after each loop."""

    def __init__(self, stage: Stage, rows: int, columns: int, name: str, fine: float) -> None:
        rng = stage.rng("waves", name)
        depth = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
        far = 1 / (depth + 0.045)
        span = stage.height / stage.unit
        x = ((np.arange(columns, dtype=np.float32) / columns - 0.5) * stage.width / stage.unit)[None, :] * far
        z = far * np.float32(span)
        self._parts: list[tuple[Array, Array, int]] = []
        for index in range(8):
            k = fine * 4.2 * 1.42**index * rng.uniform(0.85, 1.15)
            turn = rng.uniform(-0.6, 0.6)
            phase = (k * (np.sin(turn) * x * 0.75 + np.cos(turn) * z) + rng.uniform(0, TAU)).astype(np.float32)
            bend = np.sin(x * np.float32(k * rng.uniform(0.2, 0.45)) + np.float32(rng.uniform(0, TAU)))
            phase += np.float32(1.1) * bend
            step = np.maximum(np.abs(np.gradient(phase, axis=0)), np.abs(np.gradient(phase, axis=1)))
            calm = smooth(2.3, 0.5, step) / np.float32(1 + 0.16 * index)
            parts = ((np.sin(phase) * calm).astype(np.float16), (np.cos(phase) * calm).astype(np.float16))
            self._parts.append((*parts, int(rng.integers(1, 3))))

    def at(self, time: float) -> Array:
        """The slope (h, w) at a time 0..1 of the loop."""
        total = np.zeros(self._parts[0][0].shape, np.float32)
        for sine, cosine, pace in self._parts:
            angle = TAU * pace * time
            total += sine * np.float32(np.cos(angle))
            total += cosine * np.float32(np.sin(angle))
        return total * np.float32(0.34)


def roughness(stage: Stage) -> float:
    """How high the waves are: 0.3 a still pond, 2 a storm."""
    if stage.scene.has("storm", "lightning"):
        return 1.9
    base = 0.75 if stage.scene.place in ("lake", "fjord", "river") else 1.0
    if stage.scene.has("wind", "rain"):
        return base * 1.3
    return base * (0.55 if stage.scene.has("calm", "fog", "minimal") else 0.85)


def glitter(stage: Stage, rows: int, columns: int) -> Array:
    """How much of the light's path falls on each pixel of the water (rows, columns), 0..1."""
    depth = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    x = np.linspace(0, stage.width, columns, dtype=np.float32)[None, :]
    ragged = fractal_line(stage.rng("glitter"), np.arange(rows, dtype=np.float32), max(rows / 9, 2), 4)[:, None]
    wide = stage.sun[2] * (0.75 + 2.4 * depth) * (1 + 0.35 * ragged)
    off = (x - stage.sun[0]) / wide
    return np.asarray(np.exp(-(off**2)) * (1 - 0.55 * depth), np.float32)


def _mirror_rows(stage: Stage, rows: int) -> Array:
    horizon = stage.horizon
    squeeze = min(1.0, horizon * 0.97 / max(rows, 1))
    return (horizon - 1 - np.arange(rows, dtype=np.float32) * np.float32(squeeze)).astype(np.float32)


_SLAB = 192  # rows of water painted at a time, to keep memory small


def water(stage: Stage) -> Draw:
    """Water from the horizon to the bottom, mirroring what is on the canvas when it is drawn."""
    start = int(stage.horizon)
    rows, columns = stage.height - start, stage.width
    half = (max(rows // 2, 2), max(columns // 2, 2))
    slow, quick = Waves(stage, *half, "slow", 1.0), Waves(stage, *half, "quick", 3.2)
    path = (glitter(stage, rows, columns) * _light_strength(stage)).astype(np.float16)
    source = _mirror_rows(stage, rows)[:, None]
    depth = np.linspace(0, 1, rows, dtype=np.float32)[:, None]

    def draw(canvas: Array, time: float) -> None:
        wave = resized(slow.at(time), (rows, columns))
        spark = resized(quick.at(time), (rows, columns))
        for top in range(0, rows, _SLAB):
            part = slice(top, top + _SLAB)
            _slab(stage, canvas, start + top, source[part], depth[part], (wave[part], spark[part], path[part]))

    return draw


def _slab(
    stage: Stage, canvas: Array, top: int, source: Array, depth: Array, light: tuple[Array, Array, Array]
) -> None:
    """Paint rows of water from row `top`: `source` (h, 1) the mirrored rows, `light` waves and glitter."""
    wave, spark, path = light
    start, rough = int(stage.horizon), np.float32(roughness(stage))
    push = (0.003 + 0.036 * depth) * np.float32(stage.unit) * rough
    flat, below, part = _mirror(source + (wave + 0.4 * spark) * push, spark * push * 0.35, start)
    deep = (0.10 + 0.5 * depth**1.3) * np.float32(0.8 if rough < 1 else 1.1)
    tilt = np.clip(deep + wave * (0.10 + 0.10 * rough), 0, 0.85)
    shimmer = smooth(0.45, 1.0, wave * 0.35 + spark * 0.95 + path * 0.42) * np.minimum(path * 1.25, 1)
    foam = smooth(0.62, 1.0, wave * 0.6 + spark * 0.55) * np.float32(0.10) * rough
    palette = stage.palette
    body = mix(mix(palette.sky[0], palette.near, 0.45), palette.sky[1], 0.4)
    crest = mix(palette.sky[-1], palette.glow, 0.4)
    for band, own, bright, pale in zip(canvas, body, palette.light, crest, strict=True):
        above = band[:start].ravel()
        seen = above[flat] * (1 - part) + above[below] * part
        seen += (own - seen) * tilt
        seen += (pale - seen) * foam
        band[top : top + len(wave)] = seen + (bright - seen) * shimmer


def _mirror(source: Array, shift: Array, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Flat indices (h, w) of the two mirrored rows above `start` to mix, and the share of the second."""
    columns = source.shape[1]
    source = np.clip(source, 0, start - 1)
    row = source.astype(np.int64)
    side = np.clip(np.arange(columns)[None, :] + shift.astype(np.int64), 0, columns - 1)
    return row * columns + side, np.minimum(row + 1, start - 1) * columns + side, source - row


def _light_strength(stage: Stage) -> float:
    if stage.scene.has("overcast", "rain", "storm", "lightning"):
        return 0.25
    return 0.6 if stage.scene.has("fog") else 1.0
