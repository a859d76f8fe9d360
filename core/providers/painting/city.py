"""A city: skylines of uneven towers with lit windows and neon signs, as plates."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.land import painted
from core.providers.painting.noise import fractal_line, resized
from core.providers.painting.outlines import Ridge
from core.providers.painting.shapes import Pen
from core.providers.painting.stage import Plate, Stage

_WARM = ("ffd98f", "ffc46b", "ffe9bd")
_NEON = ("ff4fa8", "4fe8f0", "ffd06a", "b06aff")


@dataclass(frozen=True)
class Tower:
    """One building: left and right columns, roof row, and the shape of its roof."""

    left: float
    right: float
    roof: float
    crown: str


def _towers(stage: Stage, ridge: Ridge) -> Iterator[Tower]:
    rng = stage.rng("towers", ridge.name)
    columns = len(stage.xs())
    trend = fractal_line(rng, stage.xs(), stage.unit * 0.35, 3)
    centre = columns * rng.uniform(0.3, 0.7)
    x = -stage.unit * 0.02
    while x < columns:
        wide = ridge.cell * stage.unit * rng.uniform(0.55, 1.3)
        at = int(np.clip(x + wide / 2, 0, columns - 1))
        crowd = np.exp(-(((at - centre) / (stage.unit * 0.45)) ** 2))
        tall = ridge.height * stage.unit * (0.3 + 0.22 * float(trend[at]) + 0.42 * crowd * rng.uniform(0.6, 1.1))
        tall = max(tall, stage.unit * 0.04) * rng.uniform(0.8, 1.15)
        crown = str(rng.choice(["flat", "flat", "step", "mast", "slant", "spire"]))
        yield Tower(x, x + wide, ridge.foot - tall, crown)
        x += wide * rng.uniform(0.86, 1.12)


def _raise(pen: Pen, tower: Tower, top: int, foot: float, unit: float) -> None:
    left, right, roof = tower.left, tower.right, tower.roof - top
    wide, mid = right - left, (left + right) / 2
    pen.polygon([(left, roof), (right, roof), (right, foot), (left, foot)])
    if tower.crown == "step":
        pen.polygon(
            [
                (left + wide * 0.2, roof - wide * 0.4),
                (right - wide * 0.2, roof - wide * 0.4),
                (right - wide * 0.2, roof),
                (left + wide * 0.2, roof),
            ]
        )
    elif tower.crown == "slant":
        pen.polygon([(left, roof - wide * 0.5), (right, roof), (left, roof)])
    elif tower.crown == "spire":
        pen.polygon([(left + wide * 0.15, roof), (mid, roof - wide * 1.1), (right - wide * 0.15, roof)])
    if tower.crown in ("mast", "spire"):
        thin = max(unit * 0.0016, 0.4)
        pen.polygon(
            [
                (mid - thin, roof - wide * 1.2),
                (mid + thin, roof - wide * 1.2),
                (mid + thin, roof),
                (mid - thin, roof),
            ]
        )


def _windows(
    pens: list[Pen], rng: np.random.Generator, tower: Tower, top: int, foot: float, pane: float, lit: float
) -> None:
    wide = tower.right - tower.left
    count = max(int((wide - pane) / (pane * 1.9)), 1)
    step = (wide - pane) / count
    y = tower.roof - top + pane * 1.2
    shut = rng.random() < 0.12
    while y < foot - pane * 2:
        floor_lit = lit * rng.uniform(0.3, 1.5)
        for index in range(count):
            if not shut and rng.random() < floor_lit:
                x = tower.left + pane * 0.5 + index * step + step * 0.25
                pen = pens[int(rng.integers(len(pens)))]
                pen.polygon(
                    [(x, y), (x + pane, y), (x + pane, y + pane * 1.35), (x, y + pane * 1.35)],
                    int(rng.integers(120, 256)),
                )
        y += pane * 2.5


def _signs(pens: list[Pen], rng: np.random.Generator, tower: Tower, top: int, unit: float) -> None:
    if rng.random() < 0.4:
        x, y = rng.uniform(tower.left, tower.right), tower.roof - top + unit * rng.uniform(0.02, 0.06)
        tall, thin = unit * rng.uniform(0.04, 0.1), unit * 0.007
        pens[int(rng.integers(len(pens)))].polygon([(x, y), (x + thin, y), (x + thin, y + tall), (x, y + tall)])


def skyline(stage: Stage, ridge: Ridge) -> Plate:
    """The plate of one row of buildings standing on the ridge's foot."""
    towers = list(_towers(stage, ridge))
    top = int(max(min(tower.roof for tower in towers) - stage.unit * 0.15, 0))
    foot = int(ridge.foot) + 2 - top
    columns = len(stage.xs())
    rng = stage.rng("windows", ridge.name)
    neon = stage.scene.has("neon")
    hues = _NEON if neon else _WARM
    body_pen, pens = Pen(foot, columns, 2), [Pen(foot, columns, 2) for _ in hues]
    lit = 0.42 if stage.palette.daylight < 0.3 else 0.12 if stage.palette.daylight < 0.6 else 0.0
    for tower in towers:
        _raise(body_pen, tower, top, foot, stage.unit)
        if ridge.depth > 0.05 and lit > 0:
            _windows(pens, rng, tower, top, foot, stage.unit * (0.0028 + 0.0032 * ridge.depth), lit)
        if neon and ridge.depth > 0.2:
            _signs(pens, rng, tower, top, stage.unit)
    body = mix(stage.land(ridge.depth), from_hex("5a6478"), 0.3 * stage.palette.daylight)
    light = _faces(stage, towers, (foot, columns), ridge)
    mist = np.linspace(0, 0.55 * (1 - ridge.depth), foot, dtype=np.float32)[:, None] ** 1.5
    colour = painted(stage, body, light, mist)
    return _lamps(stage, ridge, Plate(top, colour, body_pen.cover(), ridge.depth), pens, hues)


def _faces(stage: Stage, towers: list[Tower], shape: tuple[int, int], ridge: Ridge) -> Array:
    rng = stage.rng("faces", ridge.name)
    tone = np.zeros(shape[1], np.float32)
    for tower in towers:
        left, right = max(int(tower.left), 0), max(int(tower.right), 0)
        tone[left:right] = rng.uniform(-0.08, 0.1)
        third = max((right - left) // 3, 1)
        lit = slice(right - third, right) if stage.lit_from > 0 else slice(left, left + third)
        tone[lit] += 0.16
    return np.broadcast_to(tone[None, :], shape) * np.float32(0.5 + 0.5 * stage.palette.daylight)


def _lamps(stage: Stage, ridge: Ridge, plate: Plate, pens: list[Pen], hues: tuple[str, ...]) -> Plate:
    for pen, hue in zip(pens, hues, strict=True):
        lamp = pen.cover() * plate.cover * np.float32(0.35 + 0.65 * min(ridge.depth * 1.8, 1))
        small = Image.fromarray((lamp * 255).astype(np.uint8)).reduce(4)
        halo = np.asarray(small.filter(ImageFilter.GaussianBlur(stage.unit * 0.012 / 4)), np.float32) / 255
        wide = resized(halo, (lamp.shape[0], lamp.shape[1]))
        for band, paint in zip(plate.colour, from_hex(hue), strict=True):
            band += (paint - band) * lamp
            band += (1 - band) * wide * np.float32(0.55 * paint)
    return plate
