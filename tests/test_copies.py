"""Copies with the recipe in them: over HTTP, from the file's own chunks, without any secret, in little memory."""

import json
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from core import blobs, copies, jobs, library, results
from core.api import create_app
from core.database import Database
from core.embedding import read_recipe
from core.errors import MediaRefused, NotFound
from core.media import Inspection
from core.submission import SECRET
from tests.factories import add, clip, found, keep, picture, run


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: database), raise_server_exceptions=False) as opened:
        yield opened


def test_a_copy_is_an_attachment_that_carries_its_recipe(client: TestClient, database: Database, now: datetime) -> None:
    data = picture(300, 200)
    add(database, now, data, prompt="Übung am See")
    answer = client.get("/api/images/1/copy", headers={"Range": "bytes=0-9"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="bung-am-see-1.png"')
    assert "etag" not in answer.headers
    assert "accept-ranges" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-security-policy"].startswith("sandbox")
    recipe = read_recipe(answer.content, "image/png")
    assert recipe is not None
    assert (recipe["prompt"], recipe["model"], recipe["seed"]) == ("Übung am See", "sketch/still", 1)
    assert recipe["sha256"] == library.item(database, 1).sha256
    assert client.get("/api/images/1/data").content == data
    with Image.open(BytesIO(answer.content)) as copy, Image.open(BytesIO(data)) as original:
        assert copy.tobytes() == original.tobytes()


def test_a_head_says_the_same_and_sends_nothing(client: TestClient, database: Database, now: datetime) -> None:
    add(database, now)
    whole, head = client.get("/api/images/1/copy"), client.head("/api/images/1/copy")
    assert head.headers == whole.headers
    assert head.content == b""


def test_where_there_can_be_no_copy_it_is_said(client: TestClient, database: Database, now: datetime) -> None:
    library.add_upload(database, picture(), "a.png", found(), now)
    answer = client.get("/api/images/1/copy")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    add(database, now, b"no picture at all")
    answer = client.get("/api/images/2/copy")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "media_refused")
    assert client.get("/api/videos/2/copy").status_code == 404
    assert client.get("/api/images/3/copy").status_code == 404
    assert client.post("/api/images/1/copy").status_code == 405


def test_secrets_never_leave_and_inputs_are_named(database: Database, now: datetime) -> None:
    used = library.add_upload(database, picture(seed=9), "a.png", found(), now)
    made = run(palette=f"studio:media/{used}", api_key=SECRET, deep={"key": SECRET, "list": [SECRET, 1]})
    wanted = jobs.Run(made.provider, made.model, "1", "image", made.request, None, {"palette": (used,)})
    jobs.enqueue(database, "batch", [wanted], now)
    claim = jobs.claim(database, "tests", now)
    assert claim is not None
    item = library.item(database, keep(database, claim, picture(), found(), now))
    recipe = copies.recipe_of(database, item)
    assert SECRET not in json.dumps(recipe)
    assert "api_key" not in recipe["request"]
    assert recipe["request"]["deep"] == {"list": [1]}
    assert recipe["inputs"] == {"palette": [{"item": used, "sha256": library.item(database, used).sha256}]}
    assert recipe["created_at"] == "2026-11-22T09:00:00.000Z"


def test_a_large_film_is_copied_in_little_memory(database: Database, now: datetime, tmp_path: Path) -> None:
    film = clip(tmp_path / "a.mp4", seconds=1).read_bytes()
    room = 40 * 2**20  # a box that players pass over
    data = film + (room + 8).to_bytes(4, "big") + b"free" + bytes(room)
    item = library.item(database, add(database, now, data, kind="video"))
    tracemalloc.start()
    copy = copies.copy_of(database, item)
    size = sum(len(piece) for piece in copy.pieces)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == copy.size > len(data)
    assert peak < 8 * 2**20
    whole = b"".join(copies.copy_of(database, item).pieces)
    assert whole.startswith(data)
    recipe = read_recipe(whole, "video/mp4")
    assert recipe is not None
    assert recipe["model"] == "sketch/clip"


def test_webm_gives_no_copy(database: Database, now: datetime, tmp_path: Path) -> None:
    jobs.enqueue(database, "batch", [run(model="sketch/clip")], now)
    claim = jobs.claim(database, "tests", now)
    assert claim is not None
    inspection = Inspection("video", "video/webm", 64, 48, found().thumbnail, 1.0)
    data = clip(tmp_path / "a.webm", container="webm", seconds=0.5).read_bytes()
    item = library.item(database, keep(database, claim, data, inspection, now))
    results.finish(database, claim, {}, now)
    with pytest.raises(MediaRefused, match="video/webm take no recipe"):
        copies.copy_of(database, item)


def test_an_upload_has_no_recipe_to_carry(database: Database, now: datetime) -> None:
    item = library.item(database, library.add_upload(database, picture(), "a.png", found(), now))
    with pytest.raises(NotFound, match="was brought here"):
        copies.copy_of(database, item)


def test_an_item_is_read_as_a_file(database: Database, now: datetime) -> None:
    data = bytes(range(256)) * 12_000  # three chunks
    item = library.item(database, add(database, now, data))
    file = blobs.opened(database, item.id, item.bytes)
    assert file.read() == data
    assert file.seek(-10, 2) == len(data) - 10
    assert file.read(100) == data[-10:]
    assert file.read(1) == b""
    for at in (0, 2**20 - 3, 2**20, 2**21 - 1, 5):
        file.seek(at)
        assert file.read(70_000) == data[at : at + 70_000]
