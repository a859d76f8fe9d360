"""Plants as silhouettes: conifers, leafy trees, palms, cacti, grass and reeds, drawn with a pen."""

import numpy as np

from core.providers.painting.colour import Array
from core.providers.painting.noise import fractal_line
from core.providers.painting.shapes import Pen, Point
from core.providers.painting.stage import Stage


def conifer(pen: Pen, rng: np.random.Generator, x: float, base: float, height: float) -> None:
    """A spruce with drooping, uneven tiers, `height` pixels tall, standing at (x, base)."""
    tiers = int(np.clip(height / 6, 4, 22))
    wide = height * rng.uniform(0.15, 0.21)
    lean = height * rng.uniform(-0.02, 0.02)
    sides: list[list[Point]] = []
    for side in (-1, 1):
        points: list[Point] = []
        for tier in range(1, tiers + 1):
            part = tier / tiers
            y = base - height * (1 - 0.9 * part)
            reach = wide * part**0.85 * rng.uniform(0.68, 1.2)
            mid = x + lean * (1 - part)
            points.append((mid + side * reach, y + height * 0.012))
            points.append((mid + side * reach * rng.uniform(0.3, 0.5), y - height * 0.012))
        sides.append(points)
    trunk = max(height * 0.018, 0.5)
    foot: list[Point] = [(x + trunk, base - height * 0.1), (x + trunk, base + height * 0.05)]
    foot += [(x - trunk, base + height * 0.05), (x - trunk, base - height * 0.1)]
    pen.polygon([(x + lean, base - height), *sides[1], *foot, *sides[0][::-1]])


def leafy(pen: Pen, rng: np.random.Generator, x: float, base: float, height: float, spread: float = 1) -> None:
    """A broad-leaved tree with a crown of overlapping clumps."""
    if height < 26:
        pen.stroke([(x, base + 1), (x, base - height * 0.2), (x, base - height * 0.5)], height * 0.07, height * 0.05)
        _clump(pen, rng, x, base - height * 0.58, height * 0.36)
        return
    fork = base - height * 0.24
    pen.stroke([(x, base + height * 0.04), (x, fork), (x, base - height * 0.55)], height * 0.055, height * 0.03)
    count = int(np.clip(height / 14, 4, 9))
    for index in range(count):
        angle = 2 * np.pi * (index + rng.uniform(-0.3, 0.3)) / count
        out = rng.uniform(0.13, 0.24) * height
        cx = float(x + np.cos(angle) * out * spread)
        cy = float(base - height * 0.6 + np.sin(angle) * out * 0.95)
        pen.stroke(
            [(x, fork), ((x + cx) / 2, (fork + cy) / 2 + height * 0.03), (cx, cy)],
            height * 0.03,
            height * 0.008,
        )
        _clump(pen, rng, cx, cy, height * float(rng.uniform(0.1, 0.16)))
    _clump(pen, rng, x, base - height * 0.62, height * 0.19)


def _clump(pen: Pen, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    pen.circle(x, y, size * 0.8, 0.85)
    for _ in range(int(np.clip(size * 2.2, 6, 60))):
        angle, out = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.6, 1.12)
        pen.circle(
            float(x + np.cos(angle) * out),
            float(y + np.sin(angle) * out * 0.88),
            size * rng.uniform(0.07, 0.24),
            0.8,
        )


def acacia(pen: Pen, rng: np.random.Generator, x: float, base: float, height: float) -> None:
    """A flat-topped savanna tree."""
    top = base - height
    for lean in (-0.42, -0.15, 0.2, 0.45):
        bend = lean * height * rng.uniform(0.8, 1.1)
        points = [(x, base), (x + bend * 0.2, base - height * 0.45), (x + bend, top + height * 0.12)]
        pen.stroke(points, height * 0.05, height * 0.015)
    for _ in range(34):
        out = rng.uniform(-1, 1)
        cy = top + height * (0.1 + 0.09 * out**2 + rng.uniform(-0.05, 0.03))
        pen.circle(x + out * height * 0.62, float(cy), height * rng.uniform(0.05, 0.13), 0.42)


def palm(pen: Pen, rng: np.random.Generator, x: float, base: float, height: float) -> None:
    """A leaning palm with feathered fronds."""
    lean = height * rng.uniform(0.12, 0.35) * rng.choice([-1, 1])
    steps = np.linspace(0, 1, 14)
    trunk = [(float(x + lean * s**1.8), float(base - height * 0.8 * s)) for s in steps]
    pen.stroke(trunk, height * 0.045, height * 0.022)
    cx, cy = trunk[-1]
    for angle in np.linspace(-0.45, np.pi + 0.45, 13) + rng.uniform(-0.14, 0.14, 13):
        _frond(pen, cx, cy, float(angle), height * float(rng.uniform(0.3, 0.42)))
    pen.circle(cx, cy, height * 0.03)


def _frond(pen: Pen, x: float, y: float, angle: float, length: float) -> None:
    steps = np.linspace(0, 1, 12)
    reach = np.cos(angle) * length * steps
    rise = np.sin(angle) * length * steps * 0.95 - length * 0.5 * steps**2.6
    spine = [(float(x + r), float(y - u)) for r, u in zip(reach, rise, strict=True)]
    pen.stroke(spine, length * 0.035, length * 0.01)
    side = 1 if np.cos(angle) >= 0 else -1
    for index in range(1, 12):
        px, py = spine[index]
        size = length * 0.2 * float(np.sin(np.pi * min(steps[index] * 0.9 + 0.1, 1)) ** 0.7)
        for tip in (0.25, 1.0):
            end = (px + side * size * 0.9, py + size * tip * 0.85)
            pen.polygon([(px - length * 0.035, py), (px + length * 0.035, py), end])


def cactus(pen: Pen, rng: np.random.Generator, x: float, base: float, height: float) -> None:
    """A saguaro with one to three arms."""
    thick = height * 0.13
    pen.stroke([(x, base + 2), (x, base - height * 0.5), (x, base - height * 0.95)], thick, thick * 0.9)
    pen.circle(x, base - height * 0.95, thick * 0.45)
    for side in ((-1, 1), (1,), (-1,))[int(rng.integers(3))]:
        out, low = height * 0.21 * side, height * rng.uniform(0.34, 0.52)
        tip = low + height * rng.uniform(0.2, 0.34)
        arm = [
            (x, base - low),
            (x + out * 0.8, base - low),
            (x + out, base - low - thick),
            (x + out, base - tip),
        ]
        pen.stroke(arm, thick * 0.62, thick * 0.58)
        pen.circle(x + out, base - tip, thick * 0.29)
        pen.circle(x + out * 0.9, base - low - thick * 0.12, thick * 0.33)


def blades(pen: Pen, rng: np.random.Generator, crest: Array, top: int, count: int, size: float, lean: float) -> None:
    """Blades of grass rooted along a crest (w,), about `size` pixels long, bent by `lean`."""
    columns = len(crest)
    for x in rng.uniform(0, columns - 1, count):
        base = float(crest[int(x)]) - top + size * 0.15
        tall = size * rng.uniform(0.35, 1.0)
        bend = tall * (lean + rng.normal(0, 0.22))
        half = max(size * 0.022, 0.35)
        mid = (x + bend * 0.3, base - tall * 0.6)
        tip = (x + bend, base - tall)
        pen.polygon(
            [
                (x - half, base),
                (mid[0] - half * 0.7, mid[1]),
                tip,
                (mid[0] + half * 0.7, mid[1]),
                (x + half, base),
            ]
        )


def reeds(pen: Pen, rng: np.random.Generator, x: float, base: float, height: float) -> None:
    """One reed or cattail."""
    bend = height * rng.normal(0.05, 0.09)
    steps = np.linspace(0, 1, 7)
    stalk = [(float(x + bend * s**2), float(base - height * s)) for s in steps]
    pen.stroke(stalk, height * 0.016, height * 0.006)
    if rng.random() < 0.45:
        (x0, y0), (x1, y1) = stalk[-2], stalk[-1]
        pen.stroke([(x0, y0), ((x0 + x1) / 2, (y0 + y1) / 2), (x1, y1)], height * 0.034, height * 0.03)
    for _ in range(2):
        side = rng.choice([-1, 1]) * height * rng.uniform(0.1, 0.26)
        pen.stroke(
            [(x, base), (x + side * 0.35, base - height * 0.5), (x + side, base - height * 0.62)],
            height * 0.022,
            0.2,
        )


def rock(pen: Pen, rng: np.random.Generator, x: float, base: float, size: float) -> None:
    """A boulder about `size` pixels wide."""
    angles = np.linspace(np.pi, 2 * np.pi, 11)
    radius = size * 0.5 * rng.uniform(0.75, 1.1, 11)
    points = [
        (float(x + np.cos(a) * r * 1.15), float(base + np.sin(a) * r * 0.8))
        for a, r in zip(angles, radius, strict=True)
    ]
    pen.polygon([*points, (x + size * 0.7, base + size), (x - size * 0.7, base + size)])


GROWERS = {"pines": conifer, "trees": leafy, "acacias": acacia, "palms": palm, "cacti": cactus}


def fringe(
    stage: Stage,
    kind: str,
    name: str,
    crest: Array,
    top: int,
    size: float,
    dense: float,
    rows: int,
    foot: float,
) -> Array:
    """Cover (rows, w) of plants along a crest, about `size` pixels tall, none rooted below row `foot`."""
    rng = stage.rng("fringe", name)
    fine = 2 if stage.width * rows > 900_000 else 3
    pen = Pen(rows, len(crest), fine)
    step = size * (0.2 if kind == "pines" else 0.5) / dense
    groups = fractal_line(rng, np.arange(len(crest), dtype=np.float32), stage.unit * 0.12, 3)
    for centre in np.arange(-step, len(crest) + step, step):
        x = float(centre + rng.uniform(-0.5, 0.5) * step)
        at = int(np.clip(x, 0, len(crest) - 1))
        if crest[at] > foot - size * 0.2:
            continue
        tall = size * rng.uniform(0.55, 1.1) * (1 + 0.35 * float(groups[at]))
        if dense >= 1 or groups[at] > 0.25 - dense * 0.6:
            GROWERS[kind](pen, rng, x, float(crest[at]) - top + size * (0.1 if kind == "pines" else 0.04), tall)
    return pen.cover()
