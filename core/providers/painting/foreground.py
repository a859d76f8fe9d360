"""The nearest layer: dark banks of grass, reeds, rocks, framing trees, flowers, sand or snow."""

import numpy as np

from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.land import cover_of, facets
from core.providers.painting.noise import fractal, fractal_line, smooth
from core.providers.painting.plants import GROWERS, blades, reeds, rock
from core.providers.painting.shapes import Pen
from core.providers.painting.sky import Draw
from core.providers.painting.stage import Plate, Stage, lay

_FLOWERS = {
    "meadow": ("f2d24a", "f4f1e6", "e0586a", "b58ae0"), "lavender": ("9a6ad8", "b58ae6", "7a4cc0"),
    "hills": ("f2d24a", "f4f1e6", "f09a4a"),
}  # fmt: skip


def _bank(stage: Stage, rng: np.random.Generator, low: float, high: float) -> Array:
    xs = stage.xs()
    slope = fractal_line(rng, xs, stage.unit * 0.9, 4, 0.4) * stage.unit * 0.035
    tilt = (xs / stage.width - 0.5) * stage.unit * rng.uniform(-0.1, 0.1)
    return np.asarray(stage.height - stage.unit * rng.uniform(low, high) + slope + tilt, np.float32)


def _edges(stage: Stage, rng: np.random.Generator, count: int) -> list[float]:
    """Plate columns near the sides of the picture, away from the subject, for `count` tall things."""
    side = -1 if stage.sun[0] > stage.width / 2 else 1
    if stage.scene.has("cabin", "castle", "lighthouse", "windmill"):
        side = -side
    both = rng.random() < 0.4
    places = []
    for index in range(count):
        here = -side if both and index % 3 == 2 else side
        off = abs(rng.normal(0, 0.1)) + 0.02 + 0.035 * index
        places.append((off if here < 0 else 1 - off) * stage.width + stage.margin)
    return places


def _grown(stage: Stage, kind: str, rng: np.random.Generator, crest: Array, top: int, pen: Pen) -> None:
    unit = stage.unit
    if kind in GROWERS:
        tall = {"pines": 0.62, "trees": 0.5, "palms": 0.6, "cacti": 0.26, "acacias": 0.42}[kind]
        for x in _edges(stage, rng, int(rng.integers(2, 5))):
            base = float(crest[int(np.clip(x, 0, len(crest) - 1))]) - top + unit * 0.012
            GROWERS[kind](pen, rng, x, base, unit * tall * float(rng.uniform(0.6, 1.1)))
    if kind == "reeds":
        for centre in _edges(stage, rng, 3):
            for x in rng.normal(centre, unit * 0.09, 26):
                reeds(
                    pen,
                    rng,
                    float(x),
                    float(crest[int(np.clip(x, 0, len(crest) - 1))]) - top + 3,
                    unit * float(rng.uniform(0.1, 0.27)),
                )
    if kind == "rocks":
        for centre in _edges(stage, rng, 3):
            for x in rng.normal(centre, unit * 0.12, 7):
                base = float(crest[int(np.clip(x, 0, len(crest) - 1))]) - top + unit * 0.02
                rock(pen, rng, float(x), base, unit * float(rng.uniform(0.04, 0.16)))
    if kind not in ("rocks", "cacti") and stage.scene.place != "beach":
        count = int(len(crest) / unit * 420)
        lean = 0.25 if stage.scene.has("wind") else 0.08
        blades(pen, rng, crest, top, count, unit * 0.045, -lean * stage.lit_from)


def _tufts(stage: Stage, rng: np.random.Generator, crest: Array, plate: Plate, lit: Array) -> None:
    """Rows of grass before the crest, each a little darker than the one behind."""
    lean = 0.25 if stage.scene.has("wind") else 0.08
    rows = np.arange(plate.top, plate.top + plate.cover.shape[0], dtype=np.float32)[:, None]
    for row in range(4):
        down = stage.unit * (0.018 + 0.026 * row)
        pen = Pen(plate.cover.shape[0], plate.cover.shape[1], 2)
        count = int(len(crest) / stage.unit * 130)
        size = stage.unit * (0.034 + 0.008 * row)
        blades(pen, rng, crest + down, plate.top, count, size, -lean * stage.lit_from)
        below = rows - (crest[None, :] + down)
        cover = pen.cover() * smooth(size * 0.12, -size * 0.6, below) * np.float32(0.42 - 0.06 * row)
        for band, own in zip(plate.colour, lit, strict=True):
            band += (own - band) * cover


def _flowers(stage: Stage, rng: np.random.Generator, crest: Array, plate: Plate) -> None:
    shape = (plate.cover.shape[0], plate.cover.shape[1])
    hues = _FLOWERS.get(stage.scene.place, _FLOWERS["meadow"])
    clumps = fractal_line(rng, stage.xs(), stage.unit * 0.15, 3)
    for hue in hues:
        pen = Pen(*shape, 2)
        for x in rng.uniform(0, shape[1] - 1, int(shape[1] / stage.unit * 110)):
            if clumps[int(x)] < rng.uniform(-0.9, 0.5):
                continue
            y = float(crest[int(x)]) - plate.top + stage.unit * float(rng.uniform(-0.038, 0.07))
            size = (
                stage.unit * rng.uniform(0.0014, 0.0034) * (1 + max(y - crest[int(x)] + plate.top, 0) / stage.unit * 9)
            )
            pen.circle(float(x), y, size, 0.8)
        cover = pen.cover()
        paint = mix(stage.palette.near, from_hex(hue), 0.4 + 0.55 * stage.palette.daylight)
        for band, own in zip(plate.colour, paint, strict=True):
            band += (own - band) * cover
        np.maximum(plate.cover, cover, out=plate.cover)


def _body(stage: Stage, kind: str) -> Array:
    """The colour of a bank and what grows on it: nearly black at night, its own by day."""
    scene, daylight = stage.scene, stage.palette.daylight
    own, share = {"flowers": ("5a8a3c", 0.5), "grass": ("567a3a", 0.5), "trees": ("4a7034", 0.5)}.get(
        kind, ("3f5238", 0.2)
    )
    if scene.place in ("desert", "canyon", "savanna", "space") and kind != "trees" and not scene.colours:
        own, share = "8a5a34", 0.75
    share *= daylight
    if scene.has("snow"):
        own, share = "e6edf4", 0.12 + 0.2 * daylight
    if kind == "trees" and scene.has("petals", "leaves"):
        own, share = ("f2a3bd" if scene.has("petals") else "c9622a"), 0.22 + 0.5 * daylight
    return mix(stage.palette.near, from_hex(own), share)


def _foliage(stage: Stage, rng: np.random.Generator, crest: Array, top: int, rows: int) -> Array:
    """Light (rows, w) on the leaves of crowns above a bank: clumps, brighter towards the sky."""
    above = (crest[None, :] - np.arange(top, top + rows, dtype=np.float32)[:, None]) / stage.unit
    clumps = smooth(-0.5, 1.6, fractal(rng, above.shape, stage.unit * 0.035, 5, 1.3, 0.65))
    return np.asarray(smooth(0.12, 0.25, above) * clumps * 0.5 * (0.4 + above.clip(0, 0.6)), np.float32)


def front(stage: Stage, kind: str) -> Plate:
    """The plate of the nearest bank with what grows on it."""
    rng = stage.rng("front", kind)
    wide = {"flowers": (0.1, 0.15), "rocks": (0.0, 0.03)}.get(kind, (0.04, 0.09))
    crest = _bank(stage, rng, *wide)
    if stage.scene.place == "beach":
        crest = np.full_like(crest, stage.height + stage.unit * 0.01)
    room = {"pines": 0.75, "trees": 0.6, "palms": 0.75, "reeds": 0.36, "cacti": 0.32, "acacias": 0.5}.get(kind, 0.14)
    top = int(max(crest.min() - stage.unit * room, 0))
    rows = stage.height - top
    pen = Pen(rows, len(crest), 2 if rows * len(crest) > 500_000 else 3)
    _grown(stage, kind, rng, crest, top, pen)
    cover = np.maximum(cover_of(crest, top, rows), pen.cover())
    below = np.arange(top, stage.height, dtype=np.float32)[:, None] - crest[None, :]
    light = np.exp(-np.maximum(below, 0) / (stage.unit * 0.05)) * 0.16 + 0.03 * fractal(
        rng, below.shape, stage.unit * 0.03, 3, 2
    )
    if kind == "trees":
        light = light + _foliage(stage, rng, crest, top, rows)
    body = _body(stage, kind)
    lit = mix(body, stage.palette.glow, 0.5)
    colour = np.stack([(a + (b - a) * light) for a, b in zip(body, lit, strict=True)]).astype(np.float32)
    plate = Plate(top, colour, cover, 1.0)
    if kind in ("flowers", "grass", "reeds"):
        _tufts(stage, rng, crest, plate, lit)
    if kind == "flowers":
        _flowers(stage, rng, crest, plate)
    return plate


def shore(stage: Stage, snow: bool) -> Plate:
    """A sunlit bank of sand with a line of foam, or of snow."""
    rng = stage.rng("shore")
    xs = stage.xs()
    side = rng.choice([-1.0, 1.0])
    part = (xs / stage.width - 0.5) * side
    high = stage.height - (0.42 if not snow else 0.24) * (stage.height - stage.horizon)
    curve = smooth(-0.75, 0.75, part.astype(np.float32)) - 0.5
    crest = high + curve * (stage.height - stage.horizon) * 0.75
    crest = (crest + fractal_line(rng, xs, stage.unit * 0.4, 4, 0.4) * stage.unit * 0.014).astype(np.float32)
    top = int(max(crest.min() - stage.unit * 0.06, stage.horizon))
    rows = max(stage.height - top, 2)
    below = np.arange(top, top + rows, dtype=np.float32)[:, None] - crest[None, :]
    own = from_hex("eef4f8" if snow else "eccf9c")
    body = mix(stage.land(0.55), own, 0.3 + 0.5 * stage.palette.daylight)
    ripples = fractal(rng, below.shape, stage.unit * 0.03, 4, 5.0) * 0.05
    light = facets(stage, crest, below, "shore", stage.rng("shore facets")) * (0.3 if snow else 0.06) + ripples
    wet = np.exp(-np.maximum(below, 0) / (stage.unit * 0.05)) * (0 if snow else 0.42)
    foam = np.exp(-((below / (stage.unit * 0.007)) ** 2)) * (0.15 if snow else 0.85)
    bright, shade = mix(body, stage.palette.glow, 0.6), mix(body, stage.palette.near, 0.75)
    damp, white = mix(body, stage.palette.sky[-1], 0.35) * 0.72, mix(stage.palette.light, stage.haze, 0.25)
    colour = []
    deep = np.clip(below / (stage.unit * 1.2), 0, 0.3)
    for own_, up, down, moist, pale in zip(body, bright, shade, damp, white, strict=True):
        tone = own_ + (up - own_) * np.clip(light, 0, 1) + (down - own_) * np.clip(deep - light, 0, 1)
        tone = tone + (moist - tone) * wet
        colour.append(tone + (pale - tone) * foam)
    return Plate(top, np.stack(colour).astype(np.float32), cover_of(crest - stage.unit * 0.004, top, rows), 0.9)


def foreground(stage: Stage, kind: str) -> Draw:
    """Draws the foreground of the given kind."""
    plates: list[Plate] = []
    if kind in ("sand", "snowbank"):
        plates.append(shore(stage, kind == "snowbank"))
        if kind == "sand" and stage.rng("palms").random() < 0.75:
            plates.append(front(stage, "palms"))
    else:
        plates.append(front(stage, kind))
    plates = [each.packed() for each in plates]

    def draw(canvas: Array, time: float) -> None:
        for each in plates:
            lay(stage, canvas, each, time)

    return draw
