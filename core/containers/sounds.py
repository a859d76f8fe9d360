"""WAV, MP3, FLAC, Ogg and ADTS by their own structure: whole to the last frame or page. Knows bytes only."""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from core.containers.reading import Reader, refuse_cut, refuse_damaged

UNKNOWN: Final = (0, 0xFFFFFFFF)  # sizes written by a program that could not go back to fill them in
RATES: Final = (44100, 48000, 32000)  # of MPEG 1; halved for 2, quartered for 2.5
BITRATES: Final = (  # of layer III in kbit/s: MPEG 1, then 2 and 2.5
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)
FEWEST: Final = 2  # frames that make a stream
STREAMS: Final = 16  # side by side in one Ogg


def _wav(file: Reader) -> None:
    """Chunks to the end that the RIFF header names."""
    file.skip(4)
    length = int.from_bytes(file.take(4), "little")
    if length not in UNKNOWN and 8 + length > file.size:
        refuse_cut()
    file.skip(4)
    while True:
        name, length = struct.unpack("<4sI", file.take(8))
        if name == b"data":
            return file.skip(0 if length in UNKNOWN else length)
        file.skip(length + length % 2)


def _flac(file: Reader) -> None:
    """Metadata blocks; whether all samples are there is seen when they are decoded."""
    file.skip(4)
    last = False
    while not last:
        last = bool(file.take(1)[0] & 0x80)
        file.skip(file.number(3))
    if not file.left:
        refuse_cut()


def _ogg(file: Reader) -> None:
    """Pages until every logical stream has had its last one (RFC 3533, 6)."""
    open_streams: set[int] = set()
    while file.left:
        if not open_streams and file.at and file.peek(4) != b"OggS":
            return
        mark, flags, stream, segments = struct.unpack("<4sxB8xI8xB", file.take(27))
        if mark != b"OggS":
            refuse_damaged("a page does not begin where it must")
        file.skip(sum(file.take(segments)))
        (open_streams.discard if flags & 4 else open_streams.add)(stream)
        if len(open_streams) > STREAMS:
            refuse_damaged("it has too many streams")
    if open_streams:
        refuse_cut()


def _mp3(file: Reader) -> None:
    """Frames to the end, as many as the first one announces."""
    _pass_tags(file)
    frames = _frames(file, _mp3_length)
    announced = _announced(next(frames))  # the frame that announces is not counted
    seen = sum(1 for _ in frames)
    if announced is not None and seen < announced:
        refuse_cut()


def _adts(file: Reader) -> None:
    """Frames to the end."""
    _pass_tags(file)
    for _ in _frames(file, _adts_length):
        pass


def _frames(file: Reader, length_of: Callable[[bytes], int]) -> Iterator[bytes]:
    """The first 200 bytes of each frame, until something else follows the last."""
    count = 0
    while file.left >= 7:
        head = file.peek(200)
        length = length_of(head)
        if not length:
            break
        file.skip(length)
        count += 1
        yield head
    if count < FEWEST:
        refuse_damaged("it holds no sound")
    if 0 < file.left < 7 and file.peek(1) == b"\xff":
        refuse_cut()


def _pass_tags(file: Reader) -> None:
    """Pass over ID3 tags and the zeros that may follow them."""
    while (head := file.peek(10))[:3] == b"ID3" and len(head) == 10:
        size = 0
        for byte in head[6:]:
            size = size << 7 | byte & 0x7F
        file.skip(10 + size + (10 if head[5] & 0x10 else 0))
    while file.left and file.peek(1) == b"\0":
        file.skip(1)


def _mp3_length(head: bytes) -> int:
    """Bytes of the layer III frame that begins here; 0 when none does."""
    bits = int.from_bytes(head[:4], "big")
    version, layer = bits >> 19 & 3, bits >> 17 & 3
    rate = bits >> 10 & 3
    if bits >> 21 != 0x7FF or version == 1 or layer != 1 or rate == 3:
        return 0
    old = version == 3
    speed = BITRATES[not old][bits >> 12 & 15]
    hertz = RATES[rate] >> (0 if old else 1 if version == 2 else 2)
    return (144 if old else 72) * speed * 1000 // hertz + (bits >> 9 & 1) if speed else 0


def _adts_length(head: bytes) -> int:
    """Bytes of the ADTS frame that begins here; 0 when none does."""
    bits = int.from_bytes(head[:7], "big")
    length = bits >> 13 & 0x1FFF
    return length if bits >> 44 == 0xFFF and not bits >> 41 & 3 and length >= 7 else 0


def _announced(frame: bytes) -> int | None:
    """How many frames follow, by the Xing, Info or VBRI header in the first one."""
    for name in (b"Xing", b"Info"):
        at = frame.find(name)
        if at > 0 and frame[at + 7 : at + 8] and frame[at + 7] & 1:
            return int.from_bytes(frame[at + 8 : at + 12], "big")
    at = frame.find(b"VBRI")
    return int.from_bytes(frame[at + 14 : at + 18], "big") if at > 0 else None


WALKS: Final[dict[str, Callable[[Reader], None]]] = {
    "audio/wav": _wav,
    "audio/mpeg": _mp3,
    "audio/flac": _flac,
    "audio/ogg": _ogg,
    "audio/aac": _adts,
}
