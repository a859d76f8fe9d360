"""What a person does to find and run a hosted model, in a real Chromium against a real server and the stand-in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE, window
from tests.serving import Server
from tests.standin import StandIn

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, standin: StandIn) -> Iterator[Server]:
    started = Server(
        tmp_path_factory.mktemp("models"),
        REPLICATE_API_TOKEN=standin.token,
        REPLICATE_BASE_URL=standin.base,
        STUDIO_DELIVERY_HOSTS=standin.delivery.removeprefix("http://"),
    )
    with started:
        yield started


def opened(page: Page) -> Locator:
    """The browser of models, once it is there."""
    page.get_by_role("button", name="Change model").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Model by its name or address")).to_be_visible()
    return dialog


def head(page: Page) -> Locator:
    return page.get_by_role("region", name="Chosen model")


def is_loaded(picture: Locator) -> None:
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0


def test_from_a_collection_to_a_picture(browser: Browser, server: Server) -> None:
    with window(browser) as page:
        page.goto(server.url)
        dialog = opened(page)
        dialog.get_by_role("radio", name="Generate videos").click()
        expect(dialog.get_by_role("button", name="lumen/moving-picture, Video")).to_be_visible()
        expect(dialog.get_by_role("radio", name="Generate videos")).to_be_checked()
        dialog.get_by_role("radio", name="Generate images").click()
        card = dialog.get_by_role("button", name="atelier/swift-still, Image")
        is_loaded(card.locator("img"))
        card.click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(head(page)).to_contain_text("atelier/swift-still")
        expect(head(page)).to_contain_text("48.2M runs")
        expect(page.get_by_role("button", name="Change model")).to_be_focused()
        assert page.url.endswith("/?model=atelier%2Fswift-still")
        page.get_by_role("textbox", name="Prompt").fill("hills at dusk")
        page.get_by_role("textbox", name="Prompt").press("Control+Enter")
        expect(page.locator(".tile.media .cover")).to_have_count(1, timeout=30_000)
        page.reload()
        expect(head(page)).to_contain_text("atelier/swift-still")
        server.wait(lambda answer: answer["counts"]["succeeded"] == 1)
    assert server.json("/api/jobs")["jobs"][0]["model"] == "atelier/swift-still"


def test_search_star_and_paste(browser: Browser, server: Server) -> None:
    with window(browser) as page:
        page.goto(server.url + "/?model=atelier/grand-still")
        dialog = opened(page)
        dialog.get_by_text("Search", exact=True).click()
        dialog.get_by_label("Search for models").fill("film")
        dialog.get_by_label("Search for models").press("Enter")
        star = dialog.get_by_role("button", name="Favourite lumen/moving-picture")
        star.click()
        expect(star).to_have_attribute("aria-pressed", "true")
        dialog.get_by_text("Yours", exact=True).click()
        expect(dialog.get_by_role("listitem").first).to_contain_text("lumen/moving-picture")
        name = dialog.get_by_label("Model by its name or address")
        name.fill("https://replicate.com/collections/all")
        name.press("Enter")
        expect(dialog.get_by_text("That is the address of a collection.")).to_be_visible()
        name.fill("https://replicate.com/zoo/numbers")
        name.press("Enter")
        expect(head(page)).to_contain_text("zoo/numbers")
        expect(page.get_by_role("dialog")).to_have_count(0)
        head(page).get_by_role("button", name="Favourite zoo/numbers").click()
        expect(page.get_by_role("combobox", name="Model")).to_have_value("★ zoo/numbers")
        head(page).get_by_role("button", name="Refresh").click()
        expect(page.get_by_text("The description is up to date.")).to_be_visible()


def test_the_browser_of_models_by_keyboard(browser: Browser, server: Server) -> None:
    with window(browser) as page:
        page.goto(server.url + "/?model=sketch/still")
        page.get_by_role("button", name="Change model").focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("Yours", exact=True).click()
        card = dialog.get_by_role("button", name="sketch/still, Image")
        expect(card).to_have_attribute("aria-current", "true")
        dialog.get_by_label("Model by its name or address").focus()
        page.keyboard.press("Tab")
        expect(card).to_be_focused()
        page.keyboard.press("Tab")
        expect(dialog.get_by_role("button", name="Favourite sketch/still")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("End")
        last = dialog.locator(".model-card").last
        expect(last).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("button", name="Change model")).to_be_focused()
        expect(page.get_by_role("button", name="Generate")).to_be_visible()


def test_the_browser_of_models_on_a_phone(browser: Browser, server: Server) -> None:
    with window(browser, size=PHONE) as page:
        page.goto(server.url + "/?model=sketch/still")
        dialog = opened(page)
        dialog.get_by_text("Collections", exact=True).click()
        dialog.get_by_role("radio", name="Generate images").click()
        card = dialog.get_by_role("button", name="atelier/grand-still, Image")
        expect(card).to_be_visible()
        assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")
        dialog.get_by_role("button", name="Show all").click()
        expect(dialog.get_by_role("radio", name="Trouble")).to_be_in_viewport()
        card.click()
        expect(head(page)).to_contain_text("atelier/grand-still")
