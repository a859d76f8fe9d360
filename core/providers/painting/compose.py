"""The composition: sets the stage of a scene and lists its layers from the sky to the film grain."""

from collections.abc import Callable
from functools import partial

import numpy as np

from core.providers.painting import cast, clouds, particles, sky, volcano, weather
from core.providers.painting.aurora import aurora
from core.providers.painting.colour import Array
from core.providers.painting.cumulus import cumulus
from core.providers.painting.finish import finish
from core.providers.painting.foreground import foreground
from core.providers.painting.outlines import Ridge
from core.providers.painting.palettes import Palette
from core.providers.painting.places import PLACES, Band
from core.providers.painting.planets import planets
from core.providers.painting.river import banks
from core.providers.painting.scene import Scene
from core.providers.painting.sky import Draw
from core.providers.painting.stage import Stage, lay
from core.providers.painting.terrain import Strip, strip_plate, strips
from core.providers.painting.water import water

Layer = tuple[str, Callable[[], Draw]]  # a name for the log, and what prepares the layer

_SUN_HEIGHT = {
    "dawn": (0.8, 0.97), "morning": (0.42, 0.65), "noon": (0.16, 0.34), "golden hour": (0.6, 0.8),
    "sunset": (0.78, 0.96), "dusk": (0.9, 1.02), "night": (0.16, 0.42), "midnight": (0.14, 0.36),
}  # fmt: skip
_SUN_SIZE = {
    "dawn": (0.04, 0.06), "morning": (0.035, 0.05), "noon": (0.035, 0.045), "golden hour": (0.045, 0.075),
    "sunset": (0.055, 0.1), "dusk": (0.045, 0.07), "night": (0.03, 0.055), "midnight": (0.03, 0.06),
}  # fmt: skip


def set_stage(scene: Scene, palette: Palette, width: int, height: int, lively: bool) -> Stage:
    """The stage for a scene at a size in pixels."""
    rng = scene.rng("stage")
    unit = float(min(np.sqrt(width * height), 1.5 * min(width, height)))
    low, high = PLACES[scene.place].horizon
    horizon = float(rng.uniform(low, high)) * height
    across = float(
        rng.choice([rng.uniform(0.2, 0.4), rng.uniform(0.6, 0.8), rng.uniform(0.45, 0.55)], p=[0.4, 0.4, 0.2])
    )
    down = float(rng.uniform(*_SUN_HEIGHT[scene.time]))
    size = float(rng.uniform(*_SUN_SIZE[scene.time])) * (1.7 if scene.has("sun", "minimal", "neon") else 1)
    if scene.has("neon"):
        down, size = (0.55, 0.17) if scene.place == "city" else (0.86, 0.15)
    return Stage(
        scene=scene,
        palette=palette,
        width=width,
        height=height,
        unit=unit,
        horizon=horizon,
        sun=(across * width, down * horizon, size * unit),
        lit_from=1.0 if across >= 0.5 else -1.0,
        margin=int(np.ceil(width * 0.011)) + 4,
        lively=lively,
    )


def layers(stage: Stage, grain: float) -> list[Layer]:
    """Every layer of the picture, in the order of painting."""
    made: list[Layer] = [*_above(stage), *_land(stage), *_air(stage)]
    if PLACES[stage.scene.place].water:
        made += _wet(stage)
    if stage.scene.has("birds"):
        made.append(("Birds", partial(particles.birds, stage)))
    made += _close(stage)
    made.append(("Grade", partial(finish, stage, grain)))
    return made


def _above(stage: Stage) -> list[Layer]:
    scene = stage.scene
    covered = scene.has("overcast", "rain", "storm", "lightning")
    made: list[Layer] = [("Sky", partial(sky.gradient, stage))]
    starry = scene.dark or scene.has("stars", "aurora", "comet") or scene.place == "space"
    if (starry or scene.time == "dusk") and not covered:
        made.append(("Stars", partial(sky.stars, stage)))
    if scene.has("stars") or scene.place == "space" or (scene.time == "midnight" and not covered):
        made.insert(1, ("Milky Way", partial(sky.milky_way, stage)))
    if scene.has("comet"):
        made.append(("Shooting star", partial(sky.comet, stage)))
    if scene.has("aurora"):
        made.append(("Aurora", partial(aurora, stage)))
    made += _discs(stage)
    if not scene.has("clear", "minimal", "aurora") and scene.place != "space":
        made.append(("Clouds", partial(_clouds, stage)))
    if scene.has("lightning"):
        made.append(("Lightning", partial(weather.lightning, stage)))
    if scene.has("rainbow"):
        made.append(("Rainbow", partial(clouds.rainbow, stage)))
    return made


def _clouds(stage: Stage) -> Draw:
    heavy = stage.scene.has("overcast", "rain", "storm", "lightning")
    heaped = stage.rng("cloud kind").random() < (0.3 if stage.scene.dark else 0.6)
    if heavy and not stage.scene.has("neon"):
        ceiling, heaps = clouds.clouds(stage), cumulus(stage)

        def draw(canvas: Array, time: float) -> None:
            ceiling(canvas, time)
            heaps(canvas, time)

        return draw
    return cumulus(stage) if heaped else clouds.clouds(stage)


def _discs(stage: Stage) -> list[Layer]:
    scene = stage.scene
    if scene.place == "space":
        made: list[Layer] = [("Planet", partial(planets, stage))]
        if scene.has("two moons", "moon") or scene.dark:
            made.append(("Moon", partial(sky.moon, stage, (0, -0.1), 0.8)))
        if scene.has("two moons"):
            made.append(("Moon", partial(sky.moon, stage, (-0.2 * stage.lit_from, -0.22), 0.42)))
        return made or [("Sun", partial(sky.sun, stage))]
    if scene.dark and scene.has("neon"):
        return [("Sun", partial(sky.sun, stage))]
    if scene.dark or scene.has("moon", "crescent", "two moons"):
        if scene.has("overcast", "storm", "lightning", "rain"):
            return []
        lift = 0.0 if scene.dark else -0.3
        made = [("Moon", partial(sky.moon, stage, (0, lift)))]
        if scene.has("two moons"):
            made.append(("Moon", partial(sky.moon, stage, (-0.22 * stage.lit_from, lift - 0.07), 0.5)))
        return made
    if scene.has("overcast", "storm", "lightning", "rain") and not scene.has("sun"):
        return []
    return [("Sun", partial(sky.sun, stage))]


def _land(stage: Stage) -> list[Layer]:
    made: list[Layer] = []
    land = strips(stage)
    home = _home(stage, land)
    for strip in land:
        if strip.band.kind == "cone":
            made.append(("Smoke", partial(volcano.smoke, stage, strip)))
        made.append((_name(strip), partial(_plate, stage, strip)))
        if strip.band.kind == "cone":
            made.append(("Lava", partial(volcano.lava, stage, strip)))
        if strip.band.kind == "houses":
            made.append(("Houses", partial(cast.houses, stage, strip)))
        if strip is home:
            made += _buildings(stage, strip)
        if stage.scene.has("fog") and 0.05 < strip.ridge.depth < 0.8:
            made.append(("Fog", partial(_valley_fog, stage, strip)))
    if home is None:
        flat = _flat(stage)
        made += _buildings(stage, flat)
    return made


def _home(stage: Stage, land: list[Strip]) -> Strip | None:
    """The strip buildings stand on: the nearest shore, or land in the middle distance that is no peak."""
    if PLACES[stage.scene.place].water:
        return land[-1] if land else None
    level = [strip for strip in land if strip.band.kind not in ("peaks", "cone")]
    return next((strip for strip in level if strip.ridge.depth >= 0.4), None)


def _flat(stage: Stage) -> Strip:
    crest = np.full(stage.xs().shape, stage.horizon, np.float32)
    ridge = Ridge("plain", 0.4, stage.horizon, 0.0, 1.0, "flat")
    return Strip(Band("plain", 0.4, 0, 0, 1), ridge, crest, stage.horizon)


def _name(strip: Strip) -> str:
    return {"skyline": "Skyline", "dunes": "Dunes", "forest": "Forest"}.get(strip.band.kind, "Ridge")


def _plate(stage: Stage, strip: Strip) -> Draw:
    plate = strip_plate(stage, strip).packed()
    return lambda canvas, time: lay(stage, canvas, plate, time)


def _banks(stage: Stage) -> Draw:
    plate = banks(stage).packed()
    return lambda canvas, time: lay(stage, canvas, plate, time)


def _buildings(stage: Stage, strip: Strip) -> list[Layer]:
    kinds = [kind for kind in ("castle", "windmill", "cabin", "lighthouse") if stage.scene.has(kind)]
    return [(kind.capitalize(), partial(cast.standing, stage, strip, kind)) for kind in kinds]


def _valley_fog(stage: Stage, strip: Strip) -> Draw:
    middle = min(strip.ridge.foot, strip.bottom)
    return weather.fog(stage, middle, stage.unit * 0.1, 0.72 - 0.35 * strip.ridge.depth, strip.ridge.name)


def _air(stage: Stage) -> list[Layer]:
    made: list[Layer] = []
    if stage.scene.has("balloon"):
        made.append(("Balloons", partial(cast.balloons, stage)))
    if stage.scene.has("lanterns"):
        made.append(("Lanterns", partial(particles.lanterns, stage)))
    return made


def _wet(stage: Stage) -> list[Layer]:
    made: list[Layer] = [("Water", partial(water, stage))]
    if stage.scene.place == "river":
        made.append(("River banks", partial(_banks, stage)))
    for kind in ("boat", "whale"):
        if stage.scene.has(kind):
            made.append((kind.capitalize(), partial(cast.afloat, stage, kind)))
    if stage.scene.has("fog"):
        made.append(("Fog", partial(weather.fog, stage, stage.horizon, stage.unit * 0.11, 0.7, "sea")))
        low = stage.horizon + (stage.height - stage.horizon) * 0.5
        made.append(("Fog", partial(weather.fog, stage, low, stage.unit * 0.12, 0.26, "near")))
    return made


def _front_kind(stage: Stage) -> str:
    scene, fronts = stage.scene, PLACES[stage.scene.place].fronts
    if scene.has("petals", "leaves") and PLACES[scene.place].water:
        return "trees"
    wanted = {
        "pines": "pines",
        "palms": "palms",
        "trees": "trees",
        "reeds": "reeds",
        "rocks": "rocks",
        "cactus": "cacti",
        "grass": "grass",
    }
    for term, kind in wanted.items():
        if scene.has(term) and "sand" not in fronts and "snowbank" not in fronts:
            return kind
    if scene.has("minimal") and "sand" not in fronts:
        return "none"
    return str(stage.rng("front kind").choice(fronts))


def _close(stage: Stage) -> list[Layer]:
    made: list[Layer] = []
    kind = _front_kind(stage)
    if kind != "none":
        made.append(("Foreground", partial(foreground, stage, kind)))
    if not stage.lively:
        return made
    scene = stage.scene
    for each in _swarms(stage):
        made.append((each.capitalize(), partial(particles.swarm, stage, each)))
    if scene.has("rain", "storm", "lightning") and not scene.has("snow"):
        made.append(("Rain", partial(weather.rain, stage)))
    return made


def _swarms(stage: Stage) -> list[str]:
    scene = stage.scene
    kinds = [kind for kind in ("snow", "leaves", "petals", "embers", "fireflies") if scene.has(kind)]
    if scene.place == "volcano" and "embers" not in kinds:
        kinds.append("embers")
    if scene.has("mystical") and "fireflies" not in kinds:
        kinds.append("fireflies")
    if not kinds and scene.time == "golden hour" and not PLACES[scene.place].water:
        kinds.append("dust")
    if scene.dark and scene.place in ("meadow", "forest", "lavender") and not kinds:
        kinds.append("fireflies")
    return kinds
