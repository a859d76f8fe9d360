"""Clouds of fractal noise, lit from the sun's side, and the rainbow."""

from dataclasses import dataclass

import numpy as np

from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.noise import fractal, resized, smooth, warped
from core.providers.painting.sky import Draw, distance
from core.providers.painting.stage import Stage, blend, column


@dataclass(frozen=True)
class Kind:
    """How a kind of cloud looks: cell height and stretch, how much sky it covers, edge softness, opacity."""

    cell: float
    stretch: float
    cover: float
    soft: float
    thick: float
    top: float  # where in the sky it begins, 0 zenith .. 1 horizon
    bottom: float


KINDS = {
    "wisps": Kind(0.10, 6.5, 0.5, 1.9, 0.6, 0.0, 0.95),
    "cover": Kind(0.15, 3.6, -2.0, 1.7, 0.95, -0.5, 1.25),
    "storm": Kind(0.17, 3.4, -2.1, 1.3, 0.98, -0.6, 1.15),
}


def kind_of(stage: Stage) -> Kind:
    """The kind of cloud this scene's sky has."""
    if stage.scene.has("neon"):
        return KINDS["wisps"]
    if stage.scene.has("storm", "lightning"):
        return KINDS["storm"]
    return KINDS["cover" if stage.scene.has("overcast", "rain") else "wisps"]


def drifted(first: Array, second: Array, time: float, travel: int) -> Array:
    """Two fields (h, w + travel) sliding sideways and fading into each other, closing the loop."""
    width = first.shape[1] - travel
    parts = []
    for field, start in ((first, 0.0), (second, 0.5)):
        phase = (time + start) % 1
        share = np.float32(1 - abs(2 * phase - 1))
        shift = (1 - phase) * (travel - 1)
        left = int(shift)
        part = np.float32(shift - left)
        parts.append(
            share * (field[:, left : left + width] * (1 - part) + field[:, left + 1 : left + 1 + width] * part)
        )
    weight = 1 - abs(2 * (time % 1) - 1)
    return (parts[0] + parts[1]) / np.float32(np.hypot(weight, 1 - weight))


def _fields(stage: Stage, kind: Kind, shape: tuple[int, int], travel: int) -> tuple[Array, Array, Array]:
    rng = stage.rng("clouds")
    unit = stage.unit / 2
    wide = (shape[0], shape[1] + travel)
    body = fractal(rng, shape, kind.cell * unit * 1.6, 3, kind.stretch)
    body = warped(rng, body, kind.cell * unit, kind.cell * unit * 0.5)
    slope = (_receding(shape[0])).astype(int)
    fine = [
        warped(
            rng,
            fractal(rng, wide, kind.cell * unit * 0.7, 5, kind.stretch**0.7, 0.58),
            unit * 0.05,
            unit * 0.012,
        )
        for _ in range(2)
    ]
    return body[slope], fine[0][slope], fine[1][slope]


def _receding(rows: int) -> Array:
    """Rows (rows,) of a ceiling seen from below, crowding together towards the horizon."""
    part = np.linspace(0, 1, rows)
    return np.asarray((0.5 * part + 0.5 * part**1.9) * (rows - 1))


def clouds(stage: Stage) -> Draw:
    """Drifting clouds over the whole sky."""
    kind = kind_of(stage)
    shape = (max(int(stage.horizon * 1.02) // 2, 8), stage.width // 2)
    travel = max(int(stage.unit * 0.02), 3)
    body, first, second = _fields(stage, kind, shape, travel)
    height = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None]
    spread = smooth(kind.top, kind.top + 0.3, height) * smooth(kind.bottom + 0.12, kind.bottom - 0.3, height)
    cover = kind.cover + 0.25 * float(stage.rng("cover").uniform(-1, 1)) + (1 - spread) * 2.2
    lit, dark = _shades(stage, kind)
    across = np.abs(np.linspace(0, stage.width, shape[1], dtype=np.float32) - stage.sun[0]) / stage.unit
    near_sun = np.exp(-across * 1.3)[None, :].astype(np.float32)
    heavy = kind in (KINDS["storm"], KINDS["cover"])
    relief = np.float32(0.26 if heavy else 0.9)
    base = 0.16 + 0.6 * height**3 + 0.06 * body if heavy else 0.15 + near_sun * 0.35 + 0 * body
    step = max(int(stage.unit * (0.02 if heavy else 0.012)), 1)
    full = (min(shape[0] * 2, stage.height), stage.width)

    def draw(canvas: Array, time: float) -> None:
        density = body * 0.8 + drifted(first, second, time, travel) * 0.6
        alpha = smooth(0, kind.soft, density - cover) * np.float32(kind.thick)
        towards = _towards(density, step, int(stage.lit_from))
        light = base + (density - towards) * relief + (1 - alpha) * 0.3
        alpha, light = resized(alpha, full), np.clip(resized(light, full), 0, 1)
        for band, bright, shade in zip(canvas[:, : full[0]], lit, dark, strict=True):
            band += (shade + (bright - shade) * light - band) * alpha

    return draw


def _towards(field: Array, step: int, side: int) -> Array:
    """The field (h, w) seen `step` pixels up and to one side, its edges held."""
    padded = np.pad(field, step, mode="edge")
    left = step + side * step
    return padded[: field.shape[0], left : left + field.shape[1]]


def _shades(stage: Stage, kind: Kind) -> tuple[Array, Array]:
    sky, glow = stage.palette.sky, stage.palette.glow
    if kind in (KINDS["storm"], KINDS["cover"]):
        return mix(sky[-2], sky[-1], 0.35), mix(sky[0], sky[1], 0.5) * 0.8
    if stage.scene.dark:
        return mix(sky[-1], glow, 0.35), mix(sky[1], sky[2], 0.6)
    if stage.scene.time in ("noon", "morning"):
        return mix(stage.palette.light, glow, 0.15), mix(sky[2], sky[-1], 0.45)
    return mix(glow, stage.palette.light, 0.45), mix(sky[1], sky[2], 0.65)


def rainbow(stage: Stage) -> Draw:
    """A pale rainbow opposite the light."""
    rows = int(stage.horizon)
    x = stage.width * (0.5 + 0.22 * -stage.lit_from)
    far = distance(stage, x, stage.horizon * 1.05, rows) / stage.unit
    radius, wide = 0.56, 0.05
    place = (far - radius) / wide
    fade = smooth(1.0, 0.6, np.arange(rows, dtype=np.float32) / stage.horizon)[:, None] * 0.5 + 0.25
    hues = ["8a5cf0", "4a7df0", "3fc48a", "f2e05a", "f79a3c", "ef5a4a"]

    def draw(canvas: Array, time: float) -> None:
        for index, hue in enumerate(hues):
            stripe = np.exp(-(((place - index * 0.2) / 0.16) ** 2)).astype(np.float32)
            blend(canvas[:, :rows], column(from_hex(hue)), stripe * fade * np.float32(0.5))

    return draw
