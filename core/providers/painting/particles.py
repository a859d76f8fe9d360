"""Particles in the air: snow, leaves, petals, fireflies, embers, dust and lanterns, all back after a loop."""

from dataclasses import dataclass

import numpy as np

from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.shapes import Easel, Sprite, glow, stamp
from core.providers.painting.sky import Draw
from core.providers.painting.stage import TAU, Stage


@dataclass(frozen=True)
class Swarm:
    """How one kind of particle moves: number per square unit, size in units, turns of the frame per loop."""

    count: int
    size: float
    fall: int  # frame heights fallen in a loop; negative rises
    drift: int  # frame widths blown sideways in a loop
    flutter: float  # sideways swing in units
    hues: tuple[str, ...]
    shape: str = "dot"


SWARMS = {
    "snow": Swarm(260, 0.0036, 1, 0, 0.02, ("ffffff",)),
    "leaves": Swarm(16, 0.011, 1, 1, 0.05, ("d9722c", "c2452d", "e6a437"), "leaf"),
    "petals": Swarm(30, 0.008, 1, 1, 0.05, ("ffd3de", "f9b4c8", "fff0f2"), "leaf"),
    "embers": Swarm(60, 0.0022, -1, 0, 0.04, ("ff9a3c", "ffc860", "ff6a2c"), "spark"),
    "fireflies": Swarm(34, 0.0028, 0, 0, 0.035, ("f4f28a", "d8f07a"), "spark"),
    "dust": Swarm(46, 0.0016, 0, 0, 0.03, ("fff2cc",), "spark"),
}


def _leaf(size: float, hue: Array, turn: float) -> Sprite:
    side = size * 2.6
    easel = Easel(side, side)
    angles = np.linspace(0, TAU, 14, endpoint=False)
    long, short = np.cos(angles) * size, np.sin(angles) * size * (0.36 + 0.1 * np.cos(angles))
    c, s = np.cos(turn), np.sin(turn)
    points = [
        (float(side / 2 + a * c - b * s), float(side / 2 + a * s + b * c)) for a, b in zip(long, short, strict=True)
    ]
    easel.polygon(points, hue)
    return easel.sprite((side / 2, side / 2))


def _dot(size: float, hue: Array) -> Sprite:
    reach = int(np.ceil(size * 2.2)) + 1
    gap = np.hypot(*np.indices((2 * reach + 1, 2 * reach + 1)) - reach).astype(np.float32)
    cover = np.exp(-((gap / max(size, 0.55)) ** 2)) * np.float32(min(size / 0.55, 1.0))
    return Sprite(
        np.broadcast_to(hue.reshape(3, 1, 1), (3, *gap.shape)),
        cover.astype(np.float32),
        (reach + 0.5, reach + 0.5),
    )


def _sprites(stage: Stage, swarm: Swarm, rng: np.random.Generator) -> list[Sprite]:
    share = 0.25 + 0.6 * stage.palette.daylight
    hues = [mix(mix(stage.palette.far, from_hex(hue), 0.55), from_hex(hue), share) for hue in swarm.hues]
    made = []
    for level in (0.55, 0.8, 1.15, 1.7):
        for hue in hues:
            size = swarm.size * stage.unit * level
            made.append(_leaf(size, hue, float(rng.uniform(0, TAU))) if swarm.shape == "leaf" else _dot(size, hue))
    return made


def swarm(stage: Stage, kind: str) -> Draw:
    """All particles of one kind."""
    kindly = SWARMS[kind]
    rng = stage.rng("swarm", kind)
    area = stage.width * stage.height / stage.unit**2
    count = max(int(kindly.count * area * (0.5 if stage.scene.has("calm", "minimal") else 1)), 4)
    near = rng.uniform(0, 1, count) ** 2.2
    x, y = rng.uniform(0, 1, count), rng.uniform(0, 1, count)
    if kind in ("fireflies", "dust"):
        y = 0.42 + 0.55 * rng.beta(2.2, 1.6, count)
    if kind == "embers":
        y = rng.beta(1.6, 1.1, count)
    phase, pace = rng.uniform(0, TAU, (2, count)), rng.integers(1, 3, count)
    sprites = _sprites(stage, kindly, rng)
    pick = (near * 3.99).astype(int) * len(kindly.hues) + rng.integers(len(kindly.hues), size=count)
    swing = kindly.flutter * stage.unit * (0.4 + near)

    def draw(canvas: Array, time: float) -> None:
        wind = 2 if stage.scene.has("wind", "storm") and kind == "snow" else 0
        falls = kindly.fall * (1 + (near > 0.45))
        px = (x + (kindly.drift + wind) * -stage.lit_from * time) % 1 * 1.1 - 0.05
        py = (y + falls * time) % 1 * 1.1 - 0.05
        px = px * stage.width + np.sin(TAU * pace * time + phase[0]) * swing
        py = py * stage.height + np.cos(TAU * time + phase[1]) * swing * 0.5
        pulse = 0.55 + 0.45 * np.sin(TAU * pace * time + phase[1])
        for index in range(count):
            _one(
                canvas,
                kindly,
                sprites[pick[index]],
                float(px[index]),
                float(py[index]),
                float(pulse[index]),
                stage,
            )

    return draw


def _one(canvas: Array, kind: Swarm, sprite: Sprite, x: float, y: float, pulse: float, stage: Stage) -> None:
    if kind.shape == "spark":
        hue = from_hex(kind.hues[0])
        glow(canvas, x, y, kind.size * stage.unit * 1.6, hue, 0.5 * pulse)
        stamp(canvas, sprite, x, y, 0.25 + 0.75 * pulse)
    else:
        stamp(canvas, sprite, x, y, 0.9)


def lanterns(stage: Stage) -> Draw:
    """Paper lanterns afloat in the evening sky."""
    rng = stage.rng("lanterns")
    count = int(26 * np.sqrt(stage.width * stage.height) / stage.unit)
    near = np.sort(rng.uniform(0, 1, count) ** 2.4)
    x, y = rng.uniform(0.03, 0.97, count), rng.uniform(0.06, 0.98, count)
    phase = rng.uniform(0, TAU, count)
    sprites = [_lantern(stage, (0.011 + 0.03 * part) * stage.unit) for part in near]
    warm = from_hex("ffab4a")

    def draw(canvas: Array, time: float) -> None:
        for index in range(count):
            size = sprites[index].cover.shape[0]
            px = x[index] * stage.width + np.sin(TAU * time + phase[index]) * stage.unit * 0.008
            py = y[index] * stage.horizon * 0.92 + np.cos(TAU * time + phase[index]) * stage.unit * 0.012
            glow(
                canvas,
                float(px),
                float(py),
                size * 0.75,
                warm,
                0.42 + 0.08 * float(np.sin(TAU * 2 * time + phase[index])),
            )
            stamp(canvas, sprites[index], float(px), float(py))

    return draw


def _lantern(stage: Stage, size: float) -> Sprite:
    easel, x = Easel(size, size * 1.2), size / 2
    hot, rim = from_hex("ffd98a"), from_hex("f0803a")
    body = [
        (x - size * 0.3, size * 0.2),
        (x, size * 0.08),
        (x + size * 0.3, size * 0.2),
        (x + size * 0.38, size * 0.6),
    ]
    easel.polygon(
        [
            *body,
            (x + size * 0.25, size * 1.05),
            (x - size * 0.25, size * 1.05),
            (x - size * 0.38, size * 0.6),
        ],
        rim,
    )
    pen = easel.pen()
    pen.circle(x, size * 0.84, size * 0.24, 0.95)
    easel.fill(pen, hot)
    return easel.sprite((x, size * 0.6))


def birds(stage: Stage) -> Draw:
    """A flock that glides in a loose group and beats its wings."""
    rng = stage.rng("birds")
    count = int(rng.integers(6, 13))
    x0, y0 = stage.width * rng.uniform(0.25, 0.7), stage.horizon * rng.uniform(0.25, 0.5)
    x = x0 + rng.normal(0, 0.13, count) * stage.unit
    y = y0 + rng.normal(0, 0.055, count) * stage.unit
    span = stage.unit * rng.uniform(0.012, 0.026, count)
    phase, hue = rng.uniform(0, TAU, count), mix(stage.palette.near, stage.palette.sky[0], 0.15)

    def draw(canvas: Array, time: float) -> None:
        for index in range(count):
            angle = TAU * time + 0.25 * phase[index]
            beat = float(np.sin(TAU * 4 * time + phase[index]) * 0.5 + 0.25)
            px = x[index] + np.cos(angle) * stage.unit * 0.05
            py = y[index] + np.sin(angle) * stage.unit * 0.016
            stamp(canvas, _bird(float(span[index]), beat, hue), float(px), float(py))

    return draw


def _bird(span: float, beat: float, hue: Array) -> Sprite:
    easel, x, y = Easel(span * 2.2, span * 1.8), span * 1.1, span * 0.9
    pen = easel.pen()
    for side in (-1, 1):
        elbow = (x + side * span * 0.45, y - span * (0.18 + 0.32 * beat))
        tip = (x + side * span, y - span * 0.35 * beat + span * 0.08)
        pen.polygon([(x, y - span * 0.04), elbow, tip, (elbow[0], elbow[1] + span * 0.15), (x, y + span * 0.12)])
    easel.fill(pen, hue)
    return easel.sprite((x, y))
