"""Takes one frame out of a video, exactly the one that a player shows at a moment; knows files and frames only."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from PIL import Image

from core import demuxing
from core.errors import MediaRefused

SLACK: Final = Fraction(1, 1000)  # seconds by which a frame may be asked for too early: containers round
EARLIER: Final = (0, 8)  # seconds before the moment at which decoding begins, before it begins at the beginning
UNSPECIFIED: Final = 2  # a colour space
HIGH: Final = 720  # lines from which untagged colours are those of high definition


def take(path: Path, mime: str, seconds: float, target: Path) -> float:
    """Write the frame shown at `seconds` to `target` as a PNG, upright; returns when it begins, in seconds.

    Before the first frame it is the first, after the last the last. Raises `MediaRefused` where none can be decoded.
    """
    moment = Fraction(seconds) + SLACK
    for start in (*(max(moment - earlier, Fraction(0)) for earlier in EARLIER), None):
        with demuxing.opened(path, mime) as container:
            frame = _shown(container, moment, start)
            if frame is not None and (start is None or _begins(frame) <= moment):
                _picture(frame).save(target, "PNG")
                return round(float(_begins(frame)), 6)
    raise MediaRefused("The video has no frame that can be decoded.")


def series(path: Path, mime: str, moments: Sequence[float]) -> "list[np.ndarray]":
    """The frames shown at some moments, in seconds and in order, as height x width x 3 bytes (4 with transparency).

    Decodes once, from before the first moment to the last. Raises `MediaRefused` where none can be decoded.
    """
    wanted = [Fraction(moment) + SLACK for moment in moments]
    for start in (max(wanted[0] - EARLIER[-1], Fraction(0)), None):
        with demuxing.opened(path, mime) as container:
            if shown := _each(container, wanted, start):
                return shown
    raise MediaRefused("The video has no frame that can be decoded.")


def _each(container: InputContainer, wanted: Sequence[Fraction], start: Fraction | None) -> "list[np.ndarray]":
    """What is shown at each moment; empty where decoding began after the first of them."""
    stream = demuxing.pictures_of(container)
    if stream is None:
        raise MediaRefused("The file has no pictures in it.")
    demuxing.prepare(stream)
    shown: VideoFrame | None = None
    taken: list[np.ndarray] = []
    for frame in _frames(container, stream, start):
        if shown is None and start is not None and _begins(frame) > wanted[0]:
            return []
        while shown is not None and len(taken) < len(wanted) and _begins(frame) > wanted[len(taken)]:
            taken.append(np.asarray(_picture(shown)))
        if len(taken) == len(wanted):
            return taken
        shown = frame
    left = len(wanted) - len(taken)
    return taken + [np.asarray(_picture(shown))] * left if shown is not None else []


def _shown(container: InputContainer, moment: Fraction, start: Fraction | None) -> VideoFrame | None:
    """The last frame that begins by `moment`, or else the first one, decoding from before `start`."""
    stream = demuxing.pictures_of(container)
    if stream is None:
        raise MediaRefused("The file has no pictures in it.")
    demuxing.prepare(stream)
    shown = None
    for frame in _frames(container, stream, start):
        if shown is not None and _begins(frame) > moment:
            break
        shown = frame
    return shown


def _frames(container: InputContainer, stream: VideoStream, start: Fraction | None) -> Iterator[VideoFrame]:
    if start is not None and not _can_seek(container, stream, start):
        return
    for frame in container.decode(stream):
        if frame.is_corrupt:
            raise MediaRefused("The video is damaged: a frame cannot be decoded.")
        if frame.pts is not None:
            yield frame


def _can_seek(container: InputContainer, stream: VideoStream, start: Fraction) -> bool:
    """Go to the last whole frame before `start`; a file that does not allow it is decoded from its beginning."""
    if not stream.time_base:
        return False
    try:
        container.seek(int(start / stream.time_base), stream=stream)
    except av.error.FFmpegError:
        return False
    return True


def _begins(frame: VideoFrame) -> Fraction:
    """In seconds."""
    return Fraction(frame.pts or 0) * (frame.time_base or 0)


def _picture(frame: VideoFrame) -> Image.Image:
    """The frame in the colours and the position in which a player shows it."""
    space = frame.colorspace
    if space == UNSPECIFIED:
        space = Colorspace.ITU709 if frame.height >= HIGH else Colorspace.ITU601
    reach = ColorRange.JPEG if frame.color_range == ColorRange.JPEG else ColorRange.UNSPECIFIED
    clear = any(component.is_alpha for component in frame.format.components)
    plain = frame.reformat(format="rgba" if clear else "rgb24", src_colorspace=space, src_color_range=reach, threads=1)
    mode = "RGBA" if clear else "RGB"
    picture = Image.fromarray(plain.to_ndarray(), mode)
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
