"""Opens sounds and videos with PyAV; knows files and streams only.

The demuxer is forced by the sniffed type and may open nothing but the file: FFmpeg would follow the addresses in
a playlist. Only decoders of formats in use are let at the bytes, each with one thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core import containers
from core.errors import MediaRefused
from core.images import PIXELS

DEMUXERS: Final = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "audio/mp4": "mov",
    "audio/webm": "matroska",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
}
DECODERS: Final = {
    "video": "h264 hevc vp8 libvpx vp9 libvpx-vp9 libdav1d libaom-av1 av1 mpeg4 prores mjpeg png qtrle dnxhd",
    "audio": "aac mp3 mp3float flac opus libopus vorbis libvorbis alac ac3 eac3 pcm_u8 pcm_s16le pcm_s16be pcm_s24le "
    "pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_f64be pcm_alaw pcm_mulaw",
}
TOLERANCE: Final = 0.5  # seconds, or one tenth: what may be missing at the end
OPTIONS: Final = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,wav,mp3,flac,ogg,aac",
    "codec_whitelist": " ".join(DECODERS.values()).replace(" ", ","),
    "enable_drefs": "0",
    "max_streams": "64",
    "max_pixels": str(PIXELS),
}


class Span:
    """From when to when a stream was seen; in seconds."""

    def __init__(self) -> None:
        self._start: Fraction | None = None
        self._end = Fraction(0)

    def add(self, part: "VideoFrame | Packet[Any]") -> None:
        """Count in a frame or packet that tells its time."""
        if part.pts is None or part.time_base is None:
            return
        start = part.pts * part.time_base
        self._start = start if self._start is None else min(self._start, start)
        self._end = max(self._end, start + (part.duration or 0) * part.time_base)

    @property
    def end(self) -> float:
        """When it ended, counted from the file's own zero."""
        return float(self._end)

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return float(self._end - (self._start or 0))


@contextmanager
def opened(path: Path, mime: str) -> Iterator[InputContainer]:
    """The streams of a whole file; raises `MediaRefused` for whatever FFmpeg says against it while it is open."""
    containers.require_whole(path, mime)
    what = mime.partition("/")[0].replace("audio", "sound")
    try:
        with av.open(str(path), format=DEMUXERS[mime], options=OPTIONS) as container:
            yield container
    except MemoryError as error:
        raise MemoryError from error  # FFmpeg's own does not travel between processes
    except (av.error.FFmpegError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)  # without the path
        raise MediaRefused(f"The {what} is damaged: {why}.") from error


def pictures_of(container: InputContainer) -> VideoStream | None:
    """The first moving picture; the cover of a record is none."""
    return next((s for s in container.streams.video if not s.disposition & Disposition.attached_pic), None)


def sound_of(container: InputContainer) -> AudioStream | None:
    """The first sound."""
    return next(iter(container.streams.audio), None)


def prepare(stream: VideoStream | AudioStream) -> None:
    """Limit the stream's decoder; raises `MediaRefused` when it is none that we use."""
    context = stream.codec_context
    if context is None:
        raise MediaRefused("The file is coded in a way that the studio cannot decode.")
    if context.codec.name not in DECODERS[stream.type].split():
        raise MediaRefused(f"The file is coded as {context.codec.name}, which the studio does not decode.")
    context.thread_count = 1  # each thread would reserve address space, which is limited
    context.options = {"max_pixels": str(PIXELS)}


def declared(stream: VideoStream | AudioStream) -> float | None:
    """The duration that the file claims for this stream, in seconds."""
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None


def total(container: InputContainer) -> float | None:
    """The duration that the file claims for the longest of its streams, in seconds."""
    return container.duration / av.time_base if container.duration else None


def require_whole(claimed: float | None, seen: float, what: str) -> None:
    """Raises `MediaRefused` when what was seen ends well before what was claimed; both in seconds."""
    if claimed is not None and claimed - seen > _tolerance(claimed):
        raise MediaRefused(f"The {what} is cut short: it ends after {seen:.1f} of {claimed:.1f} s.")


def settled(claimed: float | None, seen: float) -> float:
    """The duration in seconds: as claimed, unless it is far from what was seen."""
    return seen if claimed is None or abs(claimed - seen) > _tolerance(claimed) else claimed


def _tolerance(seconds: float) -> float:
    return max(TOLERANCE, seconds / 10)
