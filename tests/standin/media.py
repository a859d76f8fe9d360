"""Real files: stills, clips with and without sound, moving pictures, music and archives, painted when first fetched."""

import base64
import hashlib
import io
import math
import random
import tempfile
import threading
import wave
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

RATE = 22_050
TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "zip": "application/zip",
}


@dataclass(frozen=True)
class Spec:
    """A file to make. `kind` is still, clip, motion, sound or zip; `source` the bytes of a picture given as input."""

    kind: str
    extension: str
    prompt: str
    seed: int
    width: int = 192
    height: int = 128
    seconds: int = 2
    fps: int = 12
    sound: bool = False
    scenes: bool = False
    source: bytes | None = None

    @property
    def content_type(self) -> str:
        """The media type of the file."""
        return TYPES[self.extension]


class Studio:
    """Makes files and keeps the latest of them; one at a time, so that threads do not fight for the processor."""

    def __init__(self, keep: int = 400) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[Spec, bytes] = OrderedDict()
        self._keep = keep

    def made(self, spec: Spec) -> bytes | None:
        """The bytes, if they were made before."""
        return self._made.get(spec)

    def make(self, spec: Spec) -> bytes:
        """The bytes of the file; the same spec always gives the same."""
        with self._lock:
            if spec not in self._made:
                self._made[spec] = render(spec)
                if len(self._made) > self._keep:
                    self._made.popitem(last=False)
            return self._made[spec]


def render(spec: Spec) -> bytes:
    """Make the file anew."""
    return {"still": _still, "clip": _clip, "motion": _motion, "sound": _music, "zip": _archive}[spec.kind](spec)


def _still(spec: Spec) -> bytes:
    return _encoded(picture(spec, spec.width, spec.height), spec.extension)


def picture(spec: Spec, width: int, height: int) -> Image.Image:
    """The scene of a spec in any size: painted from the words, or made of the picture that was given."""
    if spec.source is not None:
        try:
            with Image.open(io.BytesIO(spec.source)) as given:
                fitted = ImageOps.fit(given.convert("RGB"), (width, height))
            return ImageOps.posterize(ImageOps.autocontrast(fitted), 4)
        except (OSError, UnidentifiedImageError, ValueError):
            pass  # the service's models, too, take what they cannot read for nothing
    return _scene(spec, width, height) if spec.scenes else _plain(spec, width, height)


def _plain(spec: Spec, width: int, height: int) -> Image.Image:
    dice = random.Random(f"{spec.prompt}|{spec.seed}")
    top, bottom = (np.array([dice.randrange(256) for _ in range(3)], float) for _ in range(2))
    slope = np.linspace(0, 1, height)[:, None, None]
    sky = np.broadcast_to(top + (bottom - top) * slope, (height, width, 3)).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(sky))
    brush = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, r = dice.randrange(width), dice.randrange(height), dice.randrange(4, max(5, width // 5))
        brush.ellipse((x - r, y - r, x + r, y + r), fill=tuple(dice.randrange(256) for _ in range(3)))
    return image


def _scene(spec: Spec, width: int, height: int) -> Image.Image:
    from core.providers.painting import Brief, paint_still

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "still.png"
        brief = Brief(spec.prompt, spec.seed % 2**32, width, height)
        paint_still(brief, target, lambda fraction, words: None)
        with Image.open(target) as image:
            return image.convert("RGB")


def _encoded(image: Image.Image, extension: str, **more: Any) -> bytes:
    out = io.BytesIO()
    kinds = {"jpg": "JPEG", "webp": "WEBP", "png": "PNG", "gif": "GIF"}
    image.save(out, kinds[extension], **more)
    return out.getvalue()


def _frames(spec: Spec, count: int) -> Iterator[Image.Image]:
    """A slow pan to and fro over a scene somewhat wider than the frame."""
    wide = picture(spec, (spec.width * 5 // 4) // 2 * 2, spec.height)
    room = wide.width - spec.width
    for index in range(count):
        left = round(room * (0.5 - 0.5 * math.cos(2 * math.pi * index / count)))
        yield wide.crop((left, 0, left + spec.width, spec.height))


def _motion(spec: Spec) -> bytes:
    first, *rest = _frames(spec, 8)
    return _encoded(first, spec.extension, save_all=True, append_images=rest, duration=120, loop=0)


def _clip(spec: Spec) -> bytes:
    with tempfile.TemporaryDirectory() as folder:  # "faststart" reads what it wrote
        target = Path(folder) / "clip.mp4"
        with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as box:
            video = box.add_stream("libx264", rate=spec.fps)
            video.width, video.height, video.pix_fmt = spec.width, spec.height, "yuv420p"
            video.codec_context.options = {"preset": "ultrafast", "crf": "24", "threads": "1"}
            audio = box.add_stream("aac", rate=RATE, layout="mono") if spec.sound else None
            for index, image in enumerate(_frames(spec, spec.seconds * spec.fps)):
                frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, spec.fps)
                box.mux(video.encode(frame))
            box.mux(video.encode(None))
            if audio is not None:
                _mux_sound(box, audio, _tones(spec))
        return target.read_bytes()


def _tones(spec: Spec) -> Any:
    """Samples from -1 to 1: four notes of a chord that the words choose, one after the other."""
    dice = random.Random(f"{spec.prompt}|{spec.seed}")
    root = 196.0 * 2 ** (dice.randrange(12) / 12)
    chord = [root * ratio for ratio in (1, 6 / 5 if dice.random() < 0.5 else 5 / 4, 3 / 2, 2)]
    time = np.arange(spec.seconds * RATE) / RATE
    notes = np.array([dice.choice(chord) for _ in range(spec.seconds * 4)])[(time * 4).astype(int)]
    return 0.3 * np.sin(2 * np.pi * notes * time) * (1 - (time * 4) % 1)


def _mux_sound(box: Any, stream: Any, samples: Any) -> None:
    frame = av.AudioFrame.from_ndarray((samples[None, :] * 32767).astype(np.int16), format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    resampler = av.AudioResampler(stream.codec_context.format, "mono", RATE, frame_size=stream.frame_size or 1152)
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        box.mux(stream.encode(piece))
    box.mux(stream.encode(None))


def _music(spec: Spec) -> bytes:
    out, samples = io.BytesIO(), _tones(spec)
    if spec.extension == "wav":
        with wave.open(out, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((samples * 32767).astype("<i2").tobytes())
        return out.getvalue()
    with av.open(out, "w", format="mp3") as box:
        _mux_sound(box, box.add_stream("libmp3lame", rate=RATE, layout="mono"), samples)
    return out.getvalue()


def _archive(spec: Spec) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index, image in enumerate(_frames(spec, 3)):
            entry = zipfile.ZipInfo(f"frame-{index}.png", (2026, 3, 2, 0, 0, 0))
            archive.writestr(entry, _encoded(image, "png"))
    return out.getvalue()


def md5(data: bytes) -> str:
    """The hex digits that the ETag holds."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@lru_cache(512)
def crc32c(data: bytes) -> str:
    """The other checksum of the bucket, in base64."""
    value = 0xFFFFFFFF
    for byte in data:
        value = _CASTAGNOLI[(value ^ byte) & 0xFF] ^ (value >> 8)
    return base64.b64encode((value ^ 0xFFFFFFFF).to_bytes(4, "big")).decode()


def _castagnoli(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value


_CASTAGNOLI = tuple(_castagnoli(byte) for byte in range(256))
