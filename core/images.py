"""Decodes still and animated pictures with Pillow; knows files and pixels only."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from PIL import AvifImagePlugin, Image, UnidentifiedImageError

from core.containers.pictures import outline
from core.errors import MediaRefused

LONGEST: Final = 512  # pixels of a thumbnail's longer edge
QUALITY: Final = 80  # of WebP
PIXELS: Final = 100_000_000  # of a picture or of a video's frame; more are refused unread
ALL_PIXELS: Final = 1_000_000_000  # of all frames of a moving picture, or all scans of a progressive one
FRAMES: Final = 5_000
FORMATS: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
}
FASTEST: Final = 10  # milliseconds; browsers show a frame that asks for less, or for nothing, as long as USUAL
USUAL: Final = 100
ORIENTATION: Final = 0x0112  # of EXIF
TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
CLEAR: Final = ("RGBA", "LA", "PA", "La", "RGBa")  # modes with transparency
PLAIN: Final = ("L", "LA", "RGB", "RGBA", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # that an array can hold
LYING: Final = (5, 6, 7, 8)  # orientations in which width and height change places


@dataclass(frozen=True)
class Still:
    """A decoded picture: pixels, its thumbnail as (width, height, WebP bytes), and seconds when it moves."""

    width: int
    height: int
    thumbnail: tuple[int, int, bytes]
    duration: float | None = None


def decode(path: Path, mime: str) -> Still:
    """Decode every frame; raises `MediaRefused` for damaged, oversized or mislabelled files."""
    seen = outline(path, mime, FRAMES)
    _require_moderate(seen.width, seen.height, seen.frames, seen.scans)
    with _refusing(), Image.open(path, formats=[FORMATS[mime]]) as picture:
        frames = getattr(picture, "n_frames", 1)
        _require_moderate(picture.width, picture.height, frames)
        lasting = [_frame(picture, number) for number in range(1, frames)]
        lasting.append(_frame(picture, 0))
        orientation = _orientation(picture)
        width, height = picture.size[::-1] if orientation in LYING else picture.size
        small = thumbnail_of(picture, TURNS.get(orientation))
        return Still(width, height, small, sum(lasting) / 1000 if frames > 1 else None)


def thumbnail_of(picture: Image.Image, turn: Image.Transpose | None = None) -> tuple[int, int, bytes]:
    """A WebP of at most 512 pixels, turned if asked, as (width, height, bytes); the picture is used up."""
    if picture.mode in ("P", "1"):  # these can only be made smaller by leaving pixels out
        picture.thumbnail((4 * LONGEST, 4 * LONGEST))
    has_alpha = picture.mode in CLEAR or "transparency" in picture.info
    if picture.mode in ("P", "1"):
        picture = picture.convert("RGBA" if has_alpha else "RGB")
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    small = _eight_bits(picture).convert("RGBA" if has_alpha else "RGB")
    if turn is not None:
        small = small.transpose(turn)
    return small.width, small.height, webp_of(small)


def pixels(path: Path, mime: str) -> "np.ndarray":
    """The picture upright, the first frame of one that moves: height x width, or with 2 to 4 channels as the last axis.

    Bytes, but for depth maps, which keep what they hold. Raises `MediaRefused`.
    """
    with _refusing(), Image.open(path, formats=[FORMATS[mime]]) as picture:
        _require_moderate(picture.width, picture.height, 1)
        turn = TURNS.get(_orientation(picture))
        clear = picture.mode in CLEAR or "transparency" in picture.info
        upright = picture.transpose(turn) if turn is not None else picture
        known = upright.mode in PLAIN and "transparency" not in picture.info
        return np.asarray(upright if known else upright.convert("RGBA" if clear else "RGB"))


def webp_of(picture: Image.Image) -> bytes:
    """The picture as WebP."""
    buffer = BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()


@contextmanager
def _refusing() -> Iterator[None]:
    """Limits Pillow and turns what it raises into `MediaRefused`."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each thread would reserve address space, which is limited
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow finds odd, as in EXIF, does not make a picture bad
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaRefused("The picture has more pixels than the studio accepts.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, RuntimeError, struct.error) as error:
        raise MediaRefused(f"The picture is damaged: {_words(error)}.") from error


def _words(error: Exception) -> str:
    """Pillow's words, without the path that some of them name."""
    if isinstance(error, UnidentifiedImageError):
        return "it does not begin like one"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")


def _require_moderate(width: int, height: int, frames: int, scans: int = 1) -> None:
    if width * height > PIXELS:
        raise MediaRefused(f"The picture is {width} x {height} pixels; that is more than the studio accepts.")
    if frames > FRAMES:
        raise MediaRefused(f"The picture has more than {FRAMES} frames; that is too many.")
    if width * height * max(frames, scans) > ALL_PIXELS:
        parts = f"{frames} frames" if frames > 1 else f"{scans} scans"
        raise MediaRefused(f"The picture has {parts} of {width} x {height} pixels; that is too many.")


def _frame(picture: Image.Image, number: int) -> float:
    """Decode a frame; how long it is shown, in milliseconds."""
    picture.seek(number)
    picture.load()
    lasting = float(picture.info.get("duration") or 0)
    return lasting if lasting > FASTEST else USUAL


def _orientation(picture: Image.Image) -> int:
    """By EXIF; what is wrong in EXIF does not make a picture bad."""
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except (ValueError, TypeError, SyntaxError, LookupError, OSError, struct.error):
        return 1


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Depth maps have 16 bits or fractions, which would be cut off instead of scaled."""
    if picture.mode not in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        return picture
    values = np.asarray(picture, np.float32)
    scale = 255 / 65535 if picture.mode != "F" else 255.0
    return Image.fromarray(np.clip(np.nan_to_num(values) * scale, 0, 255).astype(np.uint8))
