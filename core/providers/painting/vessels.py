"""What floats: a sailing boat, hot-air balloons, and the tail of a whale, as sprites."""

import numpy as np

from core.providers.painting.colour import from_hex, mix
from core.providers.painting.figures import tone
from core.providers.painting.shapes import Easel, Sprite
from core.providers.painting.stage import Stage


def boat(stage: Stage, height: float) -> Sprite:
    """A sailing boat, anchored at the middle of its waterline."""
    easel, x, foot = Easel(height * 1.1, height * 1.08), height * 0.5, height
    cloth = mix(stage.palette.far, from_hex("fff4e4"), 0.25 + 0.6 * stage.palette.daylight)
    sail = mix(cloth, stage.palette.glow, 0.25)
    hull = mix(stage.palette.near, tone(stage, "7a3f35"), 0.35)
    mast = x - height * 0.02
    fore, aft, low = mast - height * 0.02, mast + height * 0.02, foot - height * 0.16
    curve = [
        (aft + height * 0.36 * np.sin(s * np.pi / 2), foot - height * (0.96 - 0.8 * s)) for s in np.linspace(0, 1, 9)
    ]
    easel.polygon([*((float(a), float(b)) for a, b in curve), (aft, low)], sail)
    jib = [(fore, foot - height * 0.84), (fore, low), (mast - height * 0.33, foot - height * 0.15)]
    easel.polygon(jib, mix(sail, stage.palette.near, 0.2))
    easel.box(mast - height * 0.009, foot - height, mast + height * 0.009, foot, hull)
    deck, keel = foot - height * 0.12, foot + height * 0.03
    bow, stern = x - height * 0.42, x + height * 0.44
    easel.polygon([(bow, deck), (stern, deck), (x + height * 0.33, keel), (x - height * 0.3, keel)], hull)
    return easel.sprite((x, foot))


def balloon(stage: Stage, height: float, hue: str) -> Sprite:
    """A striped hot-air balloon with its basket, anchored at the middle of the envelope."""
    easel, x, y = Easel(height, height * 1.25), height * 0.5, height * 0.45
    radius = height * 0.4
    body, pale = tone(stage, hue, 0.4), tone(stage, "fbeed6", 0.4)
    angles = np.linspace(-np.pi, 0, 25)
    for index, part in enumerate((1.0, 0.68, 0.34)):
        dome = [(float(x + np.cos(a) * radius * part), float(y + np.sin(a) * radius)) for a in angles]
        neck = [(x + radius * 0.97 * part, y + radius * 0.3), (x + radius * 0.2 * part, y + radius * 1.2)]
        tail = [(x - radius * 0.2 * part, y + radius * 1.2), (x - radius * 0.97 * part, y + radius * 0.3)]
        easel.polygon([*dome, *neck, *tail], (body, pale, body)[index])
    pen = easel.pen()
    pen.circle(x - stage.lit_from * radius * 0.75, y + radius * 0.3, radius * 0.8, 1.2, 70)
    shade = np.minimum(pen.cover(), easel.cover)
    for band, paint in zip(easel.colour, mix(body, stage.palette.near, 0.6), strict=True):
        band += (paint - band) * shade
    basket = mix(stage.palette.near, from_hex("6a4630"), 0.4)
    b, low = radius * 0.16, y + radius * 1.42
    easel.polygon([(x - b, low), (x + b, low), (x + b * 0.8, low + b * 1.5), (x - b * 0.8, low + b * 1.5)], basket)
    for side in (-1, 1):
        pen = easel.pen()
        pen.stroke(
            [(x + side * b, low), (x + side * b * 1.1, low - b), (x + side * b * 1.2, y + radius * 1.18)],
            radius * 0.03,
            radius * 0.03,
        )
        easel.fill(pen, basket)
    return easel.sprite((x, y))


def whale(stage: Stage, height: float) -> Sprite:
    """A whale's tail above the water, anchored at the waterline."""
    easel, x, foot = Easel(height * 1.7, height * 1.05), height * 0.85, height
    dark = mix(stage.palette.near, stage.palette.far, 0.25)
    stem = [
        (x - height * 0.16, foot),
        (x - height * 0.07, foot - height * 0.5),
        (x - height * 0.04, foot - height * 0.72),
    ]
    tail = [
        (x + height * 0.04, foot - height * 0.72),
        (x + height * 0.07, foot - height * 0.5),
        (x + height * 0.16, foot),
    ]
    easel.polygon([*stem, *tail], dark)
    for side in (-1, 1):
        outer = [
            (0.0, 0.62),
            (0.25, 0.72),
            (0.52, 0.86),
            (0.8, 0.98),
            (0.6, 0.74),
            (0.36, 0.62),
            (0.12, 0.55),
            (0.0, 0.5),
        ]
        easel.polygon([(x + side * a * height, foot - b * height * 0.97) for a, b in ((0.0, 0.78), *outer[1:])], dark)
    return easel.sprite((x, foot))
