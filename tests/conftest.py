"""Fixtures: a file database, a studio with real providers, an inspector, each on a real temporary file."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import core
from core import Settings, Studio
from core.database import Database, open_database
from core.importing import Intake, Report
from core.media import Inspector
from core.migrations import migrate
from core.notebook import OpenStudio
from core.progress import Progress
from core.scratch import Scratch
from tests.browser import chromium, window
from tests.hosted_process import settings as hosted_settings
from tests.notebooks import executed
from tests.serving import Server
from tests.standin import StandIn
from tests.standin.client import Client
from tests.standin.server import TOKEN
from tests.taking import Bring

WAITING = {*map(id, (Page, Server, StandIn, subprocess, executed))}  # what files use that take long for few tests
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start browsers, servers or other processes come first, so that none is left to one worker alone."""
    items.sort(key=lambda item: WAITING.isdisjoint(map(id, vars(item.module).values())))


def holding(folder: Path, *secrets: str) -> list[Path]:
    """The files below a folder that hold one of the secrets."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size:
            with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
                found += [path for secret in secrets if content.find(secret.encode()) >= 0]
    return found


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Row 38, over all that the suite makes: no token of the stand-in in any database, log or temporary file."""
    yield
    assert holding(tmp_path_factory.getbasetemp(), TOKEN) == []


@pytest.fixture
def now() -> datetime:
    """The moment at which tests begin."""
    return NOW


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty studio file of the current schema, to be copied: making one takes five times as long."""
    path = tmp_path_factory.mktemp("made") / "studio.db"
    opened = open_database(path)
    migrate(opened, NOW)
    opened.seal()
    opened.close()
    return path


@pytest.fixture
def database(empty_file: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty studio file of the current schema."""
    opened = open_database(Path(shutil.copy(empty_file, tmp_path / "studio.db")))
    yield opened
    opened.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with everything below the test's own folder."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return Settings(database=tmp_path / "studio.db", temporary=temporary)


@pytest.fixture
def studio(empty_file: Path, settings: Settings) -> Iterator[Studio]:
    """An open studio whose worker is stepped by the test."""
    shutil.copy(empty_file, settings.database)
    opened = Studio(settings)
    yield opened
    opened.close()


@pytest.fixture
def opened(empty_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenStudio]:
    """A notebook's open studio on an empty file that carries out no runs."""
    monkeypatch.chdir(tmp_path)
    Path("studio.db").write_bytes(empty_file.read_bytes())
    with core.open_studio("studio.db", work=False) as studio:
        yield studio


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenStudio]:
    """A notebook's studio for the tests that really paint."""
    with core.open_studio(tmp_path_factory.mktemp("working") / "studio.db") as studio:
        yield studio


@pytest.fixture(scope="session")
def inspector() -> Iterator[Inspector]:
    """One limited process for all tests that look into files."""
    shared = Inspector(memory=1024 * 2**20, seconds=30)
    yield shared
    shared.close()


@pytest.fixture
def intake(database: Database, inspector: Inspector, tmp_path: Path) -> Iterator[Intake]:
    """What takes files into that file, with all the room there is."""
    (tmp_path / "temporary").mkdir()
    scratch = Scratch(tmp_path / "temporary")
    yield Intake(database, inspector, scratch, 64 * 2**20, lambda: None)
    scratch.close()


@pytest.fixture
def bring(intake: Intake, now: datetime) -> Bring:
    """Brings in what lies at paths; returns what became of it."""

    def brought(*paths: Path, progress: Progress | None = None) -> Report:
        report = Report()
        intake.bring(paths, now, progress or Progress(), report)
        return report

    return brought


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless browser for a file of tests."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A dark window of its own in that browser, as wide as a desktop's."""
    with window(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def serving() -> Iterator[StandIn]:
    """One stand-in for a file of tests."""
    with StandIn(seed=2) as running:
        yield running


@pytest.fixture
def standin(serving: StandIn) -> Iterator[StandIn]:
    """The stand-in as if it had just been started; it must survive what the test does to it."""
    serving.reset()
    yield serving
    assert serving.report()["crashes"] == []


@pytest.fixture
def client(standin: StandIn) -> Iterator[Client]:
    """A plain caller of the stand-in's API."""
    opened = Client(standin)
    yield opened
    opened.session.close()


@pytest.fixture
def hosted(standin: StandIn, tmp_path: Path) -> Settings:
    """Settings of a studio whose hosted models are the stand-in's."""
    (tmp_path / "temporary").mkdir()
    delivery = standin.delivery.removeprefix("http://")
    return hosted_settings(str(tmp_path / "studio.db"), str(tmp_path / "temporary"), standin.base, delivery)


@pytest.fixture
def as_user() -> Callable[[str, Path], str]:
    """Runs code, with `path` given, as somebody whom permissions hold back; returns the error's words."""

    def run(code: str, path: Path) -> str:
        drop = "import os; os.getuid() or (os.setgid(65534), os.setuid(65534))\n"
        script = f"import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\nimport core.database\n{drop}{code}"
        for folder in path.parents[:4]:
            folder.chmod(folder.stat().st_mode | 0o055)
        answer = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60)
        assert answer.returncode != 0
        return answer.stderr.strip().splitlines()[-1]

    return run
