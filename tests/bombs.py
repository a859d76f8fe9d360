"""Small files that ask for much: pixels, frames, samples, seconds, memory. Row 26."""

import struct
import zlib
from pathlib import Path

from tests.factories import clip, picture, sound
from tests.pieces import (
    SEGMENT,
    box,
    chunk,
    element,
    full,
    gif,
    gif_frame,
    header,
    page,
    png,
    riff,
    wav,
)  # fmt: skip

MOST = 2**32 - 1
FLATTENED = zlib.compress(bytes(100 * 2**20), 9)  # 100 MiB of zeros


def all_of_them(folder: Path) -> dict[str, bytes]:
    """Every bomb by its name; the folder is for what they are made of."""
    return _pictures() | _animations() | _movies(folder) | _fragments(folder) | _webm(folder) | _sounds(folder)


def _pictures() -> dict[str, bytes]:
    return {
        "png of 65,000 x 65,000": png(65_000, 65_000, body=FLATTENED),
        "png of 2^31 x 2^31": header(2**31 - 1, 2**31 - 1) + chunk(b"IDAT", FLATTENED) + chunk(b"IEND"),
        "png of one long row": png(2**31 - 1, 1, body=FLATTENED),
        "png with a large zTXt": png(8, 8, chunk(b"zTXt", b"Comment\0\0" + FLATTENED)),
        "png with a large iTXt": png(8, 8, chunk(b"iTXt", b"Comment\0\1\0\0\0" + FLATTENED)),
        "png with many zTXt": png(8, 8, *[chunk(b"zTXt", b"c\0\0" + zlib.compress(bytes(2**20 - 9), 9))] * 200),
        "png with a large profile": png(8, 8, chunk(b"iCCP", b"p\0\0" + FLATTENED)),
        "png of a million pieces": png(8, 8, chunk(b"tEXt", b"a\0b") * 1_000_000),
        "jpeg of 65,500 x 65,500": _jpeg(65_500, 65_500),
        "jpeg with a thousand scans": _jpeg(2000, 2000, scans=1000),
        "webp of 2^24 x 255": riff(b"WEBP", (b"VP8X", _vp8x(2**24 - 1, 254)), (b"VP8L", _vp8l(100, 100))),
        "webp of 16,384 x 16,384": riff(b"WEBP", (b"VP8L", _vp8l(16384, 16384))),
        "webp of 16,383 x 16,383, lossy": riff(b"WEBP", (b"VP8 ", _vp8(16383, 16383))),
        "avif of 65,535 x 65,535": _avif(65_535, 65_535),
        "avif of 2^32 x 2^32": _avif(MOST, MOST),
    }


def _animations() -> dict[str, bytes]:
    moving = picture(format_name="PNG", frames=3)
    at = moving.index(b"acTL")
    counted = moving[: at - 4] + chunk(b"acTL", struct.pack(">II", MOST, 0)) + moving[at + 16 :]
    anmf = struct.pack("<6x3s3s4x", (9999).to_bytes(3, "little"), (9999).to_bytes(3, "little"))
    sequence = picture(format_name="AVIF", frames=3)
    return {
        "png of 2^32 frames": counted,
        "gif of 100,000 frames": gif(1, 1, gif_frame() * 100_000),
        "gif of 65,535 x 65,535": gif(65_535, 65_535, gif_frame()),
        "gif whose frame is larger than it": gif(1, 1, gif_frame(65_535, 65_535)),
        "gif of 4,000 large frames": gif(9_000, 9_000, gif_frame(9_000, 9_000) * 4_000),
        "gif of a million comments": gif(1, 1, b"!\xfe\x01a\x00" * 1_000_000, gif_frame()),
        "webp of 100,000 frames": riff(
            b"WEBP", (b"VP8X", _vp8x(63, 63, 2)), (b"ANIM", bytes(6)), *[(b"ANMF", anmf)] * 100_000
        ),
        "webp of 1,000 large frames": riff(
            b"WEBP", (b"VP8X", _vp8x(9999, 9999, 2)), (b"ANIM", bytes(6)), *[(b"ANMF", anmf)] * 1_000
        ),
        "avif of 2^32 frames": _with_counts(sequence, b"stsz", MOST),
    }


def _movies(folder: Path) -> dict[str, bytes]:
    good = clip(folder / "movie.mp4", seconds=1).read_bytes()
    sized = good.index(b"stsz")
    fixed = good[: sized + 8] + struct.pack(">II", 1, MOST) + good[sized + 16 :]
    hundred = good[: sized + 8] + struct.pack(">II", 1, 400_000_000) + good[sized + 16 :]
    every = {
        f"mp4 whose {name.decode()} has 2^32 entries": _with_counts(good, name, MOST)
        for name in (b"stsz", b"stts", b"stsc", b"stco", b"stss", b"ctts", b"elst")
        if name in good
    }
    return every | {
        "mp4 of 2^32 samples of a byte": fixed,
        "mp4 of 400 million samples of a byte": hundred,
        "mp4 of one run of 2^32 samples": _patched(good, b"stts", 12, struct.pack(">I", MOST)),
        "mp4 of samples that last 2^32": _patched(good, b"stts", 16, struct.pack(">I", MOST)),
        "mp4 of chunks of 2^32 samples": _patched(good, b"stsc", 16, struct.pack(">I", MOST)),
        "mp4 that lasts a day": _patched(good, b"mdhd", 20, struct.pack(">I", 12288 * 86_400)),
        "mp4 with a sample of 4 GiB": _patched(good, b"stsz", 16, struct.pack(">I", MOST)),
        "mp4 of boxes in boxes": box(b"ftyp", b"isom", bytes(4)) + _nested(50_000),
        "mp4 of a million boxes": good + box(b"free") * 1_000_000,
        "mp4 of 5,000 tracks": box(b"ftyp", b"isom", bytes(4)) + _tracks(good, 5_000) + box(b"mdat", bytes(99)),
        "mp4 whose header unpacks to 2 GiB": box(b"ftyp", b"isom", bytes(4))
        + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", struct.pack(">I", 2**31 - 1), FLATTENED)))
        + box(b"mdat", bytes(99)),
    }


def _fragments(folder: Path) -> dict[str, bytes]:
    good = clip(folder / "parts.mp4", seconds=1, options={"movflags": "frag_keyframe+empty_moov"}).read_bytes()
    run = full(b"trun", struct.pack(">I", MOST))
    header = full(b"tfhd", struct.pack(">III", 1, 1, 1), flags=0x18)
    moof = box(b"moof", full(b"mfhd", bytes(4)), box(b"traf", header, run))
    few = box(b"moof", full(b"mfhd", bytes(4)), box(b"traf", header, full(b"trun", struct.pack(">I", 200_000_000))))
    return {
        "mp4 fragment of 2^32 samples": good + moof,
        "mp4 fragment of 200 million samples": good + few,
    }


def _webm(folder: Path) -> dict[str, bytes]:
    good = clip(folder / "movie.webm", seconds=1, container="webm").read_bytes()
    duration = good.index(bytes.fromhex("4489")) + 3
    head = good[: good.index(SEGMENT)]
    old = clip(folder / "old.webm", seconds=1, container="webm", codec="libvpx").read_bytes()
    key = old.index(b"\x9d\x01\x2a") + 3
    return {
        "webm that lasts for ever": good[:duration] + struct.pack(">d", 1e12) + good[duration + 8 :],
        "webm of two million elements": head + element(SEGMENT, bytes.fromhex("ec80") * 2_000_000),
        "webm with an element of 2^56 bytes": head + SEGMENT + bytes.fromhex("01fffffffffffffe"),
        "webm whose frames are 16,383 x 16,383": old[:key] + b"\xff\x3f\xff\x3f" + old[key + 4 :],
        "webm of one element for ever": head + SEGMENT + b"\xff" + bytes.fromhex("1f43b675ff") * 100_000,
    }


def _sounds(folder: Path) -> dict[str, bytes]:
    flac = sound(folder / "sound.flac", container="flac", seconds=1).read_bytes()
    mp3 = sound(folder / "sound.mp3", container="mp3", seconds=1).read_bytes()
    streams = b"".join(page(number, 0, 2, b"\x01vorbis" + bytes(23)) for number in range(300))
    return {
        "wav of 65,535 channels": wav(bytes(4000), channels=65_535, align=2),
        "wav of 2^32 samples a second": wav(bytes(4000), rate=MOST),
        "wav without size of a sample": wav(bytes(4000), align=0, bits=0),
        "wav that claims 4 GiB": wav(bytes(4000))[:-4004] + struct.pack("<I", MOST - 1) + bytes(4000),
        "mp3 with a tag of 256 MiB": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + mp3[45:],
        "flac of 2^36 samples": flac[:21] + bytes([flac[21] | 15]) + b"\xff" * 4 + flac[26:],
        "flac with metadata of 16 MiB": flac[:4] + b"\x01\xff\xff\xff" + flac[8:],
        "ogg of 300 streams": streams + streams.replace(b"OggS\0\2", b"OggS\0\4"),
    }


def _patched(data: bytes, name: bytes, offset: int, value: bytes) -> bytes:
    """The data with bytes replaced so far behind the start of a box's name."""
    at = data.index(name) + offset
    return data[:at] + value + data[at + len(value) :]


def _with_counts(data: bytes, name: bytes, count: int) -> bytes:
    """The data with another count of entries in a table."""
    at = data.index(name) + (12 if name == b"stsz" else 8)
    return data[:at] + struct.pack(">I", count) + data[at + 4 :]


def _nested(depth: int) -> bytes:
    """Boxes in boxes."""
    sizes = range(8 * depth, 0, -8)
    return b"".join(struct.pack(">I4s", size, b"moov" if size == 8 * depth else b"trak") for size in sizes)


def _tracks(good: bytes, count: int) -> bytes:
    """A movie of the same track so many times."""
    at = good.index(b"moov") - 4
    moov = good[at : at + int.from_bytes(good[at : at + 4], "big")]
    track = moov.index(b"trak") - 4
    body = moov[track : track + int.from_bytes(moov[track : track + 4], "big")]
    return box(b"moov", moov[8:track], body * count)


def _jpeg(width: int, height: int, scans: int = 1) -> bytes:
    data = picture(16, 16, format_name="JPEG", progressive=True)
    frame = data.index(b"\xff\xc2")
    first = data.index(b"\xff\xda")
    sized = data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]
    last = sized.rindex(b"\xff\xda")
    return sized[:first] + sized[last:-2] * (scans - 1) + sized[first:]


def _vp8x(width: int, height: int, flags: int = 0) -> bytes:
    return bytes([flags, 0, 0, 0]) + width.to_bytes(3, "little") + height.to_bytes(3, "little")


def _vp8l(width: int, height: int) -> bytes:
    return b"\x2f" + (width - 1 | height - 1 << 14).to_bytes(4, "little") + bytes(50)


def _vp8(width: int, height: int) -> bytes:
    data = picture(64, 48, format_name="WEBP")[20:]
    return data[:6] + struct.pack("<HH", width, height) + data[10:]


def _avif(width: int, height: int) -> bytes:
    data = picture(64, 48, format_name="AVIF")
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]
