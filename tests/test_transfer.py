"""Files that arrive in pieces, or not as they were said to be: the right bytes, or none."""

import base64
import hashlib
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.downloads import Downloader, Policy
from core.downloads.transfer import PIECE
from core.errors import DownloadFailed, OutputExpired
from tests.factories import clip, picture
from tests.fetching import DATA, ETAG, bring, bring_securely, lies, secure
from tests.liar import Call, Liar, Script, chunks, head, says


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the file shall be."""
    return tmp_path / "arriving"


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A picture and a clip."""
    return {"image": picture(), "video": clip(tmp_path_factory.mktemp("clip") / "x.mp4").read_bytes()}


@pytest.mark.parametrize("kind", ["image", "video"])
@pytest.mark.parametrize("lie", lies(b""))
def test_a_lie_is_never_kept(lie: str, kind: str, media: dict[str, bytes], target: Path) -> None:
    with Liar(lies(media[kind])[lie]) as server, pytest.raises(DownloadFailed) as failure:
        bring(server, target)
    assert not target.exists()
    assert 1 <= len(server.calls) <= 3
    assert type(failure.value) is DownloadFailed
    assert failure.value.sentence.endswith(".")


def test_an_early_end_without_a_length_cannot_be_told_but_over_tls(target: Path) -> None:
    """Without TLS only decoding can tell; with it, a connection that was cut did not say farewell."""
    with Liar(says(head(), DATA[:1000])) as server:
        assert bring(server, target).bytes == 1000
    with secure(lambda call: (call.send(head(), DATA[:1000]), call.vanish())) as server:
        with pytest.raises(DownloadFailed, match="broke"):
            bring_securely(server, target)
        assert len(server.calls) == 3
    with secure(says(head(), DATA[:1000])) as server:
        assert bring_securely(server, target).bytes == 1000


@pytest.mark.parametrize("header", ["x-goog-hash", "etag"])
def test_damage_on_the_way_is_mended_by_another_try(header: str, target: Path) -> None:
    digest = hashlib.md5(DATA).digest()
    values = {"x-goog-hash": f"crc32c=AAAAAA==,md5={base64.b64encode(digest).decode()}"}
    if header == "etag":
        values = {"x-goog-generation": "1", "ETag": f'"{digest.hex()}"'}
    damaged = DATA[:1000] + b"?" + DATA[1001:]

    def script(call: Call) -> None:
        call.answer(DATA if call.number else damaged, **values)

    with Liar(script) as server:
        assert bring(server, target).bytes == len(DATA)
    assert target.read_bytes() == DATA
    assert len(server.calls) == 2


def test_an_etag_of_another_kind_is_no_checksum(target: Path) -> None:
    with Liar(lambda call: call.answer(DATA, ETag=f'"{hashlib.md5(b"time-size").hexdigest()}"')) as server:
        assert bring(server, target).bytes == len(DATA)


def ranged(cuts: list[int], mode: str, etag: str | None = ETAG) -> Script:
    """A server that knows Range and If-Range, and cuts its n-th answer at the n-th place."""

    def script(call: Call) -> None:
        start = 0
        if etag and call.headers.get("if-range") == etag:
            start = int(call.headers["range"].removeprefix("bytes=").removesuffix("-"))
        body = DATA[start:]
        named = {"ETag": etag} if etag else {}
        named |= {"Transfer-Encoding": "chunked"} if mode == "chunked" else {"Content-Length": str(len(body))}
        if start:
            named["Content-Range"] = f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"
        cut = cuts[call.number] - start if call.number < len(cuts) else len(body)
        framed = (
            chunks(body[:cut], 50_000, b"" if cut < len(body) else b"0\r\n\r\n") if mode == "chunked" else body[:cut]
        )
        call.send(head("206 Partial Content" if start else "200 OK", named), framed)
        if mode == "reset" and cut < len(body):
            call.reset()

    return script


CUTS = [0, 1, 2, 8191, 8192, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, len(DATA) - 2, len(DATA) - 1]
CUTS += sorted(random.Random(21).sample(range(len(DATA)), 40 - len(CUTS)))


@pytest.mark.parametrize(
    ("mode", "etag"),
    [("close", ETAG), ("reset", ETAG), ("chunked", ETAG), ("close", None), ("close", 'W/"weak"')],
    ids=["close", "reset", "chunked", "no etag", "weak etag"],
)
def test_what_was_cut_goes_on_with_the_right_bytes(mode: str, etag: str | None, target: Path) -> None:
    right = 0
    for cut in CUTS:
        with Liar(ranged([cut, (cut + len(DATA)) // 2], mode, etag)) as server:
            bring(server, target)
        right += hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(DATA).digest()
        resumed = [call for call in server.calls if "range" in call.headers]
        assert len(server.calls) == 3
        assert bool(resumed) == (etag == ETAG) or mode == "reset" or cut == 0
        if mode == "close" and etag == ETAG and cut:
            assert resumed[0].headers["range"] == f"bytes={cut}-"
    assert right == len(CUTS) == 40


def parts(start: int, total: int = len(DATA)) -> dict[str, str]:
    return {"Content-Range": f"bytes {start}-{total - 1}/{total}", "ETag": ETAG}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (parts(1001), DATA[1001:]),
        (parts(999), DATA[999:]),
        (parts(0), DATA),
        (parts(999), DATA[999:-1]),
        ({"Content-Range": f"bytes 1000-{len(DATA) - 2}/{len(DATA)}", "ETag": ETAG}, DATA[1000:]),
        (parts(1000, len(DATA) + 1), DATA[1000:] + b"x"),
        (parts(1000) | {"ETag": '"v2"'}, DATA[1000:]),
        ({"Content-Range": f"bytes 1000-{len(DATA) - 1}/{len(DATA)}"}, DATA[1000:]),
        ({"Content-Range": f"bytes 1000-2000/{len(DATA)}", "ETag": ETAG}, DATA[1000:2001]),
        ({"Content-Range": f"bytes 1000-{len(DATA) - 1}/*", "ETag": ETAG}, DATA[1000:]),
        ({"ETag": ETAG}, DATA[1000:]),
        (parts(1000) | {"Content-Length": "10"}, DATA[1000:1010]),
        (parts(1000) | {"Transfer-Encoding": "chunked"}, chunks(DATA[1000:2000], 100)),
        (parts(1000) | {"Transfer-Encoding": "chunked"}, chunks(DATA[1000:] + b"xyz", 1000)),
    ],
)
def test_a_part_that_does_not_fit_starts_over(headers: dict[str, str], body: bytes, target: Path) -> None:
    def script(call: Call) -> None:
        if call.number == 0:
            call.send(head(headers={"Content-Length": str(len(DATA)), "ETag": ETAG}), DATA[:1000])
        elif call.number == 1:
            framed = {} if "Transfer-Encoding" in headers else {"Content-Length": str(len(body))}
            call.send(head("206 Partial Content", framed | headers), body)
        else:
            call.answer(DATA)

    with Liar(script) as server:
        assert bring(server, target).bytes == len(DATA)
    assert target.read_bytes() == DATA
    assert [call.headers.get("range") for call in server.calls] == [None, "bytes=1000-", None]
    assert server.calls[1].headers["if-range"] == ETAG


@pytest.mark.parametrize("status", ["200 OK", "416 Range Not Satisfiable", "503 Busy"])
def test_a_range_that_is_not_answered(status: str, target: Path) -> None:
    """A whole file instead, a refusal and a hiccup: each ends with the right bytes."""
    other = DATA[::-1]

    def script(call: Call) -> None:
        if call.number == 0:
            call.send(head(headers={"Content-Length": str(len(DATA)), "ETag": ETAG}), DATA[:1000])
        elif call.number == 1:
            call.answer(other, status)
        elif "range" in call.headers:
            call.answer(DATA[1000:], "206 Partial Content", **parts(1000))
        else:
            call.answer(other)

    with Liar(script) as server:
        bring(server, target)
    assert target.read_bytes() == (DATA if status.startswith("503") else other)


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "410 Gone"])
@pytest.mark.parametrize("redirected", [False, True])
def test_what_has_expired_is_asked_for_once(status: str, redirected: bool, target: Path) -> None:
    def script(call: Call) -> None:
        if redirected and not call.number:
            return call.answer(status="302 Found", Location="/elsewhere/out.png")
        call.answer(b"gone", status)

    with Liar(script) as server, pytest.raises(OutputExpired, match="gone") as failure:
        bring(server, target)
    assert failure.value.status == int(status[:3])
    assert len(server.calls) == 1 + redirected <= 3
    assert not target.exists()


@pytest.mark.parametrize("status", ["401 Unauthorized", "400 Bad Request", "304 Not Modified", "300 Choices", "101 Up"])
def test_other_refusals_are_not_asked_again(status: str, target: Path) -> None:
    with Liar(lambda call: call.answer(b"", status)) as server, pytest.raises(DownloadFailed) as failure:
        bring(server, target)
    assert failure.value.status == int(status[:3])
    assert len(server.calls) == 1


def test_a_busy_host_is_given_the_time_it_asks_for(target: Path) -> None:
    waits = ["7", "Tue, 24 Nov 2026 12:00:20 GMT", "soon"]
    paused: list[float] = []

    def script(call: Call) -> None:
        if call.number < 3:
            return call.answer(b"", "429 Too Many Requests", Retry_After=waits[call.number])
        call.answer(DATA)

    with Liar(script) as server:
        policy = Policy((), local=(server.netloc,), attempts=4)
        noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
        Downloader(policy, pause=paused.append, now=lambda: noon).fetch(server.url(), target)
    assert paused == [7, 20, 2]


def test_a_host_that_is_busy_for_long_is_left_alone(target: Path) -> None:
    busy = Liar(lambda call: call.answer(b"", "503 Busy", Retry_After="3600"))
    with busy as server, pytest.raises(DownloadFailed, match="HTTP 503") as failure:
        bring(server, target)
    assert failure.value.status == 503
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("lines", "words", "calls"),
    [
        ("", "not say where", 1),
        ("Location: /a\r\nLocation: /b\r\n", "not say where", 1),
        ("Location: /a\r\n", "without an end", 4),
        ("Location: http://[::1\r\n", "makes no sense", 1),
    ],
)
def test_redirects_that_lead_nowhere(lines: str, words: str, calls: int, target: Path) -> None:
    script = says(f"HTTP/1.1 302 Found\r\n{lines}Content-Length: 0\r\n\r\n".encode())
    with Liar(script) as server, pytest.raises(DownloadFailed, match=words):
        bring(server, target)
    assert len(server.calls) == calls
