"""What tests of fetching share: a file, a downloader that does not wait, lies, servers with certificates."""

import random
import socket
import ssl
from pathlib import Path
from typing import Any

import trustme

from core.downloads import Downloader, Fetched, Policy
from core.downloads.exchange import trusted
from tests.liar import CHUNKED, Liar, Script, chunks, head, says

DATA = random.Random(14).randbytes(600_000)
ETAG = '"v1"'
TRUST = trusted()
AUTHORITY = trustme.CA()  # who vouches for the servers of these tests


def downloader(server: Liar, **policy: Any) -> Downloader:
    """One that may fetch from the server and does not wait between tries."""
    allowed = Policy(("replicate.delivery",), local=(server.netloc,), **policy)
    return Downloader(allowed, pause=lambda _: None, trust=TRUST)


def bring(server: Liar, target: Path, **policy: Any) -> Fetched:
    """Fetch the server's file."""
    return downloader(server, **policy).fetch(server.url(), target)


def secure(script: Script, name: str = "replicate.delivery") -> Liar:
    """A server with a certificate for a name."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(tls)
    return Liar(script, tls=tls)


def bring_securely(server: Liar, target: Path, known: bool = True) -> Fetched:
    """Fetch by the name replicate.delivery, which leads to the server."""
    trust = ssl.create_default_context()
    if known:
        AUTHORITY.configure_trust(trust)

    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    policy = Policy((), local=(f"replicate.delivery:{server.port}",))
    fetching = Downloader(policy, resolve=resolve, pause=lambda _: None, trust=trust)
    return fetching.fetch(f"https://replicate.delivery:{server.port}/out.png", target)


def lies(data: bytes) -> dict[str, Script]:
    """Answers with `data` that are not what they say, or that do not end as they should."""
    size, half = len(data), len(data) // 2

    def length(value: object) -> bytes:
        return head(headers={"Content-Length": str(value), "Content-Type": "image/png"})

    def breaking(*parts: bytes) -> Script:
        return lambda call: (call.send(*parts), call.reset())

    doubled = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nContent-Length: "
    return {
        "short": says(length(size), data[:-1]),
        "half": says(length(size), data[:half]),
        "nothing after the headers": says(length(size)),
        "long": says(length(size - 1), data),
        "much longer": says(length(half), data),
        "doubled": says(f"{doubled}{size}\r\n\r\n".encode(), data),
        "contradictory": says(f"{doubled}{half}\r\n\r\n".encode(), data),
        "joined": says(length(f"{size}, {size}"), data),
        "negative": says(length(-size), data),
        "signed": says(length(f"+{size}"), data),
        "hexadecimal": says(length(hex(size)), data),
        "endless digits": says(length("9" * 5000), data),
        "length and chunks": says(
            head(headers={"Content-Length": str(size), "Transfer-Encoding": "chunked"}), chunks(data, 100)
        ),
        "chunks of HTTP 1.0": says(CHUNKED.replace(b"1.1", b"1.0"), chunks(data, 100)),
        "chunked twice": says(head(headers={"Transfer-Encoding": "chunked, chunked"}), chunks(data, 100)),
        "not chunked": says(head(headers={"Transfer-Encoding": "identity"}), data),
        "cut chunk": says(CHUNKED, chunks(data, 100)[:-60]),
        "no last chunk": says(CHUNKED, chunks(data, 100, b"")),
        "half a last chunk": says(CHUNKED, chunks(data, 100, b"0\r\n")),
        "endless trailers": says(CHUNKED, chunks(data, 100, b"0\r\n" + b"A: b\r\n" * 101 + b"\r\n")),
        "long chunk": says(CHUNKED, chunks(data, 100).replace(b"64\r\n", b"63\r\n", 1)),
        "signed chunk": says(CHUNKED, b"+" + chunks(data, 100)),
        "chunk with 0x": says(CHUNKED, b"0x" + chunks(data, 100)),
        "more after the last chunk": says(CHUNKED, chunks(data, 100), b"more"),
        "cut headers": says(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"),
        "a header that is none": says(f"HTTP/1.1 200 OK\r\nWhat\r\nContent-Length: {size}\r\n\r\n".encode(), data),
        "a length that is none": says(f"HTTP/1.1 200 OK\r\nContent-Length : {size}\r\n\r\n".encode(), data),
        "too many headers": says(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n" * 200, b"\r\n", data),
        "no HTTP": says(data),
        "no answer": says(),
        "a reset in the body": breaking(length(size), data[:half]),
        "a reset to the end": breaking(head(), data[:half]),
        "a part that nobody asked for": says(
            head("206 Partial Content", {"Content-Range": f"bytes 0-{size - 1}/{size}", "ETag": ETAG}), data
        ),
        "nothing": says(length(0)),
        "no content": says(head("204 No Content")),
        "another checksum": says(
            head(headers={"Content-Length": str(size), "x-goog-hash": "crc32c=AAAAAA==, md5=" + "A" * 22 + "=="}), data
        ),
    }  # fmt: skip
