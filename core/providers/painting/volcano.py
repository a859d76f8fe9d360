"""A volcano's fire: the glow of the crater, lava running down the cone, and smoke lit from below."""

import numpy as np

from core.providers.painting.clouds import drifted
from core.providers.painting.colour import Array, from_hex, mix
from core.providers.painting.noise import fractal, fractal_line, resized, smooth
from core.providers.painting.outlines import volcano_mouth
from core.providers.painting.shapes import Pen, glow
from core.providers.painting.sky import Draw
from core.providers.painting.stage import TAU, Stage, blend
from core.providers.painting.terrain import Strip

_FIRE = from_hex("ff6a24")
_HOT = from_hex("ffd277")


def smoke(stage: Stage, strip: Strip) -> Draw:
    """A plume of smoke rising from the crater and leaning with the wind."""
    x, y = volcano_mouth(stage), strip.ground(stage, volcano_mouth(stage))
    scale = 2
    shape = (max(int(y) // scale + 4, 8), stage.width // scale)
    travel = max(int(stage.unit * 0.08 / scale), 4)
    tall = (shape[1], shape[0] + travel)
    unit = stage.unit / scale
    first, second = (fractal(stage.rng("smoke", each), tall, unit * 0.07, 5, 1.2) for each in "ab")
    up = (y / scale - np.arange(shape[0], dtype=np.float32)[:, None]) / unit
    lean = -stage.lit_from * up.clip(0) ** 1.5 * 0.5
    across = (np.arange(shape[1], dtype=np.float32)[None, :] - x / scale) / unit - lean
    wide = 0.05 + 0.26 * up.clip(0) ** 0.85
    form = 1.15 - (across / wide) ** 2 * 1.2 - up.clip(0) * 0.5
    form = np.where(up > -0.02, form, -3).astype(np.float32)
    dark = mix(stage.palette.sky[0], stage.palette.near, 0.4)
    pale = mix(stage.palette.sky[2], stage.palette.far, 0.5)
    heat = np.exp(-up.clip(0) / 0.16).astype(np.float32)
    full = (min(shape[0] * scale, stage.height), stage.width)

    def draw(canvas: Array, time: float) -> None:
        cloud = drifted(first, second, time, travel).T
        cover = resized(smooth(0.0, 0.7, form + cloud * 0.42) * np.float32(0.9), full)
        light = resized(np.clip(0.5 + 0.35 * cloud, 0, 1), full)
        warm = resized(np.clip(heat * (0.75 + 0.3 * cloud), 0, 1), full)
        for band, shade, bright, fire in zip(canvas[:, : full[0]], dark, pale, _FIRE, strict=True):
            tone = shade + (bright - shade) * light
            band += (tone + (fire - tone) * warm - band) * cover

    return draw


def lava(stage: Stage, strip: Strip) -> Draw:
    """Streams of lava down the cone, and the light of the crater."""
    rng = stage.rng("lava")
    x = volcano_mouth(stage)
    y = strip.ground(stage, x)
    rows, columns = int(strip.bottom - y) + 4, stage.width
    pen = Pen(max(rows, 4), columns, 2)
    for start in rng.uniform(-0.045, 0.045, 4) * stage.unit:
        steps = np.linspace(0, 1, 24)
        length = rows * rng.uniform(0.35, 0.85)
        wander = fractal_line(rng, steps.astype(np.float32) * 10, 2.5, 3) * stage.unit * 0.02
        path = [
            (float(x + start * (1 + 1.9 * s) + w * s), float(2 + s * length))
            for s, w in zip(steps, wander, strict=True)
        ]
        pen.stroke(path, stage.unit * 0.009, stage.unit * 0.0015)
    streams = pen.cover()
    halo = resized(resized(streams, (max(rows // 12, 2), max(columns // 12, 2))), streams.shape)
    top = int(y)

    def draw(canvas: Array, time: float) -> None:
        pulse = 1 + 0.12 * float(np.sin(TAU * 2 * time))
        room = canvas[:, top : top + streams.shape[0]]
        high = room.shape[1]
        blend(room, _FIRE.reshape(3, 1, 1), np.clip(halo[:high] * np.float32(1.3 * pulse), 0, 0.6))
        blend(room, mix(_FIRE, _HOT, 0.6).reshape(3, 1, 1), streams[:high])
        glow(canvas, x, y, stage.unit * 0.035, _HOT, 0.95 * pulse)
        glow(canvas, x, y - stage.unit * 0.03, stage.unit * 0.15, _FIRE, 0.6 * pulse)

    return draw
