"""Damaged, disguised and double-faced files: refused in words or kept inert, and nothing is ever called. Rows 23-25."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import av
import pytest
from starlette.testclient import TestClient

from core.api import create_app
from core.database import Database
from core.errors import MediaRefused
from core.library import FAMILIES
from core.media import Inspection, Inspector
from tests import corpus
from tests.factories import add

SECONDS = 10.0  # for one file, at most
MEMORY = 1024 * 2**20
PICTURES = ("png", "jpeg", "webp", "gif", "avif")
CLIPS = ("mp4", "mov", "webm")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return corpus.samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def strict() -> Iterator[Inspector]:
    limited = Inspector(memory=MEMORY, seconds=SECONDS)
    yield limited
    limited.close()


class Canary:
    """Listens on this machine and counts who calls."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.calls = 0
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                caller, _ = self._server.accept()
            except OSError:  # closed
                return
            self.calls += 1
            caller.close()

    def close(self) -> None:
        """Hang up, once everybody who called has been counted."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    listening = Canary()
    yield listening
    listening.close()


def look(inspector: Inspector, path: Path, data: bytes) -> Inspection | str:
    """What is found, or why it is refused."""
    path.write_bytes(data)
    try:
        return inspector.inspect(path)
    except MediaRefused as error:
        return error.sentence


def attack(inspector: Inspector, path: Path, good: dict[str, bytes], each: int, seed: int) -> Counter[str]:
    """So many damaged files of each format through the inspector; what came of them."""
    random, outcomes = Random(seed), Counter[str]()
    for name, data in good.items():
        for _ in range(each):
            damaged = corpus.mutated(data, random.choice(list(good.values())), random)
            started = time.monotonic()
            found = look(inspector, path, damaged)
            assert time.monotonic() - started < SECONDS + 2, name
            if isinstance(found, Inspection):
                require_sane(found)
                outcomes["kept"] += 1
            else:
                assert found.endswith("."), (name, found)
                assert str(path) not in found, (name, found)
                outcomes["broke down" if "safely" in found else "refused"] += 1
    return outcomes


def require_sane(found: Inspection) -> None:
    """What is stored and shown must make sense whatever the bytes were."""
    assert found.width > 0
    assert found.height > 0
    assert found.thumbnail.data[8:12] == b"WEBP"
    assert max(found.thumbnail.width, found.thumbnail.height) <= 512
    if found.kind == "image":
        assert found.duration is None or 0 < found.duration < 10**6
    else:
        assert found.duration is not None
        assert 0 < found.duration < 10**6


def kind_of(name: str) -> str:
    """What a sample is, by its name."""
    first = name.split()[0]
    return "image" if first in PICTURES else "video" if first in CLIPS and "of sound" not in name else "audio"


def test_samples_are_good(strict: Inspector, good: dict[str, bytes], tmp_path: Path) -> None:
    for name, data in good.items():
        found = look(strict, tmp_path / "output", data)
        assert isinstance(found, Inspection), (name, found)
        assert found.kind == kind_of(name)


def test_damaged_files_are_survived(strict: Inspector, good: dict[str, bytes], tmp_path: Path) -> None:
    """Row 23, in small."""
    outcomes = attack(strict, tmp_path / "output", good, each=16, seed=1)
    assert outcomes.total() == 16 * len(good)
    assert outcomes["refused"] > outcomes.total() / 3
    assert outcomes["kept"] > 0


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(10))
def test_thousands_of_damaged_files_are_survived(
    strict: Inspector, good: dict[str, bytes], tmp_path: Path, seed: int
) -> None:
    """Row 23: 0 crashes of this process, 10 s and 1 GiB at most each."""
    outcomes = attack(strict, tmp_path / "output", good, each=40, seed=100 + seed)
    print(f"seed {seed}: {dict(outcomes)}")


def test_polyglots_are_refused_or_typed_as_what_they_are(
    strict: Inspector, good: dict[str, bytes], tmp_path: Path, database: Database, now: datetime
) -> None:
    """Row 24: what is kept is served as the plain picture or video that it is, and never executed."""
    kept: dict[str, int] = {}
    count = 0
    for name, data in corpus.polyglots(good):
        count += 1
        found = look(strict, tmp_path / "output", data)
        if isinstance(found, Inspection):
            assert found.kind == kind_of(name), name
            assert found.mime.startswith(found.kind), name
            media_id = add(database, now, data, found.kind, inspection=found)
            kept[f"/api/{FAMILIES[found.kind]}/{media_id}"] = len(data)
    assert count >= 100
    assert len(kept) > count / 3
    with TestClient(create_app(lambda: database)) as client:
        for address, size in kept.items():
            _require_inert(client, address, size)


def _require_inert(client: TestClient, address: str, size: int) -> None:
    for path in (f"{address}/data", f"{address}/data?download=1", f"{address}/thumbnail"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["content-type"].split("/")[0] in ("image", "video", "audio")
    assert len(client.get(f"{address}/data").content) == size


def test_documents_are_refused_and_nobody_is_called(strict: Inspector, canary: Canary, tmp_path: Path) -> None:
    """Row 25."""
    documents = corpus.documents(canary.port)
    assert len(documents) >= 27
    for name, data in documents.items():
        for file in ("output", "output.mp4", f"output.{name.split()[0]}"):
            found = look(strict, tmp_path / file, data)
            assert isinstance(found, str), (name, found)
            assert "studio does not keep" in found, (name, found)
    assert canary.calls == 0


def test_media_that_name_an_address_call_nobody(
    strict: Inspector, good: dict[str, bytes], canary: Canary, tmp_path: Path
) -> None:
    """Row 25: whatever becomes of the file, its address is not asked."""
    for data in corpus.disguised(good, canary.port).values():
        look(strict, tmp_path / "output", data)
    assert canary.calls == 0


def test_the_canary_sings(canary: Canary, tmp_path: Path) -> None:
    """Without our limits the same files are followed: the two tests above can fail."""
    documents = corpus.documents(canary.port)
    for count, name in enumerate(("m3u8 of streams", "ffconcat"), 1):
        path = tmp_path / f"output.{name.split()[0]}"
        path.write_bytes(documents[name])
        with pytest.raises(av.error.FFmpegError):
            av.open(str(path), options={"protocol_whitelist": "file,http,tcp", "safe": "0"})
        assert canary.calls == count
