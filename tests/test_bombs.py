"""Small files that ask for much are refused before they get it. Row 26."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.media import Inspection
from core.sandbox import Sandbox
from tests import bombs, measuring
from tests.factories import picture
from tests.pieces import png

SECONDS = 1.0  # of work
MEMORY = 300  # MiB, the decoders' own included


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return bombs.all_of_them(tmp_path_factory.mktemp("bombs"))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    shared = Sandbox(memory=1024 * 2**20)
    yield shared
    shared.close()


def test_bombs_are_refused_at_once(made: dict[str, bytes], sandbox: Sandbox, tmp_path: Path) -> None:
    """Each in words, within a second of work and 300 MiB."""
    path, bad = tmp_path / "output", {}
    for name, data in made.items():
        path.write_bytes(data)
        found, seconds, memory = sandbox.run(measuring.inspected, path, seconds=10)
        if isinstance(found, Inspection) or not found.endswith(".") or seconds > SECONDS or memory > MEMORY:
            bad[name] = (found, seconds, memory)
    assert len(made) >= 50
    assert not bad


def test_what_is_measured_is_true(sandbox: Sandbox, tmp_path: Path) -> None:
    """A good file is no bomb; a large one costs what it holds."""
    path = tmp_path / "output"
    path.write_bytes(picture())
    found, _, before = sandbox.run(measuring.inspected, path, seconds=10)
    assert isinstance(found, Inspection)
    path.write_bytes(png(5_000, 5_000))
    found, _, after = sandbox.run(measuring.inspected, path, seconds=30)
    assert isinstance(found, Inspection)
    assert after > before + 5_000 * 5_000 * 3 // 2**20 - 20
