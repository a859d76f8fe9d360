"""What a prompt asks for: the scene, its words read and its gaps filled by chance."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.providers.painting.noise import generator
from core.providers.painting.words import COLOURS, TABLES, read

_SETTINGS: Final = {
    "sea": "a {} sea", "lake": "a {} lake", "river": "a {} river", "fjord": "a {} fjord",
    "mountains": "mountains", "hills": "rolling hills", "forest": "a forest", "desert": "desert dunes",
    "savanna": "a savanna", "city": "a city", "meadow": "a meadow", "lavender": "lavender fields",
    "island": "an island in a {} sea", "canyon": "a canyon", "volcano": "a volcano", "arctic": "arctic ice",
    "space": "another planet", "beach": "a beach", "village": "a village",
}  # fmt: skip
_HOME_OF: Final = {
    "lighthouse": "sea", "boat": "sea", "whale": "sea", "palms": "beach", "pines": "forest", "cabin": "lake",
    "castle": "hills", "windmill": "meadow", "cactus": "desert", "balloon": "hills", "lanterns": "lake",
    "fireflies": "meadow", "trees": "hills", "petals": "lake", "embers": "volcano", "leaves": "lake",
    "reeds": "lake", "grass": "meadow", "rocks": "sea", "birds": "sea", "two moons": "space",
}  # fmt: skip
_HOUR_OF: Final = {
    "aurora": "night", "stars": "night", "comet": "night", "fireflies": "dusk", "lanterns": "dusk",
    "moon": "night",
    "crescent": "night", "two moons": "dusk", "lightning": "dusk", "rainbow": "noon", "neon": "night",
    "lighthouse": "dusk", "embers": "night", "petals": "morning", "space": "dusk", "volcano": "dusk",
    "city": "dusk", "noir": "night", "mystical": "dusk", "melancholy": "dawn",
}  # fmt: skip
_ANY_PLACE: Final = (
    "sea", "lake", "fjord", "mountains", "hills", "forest", "desert", "meadow", "island", "canyon", "beach",
    "village", "river", "lavender",
)  # fmt: skip
_ANY_TIME: Final = ("dawn", "morning", "noon", "golden hour", "sunset", "dusk", "night")
_TIME_ODDS: Final = (0.16, 0.12, 0.12, 0.18, 0.18, 0.14, 0.1)
_AIR: Final = {
    "fog": "fog", "rain": "rain", "snow": "snow", "storm": "storm", "lightning": "lightning", "wind": "wind",
    "aurora": "aurora", "stars": "stars", "rainbow": "a rainbow", "overcast": "overcast",
    "clear": "clear air",
    "clouds": "clouds", "comet": "a shooting star",
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """One picture's subject: terms of the word tables, colours by name, and the seed of everything else."""

    prompt: str
    seed: int
    time: str
    place: str
    weather: tuple[str, ...]
    things: tuple[str, ...]
    colours: tuple[str, ...]
    moods: tuple[str, ...]

    def rng(self, *names: str) -> np.random.Generator:
        """The random generator of the part of this scene that `names` name."""
        return generator(self.seed, self.prompt, *names)

    def has(self, *terms: str) -> bool:
        """Whether any of the terms is in the weather, things or moods."""
        return any(term in self.weather or term in self.things or term in self.moods for term in terms)

    @property
    def dark(self) -> bool:
        """Whether it is night."""
        return self.time in ("night", "midnight")

    def describe(self) -> str:
        """One sentence for the log: time, place, things, weather, palette and mood."""
        rough = self.has("storm", "lightning", "wind")
        place = _SETTINGS[self.place].format("rough" if rough else "calm")
        parts = [f"{self.time} over {place}"]
        parts += [_spoken(self.things)] if self.things else []
        parts += [_spoken(tuple(_AIR[each] for each in self.weather))] if self.weather else []
        parts += [f"palette {_spoken(self.colours)}"] if self.colours else []
        parts += [f"mood {_spoken(self.moods)}"] if self.moods else []
        return "; ".join(parts)


def _spoken(terms: tuple[str, ...]) -> str:
    return terms[0] if len(terms) == 1 else ", ".join(terms[:-1]) + " and " + terms[-1]


def _unique(terms: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms))


def _place(said: dict[str, list[str]], terms: tuple[str, ...], words: str) -> str:
    places = said["place"]
    if "space" in places or "volcano" in places:
        return "space" if "space" in places else "volcano"
    if places:
        return _joined(places)
    homes = [_HOME_OF[term] for term in terms if term in _HOME_OF]
    if "cabin" in terms and "snow" in terms:
        return "mountains"
    if homes:
        return homes[0]
    if "neon" in terms:
        return "city"
    if "aurora" in terms or "stars" in terms:
        return "mountains" if "aurora" in terms else "lake"
    return str(generator(0, words, "place").choice(_ANY_PLACE))


def _joined(places: list[str]) -> str:
    pairs = {
        ("beach", "island"): "beach", ("lake", "mountains"): "lake", ("mountains", "sea"): "fjord",
        ("mountains", "river"): "river", ("forest", "lake"): "lake", ("forest", "river"): "river",
        ("hills", "lavender"): "lavender", ("lavender", "meadow"): "lavender",
        ("hills", "village"): "village",
        ("mountains", "village"): "village", ("arctic", "sea"): "arctic", ("arctic", "lake"): "arctic",
        ("beach", "sea"): "beach", ("island", "sea"): "island",
    }  # fmt: skip
    first, second = sorted((places[0], places[-1]))
    return pairs.get((first, second), places[0])


def _time(said: dict[str, list[str]], terms: tuple[str, ...], place: str, rng: np.random.Generator) -> str:
    if said["time"]:
        darkest = ("midnight", "night")
        return next((time for time in darkest if time in said["time"]), said["time"][0])
    hints = [_HOUR_OF[term] for term in (*terms, place) if term in _HOUR_OF]
    if hints:
        return hints[0]
    return str(rng.choice(_ANY_TIME, p=_TIME_ODDS))


def _weather(said: dict[str, list[str]], rng: np.random.Generator) -> tuple[str, ...]:
    terms = _unique(said["weather"])
    if terms:
        return terms
    return (str(rng.choice(["clear", "clouds", "fog"], p=[0.4, 0.4, 0.2])),)


def read_prompt(prompt: str, seed: int) -> Scene:
    """The scene a prompt describes; what it leaves open is chosen from its words and the seed."""
    known, unknown = read(prompt)
    said: dict[str, list[str]] = {kind: [] for kind in ("time", "weather", "place", "thing", "colour", "mood")}
    for kind, entry in known:
        said[kind].append(entry if kind == "colour" else TABLES[kind][entry])
    rng = generator(seed, prompt.strip().lower(), "gaps")
    moods, things = _unique(said["mood"]), _unique(said["thing"])
    terms = (*things, *said["weather"], *moods)
    place = _place(said, terms, " ".join(unknown) or prompt.strip().lower())
    colours = tuple(name for name in _unique(said["colour"]) if name in COLOURS)
    return Scene(
        prompt=prompt.strip().lower(),
        seed=seed,
        time=_time(said, terms, place, rng),
        place=place,
        weather=_weather(said, rng),
        things=things,
        colours=colours[:4],
        moods=moods,
    )
