"""Pieces of containers, byte by byte: PNG chunks, RIFF chunks, boxes, EBML elements, Ogg pages, GIF blocks."""

import struct
import zlib

PNG = b"\x89PNG\r\n\x1a\n"
EBML = bytes.fromhex("1a45dfa3")
SEGMENT = bytes.fromhex("18538067")


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """A PNG chunk with its right checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    """A PNG's signature and IHDR."""
    return PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png(width: int, height: int, *extra: bytes, body: bytes = b"") -> bytes:
    """A PNG of black RGB pixels, or of a compressed body of one's own, with extra chunks before it."""
    pixels = body or zlib.compress(bytes((3 * width + 1) * height))
    return header(width, height) + b"".join(extra) + chunk(b"IDAT", pixels) + chunk(b"IEND")


def riff(form: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A RIFF file of chunks."""
    body = b"".join(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + form + body


def wav(data: bytes, rate: int = 8000, channels: int = 1, bits: int = 16, code: int = 1, align: int = 2) -> bytes:
    """A WAV of these bytes."""
    about = struct.pack("<HHIIHH", code, channels, rate, rate * align & 0xFFFFFFFF, align, bits)
    return riff(b"WAVE", (b"fmt ", about), (b"data", data))


def box(name: bytes, *parts: bytes) -> bytes:
    """A box of MP4 or AVIF."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def full(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with a version and flags."""
    return box(name, bytes([version]), flags.to_bytes(3, "big"), *parts)


def element(name: bytes, *parts: bytes) -> bytes:
    """An EBML element."""
    body = b"".join(parts)
    return name + (1 << 56 | len(body)).to_bytes(8, "big") + body


def page(stream: int, number: int, flags: int, data: bytes, granule: int = 0) -> bytes:
    """An Ogg page with its right checksum; the data as packets of at most 254 bytes."""
    packets = [data[at : at + 254] for at in range(0, len(data), 254)] or [b""]
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, granule, stream, number, 0)
    whole = head + bytes([len(packets)]) + bytes(map(len, packets)) + data
    return whole[:22] + struct.pack("<I", _ogg_checksum(whole)) + whole[26:]


def gif(width: int, height: int, *blocks: bytes) -> bytes:
    """A GIF of blocks with a palette of two colours."""
    start = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes([0, 0, 0, 255, 255, 255])
    return start + b"".join(blocks) + b";"


def gif_frame(width: int = 1, height: int = 1) -> bytes:
    """A GIF's frame whose pixels are those that two bytes of LZW give."""
    return b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"


def _ogg_checksum(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value
