"""The built-in provider, by the contract and by what it promises of itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.fields import fields, validate
from core.providers import Request
from core.providers.sketch import CLIP, RATIOS, STILL, Sketch
from tests.factories import picture
from tests.provider_contract import ProviderContract

SMALL = {"prompt": "a lighthouse at dusk", "size": 256}


@pytest.fixture(scope="module")
def provider() -> Iterator[Sketch]:
    sketch = Sketch(workers=1)
    yield sketch
    sketch.close()


@pytest.fixture
def inputs() -> dict[str, dict[str, Any]]:
    return {STILL.id: SMALL, CLIP.id: SMALL | {"duration": 2, "fps": 12}}


class TestSketch(ProviderContract):
    """`sketch` keeps the contract."""

    def painted(self, provider: Sketch, folder: Path, **values: Any) -> bytes:
        folder.mkdir()
        files = {"palette": [values.pop("palette")]} if "palette" in values else {}
        request = Request(STILL.id, "1", validate(STILL.schema, SMALL | {"seed": 5} | values), folder, files)
        begun = provider.submit(request)
        last = self.ended(provider, begun.handle)[-1]
        assert last.state == "succeeded", last.error
        target = folder / "output"
        provider.fetch(last.outputs[0], target, lambda: None)
        provider.forget(begun.handle)
        return target.read_bytes()

    def test_words_and_seed_decide(self, provider: Sketch, tmp_path: Path) -> None:
        first = self.painted(provider, tmp_path / "1")
        assert first == self.painted(provider, tmp_path / "2")
        assert first != self.painted(provider, tmp_path / "3", seed=6)
        assert first != self.painted(provider, tmp_path / "4", prompt="a lighthouse at noon")

    def test_a_palette_is_taken_from_a_picture(self, provider: Sketch, tmp_path: Path) -> None:
        palette = tmp_path / "palette.png"
        palette.write_bytes(picture(32, 32))
        assert self.painted(provider, tmp_path / "1", palette=palette) != self.painted(provider, tmp_path / "2")

    def test_an_unreadable_palette_fails_in_words(self, provider: Sketch, tmp_path: Path) -> None:
        palette = tmp_path / "palette.png"
        palette.write_bytes(b"no picture")
        request = Request(STILL.id, "1", validate(STILL.schema, SMALL | {"seed": 5}), tmp_path, {"palette": [palette]})
        begun = provider.submit(request)
        last = self.ended(provider, begun.handle)[-1]
        assert last.state == "failed"
        assert last.error

    def test_it_tells_what_it_understood(self, provider: Sketch, tmp_path: Path) -> None:
        begun = provider.submit(Request(STILL.id, "1", validate(STILL.schema, SMALL | {"seed": 5}), tmp_path))
        last = self.ended(provider, begun.handle)[-1]
        assert "dusk" in last.logs
        assert "lighthouse" in last.logs


@pytest.mark.parametrize("ratio", RATIOS)
def test_sizes_are_even_and_keep_the_ratio(ratio: str) -> None:
    for size in (256, 832, 2048):
        width, height = Sketch.size(Sketch.__new__(Sketch), STILL.id, {"aspect_ratio": ratio, "size": size})
        across, down = RATIOS[ratio]
        assert max(width, height) == size
        assert width % 2 == height % 2 == 0
        assert width / height == pytest.approx(across / down, rel=0.01)


def test_its_schema_uses_what_hosted_models_use() -> None:
    kinds = {field.name: field.kind for field in fields(CLIP.schema)}
    assert kinds["particles"] == "boolean"
    assert kinds["palette"] == "file"
    assert kinds["seed"] == "integer"
    assert {field.name for field in fields(CLIP.schema) if field.choices} == {"aspect_ratio", "fps"}
    assert "no AI" in STILL.description
    assert "no AI" in CLIP.description


def test_a_long_prompt_is_refused() -> None:
    with pytest.raises(InvalidInput, match="20,000 characters long"):
        validate(STILL.schema, {"prompt": "x" * 20_000})


def test_it_opens_no_connection(tmp_path: Path) -> None:
    """With sockets forbidden, a picture is painted all the same."""
    code = (
        "import socket, sys; from pathlib import Path\n"
        "def refuse(*a, **k): raise SystemExit('a connection was opened')\n"
        "socket.socket.connect = refuse\n"
        "from core.providers.painting import Brief, paint_still\n"
        "paint_still(Brief('hills', 1, 192, 128), Path(sys.argv[1]), lambda f, w: None)"
    )
    target = tmp_path / "still.png"
    assert subprocess.run([sys.executable, "-c", code, str(target)], timeout=60).returncode == 0
    assert target.stat().st_size > 1000
