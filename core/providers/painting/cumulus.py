"""Cumulus: heaped clouds modelled as clusters of balls, with a sunlit side and a soft flat foot."""

import numpy as np

from core.providers.painting.colour import Array, mix
from core.providers.painting.noise import fractal, moved, resized, smooth
from core.providers.painting.sky import Draw
from core.providers.painting.stage import TAU, Stage


def _balls(rng: np.random.Generator, stage: Stage) -> list[tuple[float, float, float]]:
    """The balls (x, y, radius in pixels) of all heaps, far ones first."""
    balls: list[tuple[float, float, float]] = []
    heaps = int(rng.integers(3, 7) * max(stage.width / stage.unit, 0.7))
    for index in range(heaps):
        near = (index + 0.5) / heaps
        base = stage.horizon * (0.93 - 0.62 * near**1.2 + rng.uniform(-0.05, 0.05))
        wide = stage.unit * (0.1 + 0.2 * near) * rng.uniform(0.6, 1.3)
        centre = stage.width * rng.uniform(-0.05, 1.05)
        peak = rng.uniform(-0.3, 0.3)
        for _ in range(int(rng.integers(16, 30))):
            off = float(np.clip(rng.normal(0, 0.42), -1, 1))
            hump = max(1 - abs(off - peak * (1 - abs(off))) ** 1.3, 0.06)
            radius = wide * (0.08 + 0.2 * hump) * rng.uniform(0.6, 1.1)
            rise = wide * 0.5 * hump * rng.uniform(0, 1)
            balls.append((centre + off * wide, base - rise - radius * 0.3, radius))
    return balls


def _heap(stage: Stage, scale: int, shape: tuple[int, int]) -> tuple[Array, Array]:
    rng = stage.rng("cumulus")
    light = np.array([stage.sun[0] - stage.width / 2, -stage.unit * 0.45], np.float64)
    light /= np.hypot(*light)
    cover, shade = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for x, y, radius in ((a / scale, b / scale, c / scale) for a, b, c in _balls(rng, stage)):
        top, bottom = max(int(y - radius) - 1, 0), min(int(y + radius) + 2, shape[0])
        left, right = max(int(x - radius) - 1, 0), min(int(x + radius) + 2, shape[1])
        if bottom <= top or right <= left:
            continue
        down = (np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)) / np.float32(radius)
        across = (np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)) / np.float32(radius)
        gap = np.sqrt(down**2 + across**2)
        edge = np.clip((1 - gap) * radius + 0.5, 0, 1) * smooth(1.0, 0.1, down)
        facing = across * np.float32(light[0]) + down * np.float32(light[1])
        lit = smooth(-0.75, 0.95, facing + 0.15 * (1 - gap))
        part = (slice(top, bottom), slice(left, right))
        shade[part] += (lit - shade[part]) * edge
        cover[part] = 1 - (1 - cover[part]) * (1 - edge)
    return cover, shade


def cumulus(stage: Stage) -> Draw:
    """Heaped clouds that sail slowly to and fro."""
    scale = 1 if stage.unit < 700 else 2
    shape = (int(stage.horizon * 1.02) // scale + 1, (stage.width + 2 * stage.margin) // scale)
    cover, shade = _heap(stage, scale, shape)
    rng = stage.rng("cumulus edge")
    unit = stage.unit / scale
    rows, columns = np.indices(shape, np.float32)
    rows += fractal(rng, shape, unit * 0.025, 4, 1.3, 0.6) * unit * 0.0055
    columns += fractal(rng, shape, unit * 0.03, 4, 1.3, 0.6) * unit * 0.007
    cover, shade = moved(cover, rows, columns), moved(shade, rows, columns)
    cover *= smooth(1.0, 0.72, np.arange(shape[0], dtype=np.float32) / shape[0])[:, None] * np.float32(0.93)
    lit, dark = _shades(stage)
    full = (min(shape[0] * scale, stage.height), stage.width + 2 * stage.margin)
    cover, shade = resized(cover, full).astype(np.float16), resized(shade, full).astype(np.float16)

    def draw(canvas: Array, time: float) -> None:
        shift = np.sin(TAU * time) * (stage.margin - 2) * 0.5
        left = int(np.floor(shift))
        part = np.float32(shift - left)
        start = stage.margin - left
        near, next_ = slice(start, start + stage.width), slice(start - 1, start - 1 + stage.width)
        seen = cover[:, near] * (1 - part) + cover[:, next_] * part
        light = shade[:, near] * (1 - part) + shade[:, next_] * part
        for band, bright, dim in zip(canvas[:, : full[0]], lit, dark, strict=True):
            band += (dim + (bright - dim) * light - band) * seen

    return draw


def _shades(stage: Stage) -> tuple[Array, Array]:
    sky, glow, light = stage.palette.sky, stage.palette.glow, stage.palette.light
    if stage.scene.has("overcast", "rain", "storm", "lightning"):
        return mix(sky[-2], sky[1], 0.45), mix(sky[0], sky[1], 0.4) * 0.72
    if stage.scene.dark:
        return mix(sky[-1], glow, 0.3), mix(sky[1], sky[2], 0.5)
    if stage.scene.time in ("noon", "morning"):
        return mix(light, glow, 0.12), mix(sky[2], sky[1], 0.3)
    return mix(glow, light, 0.45), mix(sky[1], sky[2], 0.75)
