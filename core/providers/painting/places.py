"""What each place is made of: where its horizon lies, its bands of land from far to near, its foreground."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """One band of land. `foot` runs from 0 at the horizon to 1 at the bottom; lengths are in units."""

    kind: str
    depth: float
    foot: float
    height: float
    cell: float
    plants: str = ""
    size: float = 0.0
    dense: float = 1.0
    odds: float = 1.0
    strength: float = 0.3


@dataclass(frozen=True)
class Place:
    """The make-up of a place: horizon range as parts of the height, its land's own colour, its layers."""

    horizon: tuple[float, float]
    own: str
    bands: tuple[Band, ...]
    water: bool = False
    fronts: tuple[str, ...] = ("grass",)
    vivid: float = 1.0  # how strongly the land keeps its own colour


_SNOWY = 0.46

PLACES: dict[str, Place] = {
    "sea": Place((0.5, 0.66), "5a6a5a", (
        Band("headland", 0.12, 0, 0.07, 0.5, odds=0.7),
        Band("headland", 0.3, 0, 0.12, 0.45, odds=0.6),
        Band("headland", 0.55, 0, 0.2, 0.4, "pines", 0.028, 0.5, odds=0.35),
    ), True, ("rocks", "none", "none", "rocks")),
    "lake": Place((0.53, 0.66), "3f6a4a", (
        Band("peaks", 0.02, 0, 0.42, 0.6, strength=_SNOWY),
        Band("peaks", 0.2, 0, 0.27, 0.5, strength=0.4),
        Band("hills", 0.42, 0, 0.13, 0.6, "pines", 0.03),
        Band("forest", 0.66, 0, 0.075, 0.7, "pines", 0.052),
    ), True, ("pines", "reeds", "grass", "trees", "pines")),
    "river": Place((0.5, 0.6), "4d7a4c", (
        Band("peaks", 0.04, 0, 0.33, 0.55, odds=0.7, strength=_SNOWY),
        Band("hills", 0.25, 0, 0.16, 0.6, "pines", 0.02),
        Band("hills", 0.5, 0, 0.09, 0.6, "trees", 0.05, 0.8),
        Band("forest", 0.58, 0, 0.03, 0.6, "trees", 0.06, 0.7),
    ), True, ("reeds", "grass", "trees")),
    "fjord": Place((0.56, 0.68), "4a5f5a", (
        Band("peaks", 0.02, 0, 0.3, 0.6, strength=_SNOWY),
        Band("headland", 0.2, 0, 0.4, 0.55, strength=0.42),
        Band("headland", 0.4, 0, 0.36, 0.5, strength=0.36),
        Band("headland", 0.64, 0, 0.2, 0.45, "pines", 0.035, 0.8),
    ), True, ("pines", "rocks", "grass")),
    "mountains": Place((0.56, 0.68), "55705c", (
        Band("peaks", 0.02, 0.08, 0.47, 0.62, strength=_SNOWY),
        Band("peaks", 0.2, 0.24, 0.37, 0.52, strength=0.42),
        Band("peaks", 0.4, 0.42, 0.26, 0.45, strength=0.36),
        Band("forest", 0.62, 0.62, 0.2, 0.6, "pines", 0.05),
        Band("forest", 0.82, 0.9, 0.2, 0.7, "pines", 0.09),
    ), False, ("pines", "grass", "pines", "rocks")),
    "hills": Place((0.5, 0.62), "7d9a4a", (
        Band("peaks", 0.02, 0.05, 0.18, 0.6, odds=0.6),
        Band("hills", 0.12, 0.12, 0.15, 0.6),
        Band("hills", 0.3, 0.3, 0.17, 0.6, "trees", 0.026, 0.7),
        Band("hills", 0.5, 0.52, 0.19, 0.7, "trees", 0.045, 0.55),
        Band("hills", 0.72, 0.8, 0.22, 0.8, "trees", 0.085, 0.45),
        Band("hills", 0.86, 1.08, 0.2, 0.9),
    ), False, ("grass", "trees", "flowers")),
    "forest": Place((0.42, 0.55), "3f6b45", (
        Band("peaks", 0.02, 0.1, 0.26, 0.55, odds=0.6),
        Band("forest", 0.14, 0.14, 0.2, 0.6, "pines", 0.05),
        Band("forest", 0.32, 0.34, 0.18, 0.6, "pines", 0.085),
        Band("forest", 0.52, 0.6, 0.17, 0.65, "pines", 0.14),
        Band("forest", 0.74, 0.92, 0.16, 0.7, "pines", 0.22, 0.8),
    ), False, ("pines", "pines", "grass")),
    "desert": Place((0.5, 0.64), "e0a45c", (
        Band("mesa", 0.04, 0.03, 0.16, 0.5, odds=0.5),
        Band("dunes", 0.12, 0.12, 0.13, 0.45, strength=0.5),
        Band("dunes", 0.3, 0.34, 0.2, 0.6, strength=0.6),
        Band("dunes", 0.52, 0.66, 0.27, 0.75, strength=0.66),
        Band("dunes", 0.74, 1.1, 0.34, 0.95, strength=0.6),
    ), False, ("none", "cacti", "none", "rocks"), 1.4),
    "savanna": Place((0.6, 0.7), "c89a4a", (
        Band("hills", 0.04, 0.02, 0.09, 0.6),
        Band("plain", 0.2, 0.08, 0.05, 0.7, "acacias", 0.04, 0.5),
        Band("plain", 0.42, 0.3, 0.09, 0.7, "acacias", 0.095, 0.4),
        Band("plain", 0.66, 0.75, 0.13, 0.8),
        Band("plain", 0.84, 1.05, 0.12, 0.8),
    ), False, ("acacias", "grass")),
    "city": Place((0.6, 0.7), "5a6478", (
        Band("skyline", 0.1, 0.02, 0.4, 0.06),
        Band("skyline", 0.34, 0.04, 0.34, 0.075),
        Band("skyline", 0.62, 0.06, 0.22, 0.09),
    ), True, ("none",)),
    "meadow": Place((0.5, 0.62), "7fae4c", (
        Band("peaks", 0.03, 0.05, 0.24, 0.6, odds=0.6, strength=_SNOWY),
        Band("hills", 0.2, 0.14, 0.13, 0.6, "trees", 0.02, 0.7),
        Band("hills", 0.42, 0.36, 0.13, 0.7, "trees", 0.05, 0.4),
        Band("hills", 0.66, 0.72, 0.16, 0.9),
        Band("hills", 0.82, 1.05, 0.16, 1.0),
    ), False, ("flowers", "flowers", "grass")),
    "lavender": Place((0.46, 0.56), "8a63b8", (
        Band("peaks", 0.03, 0.05, 0.15, 0.6, odds=0.7),
        Band("hills", 0.14, 0.12, 0.12, 0.6, "trees", 0.02, 0.6),
        Band("rows", 0.32, 0.3, 0.1, 0.7, "trees", 0.045, 0.3),
        Band("rows", 0.52, 0.62, 0.13, 0.8),
        Band("rows", 0.68, 1.15, 0.17, 0.9),
    ), False, ("flowers", "none"), 1.5),
    "island": Place((0.54, 0.66), "4f7a55", (
        Band("headland", 0.08, 0, 0.05, 0.5, odds=0.6),
        Band("isle", 0.22, 0, 0.09, 0.22),
        Band("isle", 0.5, 0, 0.19, 0.42, "trees", 0.045, 0.8),
    ), True, ("rocks", "none", "palms")),
    "canyon": Place((0.46, 0.58), "c4683f", (
        Band("mesa", 0.06, 0.06, 0.22, 0.26, strength=0.4),
        Band("mesa", 0.24, 0.24, 0.32, 0.32, strength=0.45),
        Band("mesa", 0.46, 0.55, 0.36, 0.4, strength=0.45),
        Band("mesa", 0.72, 1.1, 0.4, 0.7, strength=0.4),
    ), False, ("none", "rocks", "cacti"), 1.35),
    "volcano": Place((0.56, 0.66), "4a3f44", (
        Band("peaks", 0.04, 0.04, 0.12, 0.5),
        Band("cone", 0.24, 0.14, 0.46, 0.3, strength=0.4),
        Band("peaks", 0.5, 0.4, 0.15, 0.4, strength=0.35),
        Band("forest", 0.76, 0.85, 0.16, 0.6, "pines", 0.06, 0.6),
    ), False, ("rocks", "pines")),
    "arctic": Place((0.5, 0.62), "dbe8f0", (
        Band("peaks", 0.03, 0, 0.28, 0.6, strength=_SNOWY),
        Band("ice", 0.2, 0, 0.16, 0.4, strength=0.5),
        Band("ice", 0.4, 0.03, 0.15, 0.35, strength=0.5),
    ), True, ("snowbank", "none", "snowbank")),
    "space": Place((0.6, 0.72), "a8543c", (
        Band("mesa", 0.06, 0.05, 0.22, 0.4, strength=0.4),
        Band("peaks", 0.26, 0.22, 0.22, 0.4, strength=0.42),
        Band("dunes", 0.52, 0.5, 0.16, 0.7, strength=0.5),
        Band("dunes", 0.76, 1.05, 0.2, 0.9, strength=0.4),
    ), False, ("rocks", "none", "rocks")),
    "beach": Place((0.44, 0.54), "e8cfa0", (
        Band("headland", 0.12, 0, 0.08, 0.5),
        Band("headland", 0.36, 0, 0.13, 0.4, "palms", 0.05, 0.5, odds=0.6),
    ), True, ("sand",)),
    "village": Place((0.5, 0.6), "7d9455", (
        Band("peaks", 0.03, 0.04, 0.3, 0.6, strength=_SNOWY),
        Band("hills", 0.2, 0.15, 0.14, 0.6, "pines", 0.022, 0.7),
        Band("houses", 0.42, 0.36, 0.12, 0.7, "trees", 0.03, 0.4),
        Band("houses", 0.62, 0.68, 0.13, 0.8, "trees", 0.05, 0.3),
        Band("hills", 0.82, 1.05, 0.15, 0.9),
    ), False, ("grass", "trees", "pines")),
}  # fmt: skip
