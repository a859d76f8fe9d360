"""The last touches: bloom of the bright parts, vignette, mood grade and film grain."""

import numpy as np
from PIL import Image

from core.providers.painting.colour import Array
from core.providers.painting.noise import resized
from core.providers.painting.sky import Draw
from core.providers.painting.stage import Stage


def _bloom(canvas: Array, strength: float) -> None:
    rows, columns = canvas.shape[1:]
    small = (max(rows // 14, 2), max(columns // 14, 2))
    for band in canvas:
        bright = resized(band, small, Image.Resampling.BOX) - np.float32(0.62)
        soft = resized(np.maximum(bright, 0), (rows, columns), Image.Resampling.BICUBIC)
        soft *= np.float32(strength)
        np.clip(soft, 0, 1, out=soft)
        soft *= 1 - band
        band += soft


def finish(stage: Stage, grain: float) -> Draw:
    """Grades the whole canvas; `grain` is the deviation of the film grain."""
    rng = stage.rng("grain")
    noise = rng.normal(0, grain, (stage.height, stage.width)).astype(np.float16)
    x = np.linspace(-1, 1, stage.width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, stage.height, dtype=np.float32)[:, None]
    depth = 0.1 if stage.scene.has("pastel", "minimal") else 0.2
    vignette = (1 - np.float32(depth) * np.clip((x**2 + y**2) / 2, 0, 1) ** 1.4).astype(np.float16)
    bloom = 0.9 if stage.scene.has("dreamy", "pastel", "neon", "mystical") else 0.55

    def draw(canvas: Array, time: float) -> None:
        np.clip(canvas, 0, 1, out=canvas)
        _bloom(canvas, bloom)
        if stage.scene.has("noir"):
            canvas[:] = canvas[0] * np.float32(0.3) + canvas[1] * np.float32(0.59) + canvas[2] * np.float32(0.11)
        step = round(time * 240)
        speck = np.roll(noise, (step * 37 % stage.height, step * 61 % stage.width), (0, 1))
        for band in canvas:
            curve = 3 - 2 * band
            curve *= band
            curve *= band
            curve -= band
            curve *= np.float32(0.22)
            band += curve
            band *= vignette
            band += speck
        np.clip(canvas, 0, 1, out=canvas)

    return draw
