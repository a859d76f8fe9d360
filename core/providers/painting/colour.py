"""Colour: sRGB and OKLab, mixing and ramps. A colour is a float32 array (3,) of sRGB values 0..1."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LAB = np.linalg.inv(_TO_LAB)
_FROM_LMS = np.linalg.inv(_TO_LMS)


def from_hex(text: str) -> Array:
    """The colour written as six hexadecimal digits, without a leading sign."""
    return np.array([int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


def to_lab(rgb: Array) -> Array:
    """OKLab (..., 3) of sRGB (..., 3)."""
    value = np.clip(rgb.astype(np.float64), 0, 1)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T, np.float32)


def to_rgb(lab: Array) -> Array:
    """sRGB (..., 3), clipped to 0..1, of OKLab (..., 3)."""
    linear = np.clip((lab.astype(np.float64) @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T, 0, 1)
    value = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(value, np.float32)


def mix(first: Array, second: Array, share: float) -> Array:
    """The colour `share` (0..1) of the way from first to second, mixed as the eye sees it."""
    return to_rgb(to_lab(first) * (1 - share) + to_lab(second) * share)


def ramp(colours: Sequence[Array], stops: Sequence[float], at: Array) -> Array:
    """Colours (3, N) at the positions `at` (N,) of a gradient through `colours` at rising `stops`."""
    labs = np.stack([to_lab(colour) for colour in colours])
    fine = np.linspace(stops[0], stops[-1], 256)
    curves = np.stack([np.interp(fine, stops, labs[:, i]) for i in range(3)])
    kernel = np.hanning(33)[1:-1]
    padded = np.pad(curves, ((0, 0), (15, 15)), mode="edge")
    smooth = np.stack([np.convolve(row, kernel / kernel.sum(), "valid") for row in padded])
    lab = np.stack([np.interp(at, fine, smooth[i]) for i in range(3)], axis=-1)
    return np.ascontiguousarray(to_rgb(lab.astype(np.float32)).T)


def adjusted(colour: Array, chroma: float = 1, contrast: float = 1, lift: float = 0, warmth: float = 0) -> Array:
    """The colour with its chroma and its contrast about mid grey scaled, lifted and warmed."""
    lab = to_lab(colour)
    light = np.clip((lab[0] - 0.55) * contrast + 0.55 + lift, 0.02, 0.99)
    warm = np.array([0.35, 1.0]) * warmth * 0.1
    return to_rgb(np.array([light, *(lab[1:] * chroma + warm)], np.float32))


def tinted(colour: Array, hue: Array, share: float) -> Array:
    """The colour keeping its lightness, its hue and chroma moved `share` of the way to those of `hue`."""
    own, other = to_lab(colour), to_lab(hue)
    room = float(np.clip(1.25 - abs(own[0] - other[0]) * 1.1, 0.5, 1.15))
    light = own[0] * (1 - share * 0.22) + other[0] * share * 0.22
    return to_rgb(np.array([light, *(own[1:] * (1 - share) + other[1:] * room * share)], np.float32))
