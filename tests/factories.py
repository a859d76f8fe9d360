"""Makes what tests need: real pictures and clips, rows, finished runs."""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from core import blobs, jobs
from core.database import Database
from core.jobs import Claim, Collected, Run
from core.media import Inspection, Thumbnail


def picture(width: int = 64, height: int = 48, seed: int = 0, format_name: str = "PNG", **options: Any) -> bytes:
    """A coloured noise picture."""
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, format_name, **options)
    return buffer.getvalue()


def clip(
    path: Path, *, seconds: float = 2, fps: int = 12, width: int = 64, height: int = 48, container: str = "mp4"
) -> Path:
    """A moving gradient as H.264 in MP4, or VP9 in WebM."""
    codec = {"mp4": "libx264", "mov": "libx264", "webm": "libvpx-vp9"}[container]
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(int(seconds * fps)):
            pixels = np.full((height, width, 3), (number * 7) % 255, np.uint8)
            pixels[:, : width // 2, 0] = (number * 13) % 255
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return path


def run(model: str = "sketch/still", prompt: str = "a hill", **request: Any) -> Run:
    """A run that could be enqueued."""
    values = {"prompt": prompt, "aspect_ratio": "3:2", "size": 256, "particles": True, "seed": 1} | request
    kind = "video" if model.endswith("clip") else "image"
    if kind == "video":
        values = {"duration": 2, "fps": 12} | values
    return Run("sketch", model, "1", kind, values, (256, 170), {})


def claimed(database: Database, now: datetime, **values: Any) -> Claim:
    """A run that has just been enqueued and claimed."""
    jobs.enqueue(database, "batch", [run(**values)], now)
    claim = jobs.claim(database, "tests", now)
    assert claim is not None
    return claim


def found(kind: str = "image", width: int = 64, height: int = 48, **values: Any) -> Inspection:
    """What an inspection might have found."""
    small = Thumbnail(width, height, picture(width, height, format_name="WEBP"))
    mime = "image/png" if kind == "image" else "video/mp4"
    return Inspection(kind, mime, width, height, small, **values)


def add(database: Database, now: datetime, data: bytes | None = None, kind: str = "image", **values: Any) -> int:
    """A finished run with one item of these bytes; returns the item's id."""
    claim = claimed(database, now, model="sketch/clip" if kind == "video" else "sketch/still", **values)
    inspection = found(kind, duration=2.0 if kind == "video" else None)
    media_id = jobs.receive(database, claim, 0, inspection, None, now)
    stored = blobs.write(database, media_id, BytesIO(data or picture(seed=media_id)), lambda: None)
    collected = [Collected(media_id, stored, inspection)]
    end = now + timedelta(seconds=1)
    jobs.finish(database, claim, collected, end, logs="done", response={"output": ["x"]}, metrics={})
    return media_id
