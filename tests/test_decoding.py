"""What good files may look like: nothing that a player would show is refused, and it is measured as it is shown."""

import struct
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from core import waveforms
from core.errors import MediaRefused
from core.media import Inspection, inspect
from tests.factories import clip, live_clip, picture, sound
from tests.pieces import wav

MP4 = {"container": "mp4", "sound": "aac"}
WEBM = {"container": "webm", "sound": "libopus"}


def seen(path: Path, data: bytes) -> Inspection:
    path.write_bytes(data)
    return inspect(path)


def thumbnail(found: Inspection) -> Image.Image:
    with Image.open(BytesIO(found.thumbnail.data)) as small:
        small.load()
        return small


def encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", [MP4, WEBM], ids=["mp4", "webm"])
@pytest.mark.parametrize("seconds", [0.5, 6])
def test_sound_may_be_shorter_or_longer_than_pictures(tmp_path: Path, form: dict[str, str], seconds: float) -> None:
    found = inspect(clip(tmp_path / "output", seconds=3, sound_seconds=seconds, **form))
    assert (found.kind, found.has_audio) == ("video", True)
    longer = max(3, seconds) if form is WEBM else 3  # a WebM tells one duration for both
    assert found.duration == pytest.approx(longer, abs=0.1)


@pytest.mark.parametrize(
    ("codec", "container"), [("libx265", "mp4"), ("libsvtav1", "mp4"), ("libvpx", "webm"), ("mpeg4", "mov")]
)
def test_other_codecs(tmp_path: Path, codec: str, container: str) -> None:
    found = inspect(clip(tmp_path / "output", container=container, codec=codec))
    assert (found.kind, found.width, found.height) == ("video", 64, 48)
    assert found.duration == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("movflags", ["faststart", "frag_keyframe+empty_moov", "frag_every_frame+empty_moov+dash"])
def test_movies_in_other_orders(tmp_path: Path, movflags: str) -> None:
    found = inspect(clip(tmp_path / "output", options={"movflags": movflags}, **MP4))
    assert (found.duration, found.has_audio) == (pytest.approx(2, abs=0.1), True)


def test_a_recording_that_does_not_know_its_length(tmp_path: Path) -> None:
    assert seen(tmp_path / "output", live_clip(seconds=5)).duration == pytest.approx(5, abs=0.1)


def test_a_turned_video_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    data = clip(tmp_path / "output").read_bytes()
    matrix = data.index(b"tkhd") + 44
    quarter = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    found = seen(tmp_path / "output", data[:matrix] + quarter + data[matrix + 36 :])
    assert (found.width, found.height) == (48, 64)
    assert thumbnail(found).size == (48, 64)


def test_bytes_behind_the_end_are_let_be(tmp_path: Path) -> None:
    archive = b"PK\x05\x06" + bytes(18)
    assert seen(tmp_path / "output", clip(tmp_path / "a").read_bytes() + archive).kind == "video"
    assert seen(tmp_path / "output", sound(tmp_path / "b", container="mp3").read_bytes() + archive).kind == "audio"
    assert seen(tmp_path / "output", picture(format_name="GIF") + archive).kind == "image"


def test_a_video_is_not_refused_for_its_sound(tmp_path: Path) -> None:
    path = clip(tmp_path / "output", seconds=2, **MP4)
    data = path.read_bytes()
    strange = seen(path, data.replace(b"mp4a", b"zzzz"))
    assert (strange.kind, strange.has_audio) == ("video", True)  # a browser may know it
    broken = bytearray(data)
    path.write_bytes(data)
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    for at, size in packets:
        broken[at : at + size] = b"\xff" * size
    mute = seen(path, bytes(broken))
    assert (mute.kind, mute.duration, mute.has_audio) == ("video", pytest.approx(2, abs=0.1), False)


@pytest.mark.parametrize("container", ["mp4", "mp3", "flac"])
def test_a_cover_makes_no_video(tmp_path: Path, container: str) -> None:
    codec = {"mp4": "aac", "mp3": "libmp3lame", "flac": "flac"}[container]
    with av.open(str(tmp_path / "output"), "w", format=container) as output:
        stream = output.add_stream(codec, rate=48000, layout="mono")
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        output.mux(cover.encode(av.VideoFrame(64, 48, "yuvj420p")))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, 0
        context = stream.codec_context
        context.open(strict=False)
        fit = av.AudioResampler(context.format, context.layout, 48000, context.frame_size or 4608)
        for piece in [*fit.resample(frame), *fit.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    found = inspect(tmp_path / "output")
    assert (found.kind, found.duration) == ("audio", pytest.approx(1, abs=0.1))


@pytest.mark.parametrize(("bits", "code"), [(8, 1), (16, 1), (24, 1), (32, 1), (32, 3), (64, 3), (8, 6), (8, 7)])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_every_kind_of_wav(tmp_path: Path, bits: int, code: int, channels: int) -> None:
    align = channels * bits // 8
    found = seen(tmp_path / "output", wav(bytes(8000 * align), 8000, channels, bits, code, align))
    assert (found.mime, found.duration) == ("audio/wav", pytest.approx(1))


def test_a_wav_from_a_pipe_ends_where_the_file_ends(tmp_path: Path) -> None:
    data = wav(bytes(16_000))
    streamed = data[:4] + b"\xff" * 4 + data[8:40] + b"\xff" * 4 + data[44:]
    assert seen(tmp_path / "output", streamed).duration == pytest.approx(1)


def test_numbers_that_are_none_are_silence(tmp_path: Path) -> None:
    data = np.full(8000, np.nan, np.float32).tobytes()
    assert seen(tmp_path / "output", wav(data, bits=32, code=3, align=4)).duration == pytest.approx(1)


def test_a_flac_must_be_what_its_checksum_says(tmp_path: Path) -> None:
    data = sound(tmp_path / "output", container="flac").read_bytes()
    unknown = data[:26] + bytes(16) + data[42:]
    assert seen(tmp_path / "output", unknown).duration == pytest.approx(2)
    with pytest.raises(MediaRefused, match="checksum"):
        seen(tmp_path / "output", data[:26] + bytes(15) + b"1" + data[42:])


def test_tags_behind_an_mp3_are_no_sound(tmp_path: Path) -> None:
    data = sound(tmp_path / "output", container="mp3").read_bytes()
    for tag in (b"TAG" + b"x" * 125, b"APETAGEX" + b"x" * 2000, bytes(3000)):
        assert seen(tmp_path / "output", data + tag).duration == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (900, 300), (200, 100, 50, 255)).convert(mode if mode != "I;16" else "L")
    if mode == "I;16":
        image = Image.fromarray(np.full((300, 900), 0x8000, np.uint16))
    small = thumbnail(seen(tmp_path / "output", encoded(image, "PNG")))
    assert small.size == (512, 171)
    if mode == "I;16":  # a depth map
        assert small.getpixel((250, 80)) == pytest.approx((128, 128, 128), abs=3)


def test_a_palette_is_made_smaller_by_mixing(tmp_path: Path) -> None:
    """A chequered GIF becomes grey, not black or white by chance."""
    pixels = (np.indices((1024, 1024)).sum(axis=0) % 2 * 255).astype(np.uint8)
    found = seen(tmp_path / "output", encoded(Image.fromarray(pixels).convert("P"), "GIF"))
    assert thumbnail(found).getpixel((100, 100)) == pytest.approx((128, 128, 128), abs=20)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGB", (90, 30), (200, 100, 50)).convert(mode)
    assert thumbnail(seen(tmp_path / "output", encoded(image, "JPEG"))).size == (90, 30)


def test_transparency_of_an_avif_survives(tmp_path: Path) -> None:
    found = seen(tmp_path / "output", encoded(Image.new("RGBA", (64, 48), (9, 9, 9, 0)), "AVIF"))
    assert thumbnail(found).mode == "RGBA"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation(tmp_path: Path, orientation: int) -> None:
    """The red corner is where a viewer shows it."""
    image = Image.new("RGB", (60, 40), "blue")
    image.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = seen(tmp_path / "output", encoded(image, "JPEG", exif=exif, quality=95))
    corners = {1: (5, 5), 2: (-5, 5), 3: (-5, -5), 4: (5, -5), 5: (5, 5), 6: (-5, 5), 7: (-5, -5), 8: (5, -5)}
    corner = corners[orientation]
    assert (found.width, found.height) == ((60, 40) if orientation < 5 else (40, 60))
    small = thumbnail(found)
    red, _, blue = small.getpixel((corner[0] % small.width, corner[1] % small.height))[:3]
    assert red > 150 > blue


def test_broken_exif_does_not_make_a_picture_bad(tmp_path: Path) -> None:
    data = picture(format_name="JPEG")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 30
    assert seen(tmp_path / "output", data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])


def test_frames_without_a_duration_are_counted_as_browsers_show_them(tmp_path: Path) -> None:
    assert seen(tmp_path / "output", picture(format_name="GIF", frames=5, duration=0)).duration == pytest.approx(0.5)
    assert seen(tmp_path / "output", picture(format_name="GIF", frames=5, duration=20)).duration == pytest.approx(0.1)


def drawn(squares: list[float]) -> Image.Image:
    width, height, data = waveforms.draw(np.array(squares, np.float32))
    with Image.open(BytesIO(data)) as picture:
        assert picture.size == (width, height)
        return picture.convert("RGBA")


def reach(waveform: Image.Image, left: float, right: float) -> int:
    """How many rows hold something between two parts of the width."""
    part = np.asarray(waveform)[:, int(left * 512) : int(right * 512), 3]
    return int((part.max(axis=1) > 128).sum())


def test_a_waveform_follows_the_sound() -> None:
    swelling = drawn([(0.1 * step) ** 2 for step in range(10)])
    assert reach(swelling, 0, 0.1) < 12 < reach(swelling, 0.3, 0.4) < reach(swelling, 0.9, 1)
    assert reach(swelling, 0.9, 1) > 160
    assert reach(drawn([0.0] * 100), 0, 1) < 12
    assert reach(drawn([1e-9]), 0, 1) < 12  # noise of the last bit is silence
    assert reach(drawn([0.5]), 0, 1) > 160  # the shortest


@pytest.mark.parametrize("background", ["#0D0E12", "#171920", "#FDFDFE", "#F2F2F7"])
def test_a_waveform_can_be_seen_on_dark_and_light(background: str) -> None:
    """Contrast of 3 to 1 at least, by WCAG 2.2, 1.4.11."""
    pixels = np.asarray(drawn([1.0])).reshape(-1, 4)
    bars = pixels[pixels[:, 3] > 250][:, :3]
    ground = np.array([int(background[at : at + 2], 16) for at in (1, 3, 5)])
    light, dark = luminance(bars), luminance(ground[None])
    assert ((np.maximum(light, dark) + 0.05) / (np.minimum(light, dark) + 0.05)).min() >= 3


def luminance(colours: np.ndarray) -> np.ndarray:
    """By WCAG, of rows of red, green and blue from 0 to 255."""
    values = colours / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])
