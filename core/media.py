"""What a file of media really is: type by magic bytes, full decode, measures, thumbnail.

Runs where it is called; `Inspector` calls it in a sandbox, for the bytes are not to be trusted. Knows neither
database nor HTTP.
"""

import re
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from core.errors import MediaRefused, ProcessFailed
from core.sandbox import Sandbox

if TYPE_CHECKING:
    import numpy as np

SIGNATURES: Final = {  # what a file must itself begin with
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/webp": rb"RIFF....WEBP",
    "image/gif": rb"GIF8[79]a",
    "image/avif": rb"....ftyp",
    "video/mp4": rb"....ftyp",
    "video/quicktime": rb"....ftypqt",
    "video/webm": rb"\x1aE\xdf\xa3",
    "audio/mp4": rb"....ftyp",
    "audio/webm": rb"\x1aE\xdf\xa3",
    "audio/wav": rb"RIFF....WAVE",
    "audio/mpeg": rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]",
    "audio/flac": rb"fLaC",
    "audio/ogg": rb"OggS",
    "audio/aac": rb"ID3|\xff[\xf0\xf1\xf8\xf9]",
}
EXTENSIONS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "audio/mp4": "m4a",
    "audio/webm": "weba",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
}
ALIASES: Final = {  # what libmagic says, by its version, for types named above
    "image/apng": "image/png",
    "image/vnd.mozilla.apng": "image/png",
    "image/avif-sequence": "image/avif",
    "video/x-m4v": "video/mp4",
    "video/3gpp": "video/mp4",
    "video/3gpp2": "video/mp4",
    "audio/x-m4a": "video/mp4",  # whether it is sound alone is seen inside
    "audio/mp4": "video/mp4",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-flac": "audio/flac",
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/x-aac": "audio/aac",
}
SOUND_ALONE: Final = {"video/mp4": "audio/mp4", "video/quicktime": "audio/mp4", "video/webm": "audio/webm"}
KEPT: Final = (
    "PNG, JPEG, WebP, GIF and AVIF pictures, MP4, MOV and WebM videos, and WAV, MP3, FLAC, Ogg, M4A and AAC sounds"
)
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
    """What a file holds; measures in pixels (a sound's are its waveform's), duration in seconds (None for stills)."""

    kind: str  # image, video or audio
    mime: str
    width: int
    height: int
    thumbnail: Thumbnail
    duration: float | None = None
    fps: float | None = None
    has_audio: bool | None = None


def inspect(path: Path) -> Inspection:
    """Look through the whole file; raises `MediaRefused` with the reason when it is not good media."""
    mime = sniff(path)
    return _picture(path, mime) if mime.startswith("image/") else _played(path, mime)


def sniff(path: Path) -> str:
    """The media type by libmagic, cross-checked with the container's own signature; raises `MediaRefused`."""
    with path.open("rb") as file:
        head = file.read(8192)
    if not head:
        raise MediaRefused("The file is empty.")
    mime = _magic(head).partition(";")[0]
    mime = ALIASES.get(mime, mime)
    signature = SIGNATURES.get(mime)
    if signature is None:
        what = "of no known type" if mime == "application/octet-stream" else mime
        raise MediaRefused(f"The file is {what}, which the studio does not keep. It keeps {KEPT}.")
    if not re.match(signature, head, re.DOTALL):
        raise MediaRefused(f"The file claims to be {mime} but does not begin like one.")
    return mime


class Inspector:
    """Inspects files in a limited process of its own."""

    def __init__(self, *, memory: int, seconds: float) -> None:
        self._sandbox = Sandbox(memory=memory)
        self._seconds = seconds

    def inspect(self, path: Path, pulse: Callable[[], None] | None = None) -> Inspection:
        """As `inspect`, and raises `MediaRefused` as well when the decoder did not survive the file."""
        result = self._run(inspect, path, pulse=pulse)
        assert isinstance(result, Inspection)
        return result

    def take_frame(self, path: Path, mime: str, seconds: float, target: Path) -> float:
        """Write the frame that a video shows at `seconds` to `target` as a PNG; returns when it begins, in seconds.

        Raises `MediaRefused`.
        """
        return float(self._run(_take_frame, path, mime, seconds, target))

    def pixels(self, path: Path, mime: str) -> "np.ndarray":
        """A picture as an array, see `core.images.pixels`; raises `MediaRefused`."""
        return cast("np.ndarray", self._run(_pixels, path, mime))

    def frames(self, path: Path, mime: str, moments: Sequence[float]) -> "list[np.ndarray]":
        """What a video shows at some moments, see `core.frames.series`; raises `MediaRefused`."""
        return cast("list[np.ndarray]", self._run(_series, path, mime, list(moments)))

    def warm(self) -> None:
        """Start the process now."""
        self._sandbox.warm()

    def close(self) -> None:
        """End the process."""
        self._sandbox.close()

    def _run(self, task: Callable[..., Any], *arguments: Any, pulse: Callable[[], None] | None = None) -> Any:
        try:
            return self._sandbox.run(task, *arguments, seconds=self._seconds, pulse=pulse)
        except MediaRefused:
            raise
        except ProcessFailed as error:
            raise MediaRefused(f"The file could not be decoded safely. {error.sentence}") from error
        except DECODERS_RAISE as error:
            raise MediaRefused("The file could not be decoded safely.") from error


def _take_frame(path: Path, mime: str, seconds: float, target: Path) -> float:
    from core import frames  # PyAV: only in the process that decodes

    return frames.take(path, mime, seconds, target)


def _pixels(path: Path, mime: str) -> "np.ndarray":
    from core import images  # Pillow: only in the process that decodes

    return images.pixels(path, mime)


def _series(path: Path, mime: str, moments: Sequence[float]) -> "list[np.ndarray]":
    from core import frames  # PyAV: only in the process that decodes

    return frames.series(path, mime, moments)


def _picture(path: Path, mime: str) -> Inspection:
    from core import images  # Pillow: only in the process that decodes

    still = images.decode(path, mime)
    return Inspection("image", mime, still.width, still.height, Thumbnail(*still.thumbnail), still.duration)


def _played(path: Path, mime: str) -> Inspection:
    from core import demuxing, sounds, videos  # PyAV: only in the process that decodes

    with demuxing.opened(path, mime) as container:
        if mime.startswith("video/") and demuxing.pictures_of(container):
            clip = videos.decode(container)
            poster = Thumbnail(*clip.poster)
            return Inspection("video", mime, clip.width, clip.height, poster, clip.duration, clip.fps, clip.has_audio)
        mime = SOUND_ALONE.get(mime, mime)
        sound = sounds.decode(container, mime)
    drawn = Thumbnail(*sound.waveform)
    return Inspection("audio", mime, drawn.width, drawn.height, drawn, sound.duration, has_audio=True)


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
