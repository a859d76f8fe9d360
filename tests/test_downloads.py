"""Fetching from hosts that send too much, too slowly or not at all: it ends in time, in little memory; secrets stay."""

import gzip
import itertools
import json
import logging
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.downloads import Downloader, Fetched, Policy
from core.errors import AddressRefused, DiskFull, DownloadFailed, DownloadTooLarge
from tests.fetching import DATA, ETAG, TRUST, bring, bring_securely, downloader, lies, secure
from tests.liar import CHUNKED, Call, Liar, Script, chunks, head, says
from tests.serving import ROOT

MIB = 2**20


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the file shall be."""
    return tmp_path / "arriving"


def test_a_file_arrives(target: Path) -> None:
    with Liar(lambda call: call.answer(DATA, Content_Type="Image/PNG; x=y")) as server:
        fetched = downloader(server).fetch(server.url("/a/out.png?secret=1"), target)
    assert fetched == Fetched(len(DATA), "image/png", server.url("/a/out.png?secret=1"))
    assert target.read_bytes() == DATA
    assert "secret" not in repr(fetched)
    assert server.calls[0].head.startswith("GET /a/out.png?secret=1 HTTP/1.1\r\n")
    assert server.calls[0].headers == {
        "host": server.netloc, "user-agent": "onefile-studio", "accept": "*/*", "accept-encoding": "identity",
        "connection": "close",
    }  # fmt: skip


@pytest.mark.parametrize(
    "script",
    [
        says(head(headers={"Transfer-Encoding": "chunked"}), chunks(DATA, 70_001)),
        says(head(headers={"Transfer-Encoding": "Chunked"}), chunks(DATA, 1000, b"000;x=y\r\nX-Sum: 1\r\n\r\n")),
        says(head(), DATA),
        says(b"HTTP/1.0 200 OK\r\n\r\n", DATA),
        says(b"HTTP/1.1 100 Continue\r\n\r\n", head(headers={"Content-Length": str(len(DATA))}), DATA),
        says(head(headers={"Content-Length": str(len(DATA)), "Content-Encoding": "identity"}), DATA),
        lambda call: (call.answer(DATA), call.hang()),
    ],
    ids=["chunked", "trailers", "to the end", "HTTP 1.0", "continue", "identity", "kept open"],
)
def test_true_answers_of_every_kind_are_kept(script: Script, target: Path) -> None:
    with Liar(script) as server:
        assert bring(server, target, stall=5) == Fetched(len(DATA), None, server.url())
    assert target.read_bytes() == DATA


def pour(call: Call, total: int, headers: dict[str, str], wrap: Callable[[bytes], bytes] = bytes) -> None:
    """A body of zeros."""
    call.send(head(headers=headers))
    block = wrap(bytes(MIB))
    for _ in range(total // MIB):
        call.send(block)
    call.send(wrap(bytes(total % MIB)), b"0\r\n\r\n" if "Transfer-Encoding" in headers else b"")


def poured(total: int, kind: str) -> Script:
    """A body of zeros with a length, in chunks, or with neither."""
    if kind == "chunked":
        return lambda call: pour(call, total, {"Transfer-Encoding": "chunked"}, lambda part: chunks(part, MIB, b""))
    return lambda call: pour(call, total, {"Content-Length": str(total)} if kind == "length" else {})


def measured(server: Liar, target: Path, size: int) -> dict[str, Any]:
    """Outcome, growth of memory and seconds of a fetch in a process of its own."""
    command = [sys.executable, "-m", "tests.fetch_process", server.url(), str(target), server.netloc, str(size)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert isinstance(found, dict)
    return found


SIZES = [(150 * MIB, 100 * MIB), pytest.param(1_200_000_000, 2**30, marks=pytest.mark.torture)]


@pytest.mark.parametrize("kind", ["length", "chunked", "to the end"])
@pytest.mark.parametrize(("total", "cap"), SIZES)
def test_what_is_too_large_is_stopped_in_little_memory(total: int, cap: int, kind: str, target: Path) -> None:
    with Liar(poured(total, kind)) as server:
        found = measured(server, target, cap)
    assert found["outcome"] == "DownloadTooLarge"
    assert found["grown"] < 64 * MIB
    assert not target.exists()
    assert len(server.calls) == 1


@pytest.mark.torture
@pytest.mark.parametrize("kind", ["length", "chunked", "to the end"])
def test_what_is_large_arrives_in_little_memory(kind: str, target: Path) -> None:
    with Liar(poured(1_200_000_000, kind)) as server:
        found = measured(server, target, 2**31)
    assert found["outcome"] == target.stat().st_size == 1_200_000_000
    assert found["grown"] < 64 * MIB


@pytest.mark.parametrize("kind", ["length", "chunked", "to the end"])
def test_the_cap_is_exact(kind: str, target: Path) -> None:
    with Liar(poured(1000, kind)) as server:
        assert bring(server, target, size=1000).bytes == 1000
        with pytest.raises(DownloadTooLarge, match="file out"):
            bring(server, target, size=999)
    assert not target.exists()


def test_what_says_that_it_is_too_large_is_not_read(target: Path) -> None:
    with Liar(lambda call: (call.send(head(headers={"Content-Length": "1001"})), call.hang())) as server:
        started = time.monotonic()
        with pytest.raises(DownloadTooLarge):
            bring(server, target, size=1000)
        assert time.monotonic() - started < 10  # of 30 for the rest of it


BOMB = gzip.compress(bytes(200 * MIB), 1)
BOMBS = BOMB * (50 * MIB // len(BOMB))


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip"])
def test_packed_bodies_are_refused(encoding: str, target: Path) -> None:
    script = Liar(lambda call: call.answer(BOMB, Content_Encoding=encoding))
    with script as server, pytest.raises(DownloadFailed, match="packed"):
        bring(server, target)
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Encoding": "gzip"},
        {"Transfer-Encoding": "gzip, chunked"},
        {"Transfer-Encoding": "chunked", "X-Size": "-1"},
        {"Transfer-Encoding": "chunked", "X-Size": "F" * 50 * MIB},
    ],
    ids=["encoding", "transfer", "negative chunk", "endless chunk size"],
)
def test_bombs_cost_neither_memory_nor_time(headers: dict[str, str], target: Path) -> None:
    size = headers.pop("X-Size", "").encode()
    with Liar(lambda call: call.send(head(headers=headers), size, size and b"\r\n", BOMBS)) as server:
        found = measured(server, target, 2**31)
    assert found["outcome"] == "DownloadFailed"
    assert found["grown"] < 32 * MIB
    assert found["seconds"] < 1


def test_the_body_of_a_redirect_is_not_read(target: Path) -> None:
    def script(call: Call) -> None:
        if call.number:
            return call.answer(DATA)
        call.send(head("302 Found", {"Location": "/there", "Content-Encoding": "gzip"}), BOMBS)

    with Liar(script) as server:
        found = measured(server, target, 2**31)
    assert found["outcome"] == len(DATA)
    assert found["grown"] < 32 * MIB
    assert found["seconds"] < 1


def endless(data: bytes) -> Script:
    """As fast as it goes."""

    def script(call: Call) -> None:
        call.send(head(headers={"Transfer-Encoding": "chunked"}))
        while True:
            call.send(data)

    return script


def starts(*parts: bytes, then: bytes = b"", seconds: float = 0.005) -> Script:
    """Some bytes; then a drip, or nothing more."""

    def script(call: Call) -> None:
        call.send(*parts)
        call.drip(then, seconds) if then else call.hang()

    return script


SLOW: dict[str, Script] = {
    "silence": starts(),
    "a drip of a status line": starts(then=b"H"),
    "a drip of headers": starts(b"HTTP/1.1 200 OK\r\n", then=b"X-Slow: yes\r\n"),
    "a drip of one header": starts(b"HTTP/1.1 200 OK\r\nX-Slow: ", then=b"y"),
    "a drip of continues": starts(then=b"HTTP/1.1 100 Continue\r\n\r\n", seconds=0.001),
    "a stall after the headers": starts(head(headers={"Content-Length": "1000"})),
    "a stall in the body": starts(head(headers={"Content-Length": "1000"}), b"x" * 500),
    "a drip of a body": starts(head(headers={"Content-Length": "1000000"}), then=b"x"),
    "a drip to the end": starts(head(), then=b"x"),
    "a drip of chunks": starts(CHUNKED, then=b"1\r\nx\r\n", seconds=0.001),
    "a drip of a chunk's size": starts(CHUNKED, then=b"0"),
    "a drip of trailers": starts(CHUNKED, b"1\r\nx\r\n0\r\n", then=b"X: y\r\n", seconds=0.01),
    "endless small chunks": endless(b"1\r\nx\r\n" * 1000),
    "endless redirects": lambda call: (call.wait(0.4), call.answer(status="302 Found", Location="/again")),
}


def late(fetch: Callable[[], object]) -> float:
    """Seconds until it gave up, which it must do for want of time."""
    started = time.monotonic()
    with pytest.raises(DownloadFailed, match=r"did not arrive within 1 seconds"):
        fetch()
    return time.monotonic() - started


def in_time(fetches: list[Callable[[], object]]) -> None:
    """All at once, a second each and one more at most than a mere wait takes here; no thread stays behind."""
    started = time.monotonic()
    with ThreadPoolExecutor(len(fetches)) as pool:
        taken = pool.map(late, fetches)
        threading.Event().wait(1)
        here = time.monotonic() - started
    assert all(0.9 < seconds < here + 1 for seconds in taken)
    assert left_over() == []


def left_over() -> list[threading.Thread]:
    """Threads of fetches that do not end soon."""
    threads = [thread for thread in threading.enumerate() if thread.name == "download"]
    for thread in threads:
        thread.join(5)
    return [thread for thread in threads if thread.is_alive()]


def test_what_is_slow_ends_at_the_deadline(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(Liar(script)) for script in SLOW.values()]
        fetching = Downloader(Policy((), local=("127.0.0.1",), seconds=1), trust=TRUST)
        in_time([partial(fetching.fetch, server.url(), tmp_path / str(server.port)) for server in servers])
        assert all(server.calls for server in servers)
    assert list(tmp_path.iterdir()) == []


def test_what_never_begins_ends_at_the_deadline(tmp_path: Path) -> None:
    """A handshake, a connection, a host that is busy: none of them has an end of its own."""
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = full.getsockname()[1]
    waiting = [socket.socket() for _ in range(8)]  # whoever comes after them is not let in
    for client in waiting:
        client.setblocking(False)
        client.connect_ex(full.getsockname())
    with Liar(starts()) as silent, Liar(lambda call: call.answer(status="503 Busy")) as busy:
        fetching = Downloader(Policy((), local=("127.0.0.1",), seconds=1, attempts=99), trust=TRUST)
        urls = [f"https://{silent.netloc}/", f"http://127.0.0.1:{port}/", busy.url()]
        in_time([partial(fetching.fetch, url, tmp_path / "x") for url in urls])
        assert len(busy.calls) <= 3
    for client in (*waiting, full):
        client.close()
    assert list(tmp_path.iterdir()) == []


def test_a_name_service_that_never_answers_is_left_at_the_deadline(tmp_path: Path) -> None:
    asked = threading.Event()

    def resolve(*_: Any, **__: Any) -> Any:
        asked.wait(30)
        raise socket.gaierror

    fetching = Downloader(Policy(("replicate.delivery",), seconds=1), resolve=resolve)
    assert late(partial(fetching.fetch, "https://replicate.delivery/", tmp_path / "x")) < 3
    asked.set()
    assert left_over() == []
    assert list(tmp_path.iterdir()) == []


def test_a_stall_is_another_try(target: Path) -> None:
    def script(call: Call) -> None:
        call.send(head(headers={"Content-Length": str(len(DATA)), "ETag": ETAG}), DATA[:1000])
        call.hang()

    with Liar(script) as server, pytest.raises(DownloadFailed, match="stopped answering"):
        bring(server, target, stall=0.5, attempts=2)
    assert [call.headers.get("range") for call in server.calls] == [None, "bytes=1000-"]


def test_the_deadline_is_by_the_clock_given(target: Path) -> None:
    moments = iter([0.0, 0.0, 1e9, 1e9])
    with Liar(starts()) as server:
        hasty = Downloader(Policy((), local=(server.netloc,)), clock=lambda: next(moments))
        started = time.monotonic()
        with pytest.raises(DownloadFailed, match="within 600 seconds"):
            hasty.fetch(server.url(), target)
    assert time.monotonic() - started < 10


def test_a_pulse_beats_while_nothing_arrives_and_may_give_up(target: Path) -> None:
    beats: list[float] = []

    def pulse() -> None:
        beats.append(time.monotonic())
        if len(beats) == 3:
            raise InterruptedError("enough")

    with Liar(starts(head(), b"x")) as server, pytest.raises(InterruptedError, match="enough"):
        downloader(server).fetch(server.url(), target, pulse)
    assert max(after - before for before, after in itertools.pairwise(beats)) < 2
    assert len(beats) == 3
    assert not target.exists()


def test_closing_gives_up(target: Path) -> None:
    beats: list[None] = []
    with Liar(starts(head(), b"x")) as server:
        fetching = downloader(server)

        def pulse() -> None:
            beats.append(None)
            if len(beats) == 2:
                fetching.close()

        with pytest.raises(DownloadFailed, match="given up"):
            fetching.fetch(server.url(), target, pulse)
    assert len(server.calls) == 1
    assert not target.exists()


def test_the_certificate_is_for_the_name(target: Path) -> None:
    with secure(lambda call: call.answer(DATA)) as server:
        assert bring_securely(server, target).bytes == len(DATA)
    assert server.calls[0].headers["host"] == f"replicate.delivery:{server.port}"


@pytest.mark.parametrize("known", [True, False])
def test_a_host_that_cannot_prove_its_name_is_not_asked(known: bool, target: Path) -> None:
    other = secure(lambda call: call.answer(DATA), "evil.example" if known else "replicate.delivery")
    with other as server, pytest.raises(DownloadFailed, match="does not prove who it is"):
        bring_securely(server, target, known)
    assert server.calls == []
    assert server.connections == 1


def test_nothing_from_the_environment_is_used(target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Liar(lambda call: call.answer(b"stolen")) as proxy, Liar(lambda call: call.answer(DATA)) as server:
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login canary password canary\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        bring(server, target)
    assert target.read_bytes() == DATA
    assert proxy.connections == 0
    assert "authorization" not in server.calls[0].headers


def test_headers_of_ones_own_do_not_replace_ours_and_go_to_the_first_host_alone(target: Path) -> None:
    own = {"Authorization": "Bearer canary", "host": "x", "RANGE": "bytes=1-", "accept-encoding": "br"}
    other = Liar(lambda call: call.answer(DATA))
    with other, Liar(lambda call: call.answer(status="302 Found", Location=other.url())) as first:
        both = Downloader(Policy((), local=(first.netloc, other.netloc)))
        both.fetch(first.url(), target, headers=own | {"Accept": "image/*"})
    assert first.calls[0].headers == {
        "host": first.netloc, "user-agent": "onefile-studio", "accept": "image/*", "accept-encoding": "identity",
        "connection": "close", "authorization": "Bearer canary",
    }  # fmt: skip
    assert "canary" not in other.calls[0].head


def test_secrets_are_in_no_log_and_no_error(target: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    plain = {"Authorization": "Bearer canary"}
    tries = [(script, plain) for script in lies(DATA[:5000]).values()]
    tries += [
        (lambda call: call.answer(status="404 Not Found"), plain),
        (lambda call: call.send(call.head.encode()), plain),  # a host that repeats what it was asked
        (lambda call: call.answer(status="302 Found", Location="http://evil.example/?canary=1"), plain),
        (lambda call: call.answer(DATA), {"Authorization": "Bearer\r\ncanary: 1"}),
        (lambda call: call.answer(DATA), {"Authorization": "Bearer canary\u2026"}),
    ]
    for script, headers in tries:
        with Liar(script) as server:
            url = server.url("/out.png?signature=canary")
            with pytest.raises(DownloadFailed) as failure:
                downloader(server, attempts=1).fetch(url, target, headers=headers)
        said += traceback.format_exception(failure.value)
    for url in ("https://replicate.delivery:canary/", "https://x/?canary", "canary://x", "https://canary:canary@x/"):
        with pytest.raises(AddressRefused) as refusal:
            Downloader(Policy(())).fetch(url, target)
        said += [refusal.value.sentence]
    assert "canary" not in caplog.text
    assert not [line for line in said if "canary" in line and "test_downloads.py" not in line]


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "x").symlink_to("/dev/full")
    with Liar(lambda call: call.answer(DATA)) as server, pytest.raises(DiskFull, match="Free some space"):
        bring(server, tmp_path / "x")
    assert len(server.calls) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with Liar(lambda call: call.answer(DATA)) as server, pytest.raises(DownloadFailed, match="could not be written"):
        bring(server, tmp_path / "nowhere" / "x")


def test_a_host_that_is_down_at_one_address_is_reached_at_the_next(target: Path) -> None:
    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 0)) for place in ("127.0.0.2", "127.0.0.1")]

    with Liar(lambda call: call.answer(DATA)) as server:
        policy = Policy((), local=("studio.lan",), attempts=1)
        fetched = Downloader(policy, resolve=resolve).fetch(f"http://studio.lan:{server.port}/", target)
    assert fetched.bytes == len(DATA)
    assert server.calls[0].headers["host"] == f"studio.lan:{server.port}"


def test_many_at_once(tmp_path: Path) -> None:
    with Liar(lambda call: call.answer(DATA[: int(call.path[1:])])) as server:
        shared = downloader(server)

        def fetch(size: int) -> bool:
            shared.fetch(server.url(f"/{size}"), tmp_path / str(size))
            return (tmp_path / str(size)).read_bytes() == DATA[:size]

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(fetch, range(1000, 1040)))
