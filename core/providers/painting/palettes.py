"""The colours of a scene: hand-made palettes by time of day, altered by weather, mood and named colours."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.providers.painting.colour import Array, adjusted, from_hex, mix, tinted, to_lab, to_rgb
from core.providers.painting.scene import Scene
from core.providers.painting.words import COLOURS


@dataclass(frozen=True)
class Palette:
    """Colours by role, and `daylight` 0..1: how much of its own colour the land shows."""

    sky: tuple[Array, ...]  # zenith to horizon
    light: Array  # the disc of the sun or moon
    glow: Array  # the air around it
    far: Array  # the farthest land
    near: Array  # the nearest land
    daylight: float

    def each(self, change: Callable[[Array], Array]) -> "Palette":
        """The palette with every colour changed alike."""
        return replace(
            self,
            sky=tuple(change(colour) for colour in self.sky),
            light=change(self.light),
            glow=change(self.glow),
            far=change(self.far),
            near=change(self.near),
        )


# zenith .. horizon | disc | glow | far land | near land | daylight
_TIMES: dict[str, tuple[str, ...]] = {
    "dawn": (
        "2f4270 6d78a8 c99bb4 f3bfa6 fde3bd | fff4dc | ffcf9e | b08aa6 | 2b2748 | 0.35",
        "2c5770 6fa1ab b9cabf f3d4b4 fce9cf | fffbe8 | ffe0b0 | 9db3ac | 1d3a44 | 0.4",
        "4a4a86 8f80b5 dba3b8 f8c5b4 fde6d2 | fff2e2 | ffc6b4 | b594b8 | 332a55 | 0.35",
    ),
    "morning": (
        "4f93c4 8bbcd8 bddbe0 e9ecd8 fbf3da | fffdf0 | fff0c8 | a5c3c6 | 1f4a4c | 0.75",
        "5b9fb5 94c7c9 c9dfce f0edd0 fdf4dc | fffbe6 | ffeeb8 | a9c8b8 | 234c3e | 0.75",
        "6fa0d0 a6c3e4 d3d9ea f4e4e0 fdf0e2 | fffaf0 | ffe9d2 | b3bfd6 | 2c4360 | 0.7",
    ),
    "noon": (
        "1d6cb4 4497d3 83c0e6 bfe2f0 e6f5f5 | ffffff | fffbe0 | 8db8cd | 17493f | 1.0",
        "1a7ab0 3fa7c9 86cfd6 c4e8de eef8e4 | ffffff | fffce0 | 8cc3c0 | 1a4f46 | 1.0",
        "2b62b8 5b93dc 98c1ee cee3f4 f2f5ee | ffffff | fff8e0 | 9fb7d8 | 234470 | 0.95",
    ),
    "golden hour": (
        "4f86a8 94b0ac dbc493 f7c276 fde0a0 | fff6d8 | ffc768 | d59c62 | 3b261d | 0.6",
        "6a7f9e b19f9f eab088 fbb866 ffdf9a | fff3d0 | ffb65a | cc8c66 | 3a2027 | 0.55",
        "3f7f8c 83ab98 d2c489 f5c867 fce79f | fffae0 | ffd76e | c9a55e | 2b3022 | 0.65",
    ),
    "sunset": (
        "2d1e4f 6b2d6f c4476d f3834f ffc56e | ffe9b8 | ff9a52 | a54b70 | 1d1232 | 0.3",
        "23406a 6468a0 d0789a ff9f74 ffdba2 | fff0cc | ffa06a | b06a88 | 221a3c | 0.35",
        "3c1036 86203f d4473c f98f41 ffd368 | fff0b0 | ff8a3a | a83f48 | 210c22 | 0.3",
        "1f2f5c 55508f a8629c ee7f7e ffc48c | ffe6bc | ff8f70 | 8a5590 | 17153a | 0.3",
    ),
    "dusk": (
        "121a3c 2d3b74 66598f c2859a f0b08c | ffe4c0 | f5a27c | 5b5388 | 0e1026 | 0.22",
        "0d2948 1e4f70 558597 bfa6a0 efc9a6 | fff0d2 | f2bf90 | 52788c | 0a1c2c | 0.25",
        "1a1440 41286f 824084 cc6388 f39c84 | ffdcc0 | ee8080 | 6b3f7c | 120b28 | 0.22",
    ),
    "night": (
        "060c22 0d1b40 193263 2d5386 5079a6 | f4f1e0 | 9fc0e8 | 2c4a76 | 050a18 | 0.16",
        "0b0a26 191548 322670 52428f 7a6cb4 | f3ecf8 | b9a8f0 | 443a7c | 080616 | 0.16",
        "04161f 082c38 0f4953 256e72 549a92 | f0f6e6 | 9fe0d0 | 22585e | 030d12 | 0.16",
    ),
    "midnight": (
        "03050f 070d24 0e1a3d 182c58 294672 | eef0ea | 86a8d8 | 1b2e52 | 03050c | 0.1",
        "060414 0f0a2a 1c1444 2f2160 493682 | f0eaf6 | a391e0 | 2a2056 | 05030e | 0.1",
        "02090d 04161d 082b34 10464c 246466 | eef4ea | 84ccc0 | 12393e | 020709 | 0.1",
    ),
    "neon": (
        "0a0724 1f0f4a 4d1a78 a02a8e f0559a | ffd9a8 | ff5fae | 55258a | 070416 | 0.12",
        "030b22 08204a 124c78 2a8fa8 6fe0d8 | ffd0f0 | 58e0f0 | 164a7c | 030714 | 0.12",
        "0c0520 2b0f52 6c1f86 d83a86 ff8f6a | ffe08a | ff6a8c | 6c2a88 | 0a0418 | 0.12",
    ),
    "space": (
        "0a0820 2a1440 6c2a50 b8524c f0a070 | ffe8d0 | ff9a70 | 8a3c50 | 180a1c | 0.3",
        "04101c 0a2c40 1c5c68 5ca090 d0d8a0 | f4ffe0 | b0e8b0 | 2c6c70 | 04141c | 0.3",
        "0a0a2c 221c5c 503890 9a60b4 f0a8b8 | fff0f0 | e090d0 | 5c4490 | 0c0a26 | 0.3",
    ),
}  # fmt: skip

_MOODS: dict[str, dict[str, float]] = {
    "dreamy": {"chroma": 0.85, "contrast": 0.82, "lift": 0.07},
    "melancholy": {"chroma": 0.5, "contrast": 0.85, "lift": -0.05, "warmth": -0.12},
    "warm": {"warmth": 0.28},
    "cold": {"warmth": -0.35, "chroma": 0.85},
    "pastel": {"chroma": 0.72, "contrast": 0.5, "lift": 0.19},
    "noir": {"chroma": 0.0, "contrast": 1.1, "lift": 0.12},
    "vivid": {"chroma": 1.35, "contrast": 1.08},
    "dramatic": {"contrast": 1.2, "lift": -0.06, "chroma": 1.05},
    "calm": {"contrast": 0.93},
    "rain": {"chroma": 0.55, "contrast": 0.85, "lift": -0.09, "warmth": -0.08},
    "storm": {"chroma": 0.65, "contrast": 1.05, "lift": -0.1, "warmth": -0.1},
    "lightning": {"chroma": 0.85, "contrast": 1.0, "lift": -0.06, "warmth": -0.15},
    "overcast": {"chroma": 0.5, "contrast": 0.85, "lift": -0.04},
    "fog": {"chroma": 0.85, "contrast": 0.9, "lift": 0.02},
    "snow": {"chroma": 0.8, "lift": 0.03, "warmth": -0.08},
}  # fmt: skip


def _parse(text: str) -> Palette:
    sky, light, glow, far, near, daylight = text.split(" | ")
    stops = tuple(from_hex(each) for each in sky.split())
    return Palette(stops, from_hex(light), from_hex(glow), from_hex(far), from_hex(near), float(daylight))


def _base(scene: Scene, rng: np.random.Generator) -> Palette:
    key = "neon" if scene.has("neon") else scene.time
    if scene.place == "space" and not scene.dark and key != "neon":
        key = "space"
    options = _TIMES[key]
    return _parse(options[int(rng.integers(len(options)))])


def gathered(colours: tuple[Array, ...], palette: Palette, share: float) -> Palette:
    """The palette drawn towards the colours: lighter ones near the horizon, darker above and below."""
    if len(colours) == 1:
        colours = _company(colours[0])
    order = sorted(colours, key=lambda colour: float(to_lab(colour)[0]))
    steps = np.linspace(0, len(order) - 1, len(palette.sky))
    sky = []
    for colour, step in zip(palette.sky, steps, strict=True):
        low = int(step)
        hue = mix(order[low], order[min(low + 1, len(order) - 1)], float(step - low))
        sky.append(tinted(colour, hue, share * _sky_share(order, palette)))
    return replace(
        palette,
        sky=tuple(sky),
        light=tinted(palette.light, order[-1], share * 0.35),
        glow=tinted(palette.glow, order[-1], share * 0.8),
        far=tinted(palette.far, order[len(order) // 2], share),
        near=tinted(palette.near, order[0], share),
    )


def _sky_share(colours: list[Array], palette: Palette) -> float:
    """How much of the colours the sky takes: little by day when they are greens, which belong to the land."""
    labs = [to_lab(colour) for colour in colours]
    green = all(lab[1] < -0.03 and lab[2] > 0.0 for lab in labs)
    return 0.35 if green and palette.daylight > 0.5 else 1.0


def _company(colour: Array) -> tuple[Array, ...]:
    """The colour between a darker and a lighter neighbour of it, their hues turned a little apart."""
    lab = to_lab(colour)
    made = []
    for turn, lift in ((-0.5, -0.2), (0.0, 0.0), (0.45, 0.18)):
        c, s = np.cos(turn), np.sin(turn)
        turned = [lab[0] + lift, lab[1] * c - lab[2] * s, lab[1] * s + lab[2] * c]
        made.append(to_rgb(np.array(turned, np.float32)))
    return tuple(made)


def _altering(change: dict[str, float]) -> Callable[[Array], Array]:
    return lambda colour: adjusted(colour, **change)


def choose(scene: Scene, sample: tuple[Array, ...] = ()) -> Palette:
    """The palette of a scene; `sample` are the colours of a picture to be followed."""
    rng = scene.rng("palette")
    palette = _base(scene, rng)
    nudge = float(rng.uniform(-0.06, 0.06))
    palette = palette.each(partial(adjusted, warmth=nudge))
    weather = [term for term in scene.weather if not (term == "storm" and "lightning" in scene.weather)]
    weather = [] if scene.has("neon") else weather
    for term in (*weather, *scene.moods):
        if term in _MOODS:
            palette = palette.each(_altering(_MOODS[term]))
    named = tuple(from_hex(COLOURS[name]) for name in scene.colours)
    if sample or named:
        palette = gathered(sample or named, palette, 0.85)
    return palette
