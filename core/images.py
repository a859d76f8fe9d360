"""Decodes still and animated pictures with Pillow; knows files and pixels only."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import MediaRefused

LONGEST: Final = 512  # pixels of a thumbnail's longer edge
QUALITY: Final = 80  # of WebP
PIXELS: Final = 100_000_000  # of a picture or of a video's frame; more are refused unread
FRAMES: Final = 5_000
FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


@dataclass(frozen=True)
class Still:
    """A decoded picture: pixels, and its thumbnail as (width, height, WebP bytes)."""

    width: int
    height: int
    thumbnail: tuple[int, int, bytes]


def decode(path: Path, mime: str) -> Still:
    """Decode every frame; raises `MediaRefused` for damaged, oversized or mislabelled files."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            Image.MAX_IMAGE_PIXELS = PIXELS
            return _decode(path, FORMATS[mime])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaRefused("The picture has more pixels than the studio accepts.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise MediaRefused(f"The picture is damaged: {error}.") from error


def thumbnail_of(picture: Image.Image) -> tuple[int, int, bytes]:
    """A WebP of at most 512 pixels, with the orientation of EXIF applied, as (width, height, bytes)."""
    small = ImageOps.exif_transpose(picture)
    small.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    has_alpha = small.mode in ("RGBA", "LA", "PA") or "transparency" in small.info
    small = small.convert("RGBA" if has_alpha else "RGB")
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=4)
    return small.width, small.height, buffer.getvalue()


def _decode(path: Path, format_name: str) -> Still:
    with Image.open(path, formats=[format_name]) as picture:
        frames = getattr(picture, "n_frames", 1)
        if frames > FRAMES:
            raise MediaRefused(f"The picture has {frames} frames; that is too many.")
        for frame in range(1, frames):
            picture.seek(frame)
            picture.load()
        picture.seek(0)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        still = Still(upright.width, upright.height, thumbnail_of(picture))
    if format_name == "PNG":  # load() does not mind a missing end
        with Image.open(path, formats=["PNG"]) as picture:
            picture.verify()
    return still
