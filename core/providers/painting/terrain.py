"""The land of a scene: its bands from far to near, each painted as a plate with its own cover."""

from dataclasses import dataclass

import numpy as np

from core.providers.painting.city import skyline
from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.land import facets, plate, top_of
from core.providers.painting.noise import fractal, smooth
from core.providers.painting.outlines import Ridge, outline
from core.providers.painting.places import PLACES, Band
from core.providers.painting.plants import fringe
from core.providers.painting.stage import Plate, Stage


@dataclass(frozen=True)
class Strip:
    """A band of land in its place: its ridge, its crest's rows (width + 2 margin,) and its last row."""

    band: Band
    ridge: Ridge
    crest: Array
    bottom: float

    def ground(self, stage: Stage, x: float) -> float:
        """The row of the crest at a column of the picture."""
        return float(self.crest[int(np.clip(x + stage.margin, 0, len(self.crest) - 1))])


def strips(stage: Stage) -> list[Strip]:
    """The bands of land of the scene, from far to near."""
    place = PLACES[stage.scene.place]
    rng = stage.rng("bands")
    chosen = [band for band in place.bands if rng.random() < band.odds]
    if stage.scene.has("minimal"):
        chosen = chosen[:1] + chosen[2:]
    ridges = [_ridge(stage, band, index, rng) for index, band in enumerate(chosen)]
    crests = [outline(stage, ridge) for ridge in ridges]
    made = []
    for index, (band, ridge, crest) in enumerate(zip(chosen, ridges, crests, strict=True)):
        if place.water:
            bottom = stage.horizon + 1
        elif index + 1 < len(chosen):
            bottom = max(float(crests[index + 1].max()), float(crest.max())) + 3
        else:
            bottom = float(stage.height)
        made.append(Strip(band, ridge, crest, min(bottom, stage.height)))
    return made


def _ridge(stage: Stage, band: Band, index: int, rng: np.random.Generator) -> Ridge:
    room = stage.height - stage.horizon
    foot = stage.horizon + (0 if PLACES[stage.scene.place].water else band.foot * room)
    if PLACES[stage.scene.place].water:
        foot = stage.horizon + 1
    scale = float(rng.uniform(0.75, 1.2))
    tall = 1 + 0.25 * max(stage.height / stage.unit - 1.1, 0)
    kind = {"rows": "hills", "houses": "hills", "skyline": "plain"}.get(band.kind, band.kind)
    high = min(band.height * scale * tall, 0.85 * stage.horizon / stage.unit)
    cell = band.cell * float(rng.uniform(0.8, 1.25))
    return Ridge(kind, band.depth, foot, high, cell, f"{index}", 0.02 + band.size * 1.5)


def own_colour(stage: Stage, band: Band) -> Array:
    """The colour of a band of land in the scene's light."""
    scene, palette = stage.scene, stage.palette
    own = from_hex(PLACES[scene.place].own)
    if band.kind == "peaks" and scene.place not in ("desert", "space", "volcano", "canyon"):
        own = mix(own, from_hex("66707f"), 0.75)
    if scene.has("leaves"):
        own = mix(own, from_hex("c8702c"), 0.75)
    if scene.has("snow"):
        own = from_hex("dfe8f2")
    share = (0.16 + 0.66 * palette.daylight) * (0.4 + 0.6 * band.depth**0.6)
    if scene.has("snow") or scene.place == "arctic":
        share = (0.22 + 0.5 * palette.daylight) * (1 - 0.35 * band.depth)
    share *= PLACES[scene.place].vivid
    if scene.colours:
        share *= 0.35
    return mix(stage.land(band.depth * 0.94), own, min(share, 0.92))


def strip_plate(stage: Stage, strip: Strip) -> Plate:
    """The painted plate of one band of land."""
    band = strip.band
    if band.kind == "skyline":
        return skyline(stage, strip.ridge)
    body, leaves = own_colour(stage, band), None
    if band.plants:
        leaves = _leaves(stage, strip)
        if band.plants == "pines" and not stage.scene.has("leaves"):
            body = mix(body, mix(stage.palette.near, from_hex("1f4436"), 0.35 * stage.palette.daylight), 0.35)
    made = plate(stage, strip.ridge, strip.crest, strip.bottom, body, band.strength, leaves)
    if band.kind == "peaks" and _snowcapped(stage):
        _snow(stage, strip, made)
    if band.kind == "rows":
        _rows(stage, strip, made)
    return made


def _leaves(stage: Stage, strip: Strip) -> Array:
    top = top_of(stage, strip.ridge, strip.crest)
    rows = max(int(np.ceil(strip.bottom)) - top, 2)
    band = strip.band
    kind = band.plants
    if stage.scene.has("leaves") and band.depth > 0.5:
        kind = "trees"
    if stage.scene.has("pines") and kind == "trees":
        kind = "pines"
    if stage.scene.has("trees") and kind == "pines" and not stage.scene.has("pines"):
        kind = "trees"
    return fringe(
        stage,
        kind,
        strip.ridge.name,
        strip.crest,
        top,
        band.size * stage.unit,
        band.dense,
        rows,
        strip.ridge.foot,
    )


def _snowcapped(stage: Stage) -> bool:
    scene = stage.scene
    if scene.place in ("desert", "space", "volcano", "canyon", "hills", "lavender"):
        return False
    return scene.has("snow", "cold", "aurora") or scene.place == "arctic" or stage.rng("snowcap").random() < 0.65


def _snow(stage: Stage, strip: Strip, made: Plate) -> None:
    rng = stage.rng("snow line", strip.ridge.name)
    rows = made.cover.shape[0]
    below = np.arange(made.top, made.top + rows, dtype=np.float32)[:, None] - strip.crest[None, :]
    heavy = stage.scene.has("snow") or stage.scene.place == "arctic"
    reach = strip.ridge.height * stage.unit * (0.8 if heavy else 0.36)
    height = (np.arange(made.top, made.top + rows)[:, None] - strip.crest.min()) / reach
    ragged = fractal(rng, below.shape, stage.unit * 0.03, 5, 0.7) * 0.12
    light = facets(stage, strip.crest, below, strip.ridge.kind, stage.rng("facets", strip.ridge.name))
    cap = smooth(1.05, 0.85, (height + ragged - light * 0.16).astype(np.float32))
    white = mix(
        mix(from_hex("f6f9fc"), stage.palette.glow, 0.25),
        stage.haze,
        0.15 + 0.5 * (1 - stage.palette.daylight),
    )
    dim = mix(white, mix(stage.palette.sky[1], stage.palette.far, 0.5), 0.62)
    cap = cap * np.float32(0.92 - 0.25 * strip.ridge.depth)
    lit = light * 0.5 + 0.5
    for band, up, down in zip(made.colour, white, dim, strict=True):
        band += (down + (up - down) * lit - band) * cap


def _rows(stage: Stage, strip: Strip, made: Plate) -> None:
    rng = stage.rng("rows", strip.ridge.name)
    rows = made.cover.shape[0]
    y = np.arange(made.top, made.top + rows, dtype=np.float32)[:, None]
    away = (y - strip.crest[None, :]) / stage.unit + 0.16
    turn = stage.width * (0.5 + rng.uniform(-0.4, 0.4))
    across = (stage.xs()[None, :] - turn) / stage.unit / away
    bumps = 0.5 * np.sin(across * 31 + away * 60)
    wave = np.sin(across * rng.uniform(15, 20) + bumps).astype(np.float32)
    crown = smooth(-0.5, 0.7, wave)
    bloom = mix(stage.land(strip.ridge.depth), from_hex("a47be0"), 0.3 + 0.55 * stage.palette.daylight)
    gap = mix(bloom, mix(stage.palette.near, from_hex("4a6a3a"), 0.4), 0.7)
    fade = np.exp(-np.maximum(0.05 - (away - 0.16), 0) * 60).astype(np.float32)
    for band, up, down in zip(made.colour, bloom, gap, strict=True):
        band += (down + (up - down) * crown - band) * np.float32(0.8) * fade
