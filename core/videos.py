"""Decodes videos to the last frame; knows streams and frames only."""

from dataclasses import dataclass
from typing import Any, Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from core import demuxing
from core.errors import MediaRefused
from core.images import PIXELS, thumbnail_of

FASTEST: Final = 1000.0  # frames a second


@dataclass(frozen=True)
class Clip:
    """A decoded video: pixels as shown, seconds, and its first frame as (width, height, WebP bytes)."""

    width: int
    height: int
    duration: float
    fps: float | None
    has_audio: bool
    poster: tuple[int, int, bytes]


def decode(container: InputContainer) -> Clip:
    """Decode every frame and sound; raises `MediaRefused` for damaged or empty files."""
    stream = demuxing.pictures_of(container)
    if stream is None:
        raise MediaRefused("The file has no pictures in it.")
    pictures, sound = _Pictures(stream), demuxing.sound_of(container)
    beside = _Sound(sound) if sound else None
    for packet in container.demux([s for s in (stream, sound) if s]):
        if packet.is_corrupt:
            raise MediaRefused("The video is cut short: a part of it is missing.")
        if packet.stream is stream:
            pictures.take(packet)
        elif beside:
            beside.take(packet)
    if pictures.poster is None:
        raise MediaRefused("The video has no frame that can be decoded.")
    fps = float(stream.average_rate or 0)
    if fps > FASTEST:
        raise MediaRefused(f"The video has {fps:.0f} frames a second; that is too many.")
    return Clip(
        *pictures.size,
        _duration(container, pictures, beside),
        fps or None,
        bool(beside and beside.audible),
        pictures.poster,
    )


class _Pictures:
    """Decodes the frames of one stream and keeps the first as a poster."""

    def __init__(self, stream: VideoStream) -> None:
        demuxing.prepare(stream)
        if stream.width * stream.height > PIXELS:
            raise MediaRefused(f"The video is {stream.width} x {stream.height} pixels; that is too many.")
        self._stream = stream
        self.claimed = demuxing.declared(stream)
        self.span = demuxing.Span()
        self.size = (0, 0)
        self.poster: tuple[int, int, bytes] | None = None

    def take(self, packet: "Packet[Any]") -> None:
        """Decode a packet; an empty one ends the stream."""
        for frame in self._stream.decode(packet):
            if frame.is_corrupt:
                raise MediaRefused("The video is damaged: a frame cannot be decoded.")
            if self.poster is None:
                picture = _upright(frame)
                self.size, self.poster = picture.size, thumbnail_of(picture)
            self.span.add(frame)


class _Sound:
    """Decodes the sound beside the pictures: it must be there to its end, but need not be good."""

    def __init__(self, stream: AudioStream) -> None:
        self.claimed = demuxing.declared(stream)
        self.span = demuxing.Span()
        try:
            demuxing.prepare(stream)
        except MediaRefused:  # coded in a way that we do not decode, which browsers may
            self._can_decode, self.audible = False, True
        else:
            self._can_decode, self.audible = True, False

    def take(self, packet: "Packet[Any]") -> None:
        """Decode a packet; what does not decode is not heard."""
        self.span.add(packet)
        if self._can_decode:
            try:
                self.audible |= bool(packet.decode())
            except MemoryError:
                raise
            except av.error.FFmpegError:
                return


def _duration(container: InputContainer, pictures: _Pictures, sound: _Sound | None) -> float:
    """The duration in seconds; raises `MediaRefused` when something ends well before it should."""
    claimed = demuxing.total(container)
    if pictures.claimed is None and claimed is not None:
        demuxing.require_whole(claimed, max(pictures.span.end, sound.span.end if sound else 0), "video")
        return claimed
    demuxing.require_whole(pictures.claimed, pictures.span.seconds, "video")
    if sound:
        demuxing.require_whole(sound.claimed, sound.span.seconds, "video's sound")
    return demuxing.settled(pictures.claimed, pictures.span.seconds)


def _upright(frame: VideoFrame) -> Image.Image:
    """The frame as a player shows it."""
    picture: Image.Image = frame.to_image()
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
