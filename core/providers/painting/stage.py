"""The stage a scene is painted on: sizes, horizon, light and camera; canvases are float32 (3, h, w) sRGB."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.providers.painting.colour import Array, mix
from core.providers.painting.palettes import Palette
from core.providers.painting.scene import Scene

TAU = 2 * np.pi


@dataclass(frozen=True)
class Stage:
    """Where things are, in pixels from the top left; sizes are measured in `unit`."""

    scene: Scene
    palette: Palette
    width: int
    height: int
    unit: float
    horizon: float
    sun: tuple[float, float, float]  # x, y, radius
    lit_from: float  # -1 when the light comes from the left, 1 from the right
    margin: int
    lively: bool  # whether particles are wanted

    def rng(self, *names: str) -> np.random.Generator:
        """The random generator of one part of the picture."""
        return self.scene.rng(*names)

    def xs(self) -> Array:
        """Columns of a plate (width + 2 margin,), in pixels of the picture."""
        return np.arange(-self.margin, self.width + self.margin, dtype=np.float32)

    def sway(self, depth: float, time: float) -> float:
        """How far (pixels) the camera moves things at `depth` (0 far .. 1 near) at a time of the loop."""
        return float(np.sin(TAU * time) * (self.margin - 2) * 0.95 * depth)

    def land(self, depth: float) -> Array:
        """The colour of plain land at `depth` (0 far .. 1 near)."""
        return mix(self.palette.far, self.palette.near, depth)

    @property
    def haze(self) -> Array:
        """The colour of the air near the horizon."""
        return mix(self.palette.sky[-2], self.palette.sky[-1], 0.4)


@dataclass(frozen=True)
class Plate:
    """A cut-out: colours (3, h, w + 2 margin) and coverage (h, w + 2 margin), its top row, its depth."""

    top: int
    colour: Array
    cover: Array
    depth: float

    def packed(self) -> "Plate":
        """The plate without its empty top and in half precision, for keeping through a clip."""
        filled = np.nonzero(self.cover.max(axis=1) > 0)[0]
        first = int(filled[0]) if len(filled) else 0
        colour, cover = self.colour[:, first:].astype(np.float16), self.cover[first:].astype(np.float16)
        return replace(self, top=self.top + first, colour=colour, cover=cover)


def pixels_of(canvas: Array) -> NDArray[np.uint8]:
    """The canvas (3, h, w) of 0..1 as pixels (h, w, 3) of 0..255."""
    pixels = np.empty((*canvas.shape[1:], 3), np.uint8)
    for index, band in enumerate(canvas):
        pixels[..., index] = band * np.float32(255) + np.float32(0.5)
    return pixels


def column(colour: Array) -> Array:
    """The colour shaped (3, 1, 1), to meet a canvas."""
    return colour.reshape(3, 1, 1)


def blend(canvas: Array, colour: Array, cover: Array) -> None:
    """Lay the colour (3, h, w) or (3, 1, 1) over the canvas (3, h, w), in place, by `cover` (h, w)."""
    for band, paint in zip(canvas, colour, strict=True):
        band += (paint - band) * cover


def shine(canvas: Array, colour: Array, strength: Array) -> None:
    """Add light of one colour to the canvas (3, h, w), in place, by screening it with `strength` (h, w)."""
    for band, paint in zip(canvas, colour, strict=True):
        band += (1 - band) * (strength * paint)


def _slid(field: Array, start: int, width: int, part: float) -> Array:
    near = field[..., start : start + width]
    if part < 1e-3:
        return near
    return near * np.float32(1 - part) + field[..., start - 1 : start - 1 + width] * np.float32(part)


def lay(stage: Stage, canvas: Array, plate: Plate, time: float) -> None:
    """Lay a plate over the canvas (3, h, w), in place, where the sway of the camera puts it at `time`."""
    shift = stage.sway(plate.depth, time)
    whole = int(np.floor(shift))
    start, part = stage.margin - whole, shift - whole
    top, bottom = max(plate.top, 0), min(plate.top + plate.cover.shape[0], stage.height)
    if bottom <= top:
        return
    rows = slice(top - plate.top, bottom - plate.top)
    cover = _slid(plate.cover[rows], start, stage.width, part)
    for band, paint in zip(canvas, plate.colour, strict=True):
        target = band[top:bottom]
        target += (_slid(paint[rows], start, stage.width, part) - target) * cover
