"""Every page by AppTest: what it shows, and what it says when something is wrong."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core import Studio, jobs
from core.errors import DownloadFailed, OutputExpired
from core.models import generation
from core.studio import Upload, share
from tests import hosted
from tests.factories import add, claimed, found, picture, run, sound

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


def submit(test: AppTest) -> AppTest:
    return press(test, "Generate")


def test_create_is_the_first_page(page: Page) -> None:
    test = page("create.py")
    assert not test.exception
    assert test.title[0].value == "Create"
    assert "no AI" in component(test, "model").proto.json
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


def test_an_item_shows_its_recipe(page: Page, studio: Studio, now: datetime) -> None:
    media_id = add(studio.database, now, picture(), prompt="red <b>hills</b>", seed=41)
    test = page("item.py", id=str(media_id))
    assert test.title[0].value == f"Image {media_id}"
    assert test.code[0].value == "red <b>hills</b>"
    shown = json.loads(component(test, "viewer").proto.json)["item"]
    assert (shown["id"], shown["kind"], shown["caption"]) == (media_id, "image", "red <b>hills</b>")
    assert any(code.value and len(code.value) == 64 for code in test.code)


def test_a_clip_has_a_player(page: Page, studio: Studio, now: datetime) -> None:
    media_id = add(studio.database, now, kind="video")
    shown = json.loads(component(page("item.py", id=str(media_id)), "viewer").proto.json)["item"]
    assert (shown["kind"], shown["duration"]) == ("video", 2.0)


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
    studio.generate("sketch/still", {"prompt": "hills"}, now=now, files={"palette": [palette]})
    deadline = now
    while studio.worker.step(deadline):
        deadline = datetime.now(UTC)
    test = page("item.py", id=str(palette + 1))
    test = press(test, "Use this recipe")
    assert f'[{palette}, "image"' in component(test, "chosen").proto.json
    submit(test)
    assert jobs.run_of(studio.database, 2).inputs == {"palette": (palette,)}


def test_jobs_are_listed_by_the_component(page: Page, studio: Studio, now: datetime) -> None:
    assert "No runs yet" in words(page("jobs.py"))
    claimed(studio.database, now)
    assert '"limit": 50' in component(page("jobs.py"), "jobs").proto.json


def test_the_jobs_page_knows_where_predictions_are_listed(page: Page, studio: Studio, now: datetime) -> None:
    hosted.uncertain(studio.database, now)
    assert (
        '"places": {"replicate": "https://replicate.com/predictions"}' in component(page("jobs.py"), "jobs").proto.json
    )


def wished(studio: Studio, **event: int) -> AppTest:
    """What the Jobs page does with one wish."""

    def script(event: dict[str, int]) -> None:
        from core.studio import shared
        from core.ui.components import JobsEvent
        from core.ui.jobs import carry_out

        nothing = dict.fromkeys(JobsEvent.__dataclass_fields__)
        carry_out(shared(), JobsEvent(**{**nothing, **event}))

    share(studio)
    try:
        return AppTest.from_function(script, args=(event,)).run()
    finally:
        share(None)


def test_wishes_that_cannot_be_are_toasts(studio: Studio, now: datetime) -> None:
    secret = hosted.enqueued(studio.database, now, request={"api_key": "studio:secret"})
    for event, sentence in [
        ({"cancel": 99}, "There is no run 99."),
        ({"fetch": 99}, "There is no run 99."),
        ({"look": secret}, f"Run {secret} does not wait for a decision any more."),
        ({"pay": secret}, f"Run {secret} does not wait for a decision any more."),
        ({"again": secret}, "api_key is a secret and was not kept. Use the recipe and fill it in."),
        ({"reuse": 99}, "There is no run 99."),
        ({"fetch": secret}, "There is nothing left to ask for. Run it again."),
    ]:
        test = wished(studio, **event)
        assert not test.exception, event
        assert [toast.value for toast in test.toast] == [sentence], event


def test_a_decision_and_a_second_fetch_reach_the_queue(studio: Studio, now: datetime) -> None:
    looked, paid = hosted.uncertain(studio.database, now), hosted.uncertain(studio.database, now)
    lost = hosted.finished(studio.database, now, 2, {1: DownloadFailed("It broke.")})
    assert wished(studio, look=looked).toast[0].value == "The studio looks for the run once more."
    assert wished(studio, pay=paid).toast[0].value == "The run is sent again."
    assert wished(studio, fetch=lost).toast[0].value == "The provider is asked once more."
    assert {row["status"] for row in jobs.recent(studio.database)} == {"running"}
    assert jobs.recent(studio.database, ids=[lost])[0]["awaited"] == 1


def hosted_item(studio: Studio, now: datetime, **values: Any) -> int:
    """The first item of a hosted run."""
    number = hosted.finished(studio.database, now, values.pop("number", 1), values.pop("lost", None), **values)
    return int(jobs.recent(studio.database, ids=[number])[0]["media"][0]["id"])


def tables(test: AppTest) -> dict[str, str]:
    """Every row of every table."""
    return {str(name): str(row.iloc[0]) for table in test.table for name, row in table.value.iterrows()}


def test_an_item_tells_what_its_hosted_run_was(page: Page, studio: Studio) -> None:
    palette = studio.upload(Upload("colours.png", picture()), now=datetime.now(UTC))
    request = {"image": f"studio:media/{palette}", "api_key": "studio:secret", "tiling": True}
    values = {"request": request, "inputs": {"image": (palette,)}, "cost": 0.152, "text": "A mill by a river."}
    media_id = hosted_item(studio, datetime.now(UTC) - timedelta(minutes=20), **values)
    test = page("item.py", id=str(media_id))
    shown = tables(test)
    assert (shown["Cost"], shown["Computed for"], shown["Tiling"]) == ("$0.152", "3.2 s", "on")
    assert shown["Api key"] == "secret, not kept"
    assert "Image" not in shown, "the input is a thumbnail"
    assert f'["Image", [[{palette}, "image"' in component(test, "inputs").proto.json
    assert "A mill by a river." in [code.value for code in test.code]
    assert "`atelier/landscape` version d3d3d3d3... · run 1" in words(test)
    assert any("yours is in the file." in caption.value for caption in test.caption)
    assert "https://replicate.com/p/handle1" in [link.proto.url for link in test.get("link_button")]


def test_lost_siblings_are_told_and_fetched_again(page: Page, studio: Studio, now: datetime) -> None:
    lost = {1: DownloadFailed("The connection broke."), 2: OutputExpired("Replicate has removed it.")}
    media_id = hosted_item(studio, now, number=3, lost=lost)
    test = page("item.py", id=str(media_id))
    assert "2 of this run's 3 outputs did not come home." in test.warning[0].value
    assert "- Output 2: The connection broke." in test.warning[0].value
    test = press(test, "Fetch again")
    assert "1 of 3 outputs are home." in test.info[0].value
    assert [button.label for button in test.button if button.label == "Fetch again"] == []


def test_what_is_gone_for_good_cannot_be_fetched(page: Page, studio: Studio, now: datetime) -> None:
    media_id = hosted_item(studio, now, number=2, lost={1: OutputExpired("Replicate has removed it.")})
    test = page("item.py", id=str(media_id))
    assert "The recipe is kept" in words(test)
    assert "Fetch again" not in [button.label for button in test.button]


def test_a_sound_has_a_player_and_a_filter(page: Page, studio: Studio, now: datetime, tmp_path: Path) -> None:
    add(studio.database, now, prompt="a still")
    claim = hosted.sent(studio.database, now, kind="audio", prompt="a cello")
    hosted.answered(studio.database, claim, 1)
    data = sound(tmp_path / "tone.wav", seconds=1).read_bytes()
    media_id = hosted.bring_home(studio.database, claim, 0, now, data, found("audio", duration=1.0))
    test = page("item.py", id=str(media_id))
    assert test.title[0].value == f"Sound {media_id}"
    assert json.loads(component(test, "viewer").proto.json)["item"]["kind"] == "audio"
    assert tables(test)["Length"] == "1.0 s"
    shown = component(page("library.py", kind="audio"), "gallery").proto.json
    assert "a cello" in shown
    assert "a still" not in shown


def test_the_provider_page_must_be_a_web_address(page: Page, studio: Studio, now: datetime) -> None:
    media_id = hosted_item(studio, now)
    with studio.database.write() as connection:
        connection.execute(update(generation).values(url="javascript:alert(1)"))
    test = page("item.py", id=str(media_id))
    assert [link.proto.url for link in test.get("link_button") if "javascript" in link.proto.url] == []


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
