"""The cast: puts figures on the land, on the water and in the air, and draws the planets of space."""

import numpy as np

from core.providers.painting.colour import Array, mix
from core.providers.painting.figures import LAMP, cabin, castle, lighthouse, windmill
from core.providers.painting.places import PLACES
from core.providers.painting.shapes import Easel, Sprite, glow, mirrored, stamp
from core.providers.painting.sky import Draw
from core.providers.painting.stage import TAU, Stage
from core.providers.painting.terrain import Strip
from core.providers.painting.vessels import balloon, boat, whale
from core.providers.painting.weather import beam


def _spot(stage: Stage, strip: Strip, name: str, room: float) -> tuple[float, float]:
    """A level place on a strip near a third of the picture: column and row."""
    rng = stage.rng("spot", name)
    aim = 0.33 if stage.sun[0] > stage.width / 2 else 0.67
    best, least = (stage.width / 2, strip.ground(stage, stage.width / 2)), np.inf
    for _ in range(24):
        x = stage.width * float(np.clip(rng.normal(aim, 0.12), 0.12, 0.88))
        rows = [strip.ground(stage, x + off * room) for off in (-0.5, -0.25, 0, 0.25, 0.5)]
        cost = (max(rows) - min(rows)) / stage.unit * 4 + abs(x / stage.width - aim)
        if cost < least:
            best, least = (x, max(rows)), cost
    return best


def standing(stage: Stage, strip: Strip, kind: str) -> Draw:
    """A building on a strip of land (or on the shore, where there is water)."""
    size = stage.unit * {"lighthouse": 0.3, "cabin": 0.085, "castle": 0.3, "windmill": 0.16}[kind]
    size *= float(stage.rng("size", kind).uniform(0.85, 1.2))
    x, y = _spot(stage, strip, kind, size)
    if PLACES[stage.scene.place].water:
        y = stage.horizon + (1 if kind == "lighthouse" else -stage.unit * 0.006)
    if kind == "windmill":
        return _mill(stage, x, y, size)
    lamps: list[tuple[float, float]]
    if kind == "lighthouse":
        sprite, lamp = lighthouse(stage, size)
        lamps = [lamp]
    else:
        sprite, lamps = cabin(stage, size) if kind == "cabin" else castle(stage, size)
    depth = strip.ridge.depth
    power = 0.0 if stage.scene.time in ("noon", "morning") else 0.5 if stage.palette.daylight > 0.5 else 0.85
    light = beam(stage, x, y + lamps[0][1]) if kind == "lighthouse" and power > 0.5 else None

    def draw(canvas: Array, time: float) -> None:
        at = x + (stage.sway(depth, time) if kind != "lighthouse" else 0)
        stamp(canvas, sprite, at, y)
        for off, up in lamps:
            flicker = 1 + 0.06 * float(np.sin(TAU * 3 * time + off))
            glow(
                canvas,
                at + off,
                y + up,
                size * (0.2 if kind == "cabin" else 0.08),
                LAMP,
                power * 0.75 * flicker,
            )
        if light:
            light(canvas, time)

    return draw


def _mill(stage: Stage, x: float, y: float, size: float) -> Draw:
    sprite = windmill(stage, size)
    hue = mix(stage.palette.near, stage.palette.far, 0.15)

    def draw(canvas: Array, time: float) -> None:
        stamp(canvas, sprite, x, y)
        easel, c = Easel(size * 1.3, size * 1.3), size * 0.65
        pen = easel.pen()
        for turn in range(4):
            angle = TAU * (turn / 4 + time / 4) + 0.4
            dx, dy = float(np.cos(angle)), float(np.sin(angle))
            pen.stroke(
                [
                    (c, c),
                    (c + dx * size * 0.3, c + dy * size * 0.3),
                    (c + dx * size * 0.56, c + dy * size * 0.56),
                ],
                size * 0.018,
                size * 0.012,
            )
            a, b = (c + dx * size * 0.14, c + dy * size * 0.14), (c + dx * size * 0.56, c + dy * size * 0.56)
            pen.polygon(
                [
                    a,
                    b,
                    (b[0] - dy * size * 0.09, b[1] + dx * size * 0.09),
                    (a[0] - dy * size * 0.09, a[1] + dx * size * 0.09),
                ],
                190,
            )
        easel.fill(pen, hue)
        stamp(canvas, easel.sprite((c, c)), x, y - size * 0.7)

    return draw


def houses(stage: Stage, strip: Strip) -> Draw:
    """A row of small lit houses along a strip."""
    rng = stage.rng("houses", strip.ridge.name)
    size = stage.unit * (0.028 + 0.045 * strip.ridge.depth)
    centre = stage.width * rng.uniform(0.3, 0.7)
    made: list[tuple[float, float, Sprite, list[tuple[float, float]]]] = []
    for x in np.sort(rng.normal(centre, stage.unit * 0.2, 11)):
        if made and x - made[-1][0] < size * 1.5:
            continue
        sprite, lamps = cabin(stage, size * float(rng.uniform(0.85, 1.15)))
        made.append((float(x), strip.ground(stage, float(x)) + size * 0.2, sprite, lamps))
    power = 0.0 if stage.palette.daylight > 0.7 else 0.6

    def draw(canvas: Array, time: float) -> None:
        shift = stage.sway(strip.ridge.depth, time)
        for x, y, sprite, lamps in made:
            stamp(canvas, sprite, x + shift, y)
            for off, up in lamps:
                glow(canvas, x + off + shift, y + up, size * 0.22, LAMP, power)

    return draw


def afloat(stage: Stage, kind: str) -> Draw:
    """A boat or a whale's tail on the water, with its mirror image."""
    rng = stage.rng("afloat", kind)
    room = stage.height - stage.horizon
    depth = float(rng.uniform(0.07, 0.24))
    y = stage.horizon + room * depth
    size = stage.unit * (0.07 + 0.38 * depth) * (0.8 if kind == "whale" else 1)
    near_sun = rng.random() < 0.35
    x = stage.sun[0] if near_sun else stage.width * float(rng.choice([rng.uniform(0.2, 0.42), rng.uniform(0.58, 0.8)]))
    x = float(np.clip(x, size * 0.7, stage.width - size * 0.7))
    sprite = boat(stage, size) if kind == "boat" else whale(stage, size)
    below = mirrored(sprite)
    waves = rng.uniform(0, TAU)

    def draw(canvas: Array, time: float) -> None:
        bob = float(np.sin(TAU * time + waves)) * size * 0.022
        at = x + float(np.cos(TAU * time + waves)) * size * 0.05
        shift = np.sin(np.arange(below.cover.shape[0]) * 22 / size + TAU * 2 * time) * size * 0.018
        broken = _broken(below, shift)
        stamp(canvas, broken, at, y - bob * 0.5, 0.5)
        stamp(canvas, sprite, at, y + bob)

    return draw


def _broken(sprite: Sprite, shift: Array) -> Sprite:
    high, wide = sprite.cover.shape
    rows = np.arange(high)[:, None]
    source = np.clip(np.arange(wide)[None, :] + np.round(shift).astype(int)[:, None], 0, wide - 1)
    fade = np.linspace(1, 0.2, high, dtype=np.float32)[:, None]
    return Sprite(sprite.colour[:, rows, source], sprite.cover[rows, source] * fade, sprite.anchor)


def balloons(stage: Stage) -> Draw:
    """A few hot-air balloons at several distances."""
    rng = stage.rng("balloons")
    hues = ["d8503c", "e8a53a", "3f8fb0", "b0508c", "5a9a5c"]
    made = []
    for index, size in enumerate((0.2, 0.11, 0.065, 0.045)[: int(rng.integers(2, 5))]):
        sprite = balloon(stage, size * stage.unit * float(rng.uniform(0.85, 1.2)), hues[int(rng.integers(5))])
        x = stage.width * (0.2 + 0.6 * ((index * 0.41 + rng.uniform(0, 0.25)) % 1))
        made.append((sprite, x, stage.horizon * float(rng.uniform(0.22, 0.62)), float(rng.uniform(0, TAU))))

    def draw(canvas: Array, time: float) -> None:
        for sprite, x, y, phase in made[::-1]:
            size = sprite.cover.shape[0]
            across = float(np.sin(TAU * time + phase)) * size * 0.06
            stamp(canvas, sprite, x + across, y + float(np.cos(TAU * time + phase)) * size * 0.09)

    return draw
