"""The form of a model that asks for everything, in a real Chromium: the picker, and what survives a change of page."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.database import open_database
from core.jobs import run_of
from core.migrations import migrate
from core.ui import inputs
from tests.browser import DESKTOP, PHONE, window
from tests.factories import add, picture
from tests.serving import Server

pytestmark = pytest.mark.browser


class ZooServer(Server):
    """The studio with the zoo's models."""

    script = "tests/zoo_studio.py"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One more picture than the picker shows at a time; the newest has the highest number."""
    folder = tmp_path_factory.mktemp("form")
    database = open_database(folder / "studio.db")
    migrate(database, datetime.now(UTC))
    for number in range(inputs.SHOWN + 1):
        add(database, datetime.now(UTC), picture(40, 40, seed=number), prompt=f"hill {number}")
    database.close()
    with ZooServer(folder) as started:
        yield started


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    with window(browser) as opened:
        yield shown(opened, server)


def shown(page: Page, server: Server) -> Page:
    page.goto(f"{server.url}/?model=zoo/everything")
    expect(page.get_by_role("button", name="Generate")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Storyboard")).to_be_attached()
    return page


def field(page: Page, label: str) -> Locator:
    return page.locator("input, textarea").and_(page.get_by_label(label, exact=True))


def pick(page: Page, number: int) -> Locator:
    page.get_by_role("button", name="Choose from the library").nth(number).click()
    tiles = page.locator(".thumbs .tile")
    expect(tiles).to_have_count(inputs.SHOWN)
    return tiles


def generate(page: Page) -> None:
    field(page, "Prompt").fill("a fox")
    field(page, "OpenAI API key").fill("sk-1")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Run started.")).to_be_visible()


def newest_inputs(server: Server) -> dict[str, tuple[int, ...]]:
    database = open_database(server.database)
    number = server.json("/api/jobs")["jobs"][0]["id"]
    found = run_of(database, number).inputs
    database.close()
    return {name: tuple(items) for name, items in found.items()}


def test_items_are_chosen_across_pages_and_in_order(page: Page, server: Server) -> None:
    tiles = pick(page, 1)
    assert page.get_by_role("button", name="Use no items").is_disabled()
    for place in (4, 2):
        tiles.nth(place).click()
    tiles.nth(4).click()
    page.get_by_role("button", name="Older").click()
    expect(tiles).to_have_count(1)
    tiles.first.click()
    page.get_by_role("button", name="Newer").click()
    expect(tiles).to_have_count(inputs.SHOWN)
    expect(tiles.nth(2)).to_have_attribute("aria-pressed", "true")
    tiles.nth(0).click()
    tiles.nth(7).click(force=True)  # one too many
    page.get_by_role("button", name="Use 3 items").click()
    strip = page.locator(".strip .tile")
    expect(strip).to_have_count(3)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Remove hill 0").click()
    expect(strip).to_have_count(2)
    pick(page, 0).nth(5).click()
    expect(strip).to_have_count(3)
    generate(page)
    newest = inputs.SHOWN + 1
    assert newest_inputs(server) == {"reference_images": (newest - 2, newest), "start_image": (newest - 5,)}


def test_settings_made_since_the_last_run_survive_a_change_of_page(page: Page) -> None:
    def visit_jobs() -> None:
        page.get_by_role("link", name="Jobs", exact=True).click()
        expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
        page.get_by_role("link", name="Create", exact=True).click()
        expect(page.get_by_text("Storyboard")).to_be_attached()

    page.get_by_text("More settings").click()
    field(page, "Seed").fill("7")
    field(page, "Storyboard").fill("[")
    page.get_by_text("anime", exact=True).click()
    field(page, "LoRA scale").fill("0.125")
    visit_jobs()
    expect(field(page, "Seed")).to_have_value("7")
    expect(field(page, "Storyboard")).to_have_value("[")
    expect(field(page, "LoRA scale")).to_have_value("0.125")
    page.get_by_text("More settings").click()
    expect(page.get_by_role("radio", name="anime")).to_be_checked()
    field(page, "Seed").fill("")
    visit_jobs()
    expect(field(page, "Seed")).to_have_value("")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_is_wider_than_the_window(browser: Browser, server: Server, size: tuple[int, int]) -> None:
    with window(browser, size=size) as page:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        shown(page, server).get_by_text("More settings").click()
        expect(field(page, "Storyboard")).to_be_visible()
        page.get_by_role("button", name="Help for Reference images").hover()
        told = page.get_by_role("tooltip").filter(has_text="Up to 3 files.").locator("> div")
        address = "https://example.org/a_long/address_with_words?and=more"
        expect(told.get_by_role("link")).to_have_attribute("href", address)
        box = told.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        pick(page, 1)
        use = page.get_by_role("button", name="Use no items").bounding_box()
        assert use is not None
        assert use["y"] + use["height"] < size[1]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert errors == []
