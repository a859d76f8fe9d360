"""Cut-out shapes: antialiased masks drawn with a pen, coloured sprites made of them, and spots of light."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from core.providers.painting.colour import Array

Point = tuple[float, float]


class Pen:
    """Draws shapes into a coverage mask (rows, columns), in pixels from its top left corner."""

    def __init__(self, rows: int, columns: int, fine: int = 3) -> None:
        self.rows, self.columns, self.fine = max(rows, 1), max(columns, 1), fine
        self._image = Image.new("L", (self.columns * fine, self.rows * fine))
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: Sequence[Point], ink: int = 255) -> None:
        """Fill the closed outline through the points."""
        self._draw.polygon([(x * self.fine, y * self.fine) for x, y in points], fill=ink)

    def circle(self, x: float, y: float, radius: float, squash: float = 1, ink: int = 255) -> None:
        """Fill a circle, or an ellipse `squash` times as high as wide."""
        f, high = self.fine, radius * squash
        self._draw.ellipse(((x - radius) * f, (y - high) * f, (x + radius) * f, (y + high) * f), fill=ink)

    def stroke(self, points: Sequence[Point], start: float, end: float, ink: int = 255) -> None:
        """Draw a line through the points whose width runs from `start` to `end` pixels."""
        line = np.asarray(points, np.float64)
        along = np.gradient(line, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], 1) / np.hypot(along[:, 0], along[:, 1]).clip(1e-6)[:, None]
        half = np.linspace(start, end, len(line))[:, None] / 2
        left, right = line + across * half, line - across * half
        self.polygon([(float(x), float(y)) for x, y in (*left, *right[::-1])], ink)

    def cover(self) -> Array:
        """What has been drawn: coverage 0..1 (rows, columns)."""
        small = self._image.reduce(self.fine) if self.fine > 1 else self._image
        return np.asarray(small, np.float32) / 255


@dataclass(frozen=True)
class Sprite:
    """A small coloured cut-out: colours (3, h, w), coverage (h, w), and its anchor inside it in pixels."""

    colour: Array
    cover: Array
    anchor: Point


class Easel:
    """Builds a sprite of `width` by `height` pixels out of shapes of several colours, later ones in front."""

    def __init__(self, width: float, height: float) -> None:
        self.rows, self.columns = int(np.ceil(height)) + 2, int(np.ceil(width)) + 2
        self.colour = np.zeros((3, self.rows, self.columns), np.float32)
        self.cover: Array = np.zeros((self.rows, self.columns), np.float32)

    def pen(self) -> Pen:
        """A pen for one shape; hand it to `fill` when drawn."""
        return Pen(self.rows, self.columns, 4)

    def fill(self, pen: Pen, colour: Array) -> None:
        """Put what the pen drew in front, in one colour."""
        mask = pen.cover()
        total = mask + self.cover * (1 - mask)
        safe = np.maximum(total, 1e-6)
        for band, paint in zip(self.colour, colour, strict=True):
            band[:] = (paint * mask + band * self.cover * (1 - mask)) / safe
        self.cover = total

    def polygon(self, points: Sequence[Point], colour: Array) -> None:
        """Fill one polygon with a colour."""
        pen = self.pen()
        pen.polygon(points)
        self.fill(pen, colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Array) -> None:
        """Fill an upright rectangle with a colour."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def sprite(self, anchor: Point) -> Sprite:
        """The finished sprite, held at `anchor`."""
        return Sprite(self.colour, self.cover, anchor)


def _shifted(field: Array, down: float, across: float) -> Array:
    out = np.zeros((*field.shape[:-2], field.shape[-2] + 1, field.shape[-1] + 1), np.float32)
    for row, high in ((0, 1 - down), (1, down)):
        for col, wide in ((0, 1 - across), (1, across)):
            out[..., row : row + field.shape[-2], col : col + field.shape[-1]] += field * np.float32(high * wide)
    return out


def stamp(canvas: Array, sprite: Sprite, x: float, y: float, strength: float = 1) -> None:
    """Lay a sprite over the canvas (3, h, w), in place, its anchor at the column x and row y."""
    left, top = x - sprite.anchor[0], y - sprite.anchor[1]
    col, row = int(np.floor(left)), int(np.floor(top))
    cover = _shifted(sprite.cover, top - row, left - col)
    colour = _shifted(sprite.colour * sprite.cover, top - row, left - col)
    high, wide = cover.shape
    r0, r1 = max(row, 0), min(row + high, canvas.shape[1])
    c0, c1 = max(col, 0), min(col + wide, canvas.shape[2])
    if r1 <= r0 or c1 <= c0:
        return
    part = (slice(r0 - row, r1 - row), slice(c0 - col, c1 - col))
    weight = np.float32(strength)
    for band, paint in zip(canvas, colour, strict=True):
        target = band[r0:r1, c0:c1]
        target += paint[part] * weight - target * cover[part] * weight


def mirrored(sprite: Sprite) -> Sprite:
    """The sprite upside down, as water shows it."""
    anchor = (sprite.anchor[0], sprite.cover.shape[0] - sprite.anchor[1])
    return Sprite(sprite.colour[:, ::-1], sprite.cover[::-1], anchor)


def glow(canvas: Array, x: float, y: float, radius: float, colour: Array, strength: float) -> None:
    """Add a soft round light to the canvas (3, h, w), in place; `radius` is where half of it is gone."""
    reach = int(np.ceil(radius * 5))
    r0, r1 = max(int(y) - reach, 0), min(int(y) + reach + 1, canvas.shape[1])
    c0, c1 = max(int(x) - reach, 0), min(int(x) + reach + 1, canvas.shape[2])
    if r1 <= r0 or c1 <= c0:
        return
    down = (np.arange(r0, r1, dtype=np.float32) - np.float32(y))[:, None]
    across = (np.arange(c0, c1, dtype=np.float32) - np.float32(x))[None, :]
    gap = (down**2 + across**2) / np.float32(radius) ** 2
    light = np.float32(strength) * np.maximum(1 / (1 + gap) - 1 / 26, 0) * np.float32(26 / 25)
    for band, paint in zip(canvas, colour, strict=True):
        target = band[r0:r1, c0:c1]
        target += (1 - target) * np.clip(light * paint, 0, 1)
