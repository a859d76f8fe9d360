"""Buildings: a lighthouse, a cabin, a castle and a windmill, as sprites in the scene's own light."""

import numpy as np

from .colour import Array, from_hex, mix
from .shapes import Easel, Point, Sprite
from .stage import Stage

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
    top, base = height * 0.055, height * 0.095
    y0, y1 = foot - height * 0.72, foot
    easel.polygon([(x - top, y0), (x + top, y0), (x + base, y1), (x - base, y1)], lit)
    for stripe in range(3):
        a, b = 0.1 + stripe * 0.32, 0.26 + stripe * 0.32
        wa, wb = top + (base - top) * a, top + (base - top) * b
        ya, yb = y0 + (y1 - y0) * a, y0 + (y1 - y0) * b
        easel.polygon([(x - wa, ya), (x + wa, ya), (x + wb, yb), (x - wb, yb)], red)
    side = -stage.lit_from
    pen = easel.pen()
    pen.polygon(
        [
            (x + side * top, y0),
            (x + side * top * 0.1, y0),
            (x + side * base * 0.1, y1),
            (x + side * base, y1),
        ],
        120,
    )
    easel.fill(pen, dark)
    gallery = height * 0.08
    easel.polygon(
        [
            (x - gallery, y0 - height * 0.02),
            (x + gallery, y0 - height * 0.02),
            (x + top, y0 + height * 0.02),
            (x - top, y0 + height * 0.02),
        ],
        dark,
    )
    room = height * 0.045
    easel.polygon(
        [
            (x - room, y0 - height * 0.11),
            (x + room, y0 - height * 0.11),
            (x + room, y0 - height * 0.02),
            (x - room, y0 - height * 0.02),
        ],
        from_hex("fff0c0"),
    )
    easel.polygon(
        [
            (x - room * 1.35, y0 - height * 0.105),
            (x, y0 - height * 0.19),
            (x + room * 1.35, y0 - height * 0.105),
        ],
        red if not stage.scene.dark else dark,
    )
    rng = stage.rng("lighthouse rock")
    steps = np.linspace(-1, 1, 19)
    rise = (1 - np.abs(steps) ** 1.6) * height * 0.15 * rng.uniform(0.8, 1.2, 19)
    rock = [
        (float(x + s * height * 0.62), float(foot + height * 0.14 - r))
        for s, r in zip(steps, rise, strict=True)
    ]
    easel.polygon(
        [*rock, (x + height * 0.62, foot + height * 0.16), (x - height * 0.62, foot + height * 0.16)], dark
    )
    return easel.sprite((x, foot + height * 0.13)), (0.0, -height * 0.13 - height * 0.785)


def cabin(stage: Stage, height: float) -> tuple[Sprite, list[Point]]:
    """A cabin with lit windows and a chimney, and where the windows are from the anchor."""
    wide = height * 2.0
    easel, x, foot = Easel(wide, height * 1.25), height * 0.95, height * 1.15
    wall, gable = tone(stage, "8a5a3a"), mix(tone(stage, "9c6a45"), stage.palette.glow, 0.15)
    snowy = stage.scene.has("snow") or stage.scene.place == "arctic"
    roof = mix(tone(stage, "eef2f6" if snowy else "4a2f2c"), stage.palette.near, 0.15)
    left, mid, right = x - height * 0.62, x - height * 0.02, x + height * 0.75
    eave, peak = foot - height * 0.52, foot - height * 0.98
    ridge = (left + mid) / 2
    easel.polygon(
        [
            (x + height * 0.38, peak - height * 0.1),
            (x + height * 0.5, peak - height * 0.1),
            (x + height * 0.5, eave),
            (x + height * 0.38, eave),
        ],
        mix(wall, stage.palette.near, 0.5),
    )
    easel.polygon([(left, foot), (left, eave), (ridge, peak), (mid, eave), (mid, foot)], gable)
    easel.polygon([(mid, foot), (mid, eave), (right, eave), (right, foot)], wall)
    over = height * 0.08
    easel.polygon(
        [
            (ridge, peak - over),
            (right - height * 0.24, peak - over),
            (right + over, eave + over),
            (mid + over * 0.4, eave + over),
        ],
        roof,
    )
    easel.polygon(
        [
            (ridge, peak - over),
            (left - over, eave + over * 0.9),
            (left - over * 0.2, eave + over),
            (ridge, peak + over * 0.4),
            (mid + over * 0.2, eave + over),
            (mid + over * 0.9, eave + over * 0.9),
        ],
        roof,
    )
    lamp = mix(LAMP, from_hex("3a4450"), 0.75 if stage.scene.time == "noon" else 0.0)
    spots = [
        (ridge, foot - height * 0.34),
        (mid + height * 0.2, foot - height * 0.28),
        (mid + height * 0.52, foot - height * 0.28),
    ]
    for wx, wy in spots:
        half = height * 0.075
        easel.polygon(
            [
                (wx - half, wy - half * 1.3),
                (wx + half, wy - half * 1.3),
                (wx + half, wy + half * 1.3),
                (wx - half, wy + half * 1.3),
            ],
            lamp,
        )
        pen = easel.pen()
        pen.stroke([(wx, wy - half * 1.3), (wx, wy), (wx, wy + half * 1.3)], half * 0.22, half * 0.22)
        easel.fill(pen, wall)
    return easel.sprite((x, foot)), [(wx - x, wy - foot) for wx, wy in spots]


def castle(stage: Stage, height: float) -> tuple[Sprite, list[Point]]:
    """A castle with pointed towers, and where its lit windows are from the anchor."""
    rng = stage.rng("castle")
    easel, x, foot = Easel(height * 1.8, height * 1.2), height * 0.9, height * 1.12
    lit, dim = _sides(stage, "b8a894")
    roof = mix(tone(stage, "5a3f5c"), dim, 0.3)
    spots: list[Point] = []
    towers = [
        (-0.62, 0.5, 0.12),
        (0.62, 0.55, 0.12),
        (-0.3, 0.72, 0.1),
        (0.33, 0.66, 0.11),
        (0.02, 0.92, 0.13),
    ]
    easel.polygon(
        [
            (x - height * 0.66, foot),
            (x - height * 0.66, foot - height * 0.3),
            (x + height * 0.66, foot - height * 0.3),
            (x + height * 0.66, foot),
        ],
        dim,
    )
    for off, tall, wide in towers:
        cx, half, high = x + off * height, wide * height * 0.5, height * tall * rng.uniform(0.92, 1.05)
        easel.polygon(
            [
                (cx - half, foot),
                (cx - half, foot - high * 0.74),
                (cx + half, foot - high * 0.74),
                (cx + half, foot),
            ],
            lit,
        )
        shade = sorted((cx, cx - stage.lit_from * half))
        easel.polygon(
            [
                (shade[0], foot),
                (shade[0], foot - high * 0.74),
                (shade[1], foot - high * 0.74),
                (shade[1], foot),
            ],
            dim,
        )
        easel.polygon(
            [
                (cx - half * 1.35, foot - high * 0.73),
                (cx, foot - high * 1.1),
                (cx + half * 1.35, foot - high * 0.73),
            ],
            roof,
        )
        spots.append((cx - x, -high * 0.62))
        pen = easel.pen()
        pen.circle(cx, foot - high * 0.62, max(half * 0.24, 0.6), 1.6)
        easel.fill(pen, LAMP if stage.palette.daylight < 0.7 else dim)
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
