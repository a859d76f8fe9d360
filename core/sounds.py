"""Decodes sounds to the last sample; knows streams and samples only."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from core import demuxing, waveforms
from core.errors import MediaRefused

BLOCK: Final = 256  # samples over which loudness is taken
HONEST: Final = frozenset({"audio/mp4", "audio/webm"})  # the durations of others are exact elsewhere, or estimates
ROUGH: Final = frozenset({"audio/wav", "audio/mpeg", "audio/aac"})  # may end in half a packet, or in tags


@dataclass(frozen=True)
class Sound:
    """A decoded sound: seconds, and its waveform as (width, height, WebP bytes)."""

    duration: float
    waveform: tuple[int, int, bytes]


def decode(container: InputContainer, mime: str) -> Sound:
    """Decode every sample; raises `MediaRefused` for damaged or empty files."""
    stream = demuxing.sound_of(container)
    if stream is None:
        raise MediaRefused("The file has nothing in it that can be seen or heard.")
    demuxing.prepare(stream)
    exact, loudness = Fraction(0), []
    flac = _Flac(stream) if mime == "audio/flac" else None
    for frame in _frames(container, stream, is_rough=mime in ROUGH):
        samples = frame.to_ndarray()
        exact += Fraction(frame.samples, frame.sample_rate)
        loudness.append(_loudness(samples, frame))
        if flac:
            flac.add(samples, frame.samples)
    seconds = float(exact)
    if not seconds:
        raise MediaRefused("The file has nothing in it that can be heard.")
    if mime in HONEST:
        demuxing.require_whole(demuxing.declared(stream) or demuxing.total(container), seconds, "sound")
    if flac:
        flac.require_same()
    return Sound(seconds, waveforms.draw(np.concatenate(loudness)))


class _Flac:
    """Compares what was decoded with the count and the MD5 sum in a FLAC's STREAMINFO (RFC 9639, 8.2)."""

    def __init__(self, stream: AudioStream) -> None:
        info = (stream.codec_context.extradata or b"").ljust(34, b"\0")
        numbers = int.from_bytes(info[10:18], "big")
        self._bits = (numbers >> 36 & 0x1F) + 1
        self._count = numbers & 0xFFFFFFFFF
        self._sum = info[18:34]
        self._seen, self._digest = 0, hashlib.md5(usedforsecurity=False)

    def add(self, samples: NDArray[Any], count: int) -> None:
        """Count in decoded samples, interleaved, the highest bits used."""
        self._seen += count
        octets = np.ascontiguousarray(samples).view(np.uint8).reshape(-1, samples.itemsize)
        self._digest.update(octets[:, samples.itemsize - (self._bits + 7) // 8 :].tobytes())

    def require_same(self) -> None:
        """Raises `MediaRefused` when something is missing or changed; zeros say that it is not known."""
        if self._count and self._seen < self._count:
            raise MediaRefused(f"The sound is cut short: it ends after {self._seen} of {self._count} samples.")
        if self._bits % 8 == 0 and any(self._sum) and self._sum != self._digest.digest():
            raise MediaRefused("The sound is damaged: its checksum does not match.")


def _frames(container: InputContainer, stream: AudioStream, *, is_rough: bool) -> Iterator[AudioFrame]:
    """All frames; with a rough end, which their container was asked about before, what follows the last may be none."""
    in_tail = False
    for packet in container.demux(stream):
        if packet.is_corrupt and not is_rough:
            raise MediaRefused("The sound is cut short: a part of it is missing.")
        try:
            frames = stream.decode(packet)
        except av.error.InvalidDataError:
            if not is_rough:
                raise
            in_tail, frames = True, []
        if in_tail and frames and packet.size:
            raise MediaRefused("The sound is damaged: a part of it cannot be decoded.")
        yield from frames


def _loudness(samples: NDArray[Any], frame: AudioFrame) -> NDArray[np.float32]:
    """The mean square of each block of the frame's samples over all channels, full scale being 1."""
    scaled = _scaled(samples)
    if not frame.format.is_planar:
        scaled = scaled.reshape(-1, len(frame.layout.channels)).T
    square = np.square(scaled).mean(axis=0)
    starts = np.arange(0, square.size, BLOCK)
    lengths = np.diff(np.append(starts, square.size))
    return np.asarray(np.add.reduceat(square, starts) / lengths, np.float32)


def _scaled(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Samples of any kind between -1 and 1."""
    if samples.dtype.kind == "u":
        return (samples.astype(np.float32) - np.float32(128)) / np.float32(128)
    if samples.dtype.kind == "i":
        return samples.astype(np.float32) / np.float32(2 ** (8 * samples.itemsize - 1))
    return np.clip(np.nan_to_num(samples.astype(np.float32)), np.float32(-1), np.float32(1))
