"""Weather between the eye and the land: fog, rain, lightning, and the beam of a lighthouse."""

import itertools

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.providers.painting.clouds import drifted
from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.noise import fractal, resized
from core.providers.painting.shapes import glow
from core.providers.painting.sky import Draw
from core.providers.painting.stage import TAU, Stage, blend, column, shine


def fog(stage: Stage, middle: float, high: float, thick: float, name: str) -> Draw:
    """A drifting bank of fog around row `middle`, `high` pixels up and down, at most `thick` opaque."""
    scale = 4
    top, bottom = max(int(middle - high * 1.6), 0), min(int(middle + high * 1.6), stage.height)
    shape = (max((bottom - top) // scale, 2), max(stage.width // scale, 4))
    travel = max(int(stage.unit * 0.05 / scale * 2), 3)
    wide = (shape[0], shape[1] + travel)
    unit = stage.unit / scale
    body = fractal(stage.rng("fog", name), shape, unit * 0.16, 3, 4.0)
    first, second = (fractal(stage.rng("fog", name, each), wide, unit * 0.07, 4, 3.5) for each in "ab")
    row = np.linspace(top, bottom, shape[0], dtype=np.float32)[:, None]
    band = np.exp(-(((row - middle) / high) ** 2) * 1.6).astype(np.float32) * np.float32(thick)
    colour = column(mix(stage.haze, stage.palette.far, 0.15))
    rows = max(bottom - top, 1)

    def draw(canvas: Array, time: float) -> None:
        cloud = body * 0.5 + drifted(first, second, time, travel) * 0.45
        cover = band * np.clip(0.62 + 0.34 * cloud, 0, 1)
        blend(canvas[:, top : top + rows], colour, resized(cover, (rows, stage.width)))

    return draw


def _streaks(stage: Stage, name: str, count: int, long: float, thick: float, slant: float) -> Array:
    rng = stage.rng("rain", name)
    fine, high, wide = 2, stage.height, stage.width
    image = Image.new("L", (wide * fine, high * fine))
    pen = ImageDraw.Draw(image)
    for x, y, size in rng.uniform(0, 1, (count, 3)):
        length = long * (0.5 + size)
        for turn in (0, -high):
            for roll in (0, wide):
                x0, y0 = (x * wide - roll) * fine, (y * high + turn) * fine
                tip = (x0 + slant * length * fine, y0 + length * fine)
                pen.line((x0, y0, *tip), fill=int(110 + 145 * size), width=max(round(thick * fine), 1))
    return np.asarray(image.reduce(fine), np.float32) / 255


def rain(stage: Stage) -> Draw:
    """Slanting rain in two depths."""
    slant = 0.0 if stage.scene.has("calm") else -0.18 * stage.lit_from
    unit = stage.unit
    area = stage.width * stage.height / unit**2
    sheets = [
        (_streaks(stage, "far", int(420 * area), unit * 0.03, unit / 900, slant), 3, 0.13),
        (_streaks(stage, "near", int(150 * area), unit * 0.07, unit / 560, slant), 5, 0.2),
    ]
    colour = mix(stage.palette.sky[-1], from_hex("ffffff"), 0.4)

    def draw(canvas: Array, time: float) -> None:
        for sheet, pace, strength in sheets:
            fall = round(time * pace * stage.height) % stage.height
            moved = np.roll(sheet, fall, 0)
            shine(canvas, colour, moved * np.float32(strength))

    return draw


def _bolt(stage: Stage) -> list[tuple[list[tuple[float, float]], float]]:
    rng = stage.rng("bolt")
    x = stage.width * rng.uniform(0.25, 0.75)
    end = (float(x + stage.unit * rng.uniform(-0.2, 0.2)), stage.horizon)
    trunk = _jagged(rng, (float(x), -stage.unit * 0.02), end, stage.unit * 0.09)
    paths = [(trunk, 1.0)]
    for at in rng.integers(len(trunk) // 5, len(trunk) * 4 // 5, 5):
        x0, y0 = trunk[int(at)]
        reach = stage.unit * rng.uniform(0.08, 0.24)
        tip = (float(x0 + reach * rng.choice([-1, 1]) * rng.uniform(0.4, 0.9)), float(y0 + reach))
        paths.append((_jagged(rng, (x0, y0), tip, reach * 0.25), 0.45))
    return paths


def _jagged(
    rng: np.random.Generator, start: tuple[float, float], end: tuple[float, float], bend: float
) -> list[tuple[float, float]]:
    points = [np.array(start), np.array(end)]
    for _ in range(6):
        fuller = [points[0]]
        for first, second in itertools.pairwise(points):
            fuller += [(first + second) / 2 + rng.normal(0, 0.42, 2) * np.array([bend, bend * 0.3]), second]
        points, bend = fuller, bend * 0.55
    return [(float(x), float(y)) for x, y in points]


def lightning(stage: Stage) -> Draw:
    """One bolt that lights the sky in the middle of the loop."""
    rows = int(stage.horizon) + 2
    fine = 2
    image = Image.new("L", (stage.width * fine, rows * fine))
    pen = ImageDraw.Draw(image)
    for path, power in _bolt(stage):
        wide = max(stage.unit / 260 * power * fine, 1)
        pen.line([(x * fine, y * fine) for x, y in path], int(150 + 105 * power), round(wide), joint="curve")
    core = image.reduce(fine)
    small = core.resize((max(core.width // 4, 1), max(core.height // 4, 1)), Image.Resampling.BOX)
    soft = [small.filter(ImageFilter.GaussianBlur(stage.unit * size / 4)) for size in (0.012, 0.07)]
    halo = sum(np.asarray(each, np.float32) / 255 * power for each, power in zip(soft, (1.6, 4.5), strict=True))
    light = np.clip(
        np.asarray(core, np.float32) / 255 + resized(np.asarray(halo, np.float32), (rows, stage.width)), 0, 1
    )
    hue = mix(from_hex("e8e4ff"), stage.palette.glow, 0.2)

    def draw(canvas: Array, time: float) -> None:
        power = flash(time)
        if power > 0.01:
            shine(canvas, mix(hue, stage.palette.sky[1], 0.5), np.full((1, 1), 0.22 * power, np.float32))
            shine(canvas[:, :rows], hue, light[: canvas.shape[1]] * np.float32(power))

    return draw


def flash(time: float) -> float:
    """How bright the lightning is (0..1) at a time 0..1 of the loop: a stroke, a flicker, an ember."""
    late = time - 0.27
    if late < 0 or late > 0.3:
        return 0.0
    return float(np.exp(-late * 14) * (0.78 + 0.22 * np.cos(late * 130)) * min((0.3 - late) * 10, 1))


def beam(stage: Stage, x: float, y: float) -> Draw:
    """The beam of a lighthouse at (x, y) turning once in the loop."""
    columns, rows = (
        np.arange(stage.width, dtype=np.float32) - x,
        np.arange(stage.height, dtype=np.float32) - y,
    )
    away = np.hypot(columns[None, :], rows[:, None]) / np.float32(stage.unit)
    colour = from_hex("fff0c0")
    strength = 0.55 if stage.scene.dark or stage.scene.time in ("dusk", "dawn") else 0.25
    strength *= 1.25 if stage.scene.has("fog") else 1

    def draw(canvas: Array, time: float) -> None:
        angle = TAU * time + 0.35
        for turn in (0.0, np.pi):
            reach, facing = np.cos(angle + turn), np.sin(angle + turn)
            side = np.float32(1 if reach >= 0 else -1)
            length = np.float32(abs(reach) * 0.9 + 0.02)
            open_angle = np.abs(rows[:, None]) / np.maximum(columns[None, :] * side, 0.5)
            cone = np.exp(-((open_angle / (0.05 + 0.02 / (length + 0.1))) ** 2)) * (columns[None, :] * side > 0)
            power = strength * (0.55 + 0.45 * max(facing, 0.0))
            shine(canvas, colour, (cone * np.exp(-away / length) * power).astype(np.float32))
            if facing > 0.6:
                glow(canvas, x, y, stage.unit * 0.05, colour, (facing - 0.6) * 1.6)
        glow(canvas, x, y, stage.unit * 0.022, colour, 0.9)

    return draw
