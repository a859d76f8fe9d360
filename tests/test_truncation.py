"""Files that lack their last part are never kept as whole. Row 28."""

from pathlib import Path

import pytest

from core.errors import MediaRefused
from core.media import inspect
from tests import corpus

FORMATS = 12  # at least
NO_END = ("aac",)  # cut between two frames, nothing in it tells that more should follow
SHARE = 0.99  # of cuts that must be seen


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return corpus.samples(tmp_path_factory.mktemp("samples"))


def missed(path: Path, data: bytes, cuts: set[int]) -> list[int]:
    """The lengths at which the file passes for whole."""
    passed = []
    for length in sorted(cuts):
        path.write_bytes(data[:length])
        try:
            inspect(path)
        except MediaRefused:
            continue
        passed.append(length)
    return passed


def cuts(data: bytes, percents: range) -> set[int]:
    """Lengths at each percent, and the last few bytes."""
    return {len(data) * percent // 100 for percent in percents} | {len(data) - count for count in (1, 2, 5)}


def test_cuts_are_seen(good: dict[str, bytes], tmp_path: Path) -> None:
    _require_seen(good, tmp_path, range(1, 100, 9))


@pytest.mark.torture
def test_cuts_at_each_percent_are_seen(good: dict[str, bytes], tmp_path: Path) -> None:
    _require_seen(good, tmp_path, range(1, 100))


@pytest.mark.torture
@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "gif", "avif", "mp4", "webm", "opus"])
def test_cuts_at_random_bytes_are_seen(good: dict[str, bytes], tmp_path: Path, name: str) -> None:
    data = good[name]
    assert missed(tmp_path / "output", data, set(range(1, len(data), 7))) == []


def _require_seen(good: dict[str, bytes], tmp_path: Path, percents: range) -> None:
    assert len(good) >= FORMATS
    tried, passed = 0, {}
    for name, data in good.items():
        lengths = cuts(data, percents)
        found = missed(tmp_path / "output", data, lengths)
        tried += len(lengths)
        if found:
            passed[name] = found
    count = sum(map(len, passed.values()))
    print(f"{tried - count} of {tried} cuts seen; missed: {passed}")
    assert set(passed) <= set(NO_END), passed
    assert count <= tried * (1 - SHARE)


def test_whole_files_pass(good: dict[str, bytes], tmp_path: Path) -> None:
    for name, data in good.items():
        assert missed(tmp_path / "output", data, {len(data)}) == [len(data)], name
