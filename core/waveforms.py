"""Draws the loudness of a sound as bars; knows numbers and pixels only."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.images import webp_of

WIDTH, HEIGHT = 512, 192  # pixels
BARS: Final = 64
FINER: Final = 4  # times larger when drawn, then made smaller: smooth ends
COLOURS: Final = ((0x7C, 0x5C, 0xFF), (0xD9, 0x46, 0xA8))  # from left to right; both show on white and on black
QUIETEST: Final = 0.01  # of full scale; below it, a sound is not made to look louder


def draw(squares: NDArray[np.float32]) -> tuple[int, int, bytes]:
    """Bars on nothing for one or more mean squares, as (width, height, WebP bytes)."""
    heights = _heights(squares)
    mask = Image.new("L", (WIDTH * FINER, HEIGHT * FINER))
    pen, pitch = ImageDraw.Draw(mask), WIDTH * FINER / BARS
    thick, middle = pitch * 0.625, HEIGHT * FINER / 2
    for number, height in enumerate(heights):
        left, half = number * pitch + (pitch - thick) / 2, max(height * middle * 0.9, thick / 2)
        pen.rounded_rectangle((left, middle - half, left + thick - 1, middle + half - 1), thick / 2, fill=255)
    picture = Image.fromarray(_gradient(), "RGB")
    picture.putalpha(mask.resize((WIDTH, HEIGHT), Image.Resampling.BOX))
    return WIDTH, HEIGHT, webp_of(picture)


def _heights(squares: NDArray[np.float32]) -> NDArray[np.float64]:
    """The height of each bar between 0 and 1, the loudest being 1."""
    edges = np.linspace(0, squares.size, BARS + 1).astype(int)
    means = [squares[min(a, squares.size - 1) : max(b, a + 1)].mean() for a, b in pairwise(edges)]
    loudness = np.sqrt(np.array(means, np.float64))
    return np.asarray((loudness / max(loudness.max(), QUIETEST)) ** 0.8)


def _gradient() -> NDArray[np.uint8]:
    """The colours from left to right: height x width x 3."""
    left, right = (np.array(colour, float) for colour in COLOURS)
    across = np.linspace(0, 1, WIDTH)[:, None]
    return np.broadcast_to(left + (right - left) * across, (HEIGHT, WIDTH, 3)).astype(np.uint8)
