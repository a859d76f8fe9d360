"""Chance: seeded generators, and value noise in one and two dimensions built from them."""

import hashlib

import numpy as np
from PIL import Image

from core.providers.painting.colour import Array


def generator(seed: int, *names: str) -> np.random.Generator:
    """A random generator that depends on the seed and on every name, and on nothing else."""
    text = "\x1f".join([str(seed), *names])
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest[:16], "big")))


def smooth(low: float, high: float, value: Array) -> Array:
    """0 below `low`, 1 above `high` and a soft S between; also falls when low > high."""
    part = np.clip((value - low) / (high - low), 0, 1).astype(np.float32, copy=False)
    return np.asarray(part * part * (3 - 2 * part))


def line(rng: np.random.Generator, at: Array, cell: float, angular: bool = False) -> Array:
    """Noise -1..1 over positions `at` (N,) with one random value every `cell` pixels."""
    position = at / cell + rng.uniform(0, 1)
    base = np.floor(position).astype(np.int64)
    values = rng.uniform(-1, 1, int(base.max() - base.min()) + 2)
    part = position - base
    if not angular:
        part = part * part * (3 - 2 * part)
    base = base - base.min()
    return np.asarray(values[base] * (1 - part) + values[base + 1] * part, np.float32)


def fractal_line(
    rng: np.random.Generator, at: Array, cell: float, octaves: int, gain: float = 0.5, angular: bool = False
) -> Array:
    """Octaves of `line`, each half the size of the last, over `at` (N,); about -1..1."""
    total = np.zeros(at.shape, np.float32)
    weight, norm = 1.0, 0.0
    for _ in range(octaves):
        total += np.float32(weight) * line(rng, at, cell, angular)
        norm += weight
        weight, cell = weight * gain, cell / 2.03
    return total / np.float32(norm**0.8)


def resized(field: Array, shape: tuple[int, int], how: Image.Resampling = Image.Resampling.BILINEAR) -> Array:
    """The field (h, w) resampled to `shape` (rows, columns)."""
    if field.shape == shape:
        return field
    return np.array(Image.fromarray(field).resize((shape[1], shape[0]), how))


def _lattice(rng: np.random.Generator, shape: tuple[int, int], cell: tuple[float, float]) -> Array:
    rows, columns = shape[0] / cell[0], shape[1] / cell[1]
    grid = rng.uniform(-1, 1, (int(rows) + 4, int(columns) + 4)).astype(np.float32)
    top, left = rng.uniform(1, 2, 2)
    box = (left, top, left + columns, top + rows)
    return np.array(Image.fromarray(grid).resize((shape[1], shape[0]), Image.Resampling.BICUBIC, box=box))


def fractal(
    rng: np.random.Generator,
    shape: tuple[int, int],
    cell: float,
    octaves: int,
    stretch: float = 1,
    gain: float = 0.5,
) -> Array:
    """Fractal noise (h, w) of mean 0 and deviation 1; cells `cell` pixels high, `stretch` times as wide."""
    total = np.zeros(shape, np.float32)
    weight = 1.0
    for _ in range(octaves):
        total += np.float32(weight) * _lattice(rng, shape, (cell, cell * stretch))
        weight, cell = weight * gain, cell / 2.03
        if cell < 1.5:
            break
    total -= total.mean()
    return total / max(float(total.std()), 1e-6)


def moved(field: Array, rows: Array, columns: Array) -> Array:
    """The field (h, w) read at the given rows and columns (both of one shape), bilinear, edges held."""
    rows = np.clip(rows, 0, field.shape[0] - 1.001)
    columns = np.clip(columns, 0, field.shape[1] - 1.001)
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down, right = rows - top, columns - left
    flat = top * field.shape[1] + left
    cells = field.ravel()
    upper = cells[flat] * (1 - right) + cells[flat + 1] * right
    flat += field.shape[1]
    lower = cells[flat] * (1 - right) + cells[flat + 1] * right
    return np.asarray(upper * (1 - down) + lower * down, np.float32)


def warped(rng: np.random.Generator, field: Array, cell: float, amount: float) -> Array:
    """The field (h, w) pulled about by smooth noise of the given cell, at most about `amount` pixels."""
    shape = (field.shape[0], field.shape[1])
    down = np.arange(shape[0], dtype=np.float32)[:, None] + fractal(rng, shape, cell, 3) * (amount * 0.5)
    across = np.arange(shape[1], dtype=np.float32)[None, :] + fractal(rng, shape, cell, 3) * amount
    return moved(field, down, across)
