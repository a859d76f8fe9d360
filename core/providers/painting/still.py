"""Stills: one moment of a scene painted layer by layer and written as a PNG."""

from pathlib import Path

import numpy as np
from PIL import Image

from core.providers.painting.brief import Brief, Report, prepare
from core.providers.painting.compose import layers
from core.providers.painting.stage import pixels_of

MOMENT = 0.3  # the time of the loop that stills show: lightning is bright then


def paint_still(brief: Brief, target: Path, report: Report) -> None:
    """Paint the brief and write it as a PNG to `target`, reporting each layer."""
    stage = prepare(brief, report)
    plan = layers(stage, 0.0075)
    canvas = np.zeros((3, stage.height, stage.width), np.float32)
    for index, (name, build) in enumerate(plan):
        report(0.02 + 0.9 * index / len(plan), name)
        draw = build()
        report(0.02 + 0.9 * (index + 0.7) / len(plan), "")
        draw(canvas, MOMENT)
    report(0.93, "Writing the picture")
    Image.fromarray(pixels_of(canvas)).save(target, "PNG", compress_level=4)
    report(1.0, "Done")
