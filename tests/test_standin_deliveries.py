"""What the stand-in delivers: every form and kind of output, and every way to spoil a file."""

import base64
import hashlib
import http.client
import http.server
import io
import re
from typing import Any

import av
import pytest
import requests
from PIL import Image

from tests.standin import StandIn
from tests.standin.client import Client, fetch
from tests.standin.media import crc32c
from tests.standin.outputs import FORMS
from tests.standin.trouble import TROUBLES


def leaves(value: Any) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [leaf for part in parts for leaf in leaves(part)]


def decoded(data: bytes, content_type: str) -> bool:
    """Whether the bytes are what they say."""
    if content_type.startswith("image/"):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return Image.MIME[str(image.format)] == content_type
    if content_type == "application/zip":
        return data[:2] == b"PK"
    with av.open(io.BytesIO(data)) as box:
        return sum(1 for _ in box.decode(box.streams[0])) > 10


@pytest.mark.parametrize("shape", sorted(FORMS))
def test_shapes(standin: StandIn, client: Client, shape: str) -> None:
    standin.plan(shape=shape)
    seen = client.run("atelier/swift-still", body={"input": {"prompt": "a lake", "num_outputs": 2}})
    assert seen["status"] == "succeeded"
    output, texts = seen["output"], leaves(seen["output"])
    files = [text for text in texts if text.startswith(standin.delivery)]
    expected = {
        "one": 1, "list": 2, "files": 2, "images": 2, "nested": 4, "video_zip": 2, "captioned": 2, "mixed": 1
    }  # fmt: skip
    assert len(files) == expected.get(shape, 0)
    for url in files:
        answer = fetch(url)
        assert decoded(answer.content, answer.headers["content-type"])
        assert answer.headers["etag"] == f'"{hashlib.md5(answer.content).hexdigest()}"'
        assert f"crc32c={crc32c(answer.content)}" in answer.headers["x-goog-hash"]
    if shape == "data":
        assert [text.partition(",")[0] for text in texts] == ["data:image/webp;base64"] * 2
        assert all(decoded(base64.b64decode(text.partition(",")[2]), "image/webp") for text in texts)
    if shape in ("null", "empty"):
        assert output == {"null": None, "empty": []}[shape]


@pytest.mark.parametrize(
    ("model", "inputs", "kinds"),
    [
        ("atelier/swift-still", {"output_format": "png"}, ["image/png"]),
        ("atelier/grand-still", {}, ["image/jpeg"]),
        ("oldmasters/classic-diffusion", {"width": 200, "height": 100}, ["image/webp"]),
        ("lumen/moving-picture", {"aspect_ratio": "9:16"}, ["video/mp4"]),
        ("shapes/animated", {}, ["image/gif"]),
        ("shapes/animated", {"output_format": "webp"}, ["image/webp"]),
        ("resonance/tune", {}, ["audio/wav"]),
        ("shapes/sound", {}, ["audio/mpeg"]),
        ("shapes/archive", {}, ["application/zip"]),
    ],
)
def test_kinds_of_files(standin: StandIn, client: Client, model: str, inputs: dict[str, Any], kinds: list[str]) -> None:
    seen = client.run(model, body={"input": {"prompt": "a lake", **inputs}})
    answers = [fetch(url) for url in leaves(seen["output"])]
    assert [answer.headers["content-type"] for answer in answers] == kinds
    assert all(decoded(answer.content, answer.headers["content-type"]) for answer in answers)
    assert fetch(leaves(seen["output"])[0]).content == answers[0].content
    if "width" in inputs:
        with Image.open(io.BytesIO(answers[0].content)) as image:
            assert image.size == (200, 100)
    if model == "lumen/moving-picture":
        with av.open(io.BytesIO(answers[0].content)) as box:
            assert [stream.type for stream in box.streams] == ["video", "audio"]
            assert box.streams.video[0].width < box.streams.video[0].height
        assert seen["metrics"]["video_output_duration_seconds"] == 2


def test_the_picture_that_was_given_is_seen_again(standin: StandIn, client: Client) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (250, 10, 10)).save(out, "PNG")
    upload = client.session.post(f"{standin.base}/v1/files", files={"content": ("red.png", out.getvalue())}).json()
    inline = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
    for address in (upload["urls"]["get"], inline):
        body = {"input": {"image": address, "prompt": "red", "output_format": "png"}}
        seen = client.run("atelier/restyle", body=body)
        with Image.open(io.BytesIO(fetch(seen["output"]).content)) as image:
            assert image.getpixel((5, 5)) == (240, 0, 0)
        sha = hashlib.sha256(out.getvalue()).hexdigest()
        assert standin.report()["predictions"][-1]["received"]["image"]["sha256"] == sha
    client.session.delete(upload["urls"]["get"])
    body = {"input": {"image": upload["urls"]["get"], "prompt": "red"}}
    assert "404" in client.run("atelier/restyle", body=body)["error"]


def test_files_are_there_from_the_end_of_the_run(standin: StandIn, client: Client) -> None:
    standin.set(frozen=True)
    made = client.create()
    path = standin.report()["predictions"][0]["paths"][0]
    assert fetch(standin.delivery + path).status_code == 404
    standin.advance(100)
    assert client.get(made)["output"] == standin.delivery + path
    assert fetch(standin.delivery + path).status_code == 200
    assert fetch(f"{standin.delivery}/xezq/nothing/out-0.png").status_code == 404


def test_parts_of_files(standin: StandIn, client: Client) -> None:
    url = client.run()["output"]
    whole = fetch(url)
    size = len(whole.content)
    for asked, first, end in (
        ("0-9", 0, 10),
        ("100-", 100, size),
        ("-50", size - 50, size),
        (f"5-{size * 2}", 5, size),
    ):
        part = fetch(url, Range=f"bytes={asked}")
        assert (part.status_code, part.content) == (206, whole.content[first:end])
        assert part.headers["content-range"] == f"bytes {first}-{end - 1}/{size}"
    assert fetch(url, Range=f"bytes={size}-").status_code == 416
    assert fetch(url, Range="bytes=0-9", **{"If-Range": '"other"'}).status_code == 200
    assert fetch(url, Range="bytes=0-9", **{"If-Range": whole.headers["etag"]}).status_code == 206
    head = requests.head(url)
    assert (head.content, head.headers["content-length"]) == (b"", str(size))
    standin.deliver("no_range")
    assert fetch(url, Range="bytes=5-").status_code == 200
    assert standin.report()["leaks"] == []
    client.session.get(url)
    assert standin.report()["leaks"] == [url.removeprefix(standin.delivery)]
    assert standin.report()["fetches"][url.removeprefix(standin.delivery)] == 11


def raw(url: str, limit: int = 10**7) -> tuple[bytes, bytes]:
    """(head, body) as they come over the wire, until the server closes."""
    host, port, path = re.fullmatch(r"http://([^:]+):(\d+)(/.*)", url).groups()  # type: ignore[union-attr]
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    connection.connect()
    sock = connection.sock
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    data = b""
    try:
        while len(data) < limit and (piece := sock.recv(2**16)):
            data += piece
    except ConnectionResetError:
        pass
    finally:
        connection.close()
    head, _, body = data.partition(b"\r\n\r\n")
    return head.lower(), body


def test_spoiled_deliveries_on_the_wire(standin: StandIn, client: Client) -> None:
    url = client.run()["output"]
    whole = fetch(url).content
    length = f"\r\ncontent-length: {len(whole)}".encode()
    for kind, body, has_length in (
        ("truncated", whole[: len(whole) // 2], True),
        ("cut", whole[: len(whole) // 2], True),
        ("long", whole + bytes(1000), True),
        ("doubled", whole, True),
        ("no_length", whole, False),
        ("no_length_cut", whole[: len(whole) // 2], False),
    ):
        standin.deliver(kind)
        head, got = raw(url)
        assert (got, length in head) == (body, has_length), kind
        assert head.count(b"\r\ncontent-length:") == (2 if kind == "doubled" else has_length)
    standin.deliver("cut", at=10)
    assert raw(url)[1] == whole[:10]
    standin.deliver("refused")
    assert raw(url) == (b"", b"")
    assert fetch(url).content == whole


def test_spoiled_deliveries_to_a_client(standin: StandIn, client: Client) -> None:
    url = client.run()["output"]
    whole = fetch(url).content
    standin.deliver("chunked")
    answer = fetch(url)
    assert (answer.content, "content-length" in answer.headers) == (whole, False)
    standin.deliver("truncated")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        fetch(url)
    standin.deliver("html")
    assert (fetch(url).status_code, fetch(url).content) == (200, whole)
    standin.deliver("html", times=2)
    assert [fetch(url).headers["content-type"].partition(";")[0] for _ in range(3)] == ["text/html"] * 2 + [
        "image/jpeg"
    ]
    standin.deliver("wrong_type", content_type="image/png")
    assert (fetch(url).headers["content-type"], fetch(url).content) == ("image/png", whole)
    standin.deliver("garbage")
    assert fetch(url).content.startswith(b"\x00garbage")
    standin.deliver("gzip")
    answer = fetch(url)
    assert (answer.headers["content-encoding"], answer.content) == ("gzip", whole)
    standin.deliver("padded", bytes=3 * 10**6)
    answer = fetch(url)
    assert int(answer.headers["content-length"]) == len(answer.content) == len(whole) + 3 * 10**6
    standin.deliver("changed")
    assert fetch(url).headers["etag"] != fetch(url).headers["etag"]
    standin.deliver("status", status=503, times=2)
    assert [fetch(url).status_code for _ in range(3)] == [503, 503, 200]
    standin.deliver("needs_token", times=2)
    assert [fetch(url).status_code, client.session.get(url).status_code] == [403, 200]
    standin.deliver("stall", at=100)
    with pytest.raises((requests.ConnectionError, requests.ReadTimeout)):
        requests.get(url, timeout=0.2)
    standin.deliver("hang")
    with pytest.raises(requests.ReadTimeout):
        requests.get(url, timeout=0.2)
    standin.deliver("slow", seconds=0.01)
    assert fetch(url).content == whole
    standin.deliver("endless")
    assert len(raw(url, 3 * 2**20)[1]) >= 2 * 2**20


def test_redirects_of_deliveries(standin: StandIn, client: Client) -> None:
    url = client.run()["output"]
    whole = fetch(url).content
    standin.deliver("redirect", times=None)
    assert fetch(url).headers["location"].startswith(f"{standin.delivery}/moved/")
    assert requests.get(url).content == whole
    standin.clear()
    standin.deliver("loop", times=None)
    with pytest.raises(requests.TooManyRedirects):
        requests.get(url)
    standin.clear()
    standin.deliver("elsewhere", path="out-0")
    assert fetch(url).headers["location"].startswith("http://169.254.169.254/")
    standin.deliver("elsewhere", to=standin.base, type="video/")
    standin.deliver("elsewhere", to=standin.base, type="image/", status=307)
    assert (fetch(url).status_code, fetch(url).status_code) == (307, 200)


def test_large_uploads_are_refused(standin: StandIn, client: Client) -> None:
    standin.set(max_file_bytes=10_000)
    url = f"{standin.base}/v1/files"
    assert [client.session.post(url, files={"content": ("a", bytes(size))}).status_code
            for size in (10_000, 10_001, 10_000_000)] == [201, 413, 413]  # fmt: skip
    assert client.session.post(url, files={"other": ("a", b"")}).status_code == 422
    assert client.session.post(url, files={"content": ("a", b"")}, data={"metadata": "{"}).status_code == 422
    assert standin.report()["uploads"] == 1
    standin.advance(86_401)
    assert client.session.get(url).json()["results"] == []


# --- models that misbehave by nature


def test_every_troublesome_model_makes_its_trouble(standin: StandIn, client: Client) -> None:
    for model in TROUBLES:
        assert (model.plan or model.fault or model.delivery or model.runs_for > 50) is not None
        assert len(model.description) > 10
    assert [client.run("trouble/interrupted")["status"] for _ in range(4)] == ["failed", "succeeded"] * 2
    assert client.run("trouble/nsfw")["error"].endswith("(E005)")
    assert [client.post("trouble/throttled").status_code for _ in range(4)] == [429, 429, 201, 429]
    created = standin.report()["created"]
    assert client.post("trouble/ambiguous").status_code == 502
    assert client.post("trouble/server-error").status_code == 503
    assert client.post("trouble/no-credit").status_code == 402
    assert standin.report()["created"] == created + 1
    flaky = client.run("trouble/flaky")["output"]
    assert [fetch(flaky).status_code for _ in range(3)] == [503, 503, 200]
    again = client.run("trouble/flaky")["output"]
    assert fetch(again).status_code == 503
    assert [fetch(url).status_code for url in client.run("trouble/one-of-two")["output"]] == [200, 404]
    once = client.run("trouble/cut-half-way")["output"]
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        fetch(once)
    assert fetch(once).ok
