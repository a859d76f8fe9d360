"""Every page by AppTest: what it shows, and what it says when something is wrong."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Studio, jobs
from core.studio import Upload, share
from tests.factories import add, claimed, picture, run

SHELL = str(Path(__file__).resolve().parents[1] / "pages" / "_shell.py")
Page = Callable[..., AppTest]


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    share(studio)

    def opened(name: str, **query: str) -> AppTest:
        test = AppTest.from_file(SHELL, default_timeout=20)
        for key, value in query.items():
            test.query_params[key] = value
        test.run()
        return test.switch_page(name).run()

    yield opened
    share(None)


def component(test: AppTest, name: str) -> Any:
    (found,) = [node for node in test.get("bidi_component") if node.proto.component_name == f"studio_{name}"]
    return found


def words(test: AppTest) -> str:
    shown = [
        *test.title,
        *test.header,
        *test.subheader,
        *test.markdown,
        *test.caption,
        *test.info,
        *test.warning,
        *test.error,
    ]
    return "\n".join(element.value for element in shown)


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


def paging(test: AppTest) -> set[str]:
    return {button.label for button in test.button} & {"Newer", "Older"}


def submit(test: AppTest) -> AppTest:
    return press(test, "Generate")


def test_create_is_the_first_page(page: Page) -> None:
    test = page("create.py")
    assert not test.exception
    assert test.title[0].value == "Create"
    assert "no AI" in words(test)
    assert "Nothing made yet" in test.info[0].value


def test_the_form_comes_from_the_schema(page: Page) -> None:
    test = page("create.py")
    assert [area.label for area in test.text_area] == ["Prompt"]
    assert [number.label for number in test.number_input] == ["Seed"]
    assert [slider.label for slider in test.slider] == ["Longer edge in pixels"]
    assert [toggle.label for toggle in test.toggle] == ["Particles"]
    assert {group.label for group in test.get("button_group")} >= {"Aspect ratio", "How many"}


def test_generate_enqueues_what_the_form_says(page: Page, studio: Studio) -> None:
    test = page("create.py")
    test.text_area[0].set_value("a lighthouse at dusk")
    test.number_input[0].set_value(77)
    test.slider[0].set_value(512)
    test = submit(test)
    assert not test.exception
    (row,) = jobs.recent(studio.database)
    assert row["request"] == {
        "prompt": "a lighthouse at dusk", "seed": 77, "size": 512, "aspect_ratio": "3:2", "particles": True,
    }  # fmt: skip
    assert test.text_area[0].value == "a lighthouse at dusk"


def test_an_empty_prompt_is_told_beside_its_field(page: Page, studio: Studio) -> None:
    test = submit(page("create.py"))
    assert [error.value for error in test.error] == ["Write a prompt first: a few words on what you want to see."]
    assert jobs.recent(studio.database) == []


def test_a_long_prompt_is_told_and_kept(page: Page, studio: Studio) -> None:
    test = page("create.py")
    test.text_area[0].set_value("x" * 20_000)
    test = submit(test)
    assert "20,000 characters long" in test.error[0].value
    assert len(test.text_area[0].value or "") == 20_000
    assert jobs.recent(studio.database) == []


def test_a_forged_widget_value_is_never_stored(page: Page, studio: Studio) -> None:
    test = page("create.py")
    test.text_area[0].set_value("hills")
    test.number_input[0].set_value(2**40)
    submit(test)
    assert [row["request"]["seed"] for row in jobs.recent(studio.database) if row["request"]["seed"] >= 2**32] == []


def test_a_double_click_starts_one_run(page: Page, studio: Studio) -> None:
    test = page("create.py")
    test.text_area[0].set_value("hills")
    submit(submit(test))
    assert len(jobs.recent(studio.database)) == 1


def test_recent_runs_are_there_after_a_reload(page: Page, studio: Studio, now: datetime) -> None:
    jobs.enqueue(studio.database, "batch", [run(), run()], now)
    assert '"jobs": [[2, 256, 170], [1, 256, 170]]' in component(page("create.py"), "results").proto.json


def test_the_library_shows_newest_first(page: Page, studio: Studio, now: datetime) -> None:
    ids = [add(studio.database, now, prompt=f"number {n}") for n in range(3)]
    data = component(page("library.py"), "gallery").proto.json
    assert [data.index(f"number {n}") for n in (2, 1, 0)] == sorted(data.index(f"number {n}") for n in range(3))
    assert str(ids[0]) in data


def test_an_empty_library_leads_to_create(page: Page) -> None:
    test = page("library.py")
    assert "No pictures or videos here yet" in words(test)
    test = press(test, "Create something")
    assert test.title[0].value == "Create"


def test_the_library_filters_by_kind(page: Page, studio: Studio, now: datetime) -> None:
    add(studio.database, now, prompt="a still")
    add(studio.database, now, kind="video", prompt="a clip")
    test = page("library.py")
    test.session_state["show"] = "video"
    data = component(test.run(), "gallery").proto.json
    assert "a clip" in data
    assert "a still" not in data


def test_the_library_pages_by_key(page: Page, studio: Studio, now: datetime) -> None:
    for n in range(61):
        add(studio.database, now, b"x", prompt=f"number {n}")
    test = page("library.py")
    assert paging(test) == {"Older"}
    test = press(test, "Older")
    assert '"number 0"' in component(test, "gallery").proto.json
    assert paging(test) == {"Newer"}


@pytest.mark.parametrize("key", [{"before": "1"}, {"after": "999999"}, {"before": "nonsense"}, {"after": "-5"}])
def test_an_address_from_another_time_shows_the_first_page(
    page: Page, studio: Studio, now: datetime, key: dict[str, str]
) -> None:
    add(studio.database, now, prompt="still here")
    assert "still here" in component(page("library.py", **key), "gallery").proto.json


def test_a_selection_can_be_varied(page: Page, studio: Studio, now: datetime) -> None:
    ids = [add(studio.database, now, seed=n) for n in range(2)]
    test = page("library.py")
    test.session_state["gallery"] = {"selected": {"clear": 0, "ids": ids}}
    test.run()
    assert "2 selected" in words(test)
    press(test, "Vary")
    assert len(jobs.recent(studio.database)) == 4


def test_an_item_shows_its_recipe(page: Page, studio: Studio, now: datetime) -> None:
    media_id = add(studio.database, now, picture(), prompt="red <b>hills</b>", seed=41)
    test = page("item.py", id=str(media_id))
    assert test.title[0].value == f"Image {media_id}"
    assert test.code[0].value == "red <b>hills</b>"
    assert f"/api/images/{media_id}/data" in test.html[0].value
    assert "<b>hills" not in test.html[0].value
    assert any(code.value and len(code.value) == 64 for code in test.code)


def test_a_clip_has_a_player(page: Page, studio: Studio, now: datetime) -> None:
    media_id = add(studio.database, now, kind="video")
    html = page("item.py", id=str(media_id)).html[0].value
    assert "<video" in html
    assert "controls" in html
    assert f"/api/videos/{media_id}/thumbnail" in html


def test_an_upload_has_no_recipe(page: Page, studio: Studio, now: datetime) -> None:
    media_id = studio.upload(Upload("holiday.png", picture()), now=now)
    test = page("item.py", id=str(media_id))
    assert "Uploaded" in words(test)
    assert "Use this recipe" not in [button.label for button in test.button]


@pytest.mark.parametrize("asked", [None, "", "abc", "-1", "999", "9" * 30, "1; DROP TABLE media", "<script>"])
def test_an_item_that_is_not_there_is_told(page: Page, asked: str | None) -> None:
    test = page("item.py", **({} if asked is None else {"id": asked}))
    assert not test.exception
    assert test.title[0].value == "No such item"
    assert test.warning[0].value.endswith(".")


def test_use_this_recipe_fills_the_form(page: Page, studio: Studio, now: datetime) -> None:
    media_id = add(studio.database, now, prompt="red hills", seed=41, aspect_ratio="16:9", size=640)
    test = page("item.py", id=str(media_id))
    test = press(test, "Use this recipe")
    assert test.title[0].value == "Create"
    assert (test.text_area[0].value, test.number_input[0].value, test.slider[0].value) == ("red hills", 41, 640)


def test_a_clips_recipe_opens_the_clip_model(page: Page, studio: Studio, now: datetime) -> None:
    media_id = add(studio.database, now, kind="video", prompt="waves", duration=6)
    test = page("item.py", id=str(media_id))
    test = press(test, "Use this recipe")
    assert test.selectbox[0].value == "sketch/clip"
    assert {slider.label: slider.value for slider in test.slider}["Seconds"] == 6


def test_a_recipe_comes_back_with_its_picture(page: Page, studio: Studio, now: datetime) -> None:
    palette = studio.upload(Upload("colours.png", picture()), now=now)
    studio.generate("sketch/still", {"prompt": "hills"}, now=now, files={"palette": palette})
    deadline = now
    while studio.worker.step(deadline):
        deadline = datetime.now(UTC)
    test = page("item.py", id=str(palette + 1))
    test = press(test, "Use this recipe")
    assert [box.label for box in test.checkbox] == [f"Use item {palette} of the library"]
    submit(test)
    assert jobs.run_of(studio.database, 2).inputs == {"palette": palette}


def test_jobs_are_listed_by_the_component(page: Page, studio: Studio, now: datetime) -> None:
    assert "No runs yet" in words(page("jobs.py"))
    claimed(studio.database, now)
    assert '"limit": 50' in component(page("jobs.py"), "jobs").proto.json


def test_a_broken_page_says_one_calm_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def script() -> None:
        from core import ui
        from core.errors import StorageBusy

        assert ui.explain(StorageBusy("The studio is starting."))
        assert ui.explain(ZeroDivisionError("secret detail"))

    test = AppTest.from_function(script).run()
    assert not test.exception
    shown = [error.value for error in test.error]
    assert shown[0] == "The studio is starting."
    assert "Something went wrong on this page" in shown[1]
    assert "secret" not in "".join(shown)
    assert "secret detail" in caplog.text
