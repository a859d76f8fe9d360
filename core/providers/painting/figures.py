"""Buildings: a lighthouse, a cabin, a castle and a windmill, as sprites in the scene's own light."""

import numpy as np

from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.shapes import Easel, Point, Sprite
from core.providers.painting.stage import Stage

LAMP = from_hex("ffd27a")


def tone(stage: Stage, own: str, depth: float = 0.75) -> Array:
    """The colour written in hexadecimal as it looks in the scene's light at a depth."""
    light = stage.palette.daylight
    return mix(stage.land(depth), from_hex(own), 0.18 + 0.62 * light)


def _sides(stage: Stage, own: str) -> tuple[Array, Array]:
    base = tone(stage, own)
    return mix(base, stage.palette.glow, 0.3), mix(base, stage.palette.near, 0.4)


def lighthouse(stage: Stage, height: float) -> tuple[Sprite, Point]:
    """A lighthouse on its rock, and where its lamp is from the anchor (its foot)."""
    wide = height * 1.5
    easel, x, foot = Easel(wide, height * 1.32), wide / 2, height * 1.05
    lit, dim = _sides(stage, "f4efe6")
    red = mix(tone(stage, "c8473d"), dim, 0.2)
    dark = mix(stage.palette.near, stage.palette.far, 0.12)
    _shaft(easel, stage, (x, foot), height, (lit, red, dark))
    y, gallery, room = foot - height * 0.72, height * 0.08, height * 0.045
    low, high = y + height * 0.02, y - height * 0.02
    top = height * 0.055
    easel.polygon([(x - gallery, high), (x + gallery, high), (x + top, low), (x - top, low)], dark)
    easel.box(x - room, y - height * 0.11, x + room, high, from_hex("fff0c0"))
    eave, peak = y - height * 0.105, y - height * 0.19
    cap = dark if stage.scene.dark else red
    easel.polygon([(x - room * 1.35, eave), (x, peak), (x + room * 1.35, eave)], cap)
    _rock(easel, stage, (x, foot), height, dark)
    return easel.sprite((x, foot + height * 0.13)), (0.0, -height * 0.915)


def _shaft(easel: Easel, stage: Stage, foot: Point, height: float, colours: tuple[Array, Array, Array]) -> None:
    """The tapering tower with three stripes and its shaded side."""
    lit, red, dark = colours
    x, y1 = foot
    top, base, y0 = height * 0.055, height * 0.095, y1 - height * 0.72
    easel.polygon([(x - top, y0), (x + top, y0), (x + base, y1), (x - base, y1)], lit)
    for start in (0.1, 0.42, 0.74):
        end = start + 0.16
        wa, wb = top + (base - top) * start, top + (base - top) * end
        ya, yb = y0 + (y1 - y0) * start, y0 + (y1 - y0) * end
        easel.polygon([(x - wa, ya), (x + wa, ya), (x + wb, yb), (x - wb, yb)], red)
    side, pen = -stage.lit_from, easel.pen()
    inner, outer = x + side * top * 0.1, x + side * base
    pen.polygon([(x + side * top, y0), (inner, y0), (x + side * base * 0.1, y1), (outer, y1)], 120)
    easel.fill(pen, dark)


def _rock(easel: Easel, stage: Stage, foot: Point, height: float, colour: Array) -> None:
    """The rock under a lighthouse."""
    x, y = foot
    steps = np.linspace(-1, 1, 19)
    rough = stage.rng("lighthouse rock").uniform(0.8, 1.2, 19)
    rise = (1 - np.abs(steps) ** 1.6) * height * 0.15 * rough
    reach = height * 0.62
    crest = [(float(x + s * reach), float(y + height * 0.14 - r)) for s, r in zip(steps, rise, strict=True)]
    easel.polygon([*crest, (x + reach, y + height * 0.16), (x - reach, y + height * 0.16)], colour)


def cabin(stage: Stage, height: float) -> tuple[Sprite, list[Point]]:
    """A cabin with lit windows and a chimney, and where the windows are from the anchor."""
    easel, x, foot = Easel(height * 2, height * 1.25), height * 0.95, height * 1.15
    wall, gable = tone(stage, "8a5a3a"), mix(tone(stage, "9c6a45"), stage.palette.glow, 0.15)
    left, mid, right = x - height * 0.62, x - height * 0.02, x + height * 0.75
    eave, peak, ridge = foot - height * 0.52, foot - height * 0.98, x - height * 0.32
    brick = mix(wall, stage.palette.near, 0.5)
    easel.box(x + height * 0.38, peak - height * 0.1, x + height * 0.5, eave, brick)
    easel.polygon([(left, foot), (left, eave), (ridge, peak), (mid, eave), (mid, foot)], gable)
    easel.box(mid, eave, right, foot, wall)
    _roof(easel, stage, (left, mid, right, ridge), (eave, peak), height * 0.08)
    lamp = mix(LAMP, from_hex("3a4450"), 0.75 if stage.scene.time == "noon" else 0.0)
    spots = [
        (ridge, -0.34 * height),
        (mid + height * 0.2, -0.28 * height),
        (mid + height * 0.52, -0.28 * height),
    ]
    half = height * 0.075
    for at, up in spots:
        easel.box(at - half, foot + up - half * 1.3, at + half, foot + up + half * 1.3, lamp)
        easel.box(at - half * 0.11, foot + up - half * 1.3, at + half * 0.11, foot + up + half * 1.3, wall)
    return easel.sprite((x, foot)), [(at - x, up) for at, up in spots]


def _roof(
    easel: Easel,
    stage: Stage,
    across: tuple[float, float, float, float],
    down: tuple[float, float],
    over: float,
) -> None:
    """A gabled roof; `across`: left, middle, right and ridge columns; `down`: eave and ridge rows."""
    left, mid, right, ridge = across
    eave, peak = down
    snowy = stage.scene.has("snow") or stage.scene.place == "arctic"
    colour = mix(tone(stage, "eef2f6" if snowy else "4a2f2c"), stage.palette.near, 0.15)
    slope = [(ridge, peak - over), (right - over * 3, peak - over), (right + over, eave + over)]
    easel.polygon([*slope, (mid + over * 0.4, eave + over)], colour)
    outer = [(ridge, peak - over), (left - over, eave + over * 0.9), (left - over * 0.2, eave + over)]
    inner = [
        (ridge, peak + over * 0.4),
        (mid + over * 0.2, eave + over),
        (mid + over * 0.9, eave + over * 0.9),
    ]
    easel.polygon([*outer, *inner], colour)


_TOWERS = ((-0.62, 0.5, 0.12), (0.62, 0.55, 0.12), (-0.3, 0.72, 0.1), (0.33, 0.66, 0.11), (0.02, 0.92, 0.13))


def castle(stage: Stage, height: float) -> tuple[Sprite, list[Point]]:
    """A castle with pointed towers, and where its lit windows are from the anchor."""
    rng = stage.rng("castle")
    easel, x, foot = Easel(height * 1.8, height * 1.2), height * 0.9, height * 1.12
    lit, dim = _sides(stage, "b8a894")
    roof = mix(tone(stage, "5a3f5c"), dim, 0.3)
    wall, reach, notch = foot - height * 0.3, height * 0.66, height * 0.045
    easel.box(x - reach, wall, x + reach, foot, mix(lit, dim, 0.6))
    for left in np.arange(x - reach, x + reach - notch, notch * 2):
        easel.box(float(left), wall - notch * 0.8, float(left) + notch, wall, mix(lit, dim, 0.6))
    easel.box(x - notch, foot - height * 0.14, x + notch, foot, mix(dim, stage.palette.near, 0.7))
    pane = LAMP if stage.palette.daylight < 0.7 else mix(dim, stage.palette.near, 0.5)
    spots: list[Point] = []
    for off, tall, wide in _TOWERS:
        centre, half = x + off * height, wide * height * 0.5
        high = height * tall * float(rng.uniform(0.92, 1.05))
        easel.box(centre - half, foot - high * 0.74, centre + half, foot, lit)
        shade = sorted((centre, centre - stage.lit_from * half))
        easel.box(shade[0], foot - high * 0.74, shade[1], foot, dim)
        eave = foot - high * 0.73
        easel.polygon([(centre - half * 1.35, eave), (centre, foot - high * 1.1), (centre + half * 1.35, eave)], roof)
        pen = easel.pen()
        pen.circle(centre, foot - high * 0.62, max(half * 0.24, 0.6), 1.6)
        easel.fill(pen, pane)
        spots.append((centre - x, -high * 0.62))
    return easel.sprite((x, foot)), spots


def windmill(stage: Stage, height: float) -> Sprite:
    """A windmill without its sails, anchored at its foot; the hub is 0.72 of the height up."""
    easel, x, foot = Easel(height * 0.6, height), height * 0.3, height * 0.98
    lit, dim = _sides(stage, "e8ddcc")
    easel.polygon(
        [
            (x - height * 0.15, foot),
            (x - height * 0.09, foot - height * 0.68),
            (x + height * 0.09, foot - height * 0.68),
            (x + height * 0.15, foot),
        ],
        lit,
    )
    side = -stage.lit_from
    easel.polygon(
        [
            (x, foot),
            (x, foot - height * 0.68),
            (x + side * height * 0.09, foot - height * 0.68),
            (x + side * height * 0.15, foot),
        ],
        dim,
    )
    easel.polygon(
        [
            (x - height * 0.12, foot - height * 0.67),
            (x, foot - height * 0.84),
            (x + height * 0.12, foot - height * 0.67),
        ],
        mix(dim, stage.palette.near, 0.5),
    )
    return easel.sprite((x, foot))
