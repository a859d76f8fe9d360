"""The Item and Compare pages in a real Chromium: marked by keys, a frame saved, two pictures under one zoom."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from core.database import open_database
from core.migrations import migrate
from tests.axe import violations
from tests.factories import add, clip, picture
from tests.serving import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two pictures, 1 and 2, and a clip, 3."""
    folder = tmp_path_factory.mktemp("item")
    database = open_database(folder / "studio.db")
    now = datetime.now(UTC) - timedelta(hours=1)
    migrate(database, now)
    for number in (1, 2):
        add(database, now, picture(600, 400, seed=number), prompt=f"hill number {number}")
    film = clip(folder / "film.mp4", seconds=1, width=320, height=240)
    add(database, now, film.read_bytes(), kind="video", prompt="waves")
    film.unlink()
    database.close()
    with Server(folder) as started:
        yield started


def test_marks_by_key_and_back(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/item?id=1")
    rating = page.get_by_role("radiogroup", name="Rating")
    expect(rating).to_be_visible()
    page.keyboard.press("4")
    expect(rating.get_by_role("radio", checked=True)).to_have_attribute("aria-label", "4 stars")
    expect(page.get_by_text("1 item rated 4.")).to_be_visible()
    page.keyboard.press("z")
    expect(rating.get_by_role("radio", checked=True)).to_have_count(0)
    page.keyboard.press("t")
    expect(page.get_by_role("combobox", name="Add a tag")).to_be_focused()
    page.keyboard.type("Sea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="sea")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert violations(page) == []


def test_a_frame_becomes_an_item_made_from_the_clip(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/item?id=3")
    page.get_by_role("button", name="Save this frame as a new item").click()
    page.get_by_role("button", name="Open it", exact=True).click()
    expect(page.get_by_role("heading", name="Image 4")).to_be_visible()
    made_from = page.get_by_role("list", name="Made from")
    expect(made_from.get_by_role("link", name="Open item 3. Video: waves")).to_be_visible()


def test_two_pictures_under_one_zoom(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/compare?ids=1,2")
    expect(page.get_by_role("status", name="Zoom")).to_have_text("100 %")
    page.get_by_role("button", name="Zoom in").click()
    expect(page.get_by_role("status", name="Zoom")).not_to_have_text("100 %")
    moved = page.locator(".stage img").evaluate_all("(all) => all.map((each) => getComputedStyle(each).transform)")
    assert len(moved) == 2
    assert len(set(moved)) == 1
    page.get_by_role("button", name="Slider").click()
    expect(page.get_by_role("slider").first).to_be_visible()
    expect(page.get_by_text("hill number 1").first).to_be_visible()
    assert violations(page) == []
