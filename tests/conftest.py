"""Fixtures: a file database, a studio with real providers, an inspector, each on a real temporary file."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import Settings, Studio
from core.database import Database, open_database
from core.media import Inspector
from core.migrations import migrate

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The moment at which tests begin."""
    return NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty studio file of the current schema."""
    opened = open_database(tmp_path / "studio.db")
    migrate(opened, NOW)
    yield opened
    opened.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with everything below the test's own folder."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return Settings(database=tmp_path / "studio.db", temporary=temporary)


@pytest.fixture
def studio(settings: Settings) -> Iterator[Studio]:
    """An open studio whose worker is stepped by the test."""
    opened = Studio(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def inspector() -> Iterator[Inspector]:
    """One limited process for all tests that look into files."""
    shared = Inspector(memory=1024 * 2**20, seconds=30)
    yield shared
    shared.close()


@pytest.fixture
def as_user() -> Callable[[str, Path], str]:
    """Runs code, with `path` given, as somebody whom permissions hold back; returns the error's words."""

    def run(code: str, path: Path) -> str:
        drop = "import os; os.getuid() or (os.setgid(65534), os.setuid(65534))\n"
        script = f"import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\nimport core.database\n{drop}{code}"
        for folder in path.parents[:3]:
            folder.chmod(folder.stat().st_mode | 0o055)
        answer = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60)
        assert answer.returncode != 0
        return answer.stderr.strip().splitlines()[-1]

    return run
