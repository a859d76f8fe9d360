"""Files to attack the decoders with: good ones of every format, and what can be made of them. Rows 23, 24, 25, 28."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.factories import clip, live_clip, picture, sound
from tests.pieces import box, chunk, page, riff

EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
PAYLOADS = {
    "html": b"<!DOCTYPE html><html><script>document.title='executed'</script></html>",
    "js": b"*/=1;document.title='executed';/*",
    "zip": bytes.fromhex("504b0304140000000000000021000000000000000000000000000100000061")
    + bytes.fromhex("504b01021400140000000000000021000000000000000000000000000100000000000000000000000000000000")
    + b"\0\0a"
    + bytes.fromhex("504b050600000000010001002f0000001f0000000000"),
    "pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n",
}


def samples(folder: Path) -> dict[str, bytes]:
    """A small good file of each format; the folder is for those that need one to be made."""
    made = {
        "png": picture(),
        "png moving": picture(frames=4),
        "jpeg": picture(format_name="JPEG"),
        "jpeg progressive": picture(format_name="JPEG", progressive=True),
        "webp": picture(format_name="WEBP"),
        "webp lossless": picture(format_name="WEBP", lossless=True),
        "webp moving": picture(format_name="WEBP", frames=4),
        "gif": picture(format_name="GIF"),
        "gif moving": picture(format_name="GIF", frames=4),
        "avif": picture(format_name="AVIF"),
        "avif moving": picture(format_name="AVIF", frames=4),
    }
    parts, fast = {"movflags": "frag_keyframe+empty_moov"}, {"movflags": "faststart"}
    clips = {
        "mp4": clip(folder / "a", sound="aac"),
        "mp4 in parts": clip(folder / "b", sound="aac", options=parts),
        "mp4 ready to stream": clip(folder / "c", options=fast),
        "mov": clip(folder / "d", container="mov", sound="aac"),
        "webm": clip(folder / "e", container="webm", sound="libopus"),
        "webm of VP8": clip(folder / "f", container="webm", codec="libvpx"),
    }
    sounds = {name: sound(folder / name, container=name) for name in ("mp3", "flac", "ogg", "opus", "m4a", "aac")}
    made |= {name: path.read_bytes() for name, path in (clips | sounds).items()}
    return made | {
        "webm live": live_clip(),
        "wav": sound(folder / "g", seconds=0.2).read_bytes(),
        "webm of sound": sound(folder / "h", container="webm").read_bytes(),
    }


def mutated(data: bytes, other: bytes, random: Random) -> bytes:
    """The data, damaged in one of many ways, its first bytes mostly spared; `other` is a stranger to splice with."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(min(random.choice((0, 12, 12, 12)), len(changed) - 1), len(changed))
        random.choice(DAMAGES)(changed, at, random)
    if random.random() < 0.1:
        changed[max(12, random.randrange(len(changed))) :] = other[random.randrange(len(other)) :]
    whole = bytes(changed)
    return _with_right_checksums(whole) if whole.startswith(b"\x89PNG") and random.random() < 0.7 else whole


def _flip(data: bytearray, at: int, random: Random) -> None:
    for _ in range(random.choice((1, 4, 30))):
        data[random.randrange(at, len(data))] ^= 1 << random.randrange(8)


def _number(data: bytearray, at: int, random: Random) -> None:
    width = random.choice((1, 2, 4))
    value = random.choice(EXTREMES) & (1 << 8 * width) - 1
    data[at : at + width] = value.to_bytes(width, random.choice(("big", "little")))


def _blank(data: bytearray, at: int, random: Random) -> None:
    count = random.choice((4, 50, 500))
    data[at : at + count] = random.choice((bytes(count), b"\xff" * count, random.randbytes(count)))


def _remove(data: bytearray, at: int, random: Random) -> None:
    del data[at : at + random.choice((1, 7, 200))]
    data += b"\0"


def _repeat(data: bytearray, at: int, random: Random) -> None:
    data[at:at] = data[at : at + random.choice((1, 30, 1000))] * random.choice((1, 3))


def _cut(data: bytearray, at: int, random: Random) -> None:
    del data[max(at, 13) :]


DAMAGES = (_flip, _flip, _flip, _number, _number, _number, _blank, _remove, _repeat, _cut)


def _with_right_checksums(data: bytes) -> bytes:
    """A PNG whose damage is not seen by its checksums, so that it reaches the decoder."""
    made, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : at + 8 + length]
        if len(body) < length:
            break
        made += chunk(data[at + 4 : at + 8], body)
        at += 12 + length
    return bytes(made) + data[at:]


def polyglots(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Good media that are something else as well: behind the end, inside, and at the very beginning."""
    for name, payload in PAYLOADS.items():
        for kind, data in good.items():
            yield f"{kind} with {name} behind", data + payload
            if kind in EMBEDDED:
                yield f"{kind} with {name} inside", EMBEDDED[kind](data, payload)
    gif = good["gif"]
    yield "gif that is a script from its first byte", gif[:6] + b"/*" + gif[8:] + b"*/=1;document.title='executed'"
    jpeg = good["jpeg"]
    comment = b"*/=1;document.title='executed';/*"
    yield "jpeg that is a script", jpeg[:2] + _segment(comment.ljust(0x2A2F - 2)) + jpeg[2:] + b"*/"
    yield "jpeg that is a page by its first comment", jpeg[:2] + _segment(PAYLOADS["html"]) + jpeg[2:]
    yield "mp4 whose first box is a page", box(b"ftyp", b"isom", bytes(4), PAYLOADS["html"]) + good["mp4"][28:]


def _segment(payload: bytes) -> bytes:
    return b"\xff\xfe" + struct.pack(">H", 2 + len(payload)) + payload


def _in_png(data: bytes, payload: bytes) -> bytes:
    return data[:33] + chunk(b"tEXt", b"Comment\0" + payload) + data[33:]


def _in_jpeg(data: bytes, payload: bytes) -> bytes:
    return data[:2] + _segment(payload) + data[2:]


def _in_gif(data: bytes, payload: bytes) -> bytes:
    return data[:-1] + b"!\xfe" + bytes([len(payload)]) + payload + b"\0;"


def _in_webp(data: bytes, payload: bytes) -> bytes:
    body = data[12:] + riff(b"XXXX", (b"XMP ", payload))[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _in_boxes(data: bytes, payload: bytes) -> bytes:
    return data + box(b"free", payload)


def _in_webm(data: bytes, payload: bytes) -> bytes:
    return data + b"\xec" + bytes([0x80 | len(payload)]) + payload


def _in_wav(data: bytes, payload: bytes) -> bytes:
    body = data[12:] + riff(b"XXXX", (b"LIST", b"INFO" + payload))[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def _in_mp3(data: bytes, payload: bytes) -> bytes:
    frame = b"TXXX" + struct.pack(">IH", len(payload) + 2, 0) + b"\0\0" + payload
    return b"ID3\x04\0\0" + bytes([0, 0, len(frame) >> 7, len(frame) & 0x7F]) + frame + data


EMBEDDED = {
    "png": _in_png,
    "jpeg": _in_jpeg,
    "gif": _in_gif,
    "webp": _in_webp,
    "avif": _in_boxes,
    "mp4": _in_boxes,
    "mov": _in_boxes,
    "webm": _in_webm,
    "wav": _in_wav,
    "mp3": _in_mp3,
}


def documents(port: int) -> dict[str, bytes]:
    """Text that a browser or player acts on, each naming an address on this machine."""
    url = f"http://127.0.0.1:{port}/secret"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="{url}"/></svg>'
    xml = '<?xml version="1.0"?>\n'
    texts = {
        "svg": svg,
        "svg as xml": xml + svg,
        "svg with an entity": f'{xml}<!DOCTYPE svg [<!ENTITY x SYSTEM "{url}">]>{svg}',
        "html": f'<!DOCTYPE html><html><img src="{url}"><script>alert(1)</script></html>',
        "html without a head": f'<script src="{url}"></script>',
        "html that leads on": f'<meta http-equiv="refresh" content="0;url={url}">',
        "xhtml": f'{xml}<html xmlns="http://www.w3.org/1999/xhtml"><img src="{url}"/></html>',
        "xml with a style": f'<?xml-stylesheet href="{url}"?>\n<a/>',
        "m3u": f"#EXTM3U\n#EXTINF:10,\n{url}.ts\n",
        "m3u8 of streams": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}.m3u8\n",
        "m3u8 with a key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF:1,\n{url}.ts\n#EXT-X-ENDLIST\n',
        "m3u8 of a local file": "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "ffconcat": f"ffconcat version 1.0\nfile {url}\n",
        "ffconcat of a local file": "ffconcat version 1.0\nfile /etc/passwd\n",
        "mpd": f'{xml}<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}</BaseURL></MPD>',
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n",
        "pls": f"[playlist]\nFile1={url}\nNumberOfEntries=1\n",
        "xspf": f'{xml}<playlist xmlns="http://xspf.org/ns/0/"><track><location>{url}</location></track></playlist>',
        "asx": f'<asx version="3.0"><entry><ref href="{url}"/></entry></asx>',
        "asf reference": f"[Reference]\nRef1={url}?MSWMExt=.asf\n",
        "smil": f'<smil><body><video src="{url}"/></body></smil>',
        "wpl": f'<?wpl version="1.0"?><smil><body><seq><media src="{url}"/></seq></body></smil>',
        "qtl": f'{xml}<?quicktime type="application/x-quicktime-media-link"?><embed src="{url}"/>',
        "ram": f"rtsp://127.0.0.1:{port}/secret\n",
        "f4m": f'{xml}<manifest xmlns="http://ns.adobe.com/f4m/1.0"><media url="{url}"/></manifest>',
        "ism": f'{xml}<SmoothStreamingMedia><StreamIndex Url="{url}"/></SmoothStreamingMedia>',
        "webvtt": f"WEBVTT\n\n00:00.000 --> 00:01.000\n<img src={url}>\n",
        "shortcut": f"[InternetShortcut]\nURL={url}\n",
    }
    packed = zlib.compressobj(wbits=31)
    return {name: text.encode() for name, text in texts.items()} | {
        "svgz": packed.compress(svg.encode()) + packed.flush()
    }


def disguised(good: dict[str, bytes], port: int) -> dict[str, bytes]:
    """Playlists that begin like media, and media that name an address."""
    playlist = documents(port)["m3u"]
    url = f"http://127.0.0.1:{port}/secret".encode()
    return {
        "playlist behind a tag": b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + playlist,
        "playlist in a wav": riff(b"WAVE", (b"fmt ", playlist), (b"data", playlist)),
        "playlist after ftyp": box(b"ftyp", b"isom", bytes(4)) + playlist,
        "playlist in an mdat": box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", playlist),
        "playlist after EBML": good["webm"][:40] + playlist,
        "playlist in Ogg": page(1, 0, 6, playlist),
        "playlist after fLaC": b"fLaC" + playlist,
        "gif that is a playlist": b"GIF89a" + playlist,
        "jpeg with an address": _in_jpeg(good["jpeg"], url),
        "mp3 with an address": _in_mp3(good["mp3"], url),
        "mp4 whose data is elsewhere": _elsewhere(good["mp4"], url),
        "mov that refers": box(b"ftyp", b"qt  ", bytes(4)) + _reference(url),
    }


def _elsewhere(data: bytes, url: bytes) -> bytes:
    """The movie with its samples at an address: every data reference is made external."""
    path = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref")
    outside = struct.pack(">I4sI", 13 + len(url), b"url ", 0) + url + b"\0"
    return _rebuilt(data, path, bytes(4) + struct.pack(">I", 1) + outside)


def _rebuilt(data: bytes, path: tuple[bytes, ...], content: bytes) -> bytes:
    """Boxes in which every box at the path has another content."""
    made, at = bytearray(), 0
    while at + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + length]
        if name == path[0]:
            body = _rebuilt(body, path[1:], content) if len(path) > 1 else content
        made += box(name, body)
        at += length
    return bytes(made)


def _reference(url: bytes) -> bytes:
    address = box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(url) + 1), url, b"\0")
    return box(b"moov", box(b"rmra", box(b"rmda", address)))
