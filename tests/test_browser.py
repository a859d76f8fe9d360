"""What a person does, in a real Chromium against a real server."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.database import open_database
from core.migrations import migrate
from tests.browser import DESKTOP, PHONE, window
from tests.factories import add, clip, picture
from tests.serving import Server

pytestmark = pytest.mark.browser
PAGES = {"/": "Create", "/library": "Library", "/item?id=2": "Image 2", "/item?id=8": "Video 8", "/jobs": "Jobs"}
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A studio with seven pictures and a clip of six seconds; item 8, the clip, is the newest."""
    folder = tmp_path_factory.mktemp("browser")
    database = open_database(folder / "studio.db")
    now = datetime.now(UTC) - timedelta(hours=1)
    migrate(database, now)
    sizes = [(300, 200), (200, 300), (300, 300), (400, 200), (300, 200), (200, 250), (320, 200)]
    for number, (width, height) in enumerate(sizes):
        prompt = HOSTILE if number == 0 else f"hill number {number}"
        add(database, now, picture(width, height, seed=number), prompt=prompt)
    film = clip(folder / "film.mp4", seconds=6, fps=24, width=640, height=480)
    add(database, now, film.read_bytes(), kind="video", prompt="waves")
    film.unlink()
    database.close()
    with Server(folder) as started:
        yield started


def prompt(page: Page):  # type: ignore[no-untyped-def]
    expect(page.get_by_role("button", name="Generate")).to_be_visible(timeout=20_000)  # the page is all there
    return page.get_by_role("textbox", name="Prompt")


def selected(page: Page) -> list[str]:
    return [str(tile.get_attribute("data-id")) for tile in page.locator(".tile[aria-selected=true]").all()]


# Each page as the very first request after the start, in the order of the file


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/item?id=2", "Image 2"),
        ("/jobs", "Jobs"),
        ("/library", "Library"),
        ("/", "Create"),
        ("/item?id=77", "No such item"),
    ],
)
def test_a_deep_link_shows_its_page_inside_the_shell(
    browser: Browser, tmp_path: Path, server: Server, path: str, heading: str
) -> None:
    with window(browser) as page:
        page.goto(server.url + path)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="Library", exact=True)).to_be_visible()
        expect(page.get_by_text("studio.db")).to_be_visible()


def test_a_deep_link_as_first_request_of_a_process(browser: Browser, tmp_path: Path) -> None:
    with Server(tmp_path) as fresh, window(browser) as page:
        page.goto(fresh.url + "/library")
        expect(page.get_by_text("No pictures or videos here yet")).to_be_visible()
        expect(page.get_by_role("link", name="Create", exact=True)).to_be_visible()
        page.get_by_role("button", name="Create something").click()
        expect(page.get_by_role("heading", name="Create", exact=True)).to_be_visible()


def test_prompt_to_picture_and_clip(page: Page, tmp_path: Path) -> None:
    """The main job from nothing: words, Ctrl+Enter, a skeleton with progress, the picture in its place, the file."""
    with Server(tmp_path) as fresh:
        page.goto(fresh.url)
        expect(page.get_by_text("Nothing made yet")).to_be_visible()
        prompt(page).fill("a lighthouse at dusk, fog over a calm sea")
        prompt(page).press("Control+Enter")
        expect(page.locator(".tile.media .cover")).to_have_count(1, timeout=30_000)
        page.get_by_role("radio", name="Video").click()
        expect(prompt(page)).to_have_value("a lighthouse at dusk, fog over a calm sea")
        prompt(page).press("Control+Enter")
        expect(page.locator(".tile.pending [role=progressbar]").first).to_be_visible()
        expect(page.locator(".tile.media")).to_have_count(2, timeout=60_000)
        answer = fresh.json("/api/jobs")
        assert answer["counts"]["succeeded"] == 2
        video = answer["jobs"][0]["media"][0]["id"]
        recorded = fresh.json(f"/api/videos/{video}")
        assert hashlib.sha256(fresh.fetch(f"/api/videos/{video}/data")[2]).hexdigest() == recorded["sha256"]
        fresh.stop()
        assert fresh.files() == ["studio.db"]


def test_what_was_typed_survives_a_reload(page: Page, server: Server) -> None:
    page.goto(server.url)
    prompt(page).fill("half a thought")
    page.wait_for_function("localStorage.getItem('onefile-studio:draft') === 'half a thought'")
    page.reload()
    expect(prompt(page)).to_have_value("half a thought")


def test_a_run_survives_the_closing_of_its_tab(browser: Browser, server: Server) -> None:
    before = server.json("/api/jobs")["counts"]["succeeded"]
    with window(browser) as page:
        page.goto(server.url + "/?kind=Video")
        prompt(page).fill("pines in the mist")
        prompt(page).press("Control+Enter")
        expect(page.locator(".tile.pending").first).to_be_visible()
    server.wait(lambda answer: answer["counts"]["succeeded"] == before + 1)
    with window(browser) as page:
        page.goto(server.url)
        expect(page.locator(".tile.media").first).to_be_visible()


def test_errors_stand_beside_their_field(page: Page, server: Server) -> None:
    page.goto(server.url)
    prompt(page).fill("")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Write a prompt first")).to_be_visible()
    field, error = prompt(page).bounding_box(), page.get_by_text("Write a prompt first").bounding_box()
    assert field is not None
    assert error is not None
    assert 0 < error["y"] - (field["y"] + field["height"]) < 80


def test_a_double_click_starts_one_run(page: Page, server: Server) -> None:
    page.goto(server.url + "/?kind=Image")
    before = sum(server.json("/api/jobs")["counts"].values())
    prompt(page).fill("two clicks")
    page.get_by_role("button", name="Generate").dblclick()
    server.wait(lambda answer: sum(answer["counts"].values()) > before)
    expect(page.locator(".tile.media").first.get_by_role("button", name="two clicks")).to_be_visible()
    assert sum(server.json("/api/jobs")["counts"].values()) == before + 1


def test_the_gallery_is_selected_by_mouse_and_keyboard(page: Page, server: Server) -> None:
    page.goto(server.url + "/library")
    tiles = page.get_by_role("option")
    expect(tiles.first).to_be_visible()
    ids = [str(tile.get_attribute("data-id")) for tile in tiles.all()]
    assert ids == sorted(ids, key=int, reverse=True)
    tiles.nth(1).click(modifiers=["Control"])
    tiles.nth(3).click(modifiers=["Shift"])
    assert selected(page) == ids[1:4]
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("3 selected")).to_be_hidden()
    tiles.first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    assert len(selected(page)) == 2
    page.keyboard.press("Control+a")
    assert selected(page) == ids
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".tile[aria-selected=true]")).to_have_count(0)


def test_the_lightbox_goes_through_the_page(page: Page, server: Server) -> None:
    page.goto(server.url + "/library")
    page.locator('.tile[data-id="3"]').click()
    dialog = page.locator("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator(".lb-full.loaded")).to_be_visible()
    first = dialog.locator(".lb-counter").inner_text()
    page.keyboard.press("ArrowRight")
    expect(dialog.locator(".lb-counter")).not_to_have_text(first)
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "hill-number-1-2.png"
    dialog.get_by_role("button", name="Open details").click()
    expect(page.get_by_role("heading", name="Image 2")).to_be_visible()
    assert page.url.endswith("/item?id=2")


def test_thumbnails_are_real_pictures(page: Page, server: Server) -> None:
    page.goto(server.url + "/library")
    expect(page.locator(".tile img").first).to_be_visible()
    page.wait_for_function(
        """() => { const all = [...document.querySelectorAll('*')].flatMap(e => e.shadowRoot
             ? [...e.shadowRoot.querySelectorAll('.tile img')] : [...e.querySelectorAll(':scope > .tile img')]);
             return all.length > 5 && all.every(i => i.complete && i.naturalWidth > 0) }"""
    )


def test_the_filter_is_a_deep_link(page: Page, server: Server) -> None:
    page.goto(server.url + "/library")
    page.get_by_text("Videos", exact=True).click()
    expect(page.get_by_role("option", name="hill number 1")).to_have_count(0)
    page.goto(page.url)
    expect(page.get_by_role("option", name="Video: waves")).to_be_visible()
    expect(page.get_by_role("option", name="hill number 1")).to_have_count(0)
    expect(page.locator(".badge").last).to_have_text(re.compile("0:02"))


def test_hostile_words_stay_words(page: Page, server: Server) -> None:
    for path in ("/library", "/item?id=1", "/jobs", "/"):
        page.goto(server.url + path)
        page.wait_for_timeout(700)
        assert page.title() != "1", path


READY = "v => v.readyState >= 1 || new Promise(done => { v.onloadedmetadata = () => done(true) })"


def test_a_clip_seeks(page: Page, server: Server) -> None:
    page.goto(server.url + "/item?id=8")
    video = page.locator("video")
    expect(video).to_be_visible()
    video.evaluate(READY)
    assert video.evaluate("v => Math.round(v.duration)") == 6
    with page.expect_response(lambda answer: "/data?" in answer.url and answer.status == 206):
        page.reload()
    video.evaluate(READY)
    video.evaluate("v => new Promise(done => { v.onseeked = done; v.currentTime = 4.5 })")
    assert video.evaluate("v => v.currentTime") == pytest.approx(4.5, abs=0.1)
    assert video.evaluate("v => v.videoWidth") == 640


def test_use_this_recipe_comes_back_to_create(page: Page, server: Server) -> None:
    page.goto(server.url + "/item?id=4")
    page.get_by_role("button", name="Use this recipe").click()
    expect(page.get_by_role("heading", name="Create", exact=True)).to_be_visible()
    expect(prompt(page)).to_have_value("hill number 3")


def test_what_was_typed_after_a_run_survives_a_change_of_page(page: Page, server: Server) -> None:
    page.goto(server.url)
    prompt(page).fill("first words")
    prompt(page).press("Control+Enter")
    expect(page.get_by_text("Run started.")).to_be_visible()
    prompt(page).fill("second words")
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("link", name="Create", exact=True).click()
    expect(prompt(page)).to_have_value("second words")


def test_settings_survive_a_change_of_model_and_page(page: Page, server: Server) -> None:
    page.goto(server.url + "/?kind=Image")
    prompt(page)
    page.get_by_text("16:9", exact=True).click()
    page.get_by_role("radio", name="Video").click()
    expect(page.get_by_text("Seconds")).to_be_visible()
    expect(page.get_by_role("radio", name="16:9")).to_be_checked()
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    page.get_by_role("link", name="Create", exact=True).click()
    expect(page.get_by_role("radio", name="16:9")).to_be_checked()


def test_back_goes_where_one_came_from(page: Page, server: Server) -> None:
    page.goto(server.url + "/library?kind=video")
    page.get_by_role("option", name="Video: waves").click()
    page.locator("dialog").get_by_role("button", name="Open details").click()
    expect(page.get_by_role("heading", name="Video 8")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    page.wait_for_url("**/library?kind=video")
    page.goto(server.url + "/item?id=3")
    page.get_by_role("button", name="Use this recipe").click()
    expect(page.get_by_role("heading", name="Create", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Image 3")).to_be_visible()


def test_a_recipe_is_used_on_create_itself(page: Page, server: Server) -> None:
    page.goto(server.url + "/?kind=Video")
    prompt(page)
    page.locator(".tile.media", has=page.get_by_role("button", name="hill number 6")).locator(".cover").click()
    page.locator("dialog").get_by_role("button", name="Use recipe").click()
    expect(prompt(page)).to_have_value("hill number 6")
    expect(page.get_by_role("radio", name="Image")).to_be_checked()


def test_a_seed_out_of_range_is_told(page: Page, server: Server) -> None:
    page.goto(server.url)
    prompt(page).fill("hills")
    page.get_by_text("More settings").click()
    page.get_by_label("Seed", exact=True).fill("99999999999")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Seed must be from 0 to 4,294,967,295; 99,999,999,999 is not.")).to_be_visible()


def test_jobs_are_live_and_can_be_canceled(page: Page, server: Server) -> None:
    page.goto(server.url + "/?kind=Video")
    prompt(page).fill("a very long clip")
    page.get_by_text("More settings").click()
    page.get_by_role("slider", name="Longer edge in pixels").press("End")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".tile.pending").first).to_be_visible()
    page.get_by_role("link", name="Jobs", exact=True).click()
    row = page.locator(".job").first
    expect(row).to_have_attribute("data-status", "running")
    expect(row.get_by_role("progressbar")).to_be_visible()
    row.locator(".job-head").click()
    expect(row.locator(".logs")).to_contain_text("Sky")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_attribute("data-status", "canceled")
    page.wait_for_timeout(800)  # a button that has just changed its meaning takes no click
    row.get_by_role("button", name="Run again").first.click()
    expect(page.locator(".job").first).to_have_attribute("data-status", re.compile("queued|running"))
    page.locator(".job").first.get_by_role("button", name="Cancel").click()
    expect(page.locator(".job").first).to_have_attribute("data-status", "canceled")


def test_a_second_tab_starts_no_second_worker(browser: Browser, tmp_path: Path) -> None:
    import psutil

    with Server(tmp_path) as fresh, window(browser) as one, window(browser) as two:
        one.goto(fresh.url)
        expect(prompt(one)).to_be_visible()
        threads = psutil.Process(fresh.process.pid).num_threads
        children = len(psutil.Process(fresh.process.pid).children())
        two.goto(fresh.url + "/jobs")
        expect(two.get_by_role("heading", name="Jobs")).to_be_visible()
        assert len(psutil.Process(fresh.process.pid).children()) == children
        assert threads() < 100
        prompt(one).fill("once")
        prompt(one).press("Control+Enter")
        fresh.wait(lambda answer: answer["counts"]["succeeded"] == 1)
        assert sum(fresh.json("/api/jobs")["counts"].values()) == 1


@pytest.mark.parametrize(("scheme", "size"), [("dark", DESKTOP), ("light", PHONE)], ids=["desktop", "phone"])
def test_pages_fit_their_window(browser: Browser, server: Server, scheme: str, size: tuple[int, int]) -> None:
    with window(browser, scheme=scheme, size=size) as page:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        for path, heading in PAGES.items():
            page.goto(server.url + path)
            expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            background = page.locator(".stApp").evaluate("e => getComputedStyle(e).backgroundColor")
            assert (background == "rgb(13, 14, 18)") is (scheme == "dark")
        assert errors == []
