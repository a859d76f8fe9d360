"""The Storage page in a real Chromium: each section wide and narrow, dark and light; items taken elsewhere and back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, expect

from core.database import open_database
from core.migrations import migrate
from tests import foreign
from tests.axe import violations
from tests.browser import DESKTOP, PHONE, window
from tests.factories import add, picture
from tests.serving import Server

pytestmark = pytest.mark.browser
HEADS = {"Overview": "Largest items", "Rules": "Never touched", "Backup": "Schedule", "Transfer": "Import"}
TOO_WIDE = """() => document.documentElement.scrollWidth > innerWidth
  || [...document.querySelectorAll("[data-testid=stMain]")].some((each) => each.scrollWidth > each.clientWidth)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three pictures, the first of them of the day before."""
    folder = tmp_path_factory.mktemp("storage")
    database = open_database(folder / "studio.db")
    now = datetime.now(UTC)
    migrate(database, now)
    for ago in (1, 0, 0):
        add(database, now - timedelta(days=ago), picture(200, 150), prompt="a hill")
    database.close()
    with Server(folder) as started:
        yield started


def arrive(page: Page, server: Server, section: str) -> None:
    page.goto(f"{server.url}/storage?section={section}")
    expect(page.get_by_role("heading", name=HEADS[section], exact=True)).to_be_visible()


def choose(page: Page, section: str) -> None:
    page.get_by_role("radio", name=section, exact=True).click()
    expect(page.get_by_role("heading", name=HEADS[section], exact=True)).to_be_visible()


@pytest.mark.parametrize(("scheme", "size"), [("dark", DESKTOP), ("light", PHONE)])
def test_the_sections_fit_and_are_for_everybody(
    browser: Browser, server: Server, scheme: str, size: tuple[int, int]
) -> None:
    with window(browser, scheme=scheme, size=size) as page:
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        arrive(page, server, "Overview")
        for section in HEADS:
            choose(page, section)
            assert violations(page) == [], section
            assert not page.evaluate(TOO_WIDE), section
        assert wrong == []


def test_out_to_a_path_and_in_by_a_dropped_file(browser: Browser, server: Server, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    with window(browser) as page:
        arrive(page, server, "Transfer")
        page.get_by_text("Write it to the machine").click()
        field, write = page.get_by_role("textbox", name="File", exact=True), page.get_by_role("button", name="Write")
        field.fill(str(tmp_path / "nowhere" / "out.zip"))
        write.click()
        expect(page.get_by_text("is not there. Make it, or name another.")).to_be_visible()
        field.fill(str(target))
        write.click()
        expect(page.get_by_text("3 items exported and checked")).to_be_visible()
        expect(page.locator("code", has_text=str(target))).to_be_visible()
        with ZipFile(target) as archive:
            assert archive.testzip() is None
        files = [
            {"name": "fox.png", "mimeType": "image/png", "buffer": foreign.png(9, parameters=foreign.A1111)},
            {"name": target.name, "mimeType": "application/zip", "buffer": target.read_bytes()},
        ]
        page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
        page.get_by_role("button", name="Bring in 2 files").click()
        expect(page.get_by_text("1 item added, 3 already here. Recipes found: 1 of AUTOMATIC1111.")).to_be_visible()
        expect(page.get_by_role("button", name="Bring in", exact=True)).to_be_enabled()
        expect(page.get_by_text("exported and checked")).to_have_count(0)
        choose(page, "Backup")
        expect(page.get_by_text("already here")).to_have_count(0)
