"""The Library in a real Chromium: found, kept in order by mouse and keyboard, undone, and reachable by everybody."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import jobs, trash
from core.database import open_database
from core.errors import PredictionFailed
from core.migrations import migrate
from tests.axe import violations
from tests.browser import DESKTOP, PHONE, window
from tests.factories import add, claimed, clip, picture
from tests.serving import Server

pytestmark = pytest.mark.browser
SIZES = [(300, 200), (200, 300), (300, 300), (400, 200), (300, 200), (200, 250), (320, 200), (300, 220), (240, 300)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Nine pictures, 1 to 9; a clip, 10; a picture in the trash, 11; and a run that failed."""
    folder = tmp_path_factory.mktemp("library")
    database = open_database(folder / "studio.db")
    now = datetime.now(UTC) - timedelta(hours=1)
    migrate(database, now)
    for number, (width, height) in enumerate(SIZES, start=1):
        words = "a harbour in fog" if number in (3, 5) else f"hill number {number}"
        add(database, now, picture(width, height, seed=number), prompt=words)
    film = clip(folder / "film.mp4", seconds=1, width=320, height=240)
    add(database, now, film.read_bytes(), kind="video", prompt="waves")
    film.unlink()
    trash.discard(database, [add(database, now, picture(seed=11), prompt="thrown away")], now)
    failing = claimed(database, now, prompt="a ship in a bottle")
    jobs.fail(database, failing, PredictionFailed("No memory was left. Choose a smaller size."), now)
    database.close()
    with Server(folder) as started:
        yield started


def tile(page: Page, number: int) -> Locator:
    return page.locator(f'.tile[data-id="{number}"]')


def arrive(page: Page, server: Server, address: str = "/library") -> None:
    page.goto(server.url + address)
    expect(page.get_by_role("option").first).to_be_visible()


def notice(page: Page) -> Locator:
    return page.locator(".notice")


STORED = """async ([number, favourite, rating]) => {
  const found = await (await fetch(`/api/images/${number}`)).json();
  return found.favourite === favourite && found.rating === rating;
}"""


def stored(page: Page, number: int, *, favourite: bool, rating: int) -> None:
    """Waits until the studio has heard of what the page shows at once."""
    page.wait_for_function(STORED, arg=[number, favourite, rating])


def test_search_select_tag_trash_undo(page: Page, server: Server) -> None:
    arrive(page, server)
    page.keyboard.press("/")
    page.keyboard.type("harbour")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(2)
    expect(page).to_have_url(server.url + "/library?q=harbour")
    tile(page, 3).click(modifiers=["Control"])
    bar = page.get_by_role("toolbar", name="With the selection")
    expect(bar.get_by_role("button", name="Compare")).to_be_disabled()
    tile(page, 5).click(modifiers=["Control"])
    expect(bar.get_by_role("button", name="Compare")).to_be_enabled()
    bar.get_by_role("button", name="Tags").click()
    field = page.get_by_role("textbox", name="Add a tag")
    expect(field).to_be_focused()
    field.fill("Sea")
    field.press("Enter")
    expect(notice(page)).to_contain_text("2 items tagged 'sea'.")
    expect(page.get_by_role("button", name="Take 'sea' away")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(server.url + "/library?tag=sea")
    expect(page.get_by_role("option")).to_have_count(2)
    tile(page, 3).click(modifiers=["Control"])
    page.keyboard.press("Delete")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("button", name="Trash (2)")).to_be_visible()
    notice(page).get_by_role("button", name="Undo").click()
    expect(page.get_by_role("option")).to_have_count(2)
    expect(notice(page)).to_contain_text("Undone: 1 item moved to the trash.")


def test_marks_by_keyboard(page: Page, server: Server) -> None:
    arrive(page, server)
    tile(page, 9).focus()
    page.keyboard.press("f")
    expect(page.get_by_role("option", name="hill number 9 (favourite)")).to_be_focused()
    page.keyboard.press("4")
    expect(page.get_by_role("option", name="hill number 9 (favourite, rated 4)")).to_be_focused()
    expect(notice(page)).to_contain_text("1 item rated 4.")
    stored(page, 9, favourite=True, rating=4)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("option", name="hill number 9 (favourite)")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("option", name="hill number 9", exact=True)).to_be_focused()
    stored(page, 9, favourite=False, rating=0)
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("3")
    expect(notice(page)).to_contain_text("2 items rated 3.")
    expect(page.locator(".tile[aria-selected=true]")).to_have_count(2)
    page.keyboard.press("0")
    expect(notice(page)).to_contain_text("2 items unrated.")
    stored(page, 9, favourite=False, rating=0)
    stored(page, 8, favourite=False, rating=0)


def test_many_keys_at_once_are_all_heard(page: Page, server: Server) -> None:
    arrive(page, server)
    tile(page, 7).focus()
    for key in ("f", "1", "2", "3", "4", "5", "f", "2", "f"):
        page.keyboard.press(key)
    expect(page.get_by_role("option", name="hill number 7 (favourite, rated 2)")).to_be_focused()
    expect(notice(page)).to_contain_text("1 item added to the favourites.")
    stored(page, 7, favourite=True, rating=2)
    page.reload()
    expect(page.get_by_role("option", name="hill number 7 (favourite, rated 2)")).to_be_visible()


def test_the_viewer_marks_and_moves_away(page: Page, server: Server) -> None:
    arrive(page, server)
    tile(page, 6).click()
    dialog = page.locator("dialog.lightbox")
    expect(dialog.locator(".lb-caption")).to_have_text("hill number 6")
    page.keyboard.press("5")
    expect(dialog.get_by_role("button", name="Rate 5")).to_have_attribute("aria-pressed", "true")
    dialog.get_by_role("button", name="Favourite").click()
    expect(notice(page)).to_contain_text("added to the favourites")
    page.keyboard.press("t")
    expect(page.get_by_role("textbox", name="Add a tag")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close", exact=True).focus()
    page.keyboard.press("Delete")
    expect(dialog.locator(".lb-caption")).not_to_have_text("hill number 6")
    dialog.get_by_role("button", name="Undo").click()
    expect(notice(page)).to_contain_text("Undone")
    page.keyboard.press("Escape")
    expect(page.get_by_role("option", name="hill number 6 (favourite, rated 5)")).to_be_visible()


def test_one_comes_back_to_the_same_place(page: Page, server: Server) -> None:
    arrive(page, server, "/library?sort=oldest")
    tile(page, 8).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open details").click()
    expect(page.get_by_role("heading", name="Image 8")).to_be_visible()
    expect(page).to_have_url(server.url + "/item?sort=oldest&id=8")
    page.go_back()
    expect(tile(page, 8)).to_be_focused()
    arrive(page, server, "/library?at=3")
    expect(tile(page, 3)).to_be_focused()


def test_nothing_is_lost_by_one_key_in_the_trash(page: Page, server: Server) -> None:
    arrive(page, server, "/library?trash=1")
    tile(page, 11).focus()
    page.keyboard.press("Delete")
    expect(page.get_by_text("This cannot be undone.")).to_be_visible()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("This cannot be undone.")).to_be_hidden()
    tile(page, 11).focus()
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    expect(notice(page)).to_contain_text("1 item deleted for ever")
    expect(notice(page).get_by_role("button", name="Undo")).to_be_hidden()


def test_a_run_without_a_result_says_why(page: Page, server: Server) -> None:
    arrive(page, server, "/library?runs=only")
    expect(page.get_by_role("option", name="No memory was left.")).to_be_visible()
    page.get_by_role("option").first.focus()
    page.keyboard.press("Enter")
    page.locator("dialog").get_by_role("button", name="Use recipe").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("a ship in a bottle")


def test_the_help_card_and_the_keys_of_the_page(page: Page, server: Server) -> None:
    arrive(page, server)
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keys")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("f4t?")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("f4t?")


def see_everything(page: Page, server: Server) -> list[str]:
    """What axe finds in each state of the page."""
    found: list[str] = []
    arrive(page, server, "/library?runs=too&q=a*%20rating:9")
    found += violations(page)
    arrive(page, server, "/library?runs=too")
    tile(page, 4).click(modifiers=["Control"])
    tile(page, 2).click(modifiers=["Control"])
    page.keyboard.press("3")
    expect(notice(page)).to_contain_text("rated 3")
    found += violations(page)
    page.keyboard.press("t")
    expect(page.get_by_text("No tags yet.")).to_be_visible()
    found += violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    page.keyboard.press("Escape")
    tile(page, 2).click()
    expect(page.locator("dialog .lb-full.loaded")).to_be_visible()
    found += violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_text("Made from an input")).to_be_visible()
    found += violations(page)
    return found


@pytest.mark.parametrize(("scheme", "size"), [("dark", DESKTOP), ("light", PHONE)])
def test_axe_finds_nothing(browser: Browser, server: Server, scheme: str, size: tuple[int, int]) -> None:
    with window(browser, scheme=scheme, size=size) as page:
        page.emulate_media(reduced_motion="reduce")
        assert sorted(set(see_everything(page, server))) == []


def test_a_selection_is_taken_elsewhere(page: Page, server: Server) -> None:
    """By keyboard, from the gallery and from the viewer; the download is a whole ZIP."""
    arrive(page, server)
    tile(page, 9).focus()
    page.keyboard.press("Space")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Export 1 item")
    expect(dialog.get_by_role("link", name="Download")).to_be_visible()
    assert violations(page) == []
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    with ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert "media/000009-hill-number-9.png" in archive.namelist()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    tile(page, 8).click()
    expect(page.locator("dialog.lightbox")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_role("dialog", name="Export 1 item").get_by_role("link", name="Download")).to_be_visible()
    page.goto(f"{server.url}/storage?section=Transfer")
    expect(page.get_by_text("10 items")).to_be_visible()
    assert violations(page) == []
