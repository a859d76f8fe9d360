"""Export where people meet it: Storage, Library, the address below /api, and the exported page in a real browser."""

import io
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core import Studio, backup, exporting, marks, tags
from core.api import create_app
from core.database import Database
from core.exporting import Selection
from core.progress import Progress
from core.search import Query
from core.studio import share
from tests.axe import OPTIONS, RUN
from tests.browser import DESKTOP, PHONE, window
from tests.factories import add, clip, found, picture
from tests.test_pages import SHELL, press, words

Page = Callable[..., AppTest]
LENGTH = """(each) => new Promise((tell) => {
  if (each.readyState) tell(each.duration);
  each.addEventListener("loadedmetadata", () => tell(each.duration));
})"""
WHOLE = {"include": [["html"]]}  # for axe
HOSTILE = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    share(studio)

    def opened(name: str = "storage.py", **state: Any) -> AppTest:
        test = AppTest.from_file(SHELL, default_timeout=30)
        for key, value in state.items():
            test.session_state[key] = value
        test.session_state["section"] = "transfer"
        return test.run().switch_page(name).run()

    yield opened
    share(None)


@pytest.fixture
def items(studio: Studio, now: datetime) -> list[int]:
    made = [add(studio.database, now, picture(seed=number), prompt=f"hill {number}") for number in range(3)]
    tags.add(studio.database, made[:2], ["sea"])
    return made


def address(test: AppTest) -> str:
    """Where the one link to a download leads."""
    (link,) = [each.proto.url for each in test.get("link_button") if "/api/exports/" in each.proto.url]
    return str(link)


def test_everything_or_what_a_search_finds(page: Page, items: list[int]) -> None:
    test = page()
    assert not test.exception
    assert "3 items" in words(test)
    assert address(test) == "/api/exports/zip"
    test.text_input(key="export_words").set_value("tag:sea").run()
    assert "2 items" in words(test)
    assert address(test) == "/api/exports/zip?q=tag%3Asea"
    test.session_state["storage_export_form"] = "studio"
    assert address(test.run()) == "/api/exports/studio?q=tag%3Asea"
    test.text_input(key="export_words").set_value("nowhere").run()
    assert "Nothing matches this." in words(test)
    assert not test.get("link_button")


def test_it_is_written_to_the_machine(page: Page, studio: Studio, items: list[int], tmp_path: Path) -> None:
    test = page()
    test.text_input(key="storage_export_path").set_value(str(tmp_path / "out.zip")).run()
    press(test, "Write")
    work = studio.upkeep.wait(60)
    assert work
    assert work.good, work.sentence
    assert ZipFile(tmp_path / "out.zip").testzip() is None
    test = page()
    assert "3 items exported and checked" in test.success[0].value
    assert test.code[0].value == str(tmp_path / "out.zip")
    test.session_state["section"] = "backup"
    assert not test.run().success
    test.session_state["section"] = "transfer"
    test.run()
    test.text_input(key="storage_export_path").set_value(str(studio.database.path)).run()
    test = press(test, "Write")
    assert "own file" in test.error[0].value
    test.text_input(key="storage_export_path").set_value("nested.zip").run()
    press(test, "Write")
    studio.upkeep.wait(60)
    assert (studio.database.path.parent / "nested.zip").exists()


def test_a_studio_file_is_told_how_to_be_opened(page: Page, studio: Studio, items: list[int], tmp_path: Path) -> None:
    target = tmp_path / "a few.db"
    studio.upkeep.export(datetime.now(UTC), Selection(tuple(items[:2])), target, "studio")
    studio.upkeep.wait(60)
    assert page().code[0].value == f"STUDIO_DATABASE='{target}' make run"
    studio.upkeep.export(datetime.now(UTC), Selection(query=Query("nowhere")), tmp_path / "none.db", "studio")
    studio.upkeep.wait(60)
    test = page()
    assert test.warning[0].value.startswith("Export: ")
    assert not test.code


def test_an_empty_studio_is_led_to_importing(page: Page) -> None:
    test = page()
    assert not test.exception
    assert [head.value for head in test.header] == ["Import", "Export"]
    assert "Nothing is stored yet." in words(test)
    assert not test.get("link_button")


def test_the_library_asks_what_as(page: Page, items: list[int]) -> None:
    test = page("library.py")
    assert "Export" in [button.label for button in test.button]
    test = press(test, "Export")
    assert not test.exception
    assert address(test) == "/api/exports/zip"
    token = "t"
    wishes = {"token": token, "list": [[1, "export", items[:2], None]]}
    test = page("library.py", gallery_token=token, gallery={"wishes": wishes})
    assert not test.exception
    assert address(test) == f"/api/exports/zip?ids={items[0]}%2C{items[1]}"


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: database), raise_server_exceptions=False) as opened:
        yield opened


def test_downloads(client: TestClient, database: Database, now: datetime, tmp_path: Path) -> None:
    assert client.get("/api/exports/zip").status_code == 404
    for number in range(3):
        add(database, now, picture(seed=number), prompt=f"hill {number}")
    answer = client.get("/api/exports/zip", params={"ids": "2,3"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="onefile-studio-')
    assert answer.headers["cache-control"] == "no-store"
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert [each["id"] for each in json.loads(archive.read("recipes.json"))["items"]] == [2, 3]
    answer = client.get("/api/exports/studio", params={"q": "hill", "kind": "image"})
    assert int(answer.headers["content-length"]) == len(answer.content)
    (tmp_path / "got.db").write_bytes(answer.content)
    assert backup.examine(tmp_path / "got.db", Progress()).items == 3
    assert client.head("/api/exports/studio").content == b""


@pytest.mark.parametrize(
    ("address", "status"), [("rar", 404), ("zip?ids=x", 400), ("zip?ids=9", 200), ("zip?q=nowhere", 404), ("", 404)]
)
def test_downloads_that_cannot_be(client: TestClient, address: str, status: int) -> None:
    answer = client.get(f"/api/exports/{address}")
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["error"]["message"].endswith(".")


def test_other_sites_get_none(client: TestClient) -> None:
    answer = client.get("/api/exports/studio", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert client.post("/api/exports/zip").status_code == 405


@pytest.fixture
def unpacked(database: Database, tmp_path: Path, now: datetime) -> Path:
    """The page of an export with hostile words, a clip, an item without bytes, and one left out."""
    add(database, now, picture(300, 200), inspection=found("image", 300, 200), prompt="a lighthouse at dusk " * 30)
    add(database, now, picture(200, 300, seed=1), inspection=found("image", 200, 300), prompt=HOSTILE)
    add(database, now, clip(tmp_path / "clip.mp4").read_bytes(), kind="video", prompt="waves")
    add(database, now, prompt="damaged")
    marks.rate(database, [1], 4)
    marks.write_note(database, 1, HOSTILE)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE media_chunk SET data = zeroblob(10) WHERE media_id = 4")
    made = exporting.zip_file(database, Selection(), tmp_path / "out.zip", now, Progress())
    with ZipFile(made.path) as archive:
        archive.extractall(tmp_path / "out")
    return tmp_path / "out" / "index.html"


@pytest.mark.parametrize(("scheme", "size"), [("dark", DESKTOP), ("light", PHONE)])
def test_the_page_opens_from_the_disk(unpacked: Path, browser: Browser, scheme: str, size: tuple[int, int]) -> None:
    with window(browser, scheme=scheme, size=size) as shown:
        wrong: list[str] = []
        shown.context.set_offline(True)
        shown.on("console", lambda message: wrong.append(message.text))
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.on("request", lambda request: request.url.startswith("file:") or wrong.append(request.url))
        shown.goto(unpacked.as_uri())
        shown.locator("summary").first.click()
        shown.evaluate(Axe().axe_script)
        assert shown.evaluate(RUN, [WHOLE, OPTIONS]) == []
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert shown.evaluate("[...document.images].every((each) => !each.complete || each.naturalWidth > 0)")
        shown.locator("a.shot").nth(1).click()
        assert HOSTILE in shown.locator("dialog .below").inner_text()
        assert shown.locator("dialog img").evaluate("(each) => each.decode().then(() => each.naturalWidth)") == 200
        shown.keyboard.press("ArrowRight")
        assert shown.locator("dialog video").evaluate(LENGTH) == 2
        assert shown.evaluate(RUN, [WHOLE, OPTIONS]) == []
        shown.keyboard.press("Escape")
        shown.get_by_role("searchbox").fill("LIGHTHOUSE dusk")
        assert shown.locator("header p").inner_text() == "1 found"
        assert shown.locator("figure:visible").count() == 1
        assert "Item 4" in shown.locator("footer").inner_text()
        assert shown.title() == "Onefile Studio"
        assert wrong == []


@pytest.mark.torture
def test_ten_thousand_items_on_one_page(browser: Browser, tmp_path: Path, now: datetime) -> None:
    """The browser reads the small pictures that are in sight, and no others."""
    from core.exporting.lists import Lists

    told = {
        "file": "media/1.png", "thumbnail": "thumbnails/1.webp", "id": 1, "kind": "image", "mime": "image/png",
        "bytes": 1, "sha256": "0" * 64, "width": 64, "height": 48, "duration": None, "favourite": False, "rating": 0,
        "created_at": "2026-11-22T09:00:00.000Z", "note": "", "tags": ["sea"], "experiment": None, "name": None,
        "recipe": {"prompt": "a lighthouse at dusk " * 20, "model": "sketch/still", "request": {"seed": 7}},
    }  # fmt: skip
    (tmp_path / "thumbnails").mkdir()
    with Lists(now) as lists:
        for number in range(10_000):
            (tmp_path / "thumbnails" / f"{number}.webp").write_bytes(picture(format_name="WEBP", seed=number % 9))
            lists.add(told | {"id": number, "thumbnail": f"thumbnails/{number}.webp"})
        for name, pieces in lists.finish([]):
            (tmp_path / name).write_bytes(b"".join(pieces))
    with window(browser) as shown:
        asked: list[str] = []
        shown.on("request", lambda request: asked.append(request.url))
        begun = time.monotonic()
        shown.goto((tmp_path / "index.html").as_uri())
        print(f"10,000 items shown after {time.monotonic() - begun:.2f} s, {len(asked)} files read")
        assert len(asked) < 500
        shown.get_by_role("searchbox").fill("nowhere")
        assert shown.locator("header p").inner_text() == "0 found"
