"""The sky behind everything: its gradient, sun, moons, stars and the glow of the air."""

from collections.abc import Callable

import numpy as np

from core.providers.painting.colour import Array, mix, ramp
from core.providers.painting.noise import fractal, resized, smooth, warped
from core.providers.painting.stage import TAU, Stage, column, shine

Draw = Callable[[Array, float], None]  # paints on a canvas (3, h, w) what is seen at a time 0..1 of the loop


def distance(stage: Stage, x: float, y: float, rows: int) -> Array:
    """Pixels from the point (x, y) to each pixel of the top `rows` rows (rows, width)."""
    across = np.arange(stage.width, dtype=np.float32) - np.float32(x)
    down = np.arange(rows, dtype=np.float32) - np.float32(y)
    return np.sqrt(across[None, :] ** 2 + down[:, None] ** 2)


def gradient(stage: Stage) -> Draw:
    """The sky's colours from zenith to horizon, warmer around the sun."""
    rng = stage.rng("gradient")
    stops = np.linspace(0, 1, len(stage.palette.sky)) ** rng.uniform(0.8, 1.15)
    rows = np.arange(stage.height, dtype=np.float32) / stage.horizon
    base = np.repeat(ramp(stage.palette.sky, list(stops), np.clip(rows, 0, 1))[:, :, None], stage.width, axis=2)
    x, y, radius = stage.sun
    far = distance(stage, x, y, stage.height)
    reach = stage.unit * (0.28 if stage.scene.dark else 0.5)
    shine(base, column(stage.palette.glow)[:, 0, 0], 0.34 / (1 + (far / reach) ** 2))
    if rng.random() < 0.35 and not stage.scene.dark:
        for ring in (2.2, 3.8, 6.0):
            shine(base, stage.palette.glow, 0.07 * smooth(radius * ring + 1.5, radius * ring - 1.5, far))

    kept = base.astype(np.float16)

    def draw(canvas: Array, time: float) -> None:
        canvas[:] = kept

    return draw


def sun(stage: Stage) -> Draw:
    """The disc of the sun with its bloom."""
    x, y, radius = stage.sun
    far = distance(stage, x, y, _seen(stage))
    disc = smooth(radius + 0.8, radius - 0.8, far)
    bloom = 0.75 * np.exp(-np.maximum(far - radius, 0) / (radius * 1.1)) * (1 - 0.4 * disc)
    veiled = 0.45 if stage.scene.has("fog", "overcast", "rain", "storm", "lightning") else 1.0
    return _lamp(stage, disc * np.float32(veiled), bloom * np.float32(veiled * 0.8), np.ones((1, 1), np.float32))


def _seen(stage: Stage) -> int:
    """How many rows of the sky there are, with a little below the horizon."""
    return min(int(stage.horizon * 1.25) + 1, stage.height)


def _lamp(stage: Stage, disc: Array, halo: Array, face: Array) -> Draw:
    """Draws a disc (h, w) with a face of its own and the light around it."""
    rows, glow = disc.shape[0], halo.astype(np.float16)
    lit = np.nonzero(disc.max(axis=1) > 0)[0]
    top, bottom = (int(lit[0]), int(lit[-1]) + 1) if len(lit) else (0, 0)
    disc = disc[top:bottom].copy()
    face = face if len(face) == 1 else face[top:bottom].copy()

    def draw(canvas: Array, time: float) -> None:
        shine(canvas[:, :rows], stage.palette.glow, glow)
        for band, paint in zip(canvas[:, top:bottom], stage.palette.light, strict=True):
            band += (paint * face - band) * disc

    return draw


def moon(stage: Stage, shift: tuple[float, float] = (0, 0), size: float = 1) -> Draw:
    """A moon with its halo, moved by `shift` units and scaled from where the stage puts the light."""
    x, y, radius = stage.sun
    x, y, radius = x + shift[0] * stage.unit, y + shift[1] * stage.unit, radius * size
    far = distance(stage, x, y, _seen(stage))
    disc = smooth(radius + 0.8, radius - 0.8, far)
    if stage.scene.has("crescent") or stage.rng("phase").random() < 0.25:
        shade = distance(stage, x - stage.lit_from * radius * 0.52, y - radius * 0.16, far.shape[0])
        disc = disc * smooth(radius * 0.93 - 0.8, radius * 0.93 + 0.8, shade)
    maria = fractal(stage.rng("maria", str(size)), (far.shape[0], far.shape[1]), max(radius * 0.8, 3), 4)
    halo = 0.5 * np.exp(-np.maximum(far - radius * 0.9, 0) / (radius * 1.3)) + 0.16 / (1 + (far / radius / 4) ** 2)
    return _lamp(stage, disc, halo, 1 - smooth(-0.4, 1.5, maria) * 0.16)


def _points(rng: np.random.Generator, count: int, stage: Stage) -> tuple[Array, Array, Array]:
    x = rng.uniform(0, stage.width - 1, count).astype(np.float32)
    y = (rng.uniform(0, 1, count) ** 1.25 * stage.horizon * 0.98).astype(np.float32)
    bright = np.clip(rng.pareto(1.9, count) * 0.22 + 0.1, 0, 1).astype(np.float32)
    return x, y, bright


def stars(stage: Stage) -> Draw:
    """Stars of many magnitudes that twinkle, thinning out towards the horizon."""
    rng = stage.rng("stars")
    wanted = 2.1 if stage.scene.has("stars") or stage.scene.place == "space" else 1.0
    count = int(420 * wanted * stage.width * stage.horizon / stage.unit**2)
    x, y, bright = _points(rng, count, stage)
    dim = {"night": 1.0, "midnight": 1.1}.get(stage.scene.time, 0.55)
    bright *= np.float32(dim) * np.clip(1.15 - y / stage.horizon, 0, 1)
    pace, phase = rng.integers(1, 4, count), rng.uniform(0, TAU, count)
    size = np.float32(max(stage.unit / 1300, 0.42)) * (0.8 + bright)
    reach = int(np.ceil(float(size.max()) * 2.2))
    tint = np.stack([np.full(count, 1.0), 0.94 - 0.08 * rng.random(count), rng.uniform(0.8, 1.15, count)])

    def draw(canvas: Array, time: float) -> None:
        flicker = bright * (0.78 + 0.22 * np.sin(TAU * pace * time + phase))
        column_at, row_at = np.round(x).astype(int), np.round(y).astype(int)
        for down in range(-reach, reach + 1):
            for across in range(-reach, reach + 1):
                gap = (row_at + down - y) ** 2 + (column_at + across - x) ** 2
                glow = flicker * np.exp(-gap / (2 * size**2))
                seen = (glow > 0.01) & (row_at + down >= 0) & (row_at + down < stage.height)
                seen &= (column_at + across >= 0) & (column_at + across < stage.width)
                rows, columns = (row_at + down)[seen], (column_at + across)[seen]
                for band, paint in zip(canvas, tint, strict=True):
                    band[rows, columns] += ((1 - band[rows, columns]) * glow[seen] * paint[seen]).astype(np.float32)
        np.minimum(canvas, 1, out=canvas)

    return draw


def milky_way(stage: Stage) -> Draw:
    """A slanting band of faint starlight, or a coloured nebula in space."""
    rng = stage.rng("milky way")
    shape = (max(int(stage.horizon) // 3, 8), max(stage.width // 3, 8))
    unit = stage.unit / 3
    rows, columns = np.indices(shape, np.float32)
    slant = rng.uniform(0.5, 1.1) * rng.choice([-1, 1])
    off = (columns - shape[1] * rng.uniform(0.3, 0.7)) * slant + (rows - shape[0] * 0.45)
    cloud = warped(rng, fractal(rng, shape, unit * 0.3, 5), unit * 0.3, unit * 0.05)
    wide = unit * (0.36 if stage.scene.place == "space" else 0.2)
    band = np.exp(-((off / wide) ** 2)) * np.clip(0.55 + 0.45 * cloud, 0, 1.6)
    band *= smooth(1.0, 0.45, rows / shape[0])
    strength = resized(band.astype(np.float32), (int(stage.horizon), stage.width)) * 0.42
    hue = mix(stage.palette.glow, stage.palette.sky[-1], 0.5)

    def draw(canvas: Array, time: float) -> None:
        shine(canvas[:, : strength.shape[0]], hue, strength)

    return draw


def comet(stage: Stage) -> Draw:
    """A shooting star that crosses the sky once."""
    rng = stage.rng("comet")
    x, y = rng.uniform(0.25, 0.75) * stage.width, rng.uniform(0.12, 0.35) * stage.horizon
    along = np.array([-stage.lit_from, 0.42]) / 1.085

    def draw(canvas: Array, time: float) -> None:
        head = (time - 0.3) * 3.0 * stage.unit
        fade = float(np.exp(-(((time - 0.3) / 0.14) ** 2)))
        rows = int(stage.horizon)
        right = np.arange(stage.width, dtype=np.float32)[None, :] - np.float32(x)
        down = np.arange(rows, dtype=np.float32)[:, None] - np.float32(y)
        forward = right * np.float32(along[0]) + down * np.float32(along[1]) - np.float32(head)
        side = np.abs(right * np.float32(along[1]) - down * np.float32(along[0]))
        length = 0.22 * stage.unit
        tail = np.where(forward < 0, np.exp(np.maximum(forward, -9 * length) / length * 2.5), 0)
        thin = stage.unit / 420 * (0.35 + 0.65 * np.clip(1 + forward / length, 0, 1))
        shine(
            canvas[:, :rows],
            stage.palette.light,
            (tail * np.exp(-((side / thin) ** 2)) * fade).astype(np.float32),
        )

    return draw
