"""Hosted runs from queue to library against the stand-in: nothing paid twice, nothing lost, whatever happens."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import Settings, Studio, jobs, library
from core.errors import InvalidInput, TokenRefused
from core.preferences import Preferences, prefer
from core.prices import Price
from tests.hosted_runs import MODEL, ended, make, row, until
from tests.standin import StandIn


@pytest.fixture
def studio(hosted: Settings) -> Iterator[Studio]:
    opened = Studio(hosted)
    opened.worker.start()
    yield opened
    opened.close()


def test_a_run_comes_home_with_everything_that_made_it(studio: Studio, standin: StandIn) -> None:
    done = ended(studio, make(studio, num_outputs=2, seed=7))
    assert (done["status"], len(done["media"]), done["lost"]) == ("succeeded", 2, [])
    item = library.item(studio.database, done["media"][0]["id"])
    assert item.recipe is not None
    assert item.recipe.seed == 7
    assert item.recipe.response is not None
    assert item.recipe.response["status"] == "succeeded"
    assert item.recipe.url
    assert item.recipe.deletes_at
    assert item.recipe.metrics
    assert standin.report()["created"] == 1


def test_without_a_token_it_is_told_what_to_do(standin: StandIn, tmp_path: Path) -> None:
    alone = Studio(Settings(database=tmp_path / "alone.db", temporary=tmp_path))
    with pytest.raises(TokenRefused, match="set REPLICATE_API_TOKEN"):
        make(alone)
    alone.close()


@pytest.mark.parametrize("model", ["trouble/no-credit", "trouble/nsfw", "trouble/wordless", "trouble/canceled"])
def test_what_ends_a_run_is_one_sentence(studio: Studio, model: str) -> None:
    done = ended(studio, make(studio, model))
    assert done["status"] in ("failed", "canceled")
    assert done["media"] == []
    if done["status"] == "failed":
        assert "run it again" in done["error"].lower()


def test_a_refused_field_is_named(studio: Studio, standin: StandIn) -> None:
    standin.fault("status", route="create", status=422, form="problem")
    done = ended(studio, make(studio))
    assert done["status"] == "failed"
    assert done["error_fields"]


def test_a_passing_failure_is_tried_anew_only_if_wanted(studio: Studio, standin: StandIn) -> None:
    assert ended(studio, make(studio, "trouble/interrupted"))["status"] == "failed"
    standin.reset()
    prefer(studio.database, Preferences(retries=1))
    assert ended(studio, make(studio, "trouble/interrupted"))["status"] == "succeeded"
    assert standin.report()["created"] == 2
    standin.reset()
    assert ended(studio, make(studio, "trouble/always-interrupted"))["status"] == "failed"
    assert standin.report()["created"] == 2


@pytest.mark.parametrize("kind", ["cut", "garbage", "half"])
def test_an_answer_that_never_came_is_found_and_paid_once(studio: Studio, standin: StandIn, kind: str) -> None:
    standin.fault(kind, route="create", when="after")
    done = ended(studio, make(studio))
    assert (done["status"], len(done["media"])) == ("succeeded", 1)
    assert standin.report()["created"] == 1


def test_a_request_that_came_to_nothing_is_sent_again(studio: Studio, standin: StandIn) -> None:
    standin.fault("status", route="create", status=502, form="html")
    done = ended(studio, make(studio))
    assert (done["status"], standin.report()["created"]) == ("succeeded", 1)


def test_equal_runs_do_not_take_each_others_predictions(studio: Studio, standin: StandIn) -> None:
    standin.fault("cut", route="create", when="after", times=2)
    ids = studio.generate("oldmasters/classic-diffusion", {"prompt": "x"}, now=datetime.now(UTC), n=3)
    done = [ended(studio, number) for number in ids]
    assert [len(one["media"]) > 0 for one in done] == [True] * 3
    assert len({one["url"] for one in done}) == 3
    assert standin.report()["created"] == 3


def test_one_bad_output_harms_no_other_and_comes_home_later(studio: Studio, standin: StandIn) -> None:
    standin.deliver("truncated", times=None, path="out-1")
    number = make(studio, num_outputs=3)
    until(lambda: len(row(studio, number)["media"]) == 2)
    assert row(studio, number)["awaited"] == 1
    until(lambda: row(studio, number)["waiting"])
    standin.clear()
    done = ended(studio, number, 60)
    assert (done["status"], len(done["media"]), done["lost"]) == ("succeeded", 3, [])


def test_what_cannot_be_kept_says_why_and_can_be_asked_for_again(studio: Studio, standin: StandIn) -> None:
    standin.deliver("html", times=None, path="out-1")
    number = make(studio, num_outputs=2)
    done = ended(studio, number)
    assert (done["status"], len(done["media"])) == ("succeeded", 1)
    (lost,) = done["lost"]
    assert "text/html" in lost["error"]
    assert (lost["state"], lost["url"].startswith(standin.delivery)) == ("failed", True)
    standin.clear()
    assert studio.fetch_again(number, now=datetime.now(UTC))
    done = ended(studio, number)
    assert (len(done["media"]), done["lost"]) == (2, [])
    assert standin.report()["created"] == 1
    assert not studio.fetch_again(number, now=datetime.now(UTC))


def test_expired_files_keep_the_recipe(studio: Studio, standin: StandIn) -> None:
    standin.deliver("status", status=404, times=None)
    done = ended(studio, make(studio))
    assert (done["status"], done["error_code"]) == ("failed", "output_expired")
    assert "The recipe is kept" in done["error"]
    files = {name: n for name, n in standin.report()["requests"].items() if name.startswith("delivery")}
    assert sum(files.values()) <= 3


def test_a_file_in_the_answer_is_kept_once(studio: Studio) -> None:
    done = ended(studio, make(studio, "shapes/data-uri"))
    item = library.item(studio.database, done["media"][0]["id"])
    assert item.recipe is not None
    kept = str(item.recipe.response)
    assert len(kept) < 10_000
    assert "characters" in kept


def test_words_are_an_answer(studio: Studio) -> None:
    done = ended(studio, make(studio, "quill/letters"))
    assert (done["status"], done["media"]) == ("succeeded", [])
    assert "hills" in done["text"] or done["text"]


def test_cancel_reaches_the_provider(studio: Studio, standin: StandIn) -> None:
    standin.plan("stuck")
    number = make(studio)
    until(lambda: row(studio, number)["status"] == "running" and standin.report()["created"])
    studio.cancel(number, now=datetime.now(UTC))
    assert ended(studio, number)["status"] == "canceled"
    assert [one["status"] for one in standin.report()["predictions"]] == ["canceled"]


def test_a_deadline_goes_along(studio: Studio, standin: StandIn) -> None:
    (number,) = studio.generate("trouble/queueing", {"prompt": "x"}, now=datetime.now(UTC), cancel_after=5)
    until(lambda: standin.report()["created"])
    standin.advance(10)
    done = ended(studio, number)
    assert (done["status"], "not billed" in done["error"]) == ("canceled", True)


def test_a_secret_is_sent_and_never_stored(studio: Studio, standin: StandIn, hosted: Settings) -> None:
    (name,) = {name for name, node in studio.describe("zoo/secrets").schema["properties"].items()
               if node.get("format") == "password"}  # fmt: skip
    canary = "sk-canary-4711"
    number = make(studio, "zoo/secrets", **{name: canary})
    done = ended(studio, number)
    assert done["status"] == "succeeded"
    assert done["request"][name] == "studio:secret"
    with pytest.raises(InvalidInput, match="was not kept"):
        studio.again(number, now=datetime.now(UTC))
    studio.database.seal()
    assert canary.encode() not in hosted.database.read_bytes()


def test_library_items_go_as_inputs(studio: Studio, standin: StandIn) -> None:
    first = ended(studio, make(studio))["media"][0]["id"]
    number = studio.generate(
        "atelier/restyle", {"prompt": "as a woodcut"}, now=datetime.now(UTC), files={"image": [first]}
    )[0]
    done = ended(studio, number)
    assert done["status"] == "succeeded"
    assert jobs.run_of(studio.database, number).inputs == {"image": (first,)}


def test_a_budget_holds_the_queue_with_a_sentence(studio: Studio, standin: StandIn) -> None:
    prefer(studio.database, Preferences(budget_day=0.05))
    number = make(studio)
    until(lambda: row(studio, number)["waiting"])
    assert "no price for atelier/swift-still" in row(studio, number)["waiting"]
    assert standin.report()["created"] == 0
    studio.set_prices([Price(MODEL, "image", 0.02, "2026-11-01")], now=datetime.now(UTC))
    studio.prefer(Preferences(budget_day=100), now=datetime.now(UTC))
    done = ended(studio, number, 60)
    assert (done["status"], done["cost"]) == ("succeeded", 0.02)


def test_uncertain_runs_ask_before_they_cost_twice(hosted: Settings, standin: StandIn) -> None:
    studio = Studio(hosted)
    number = make(studio)
    standin.fault("cut", route="create", when="after")
    now = datetime.now(UTC)
    studio.worker.step(now)
    until(lambda: standin.report()["created"])
    studio.close()
    standin.advance(2 * 3600)  # its input is not told any more
    again = Studio(hosted)
    again.worker.start()
    asked = ended(again, number)
    assert asked["status"] == "uncertain"
    assert "paid for twice" in asked["waiting"]
    again.decide(number, pay=False, now=datetime.now(UTC))
    until(lambda: row(again, number)["status"] == "uncertain")
    assert standin.report()["created"] == 1
    again.decide(number, pay=True, now=datetime.now(UTC))
    assert ended(again, number)["status"] == "succeeded"
    assert standin.report()["created"] == 2
    again.close()


def test_a_first_look_home_after_the_hour_keeps_what_is_in_the_file(studio: Studio, standin: StandIn) -> None:
    done = ended(studio, make(studio))
    standin.advance(4000)
    item = library.item(studio.database, done["media"][0]["id"])
    assert item.bytes > 0
    assert item.recipe is not None
    assert item.recipe.deletes_at is not None
    assert abs(item.recipe.deletes_at - item.recipe.created_at - timedelta(hours=1)) < timedelta(minutes=1)
