"""The Item page by AppTest: marks with undo, trash, ways through a search, remix, frames, code, relatives."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Studio, jobs, library, marks, results, trash
from core.studio import Upload, share
from tests import hosted
from tests.factories import add, claimed, clip, found, keep, picture
from tests.test_pages import SHELL, component, press, words

Page = Callable[..., AppTest]
FILM: dict[str, Any] = {  # a hosted model that begins with a picture, as its provider describes it
    "owner": "atelier",
    "name": "film",
    "description": "Makes a video.",
    "latest_version": {
        "id": "d3" * 32,
        "openapi_schema": {
            "components": {
                "schemas": {
                    "Input": {
                        "type": "object",
                        "properties": {
                            "prompt": {"type": "string"},
                            "image": {"type": "string", "format": "uri", "description": "The first frame."},
                        },
                    },
                    "Output": {"type": "string", "format": "uri"},
                }
            }
        },
    },
}


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    share(studio)

    def opened(name: str, **query: str | list[str]) -> AppTest:
        test = AppTest.from_file(SHELL, default_timeout=30)
        for key, value in query.items():
            test.query_params[key] = value
        test.run()
        return test.switch_page(name).run()

    yield opened
    share(None)


def labels(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def links(test: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.url for link in test.get("link_button")}


def address(test: AppTest) -> dict[str, str]:
    """The parameters of the address."""
    return {name: value if isinstance(value, str) else value[0] for name, value in test.query_params.items()}


def disabled(test: AppTest, label: str) -> bool:
    return next(bool(button.disabled) for button in test.button if button.label == label)


def wished(*events: tuple[Any, ...]) -> AppTest:
    """What becomes of wishes of the mark bar; shows what is said of item 1."""

    def script(events: list[tuple[object, ...]]) -> None:
        from datetime import UTC, datetime

        import streamlit as st

        from core.studio import shared
        from core.ui.components import MarkEvent
        from core.ui.done import history
        from core.ui.marks import carry_out

        wanted = [MarkEvent(*event) for event in events]
        carry_out(shared(), wanted, now=datetime.now(UTC))
        latest = history(wanted[-1].item).latest
        st.caption(latest.sentence if latest else "")

    return AppTest.from_function(script, args=(list(events),), default_timeout=30).run()


def test_marks_are_made_once_and_taken_back(page: Page, studio: Studio, now: datetime) -> None:
    item = add(studio.database, now)
    made = [
        (1, "favour", item, True),
        (2, "rate", item, 4),
        (3, "tag", item, " Night  Sky "),
        (4, "note", item, "Good."),
    ]
    test = wished(*made, made[1])
    assert not test.exception
    shown = library.item(studio.database, item)
    assert (shown.favourite, shown.rating, shown.tags, shown.note) == (True, 4, ("night sky",), "Good.")
    assert test.caption[0].value == "The note is kept."
    other = add(studio.database, now)
    made = [(number, what, other, value) for number, what, _, value in made]
    test = wished(*made, *((number, "undo", other, None) for number in range(5, 10)))
    shown = library.item(studio.database, other)
    assert (shown.favourite, shown.rating, shown.tags, shown.note) == (False, 0, (), "")
    assert test.caption[0].value == "There is nothing to undo."


def test_wishes_that_cannot_be_are_told(page: Page, studio: Studio, now: datetime) -> None:
    item = add(studio.database, now)
    test = wished((1, "rate", item, 9), (2, "tag", item, 'a"b'), (3, "burn", item, None), (4, "note", 99, "x"))
    assert not test.exception
    assert [toast.value.split(".")[0] for toast in test.toast] == [
        "A rating is from 1 to 5, or 0 for none",
        "A tag cannot have a comma, a quotation mark or a \\* in it",
        "This cannot be done here",
        "There is no item 99",
    ]


def test_the_mark_bar_knows_how_things_stand(page: Page, studio: Studio, now: datetime) -> None:
    item = add(studio.database, now)
    marks.rate(studio.database, [item], 3)
    shown = component(page("item.py", id=str(item)), "mark_bar").proto.json
    assert '"rating": 3' in shown
    assert '"undoable": false' in shown


def test_an_item_in_the_trash_says_so_and_comes_back(page: Page, studio: Studio, now: datetime) -> None:
    item = add(studio.database, now)
    trash.discard(studio.database, [item], now)
    test = page("item.py", id=str(item))
    assert "In the trash since 22 November 2026" in words(test)
    test = press(test, "Restore")
    assert library.item(studio.database, item).trashed_at is None
    assert "In the trash" not in words(test)
    assert '"said": "1 item restored."' in component(test, "mark_bar").proto.json


def test_deleting_for_ever_is_asked_twice_and_leads_on(page: Page, studio: Studio, now: datetime) -> None:
    first, second = add(studio.database, now), add(studio.database, now)
    trash.discard(studio.database, [second], now)
    test = press(page("item.py", id=str(second)), "Delete for ever")
    assert library.item(studio.database, second).id == second
    test = test.button(key="delete_surely").click().run()
    assert not test.exception
    assert address(test) == {"id": str(first)}
    assert page("item.py", id=str(second)).title[0].value == "No such item"


def test_previous_and_next_stay_in_the_search(page: Page, studio: Studio, now: datetime) -> None:
    one = add(studio.database, now, prompt="red fox")
    add(studio.database, now, prompt="blue whale")
    two = add(studio.database, now, prompt="old fox")
    test = page("item.py", id=str(two), q="fox", sort="newest")
    assert (disabled(test, "Previous"), disabled(test, "Next")) == (True, False)
    test = press(test, "Next")
    assert test.title[0].value == f"Image {one}"
    assert address(test) == {"id": str(one), "q": "fox", "sort": "newest"}
    assert (disabled(test, "Previous"), disabled(test, "Next")) == (False, True)
    test = press(test, "Library")
    assert address(test) == {"q": "fox", "sort": "newest", "at": str(one)}


@pytest.mark.parametrize(("part", "seed"), [("all", 41), ("without seed", None), ("prompt", None)])
def test_remix_takes_over_what_is_chosen(
    page: Page, studio: Studio, now: datetime, part: str, seed: int | None
) -> None:
    item = add(studio.database, now, prompt="red hills", seed=41, size=640)
    test = page("item.py", id=str(item))
    test.radio(key=f"remix:{item}").set_value(part).run()
    test = press(test, "Fill the form")
    assert not test.exception
    assert test.title[0].value == "Create"
    assert (test.text_area[0].value, test.number_input[0].value) == ("red hills", seed)
    assert (test.slider[0].value == 640) is (part != "prompt")


def test_an_upload_becomes_an_input(page: Page, studio: Studio, now: datetime) -> None:
    item = studio.upload(Upload("colours.png", picture()), now=now)
    test = page("item.py", id=str(item))
    assert "Use this recipe" not in labels(test)
    assert "Vary" not in labels(test)
    assert test.selectbox(key=f"taker:{item}").value == "sketch/still"
    test = press(test, "Fill the form")
    assert f'[{item}, "image"' in component(test, "chosen").proto.json


def test_a_picture_is_animated_by_a_model_at_hand(page: Page, studio: Studio, now: datetime) -> None:
    item = add(studio.database, now, prompt="waves")
    assert "No video model at hand begins with a picture." in words(page("item.py", id=str(item)))
    film = studio.replicate.understand("atelier/film", FILM)
    assert film.kind == "video"
    studio.catalogue.remember(film, now)
    studio.catalogue.use(film.id, now)
    test = press(page("item.py", id=str(item)), "Animate this")
    assert not test.exception
    assert test.title[0].value == "Create"
    assert test.text_area[0].value == "waves"
    assert f'[{item}, "image"' in component(test, "chosen").proto.json


def test_a_frame_is_kept_with_its_origin(page: Page, studio: Studio, now: datetime, tmp_path: Path) -> None:
    data = clip(tmp_path / "film.mp4", seconds=1).read_bytes()
    video = add(studio.database, now, data, kind="video")

    def script(video: int) -> None:
        from core import library
        from core.studio import shared
        from core.ui.item import save_frame

        save_frame(shared(), library.item(shared().database, video), 0.5)

    test = AppTest.from_function(script, args=(video,), default_timeout=60).run()
    assert not test.exception
    _, frame = test.session_state["frame_saved"]
    test = page("item.py", id=str(frame))
    assert not test.exception
    assert test.title[0].value == f"Image {frame}"
    assert f"[{video}, {frame}, " in component(test, "lineage").proto.json
    assert "Use this recipe" not in labels(test)
    assert f"studio.media({video}).keep_frame(0.5)" in "".join(code.value for code in test.code)
    wrong = AppTest.from_function(script, args=(frame,), default_timeout=60).run()
    assert "is no video" in wrong.toast[0].value


def test_lineage_shows_what_was_deleted(page: Page, studio: Studio, now: datetime) -> None:
    palette = studio.upload(Upload("colours.png", picture()), now=now)
    studio.generate("sketch/still", {"prompt": "hills", "size": 256}, now=now, files={"palette": [palette]})
    assert "1 run that used it has nothing to show" in words(page("item.py", id=str(palette)))
    while studio.worker.step(datetime.now(now.tzinfo)):
        pass
    trash.discard(studio.database, [palette], now)
    trash.delete_for_ever(studio.database, [palette], now)
    shown = component(page("item.py", id=str(palette + 1)), "lineage").proto.json
    assert f'[{palette}, -1, "deleted"' in shown


def test_siblings_lead_to_a_comparison(page: Page, studio: Studio, now: datetime) -> None:
    claim = claimed(studio.database, now)
    one = keep(studio.database, claim, picture(seed=1), found(), now)
    results.finish(studio.database, claim, {"output": ["x"]}, now)
    jobs.enqueue(studio.database, "batch", [jobs.run_of(studio.database, claim.id)], now)
    second = jobs.claim(studio.database, "tests", now)
    assert second is not None
    other = keep(studio.database, second, picture(seed=2), found(), now)
    results.finish(studio.database, second, {"output": ["x"]}, now)
    test = page("item.py", id=str(one))
    assert f'["Same batch", [[{other}, ' in component(test, "inputs").proto.json
    test = press(test, "Compare both")
    assert test.title[0].value == "Compare"
    assert address(test) == {"ids": f"{one},{other}"}


def test_downloads_and_code(page: Page, studio: Studio, now: datetime) -> None:
    item = add(studio.database, now, prompt="a hill")
    test = page("item.py", id=str(item))
    there = links(test)
    assert there["Download"].endswith(f"/api/images/{item}/data?v={studio.file_key}&download=1")
    assert there["Download with recipe"].endswith(f"/api/images/{item}/copy?v={studio.file_key}")
    assert [tab.label for tab in test.tabs] == ["Notebook"]
    assert "studio.generate(" in "".join(code.value for code in test.code)
    number = hosted.finished(studio.database, now, 1)
    made = jobs.recent(studio.database, ids=[number])[0]["media"][0]["id"]
    test = page("item.py", id=str(made))
    assert [tab.label for tab in test.tabs] == ["Notebook", "cURL"]
    assert "curl -sS -X POST" in "".join(code.value for code in test.code)
