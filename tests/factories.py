"""Makes what tests need: real pictures and clips, rows, finished runs."""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from core import blobs, jobs, results
from core.database import Database
from core.jobs import Claim, Run
from core.media import Inspection, Thumbnail
from core.providers import Prediction

CODECS = {  # of clips
    "mp4": ("libx264", "aac"),
    "mov": ("libx264", "aac"),
    "webm": ("libvpx-vp9", "libopus"),
}
SOUNDS = {  # codec, how it takes samples, muxer
    "wav": ("pcm_s16le", "s16", "wav"),
    "mp3": ("libmp3lame", "s16p", "mp3"),
    "flac": ("flac", "s16", "flac"),
    "ogg": ("vorbis", "fltp", "ogg"),
    "opus": ("libopus", "s16", "ogg"),
    "m4a": ("aac", "fltp", "ipod"),
    "mp4": ("aac", "fltp", "mp4"),
    "mov": ("aac", "fltp", "mov"),
    "aac": ("aac", "fltp", "adts"),
    "webm": ("libopus", "s16", "webm"),
}


def picture(
    width: int = 64, height: int = 48, seed: int = 0, format_name: str = "PNG", frames: int = 1, **options: Any
) -> bytes:
    """A coloured noise picture; with more than one frame it moves, a tenth of a second each."""
    noise = np.random.default_rng(seed)
    first, *others = (
        Image.fromarray(noise.integers(0, 255, (height, width, 3), dtype=np.uint8)) for _ in range(frames)
    )
    if others:
        options = {"save_all": True, "append_images": others, "duration": 100} | options
    buffer = BytesIO()
    first.save(buffer, format_name, **options)
    return buffer.getvalue()


def clip(
    path: Path,
    *,
    seconds: float = 2,
    fps: int = 12,
    width: int = 64,
    height: int = 48,
    container: str = "mp4",
    codec: str | None = None,
    sound: str | None = None,
    sound_seconds: float | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A moving gradient as H.264 in MP4 or MOV, or VP9 in WebM; `sound` names the codec of a tone beside it."""
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        stream = output.add_stream(codec or CODECS[container][0], rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        tone = _add_tone(output, sound) if sound else None
        for number in range(int(seconds * fps)):
            pixels = np.full((height, width, 3), (number * 7) % 255, np.uint8)
            pixels[:, : width // 2, 0] = (number * 13) % 255
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
        if tone:
            _encode_tone(output, tone, sound_seconds or seconds)
    return path


class Pipe:
    """Takes bytes and cannot go back, so that what is written never learns its own length."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        """Append."""
        self.data += data
        return len(data)


def live_clip(seconds: float = 2, fps: int = 12) -> bytes:
    """A WebM as a browser records it: neither segment nor clusters say how long they are."""
    pipe = Pipe()
    with av.open(pipe, "w", format="webm", options={"live": "1"}) as output:
        stream = output.add_stream("libvpx-vp9", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(int(seconds * fps)):
            pixels = np.full((48, 64, 3), number * 7 % 255, np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return bytes(pipe.data)


def sound(
    path: Path, *, container: str = "wav", seconds: float = 2, rate: int = 48000, options: dict[str, str] | None = None
) -> Path:
    """A tone that swells and fades, in mono."""
    codec, samples, muxer = SOUNDS[container]
    with av.open(str(path), "w", format=muxer, options=options or {}) as output:
        _encode_tone(output, _add_tone(output, codec, rate, samples), seconds)
    return path


def _add_tone(output: Any, codec: str, rate: int = 48000, samples: str | None = None) -> Any:
    stream = output.add_stream(codec, rate=rate, layout="mono")
    context = stream.codec_context
    context.format = samples or context.codec.audio_formats[0].name
    if codec == "vorbis":
        context.options = {"strict": "experimental"}  # FFmpeg's own encoder, which takes two channels
        context.layout = "stereo"
    context.open()
    return stream


def _encode_tone(output: Any, stream: Any, seconds: float) -> None:
    context = stream.codec_context
    moments = np.arange(int(seconds * stream.rate)) / stream.rate
    wave = np.sin(2 * np.pi * 220 * moments) * np.sin(2 * np.pi * 0.7 * moments) * 20_000
    frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts = stream.rate, 0
    fit = av.AudioResampler(context.format, context.layout, stream.rate, context.frame_size)
    for piece in [*fit.resample(frame), *fit.resample(None)]:
        output.mux(stream.encode(piece))
    output.mux(stream.encode(None))


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
    mime = {"image": "image/png", "video": "video/mp4", "audio": "audio/wav"}[kind]
    return Inspection(kind, mime, width, height, small, **values)


def add(
    database: Database,
    now: datetime,
    data: bytes | None = None,
    kind: str = "image",
    inspection: Inspection | None = None,
    **values: Any,
) -> int:
    """A finished run with one item of these bytes; returns the item's id."""
    claim = claimed(database, now, model="sketch/clip" if kind == "video" else "sketch/still", **values)
    inspection = inspection or found(kind, duration=2.0 if kind == "video" else None)
    media_id = keep(database, claim, data or picture(seed=claim.id), inspection, now)
    results.finish(database, claim, {"output": ["x"]}, now + timedelta(seconds=1))
    return media_id


def keep(database: Database, claim: Claim, data: bytes, inspection: Inspection, now: datetime) -> int:
    """The run's answer with one output, stored; returns the item's id."""
    results.answered(database, claim, [("[0]", None)], Prediction("", "succeeded", logs="done"))
    media_id = results.receive(database, claim, 0, inspection, None, now)
    stored = blobs.write(database, media_id, BytesIO(data), lambda: None)
    results.keep(database, claim, 0, media_id, stored, inspection)
    return media_id
