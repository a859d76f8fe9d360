"""Clips: a scene painted over one seamless loop and encoded, frame by frame, as H.264 in MP4."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from core.providers.painting.brief import Brief, Report, prepare
from core.providers.painting.compose import layers
from core.providers.painting.sky import Draw
from core.providers.painting.stage import Stage, pixels_of

_PREPARING = 0.15  # the part of the work that comes before the first frame


def paint_clip(brief: Brief, seconds: int, fps: int, target: Path, report: Report) -> None:
    """Paint `seconds * fps` frames of the brief as a seamless loop and write them to `target` as MP4."""
    stage = prepare(brief, report)
    draws = _draws(stage, report)
    count = seconds * fps
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as box:
        stream = box.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = stage.width, stage.height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        stream.codec_context.options = _options(fps)
        for index, pixels in enumerate(_frames(stage, draws, count)):
            line = f"Encoding {index} of {count} frames" if index % fps == 0 else ""
            report(_PREPARING + (0.98 - _PREPARING) * index / count, line)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    report(1.0, "Done")


def _options(fps: int) -> dict[str, str]:
    """x264 settings: a keyframe each second, and the same bytes on every machine and run."""
    same = "threads=1:lookahead-threads=1:cpu-independent=1:mbtree=0:rc-lookahead=0:sync-lookahead=0:bframes=0"
    even = f"keyint={fps}:min-keyint={fps}:scenecut=0:ipratio=1.0"
    hue = "colormatrix=smpte170m:colorprim=bt709:transfer=bt709:range=tv"
    return {"preset": "veryfast", "crf": "17", "threads": "1", "x264-params": f"{same}:{even}:{hue}"}


def _draws(stage: Stage, report: Report) -> list[Draw]:
    plan = layers(stage, 0.0025)
    draws = []
    for index, (name, build) in enumerate(plan):
        report(0.01 + (_PREPARING - 0.01) * index / len(plan), name)
        draws.append(build())
    return draws


def _frames(stage: Stage, draws: list[Draw], count: int) -> Iterator[NDArray[np.uint8]]:
    canvas = np.zeros((3, stage.height, stage.width), np.float32)
    for index in range(count):
        for draw in draws:
            draw(canvas, index / count)
        yield pixels_of(canvas)
