"""What a file of media really is: type by magic bytes, full decode, measures, thumbnail.

Runs where it is called; `Inspector` calls it in a sandbox, for the bytes are not to be trusted. Knows neither
database nor HTTP.
"""

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import MediaRefused, ProcessFailed
from core.sandbox import Sandbox

SIGNATURES: Final[dict[str, tuple[tuple[int, bytes], ...]]] = {  # (offset, bytes) that a file must show itself
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/webp": ((0, b"RIFF"), (8, b"WEBP")),
    "image/gif": ((0, b"GIF8"),),
    "video/mp4": ((4, b"ftyp"),),
    "video/quicktime": ((4, b"ftypqt"),),
    "video/webm": ((0, b"\x1aE\xdf\xa3"),),
}
EXTENSIONS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}
DECODERS_RAISE: Final = (  # what comes out of a decoder that meets bytes it was not made for
    ArithmeticError, AttributeError, ImportError, LookupError, MemoryError, OSError, RuntimeError, TypeError,
    ValueError, struct.error,
)  # fmt: skip


@dataclass(frozen=True)
class Thumbnail:
    """A small WebP picture; measures in pixels."""

    width: int
    height: int
    data: bytes
    mime: str = "image/webp"


@dataclass(frozen=True)
class Inspection:
    """What a file holds; measures in pixels, duration in seconds (None for stills)."""

    kind: str  # image or video
    mime: str
    width: int
    height: int
    thumbnail: Thumbnail
    duration: float | None = None
    fps: float | None = None
    has_audio: bool | None = None


def inspect(path: Path) -> Inspection:
    """Look through the whole file; raises `MediaRefused` with the reason when it is not good media."""
    from core import images, videos  # Pillow and PyAV: only in the process that decodes

    mime = sniff(path)
    if mime.startswith("image/"):
        still = images.decode(path, mime)
        return Inspection("image", mime, still.width, still.height, Thumbnail(*still.thumbnail))
    clip = videos.decode(path, mime)
    return Inspection(
        "video",
        mime,
        clip.width,
        clip.height,
        Thumbnail(*clip.poster),
        clip.duration,
        clip.fps,
        clip.has_audio,
    )


def sniff(path: Path) -> str:
    """The media type by libmagic, cross-checked with the container's own signature; raises `MediaRefused`."""
    with path.open("rb") as file:
        head = file.read(8192)
    if not head:
        raise MediaRefused("The file is empty.")
    mime = _magic(head)
    if mime in ("video/x-m4v", "video/3gpp"):
        mime = "video/mp4"
    signature = SIGNATURES.get(mime)
    if signature is None:
        raise MediaRefused(f"The file is {mime}, which is neither a picture nor a video that the studio keeps.")
    if any(head[offset : offset + len(mark)] != mark for offset, mark in signature):
        raise MediaRefused(f"The file claims to be {mime} but does not begin like one.")
    return mime


class Inspector:
    """Inspects files in a limited process of its own."""

    def __init__(self, *, memory: int, seconds: float) -> None:
        self._sandbox = Sandbox(memory=memory)
        self._seconds = seconds

    def inspect(self, path: Path, pulse: Callable[[], None] | None = None) -> Inspection:
        """As `inspect`, and raises `MediaRefused` as well when the decoder did not survive the file."""
        try:
            result = self._sandbox.run(inspect, path, seconds=self._seconds, pulse=pulse)
        except MediaRefused:
            raise
        except ProcessFailed as error:
            raise MediaRefused(f"The file could not be decoded safely. {error.sentence}") from error
        except DECODERS_RAISE as error:
            raise MediaRefused("The file could not be decoded safely.") from error
        assert isinstance(result, Inspection)
        return result

    def warm(self) -> None:
        """Start the process now."""
        self._sandbox.warm()

    def close(self) -> None:
        """End the process."""
        self._sandbox.close()


def _magic(head: bytes) -> str:
    with suppress(ImportError):  # brings libmagic where the system has none; must come before magic
        import pylibmagic  # noqa: F401
    try:
        import magic
    except ImportError as error:
        raise MediaRefused(
            "libmagic is missing on this machine. Install it (Debian: apt install libmagic1)."
        ) from error
    return str(magic.from_buffer(head, mime=True))
