"""Bringing files in by the page: dropped in the browser, by a path; and the page of an item that came with a recipe."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Studio, blobs, library
from core.copies import recipe_of
from core.embedding import embedded
from core.importing import Report
from core.progress import Progress
from tests import foreign
from tests.factories import add, picture
from tests.sections import Page, storage_at
from tests.test_pages import press, words


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    with storage_at(studio, "transfer") as opened:
        yield opened


def html(test: AppTest) -> str:
    return "\n".join(element.value for element in test.get("html"))


def done(studio: Studio) -> str:
    work = studio.upkeep.wait(60)
    assert work
    assert work.good is not None
    return work.sentence


def test_dropped_files(page: Page, studio: Studio) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../b.png", picture(seed=2))
    test = page()
    assert "ComfyUI" in words(test)
    files: Any = [
        ("../a.png", picture(seed=1), "image/png"),
        ("a.txt", foreign.A1111.encode(), "text/plain"),
        ("pack.zip", packed.getvalue(), "application/zip"),
        ("a.png", picture(seed=3), "image/png"),
    ]
    test.file_uploader[0].set_value(files)
    press(test.run(), "Bring in 4 files")
    assert done(studio) == "3 items added. Recipes found: 1 of AUTOMATIC1111."
    assert [path.name for path in studio.scratch.folder.iterdir()] == ["lock"]
    test = page()
    assert not test.exception
    assert test.success[0].value.startswith("3 items added")
    assert "<b>3</b><span>Added</span>" in html(test)
    assert list(test.dataframe[0].value["Recipe"]).count("AUTOMATIC1111") == 1
    assert test.file_uploader[0].value in (None, [])


def test_a_path_is_looked_at_and_brought_in(page: Page, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(foreign.png(number, prompt=json.dumps(foreign.COMFY)))
    (folder / "notes.md").write_text("# notes")
    test = press(page(), "Bring in")
    assert "Write a path first." in words(test)
    test.text_input(key="import_path").set_value(str(tmp_path / "nothing"))
    assert "There is nothing at" in words(press(test, "Look first"))
    test.text_input(key="import_path").set_value(str(folder))
    shown = html(press(test, "Look first"))
    assert "<b>3</b><span>not here yet</span>" in shown
    assert "<b>3</b><span>with a recipe</span>" in shown
    assert "1 more are no media" in words(test)
    press(test, "Bring in")
    assert done(studio) == "3 items added, 1 skipped. Recipes found: 3 of ComfyUI."
    test = press(test.run(), "Look first")
    assert "<b>3</b><span>already here</span>" in html(test)
    test.text_input(key="import_path").set_value(str(tmp_path / "nothing"))
    press(test, "Bring in")
    assert "There is nothing at" in done(studio)


def bring(studio: Studio, path: Path, data: bytes) -> library.Item:
    path.write_bytes(data)
    report = Report()
    studio.intake.bring([path], datetime.now(UTC), Progress(), report)
    return library.item(studio.database, report.lines[0].media_id or 0)


def test_the_page_of_an_item_with_a_recipe_of_another_program(page: Page, studio: Studio, tmp_path: Path) -> None:
    item = bring(studio, tmp_path / "a.png", foreign.png(1, parameters=foreign.A1111))
    test = page("item.py", id=str(item.id))
    assert not test.exception
    assert "as AUTOMATIC1111 wrote it" in words(test)
    assert "dreamshaper_8" in words(test)
    assert "Cost" not in words(test)
    labels = [button.label for button in test.button]
    assert "Use this recipe" not in labels
    assert "Vary" not in labels
    test = press(test, "Fill the form")
    assert not test.exception
    assert test.session_state["prompt"].startswith("a red fox")


def test_the_page_of_a_copy_that_came_home(page: Page, studio: Studio, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    one = library.item(studio.database, add(studio.database, now, picture(seed=4), prompt="a quiet hill"))
    data = b"".join(blobs.read(studio.database, one.id, 0, one.bytes))
    copy = embedded(io.BytesIO(data), "image/png", recipe_of(studio.database, one))
    item = bring(studio, tmp_path / "copy.png", b"".join(copy.pieces(io.BytesIO(data))))
    test = page("item.py", id=str(item.id))
    assert not test.exception
    test = press(test, "Use this recipe")
    assert not test.exception
    assert test.session_state["prompt"] == "a quiet hill"
