"""Decodes videos with PyAV; knows files and frames only.

The demuxer is forced by the sniffed type and may open nothing but the file: FFmpeg would follow the addresses in
a playlist.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from core.errors import MediaRefused
from core.images import PIXELS, thumbnail_of

DEMUXERS: Final = {"video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska"}
TOLERANCE: Final = 0.5  # seconds, or one tenth: what may be missing at the end


@dataclass(frozen=True)
class Clip:
    """A decoded video: pixels, seconds, and its first frame as (width, height, WebP bytes)."""

    width: int
    height: int
    duration: float
    fps: float | None
    has_audio: bool
    poster: tuple[int, int, bytes]


def decode(path: Path, mime: str) -> Clip:
    """Decode every frame; raises `MediaRefused` for damaged or empty files."""
    if mime != "video/webm":
        _require_boxes(path)
    try:
        with av.open(
            str(path), format=DEMUXERS[mime], options={"protocol_whitelist": "file", "enable_drefs": "0"}
        ) as container:
            return _decode(container)
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaRefused(f"The video is damaged: {error}.") from error


def _decode(container: InputContainer) -> Clip:
    if not container.streams.video:
        raise MediaRefused("The file has no pictures in it.")
    stream = container.streams.video[0]
    if stream.width * stream.height > PIXELS:
        raise MediaRefused(f"The video is {stream.width} x {stream.height} pixels; that is too many.")
    stream.codec_context.thread_count = 1
    poster, end = None, Fraction(0)
    for frame in container.decode(stream):
        if frame.is_corrupt:
            raise MediaRefused("The video is damaged: a frame cannot be decoded.")
        poster = poster or thumbnail_of(frame.to_image())
        if frame.pts is not None and frame.time_base is not None:
            end = max(end, (frame.pts + (frame.duration or 0)) * frame.time_base)
    if poster is None:
        raise MediaRefused("The video has no frame that can be decoded.")
    duration = _require_whole(stream, container, float(end))
    rate = stream.average_rate
    return Clip(
        stream.width,
        stream.height,
        duration,
        float(rate) if rate else None,
        bool(container.streams.audio),
        poster,
    )


def _require_boxes(path: Path) -> None:
    """The top-level boxes (ISO 14496-12, 4.2) must fill the file exactly: a demuxer does not miss a cut-off end."""
    end, size = 0, path.stat().st_size
    with path.open("rb") as file:
        while end < size:
            file.seek(end)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            if length == 0:  # this box runs to the end of the file
                return
            end += max(length, 8)
    if end != size:
        raise MediaRefused("The video is cut short: its last part is missing.")


def _require_whole(stream: VideoStream, container: InputContainer, seen: float) -> float:
    """The declared duration in seconds; raises `MediaRefused` when the frames end well before it."""
    if stream.duration and stream.time_base:
        declared = float(stream.duration * stream.time_base)
    elif container.duration:
        declared = container.duration / av.time_base
    else:
        return seen
    if declared - seen > max(TOLERANCE, declared / 10):
        raise MediaRefused(f"The video is cut short: it ends after {seen:.1f} of {declared:.1f} s.")
    return declared
