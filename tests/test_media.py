"""What comes in is looked through to its last frame, in a process that may break."""

import os
import signal
import struct
import subprocess
import sys
from datetime import datetime
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image

from core.errors import MediaRefused
from core.media import EXTENSIONS, SIGNATURES, Inspector
from tests.factories import clip, picture, sound
from tests.pieces import png


def kept(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("format_name", "mime"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
    ],
)
def test_pictures_are_measured(inspector: Inspector, tmp_path: Path, format_name: str, mime: str) -> None:
    found = inspector.inspect(kept(tmp_path / "output", picture(900, 300, format_name=format_name)))
    assert (found.kind, found.mime, found.width, found.height) == ("image", mime, 900, 300)
    with Image.open(BytesIO(found.thumbnail.data)) as small:
        assert (small.format, small.size) == ("WEBP", (512, 171))
    assert (found.thumbnail.width, found.thumbnail.height) == (512, 171)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "GIF", "AVIF"])
def test_moving_pictures_stay_pictures_and_have_a_duration(
    inspector: Inspector, tmp_path: Path, format_name: str
) -> None:
    found = inspector.inspect(kept(tmp_path / "output", picture(format_name=format_name, frames=7)))
    assert (found.kind, found.duration) == ("image", pytest.approx(0.7))


@pytest.mark.parametrize(
    ("container", "mime"),
    [
        ("wav", "audio/wav"),
        ("mp3", "audio/mpeg"),
        ("flac", "audio/flac"),
        ("ogg", "audio/ogg"),
        ("opus", "audio/ogg"),
        ("m4a", "audio/mp4"),
        ("mp4", "audio/mp4"),
        ("mov", "audio/mp4"),
        ("aac", "audio/aac"),
        ("webm", "audio/webm"),
    ],
)
def test_sounds_are_measured(inspector: Inspector, tmp_path: Path, container: str, mime: str) -> None:
    found = inspector.inspect(sound(tmp_path / "output", container=container, seconds=3))
    assert (found.kind, found.mime, found.has_audio, found.fps) == ("audio", mime, True, None)
    assert found.duration == pytest.approx(3, abs=0.05)
    assert (found.width, found.height) == (found.thumbnail.width, found.thumbnail.height) == (512, 192)
    with Image.open(BytesIO(found.thumbnail.data)) as waveform:
        assert (waveform.format, waveform.size, waveform.mode) == ("WEBP", (512, 192), "RGBA")


@pytest.mark.parametrize(
    ("container", "mime"), [("mp4", "video/mp4"), ("mov", "video/quicktime"), ("webm", "video/webm")]
)
def test_clips_are_measured(inspector: Inspector, tmp_path: Path, container: str, mime: str) -> None:
    found = inspector.inspect(clip(tmp_path / "output", seconds=3, fps=12, container=container))
    assert (found.kind, found.mime, found.width, found.height) == ("video", mime, 64, 48)
    assert found.duration == pytest.approx(3, abs=0.1)
    assert found.fps == pytest.approx(12, abs=0.1)
    assert found.has_audio is False
    with Image.open(BytesIO(found.thumbnail.data)) as poster:
        assert poster.size == (64, 48)


def test_a_slow_clip_is_whole(inspector: Inspector, tmp_path: Path) -> None:
    assert inspector.inspect(clip(tmp_path / "output", seconds=4, fps=1)).duration == pytest.approx(4, abs=0.1)


def test_orientation_is_applied(inspector: Inspector, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    found = inspector.inspect(kept(tmp_path / "output", picture(80, 40, format_name="JPEG", exif=exif)))
    assert (found.width, found.height) == (40, 80)
    assert (found.thumbnail.width, found.thumbnail.height) == (40, 80)


def test_transparency_survives_in_the_thumbnail(inspector: Inspector, tmp_path: Path) -> None:
    buffer = BytesIO()
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(buffer, "PNG")
    found = inspector.inspect(kept(tmp_path / "output", buffer.getvalue()))
    with Image.open(BytesIO(found.thumbnail.data)) as small:
        assert small.mode == "RGBA"


def hostile() -> dict[str, bytes]:
    return {
        "empty": b"",
        "html": b"<html><script>alert(1)</script></html>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "playlist": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/secret.ts\n",
        "ffconcat": b"ffconcat version 1.0\nfile http://127.0.0.1:9/secret\n",
        "gif that is a script": b"GIF89a/*<script>alert(1)</script>*/",
        "zip": b"PK\x03\x04" + bytes(100),
        "pdf": b"%PDF-1.7\n" + bytes(100),
        "mp3": b"ID3\x04" + bytes(200),
        "text": b"just some words\n" * 50,
        "png header alone": b"\x89PNG\r\n\x1a\n",
        "tiff": picture(format_name="TIFF"),
        "bmp": picture(format_name="BMP"),
        "ftyp alone": struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0),
    }


@pytest.mark.parametrize("name", sorted(hostile()))
def test_hostile_files_are_refused_in_words(inspector: Inspector, tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaRefused) as refused:
        inspector.inspect(kept(tmp_path / "output", hostile()[name]))
    assert refused.value.sentence.endswith(".")


def test_a_decoder_out_of_memory_is_a_refusal(tmp_path: Path) -> None:
    tight = Inspector(memory=160 * 2**20, seconds=20)
    try:
        with pytest.raises(MediaRefused, match=r"could not be decoded safely|damaged"):
            tight.inspect(kept(tmp_path / "output", png(9_900, 9_900)))
    finally:
        tight.close()


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that never begins to be read."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("such a file is a pipe with a name")
    os.mkfifo(tmp_path / "endless")
    return tmp_path / "endless"


def test_a_decoder_that_hangs_is_a_refusal(endless: Path, tmp_path: Path) -> None:
    """Row 27, through the inspector: the next file is looked at as if nothing had been."""
    brief = Inspector(memory=1024 * 2**20, seconds=1)
    try:
        with pytest.raises(MediaRefused, match="longer than 1 s"):
            brief.inspect(endless)
    finally:
        brief.close()


def test_a_decoder_that_dies_is_a_refusal(endless: Path, tmp_path: Path) -> None:
    """Row 27, through the inspector: the next file is looked at as if nothing had been."""
    others = set(psutil.Process().children())
    patient = Inspector(memory=1024 * 2**20, seconds=60)

    def kill() -> None:
        for child in set(psutil.Process().children()) - others:
            child.send_signal(signal.SIGSEGV)

    good = kept(tmp_path / "good", picture())
    try:
        assert patient.inspect(good).kind == "image"
        with pytest.raises(MediaRefused, match="broke down"):
            patient.inspect(endless, pulse=kill)
        assert patient.inspect(good).kind == "image"
    finally:
        patient.close()


def test_every_type_has_a_signature_and_an_extension() -> None:
    assert set(SIGNATURES) == set(EXTENSIONS)


def test_magic_works_without_a_system_libmagic(tmp_path: Path, now: datetime) -> None:
    """With the system's library paths hidden, the one that comes with the packages must answer."""
    path = kept(tmp_path / "output", picture())
    code = (
        "import ctypes.util, sys; from pathlib import Path\n"
        "ctypes.util.find_library = lambda name: None\n"
        "from core.media import sniff; print(sniff(Path(sys.argv[1])))\n"
        "maps = Path('/proc/self/maps'); print(maps.read_text() if maps.exists() else 'site-packages/pylibmagic')"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    assert answer.stdout.startswith("image/png"), answer.stderr
    assert "site-packages" in next(line for line in answer.stdout.splitlines() if "magic" in line and ".so" in line)
