"""Settings are read once, cast at the edge, and refused in words."""

from pathlib import Path

import pytest

from core.errors import InvalidSetting
from core.settings import ROOT, from_environment


def test_defaults() -> None:
    found = from_environment({})
    assert found.database == ROOT / "data" / "studio.db"
    assert found.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")


def test_a_database_of_ones_own(tmp_path: Path) -> None:
    assert from_environment({"STUDIO_DATABASE": str(tmp_path / "mine.db")}).database == tmp_path / "mine.db"
    assert from_environment({"STUDIO_DATABASE": "mine.db"}).database == Path.cwd() / "mine.db"


def test_more_hosts() -> None:
    found = from_environment({"STUDIO_ALLOWED_HOSTS": " Studio.example , 10.0.0.5,"})
    assert found.allowed_hosts[-2:] == ("studio.example", "10.0.0.5")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STUDIO_DATABASE", "a\0b"),
        ("STUDIO_ALLOWED_HOSTS", "https://studio.example"),
        ("STUDIO_ACCEPT_LOST_WAL", "maybe"),
    ],
)
def test_what_cannot_be_used_is_told(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=name) as refused:
        from_environment({name: value})
    assert refused.value.sentence.endswith(".")
