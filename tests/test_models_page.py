"""The choice of a model on Create, by AppTest against the stand-in: what is shown, what the provider is asked."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Settings, Studio, jobs
from core.errors import InvalidInput, UnknownModel
from core.models import price
from core.providers.replicate_api.names import pasted
from core.studio import share
from tests.serving import free_port
from tests.standin import StandIn
from tests.standin.catalogue import everything
from tests.test_pages import SHELL, component, press, words

SWIFT, GRAND, NUMBERS = "atelier/swift-still", "atelier/grand-still", "zoo/numbers"
HEX = everything()[SWIFT].version_ids[0]
Page = Callable[..., AppTest]


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def standin(server: StandIn) -> StandIn:
    server.reset()
    return server


@pytest.fixture
def hosted(settings: Settings, standin: StandIn) -> Settings:
    return replace(settings, replicate_token=standin.token, replicate_base=standin.base)


@pytest.fixture
def open_studio(settings: Settings) -> Iterator[Callable[[Settings], Studio]]:
    opened: list[Studio] = []

    def opens(wanted: Settings) -> Studio:
        for before in opened:
            before.close()
        opened[:] = [Studio(wanted)]
        share(opened[0])
        return opened[0]

    yield opens
    share(None)
    for studio in opened:
        studio.close()


@pytest.fixture
def studio(open_studio: Callable[[Settings], Studio], hosted: Settings) -> Studio:
    return open_studio(hosted)


def create(**query: str) -> AppTest:
    test = AppTest.from_file(SHELL, default_timeout=20)
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def typed(test: AppTest, label: str, value: str) -> AppTest:
    return next(field for field in test.text_input if field.label == label).set_value(value).run()


def shown(test: AppTest) -> str:
    """The id of the model that the form is for."""
    return str(test.selectbox[0].value)


def asked(standin: StandIn) -> dict[str, int]:
    return {name: count for name, count in standin.report()["requests"].items() if name.startswith("api:")}


def tab(test: AppTest, name: str) -> AppTest:
    test.session_state["browser_tab"] = name
    return test.run()


def test_a_model_is_picked_by_its_name(studio: Studio, standin: StandIn) -> None:
    test = press(create(), "Change model")
    test = typed(test, "Model by its name or address", f"https://replicate.com/{SWIFT}/examples")
    assert not test.exception
    assert shown(test) == SWIFT
    assert test.query_params["model"] == SWIFT
    assert "How many" in {group.label for group in test.get("button_group")}
    assert "Output format" in {group.label for group in test.get("button_group")}
    assert [node.proto.component_name for node in test.get("bidi_component")].count("studio_models") == 0, "it closed"
    head = component(test, "model").proto.json
    assert '"runs": "48.2M runs"' in head
    assert "/covers/atelier/swift-still.webp" in head
    assert shown(create()) == SWIFT, "the next session begins with the model picked last"


def test_an_address_leads_to_a_model_that_is_looked_up_once(studio: Studio, standin: StandIn) -> None:
    test = create(model=GRAND)
    assert shown(test) == GRAND
    assert '"official": true' in component(test, "model").proto.json
    test = press(test.run().run(), "Generate")
    assert "Write a prompt first" in test.error[0].value
    assert asked(standin) == {"api:model": 1}


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("nobody/nothing", "Replicate has no model 'nobody/nothing'"),
        ("junk", "'junk' names no owner"),
        (f"{SWIFT}:{'0' * 64}", "or it is not yours to see"),
        ("<script>alert(1)</script>", "is no model's name"),
        ("../..", "is no model's name"),
        ("sketch/nothing", "There is no model"),
    ],
)
def test_a_model_that_cannot_be_shown_gives_way(studio: Studio, standin: StandIn, model: str, sentence: str) -> None:
    test = create(model=model)
    assert not test.exception
    assert shown(test) == "sketch/still"
    assert sentence.replace("<", "\\<") in test.warning[0].value
    before = asked(standin)
    assert shown(test.run()) == "sketch/still"
    assert asked(standin) == before, "it is not asked for again and again"


def test_the_last_model_stays_when_another_cannot_be_shown(studio: Studio) -> None:
    test = create(model=SWIFT)
    test.query_params["model"] = "nobody/nothing"
    assert shown(test.run()) == SWIFT
    test.query_params["model"] = GRAND
    assert shown(test.run()) == GRAND
    assert not test.warning


def test_another_try_may_succeed(studio: Studio, standin: StandIn) -> None:
    standin.fault("status", status=503, form="html")
    test = create(model=SWIFT)
    assert "cannot be reached just now" in test.warning[0].value
    test = press(test, "Try again")
    assert shown(test) == SWIFT
    assert not test.warning


def test_without_a_token_nobody_is_asked(
    open_studio: Callable[[Settings], Studio], hosted: Settings, standin: StandIn
) -> None:
    studio = open_studio(replace(hosted, replicate_token=""))
    test = create(model=SWIFT)
    assert shown(test) == "sketch/still"
    assert "needs a Replicate token" in words(test)
    test = press(test, "Change model")
    for name in ("yours", "groups", "search"):
        test = tab(test, name)
        assert not test.exception
        assert "Make a token at" in words(test)
        assert "REPLICATE_API_TOKEN" in words(test)
        assert "make standin" in words(test)
    test.text_area[0].set_value("hills")
    press(test, "Generate")
    assert [row["model"] for row in jobs.recent(studio.database)] == ["sketch/still"]
    assert asked(standin) == {}


def test_what_was_looked_up_is_there_when_the_provider_is_not(
    open_studio: Callable[[Settings], Studio], hosted: Settings, standin: StandIn
) -> None:
    open_studio(hosted)
    test = tab(press(create(model=SWIFT), "Change model"), "groups")
    assert "Generate images" in component(test, "groups").proto.json
    assert GRAND in component(test, "models").proto.json
    away = f"http://127.0.0.1:{free_port()}"
    open_studio(replace(hosted, replicate_base=away))
    test = tab(press(create(model=SWIFT), "Change model"), "groups")
    assert shown(test) == SWIFT
    assert GRAND in component(test, "models").proto.json
    test = typed(tab(test, "search"), "Search for models", "film")
    assert "cannot be reached just now" in test.warning[0].value
    assert "Try again" in [button.label for button in test.button]


@pytest.mark.parametrize(
    ("mood", "sentence"),
    [
        ({"kind": "unauthenticated"}, "does not accept the token"),
        ({"kind": "throttle", "seconds": 7}, "Wait 7 s, then try again."),
        ({"kind": "garbage"}, "cannot be reached just now"),
    ],
)
def test_a_search_that_fails_says_so_once(
    studio: Studio, standin: StandIn, mood: dict[str, Any], sentence: str
) -> None:
    standin.fault(mood.pop("kind"), times=None, **mood)
    test = tab(press(create(), "Change model"), "search")
    test = typed(test, "Search for models", "film")
    assert not test.exception
    assert sentence in test.warning[0].value
    before = asked(standin)
    test = test.run()
    assert sentence in test.warning[0].value
    assert asked(standin) == before
    standin.clear()
    assert "lumen/moving-picture" in component(press(test, "Try again"), "models").proto.json


def test_a_search_shows_cards_and_is_asked_once(studio: Studio, standin: StandIn) -> None:
    test = typed(tab(press(create(), "Change model"), "search"), "Search for models", "film")
    assert "lumen/moving-picture" in component(test.run(), "models").proto.json
    assert asked(standin)["api:search"] == 1
    test = typed(test, "Search for models", "xyzzy")
    assert "No model fits these words" in words(test)


def test_kinds_appear_with_their_models(studio: Studio) -> None:
    def kinds(test: AppTest) -> list[str]:
        group = next(group for group in test.get("button_group") if group.label == "Kind")
        return [option.content for option in group.proto.options]

    assert kinds(create()) == ["Image", "Video"]
    for model, kind in (("resonance/tune", "Audio"), ("quill/letters", "Text")):
        assert kinds(create(model=model)) == ["Image", "Video", kind]


def put_price(studio: Studio, model: str, unit: str, usd: float) -> None:
    with studio.database.write() as connection:
        connection.execute(price.insert().values(model=model, unit=unit, usd=usd, dated="2026-11-01", note=""))


def test_the_price_stands_beside_generate(studio: Studio) -> None:
    assert "Price" not in words(create())
    test = create(model=SWIFT)
    assert "Price unknown - add it on Settings." in words(test)
    put_price(studio, SWIFT, "image", 0.012)
    assert "About \\$0.012." in words(test.run())
    test.session_state["n"] = 4
    assert "About \\$0.012 each, \\$0.048 for 4." in words(test.run())
    assert '"price": "about $0.012"' in component(test, "model").proto.json


def test_a_run_is_given_up_after_the_minutes_asked_for(studio: Studio) -> None:
    assert "give_up_after" not in [number.key for number in create().number_input]
    test = create(model=SWIFT)
    test.text_area[0].set_value("hills")
    test.number_input(key="give_up_after").set_value(0.05)
    test = press(test, "Generate")
    assert [error.value for error in test.error] == ["Give up after must be from 5 seconds to 24 hours."]
    test.number_input(key="give_up_after").set_value(2.5)
    test = press(test, "Generate")
    assert not test.error
    assert jobs.run_of(studio.database, 1).cancel_after == 150


def refuse(studio: Studio, fields: dict[str, str]) -> None:
    """The next run ends as the provider refuses it."""
    claim = jobs.claim(studio.database, "tests", datetime.now(UTC))
    assert claim is not None
    jobs.fail(studio.database, claim, InvalidInput(fields), datetime.now(UTC))


def test_what_the_provider_refuses_stands_at_its_field(studio: Studio) -> None:
    test = create(model=NUMBERS)
    test.text_area[0].set_value("hills")
    test.session_state["n"] = 2
    test = press(test, "Generate")
    refuse(studio, {"prompt": "The prompt is too daring.", "": "Try another model."})
    test = test.run()
    assert [error.value for error in test.error] == ["The prompt is too daring.", "Try another model."]
    assert [toast.value for toast in test.toast] == ["The prompt is too daring. Try another model."]
    refuse(studio, {"prompt": "The prompt is too daring."})
    test = test.run()
    assert [toast.value for toast in test.toast] == ["The prompt is too daring."]
    test.text_area[0].set_value("quiet hills")
    test = test.run()
    assert "The prompt is too daring." not in [error.value for error in test.error]
    assert not test.toast, "each run is told of once"


def make(studio: Studio, model: str, **values: Any) -> int:
    return studio.generate(model, {"prompt": "hills", **values}, now=datetime.now(UTC))[0]


def with_recipe(studio: Studio, generation_id: int, **query: str) -> AppTest:
    test = create(**query)
    test.session_state["recipe_to_use"] = jobs.run_of(studio.database, generation_id)
    return test.run()


def test_a_hosted_recipe_comes_back_without_the_provider(
    open_studio: Callable[[Settings], Studio], hosted: Settings
) -> None:
    number = make(open_studio(hosted), SWIFT, seed=41, aspect_ratio="9:16", num_outputs=3)
    studio = open_studio(replace(hosted, replicate_base=f"http://127.0.0.1:{free_port()}"))
    test = with_recipe(studio, number, model="sketch/clip")
    assert not test.exception
    assert shown(test) == SWIFT
    assert test.text_area[0].value == "hills"
    assert test.number_input[0].value == 41
    press(test, "Generate")
    again, first = jobs.run_of(studio.database, number + 1), jobs.run_of(studio.database, number)
    assert (again.model, again.version, again.request) == (first.model, first.version, first.request)


def test_a_recipe_of_an_older_version_opens_that_version(studio: Studio) -> None:
    older = everything()[SWIFT].version_ids[1]
    assert studio.catalogue.describe_run(SWIFT, HEX, now=datetime.now(UTC)).id == SWIFT
    described = studio.catalogue.describe_run(SWIFT, older, now=datetime.now(UTC))
    assert (described.id, described.version) == (f"{SWIFT}:{older}", older)


def test_a_recipe_whose_model_is_gone_is_told(studio: Studio) -> None:
    number = make(studio, SWIFT)
    run = replace(jobs.run_of(studio.database, number), model="nobody/nothing")
    test = create()
    test.session_state["recipe_to_use"] = run
    test = test.run()
    assert not test.exception
    assert "has no model 'nobody/nothing'" in test.toast[0].value
    assert shown(test) in (SWIFT, "sketch/still")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (SWIFT, SWIFT),
        (f"  '{SWIFT}' ", SWIFT),
        (f"{SWIFT}:{HEX}", f"{SWIFT}:{HEX}"),
        (f"{SWIFT}:latest", SWIFT),
        (f"https://replicate.com/{SWIFT}", SWIFT),
        (f"http://www.replicate.com/{SWIFT}/?tab=api#input", SWIFT),
        (f"replicate.com/{SWIFT}/versions/{HEX}", f"{SWIFT}:{HEX}"),
        (f"https://replicate.com/{SWIFT}:{HEX}", f"{SWIFT}:{HEX}"),
        (f"https://replicate.com/{SWIFT}/examples#x", SWIFT),
        (f"https://api.replicate.com/v1/models/{SWIFT}/predictions", SWIFT),
        (f"r8.im/{SWIFT}@sha256:{HEX}", f"{SWIFT}:{HEX}"),
    ],
)
def test_names_are_read_as_people_paste_them(text: str, name: str) -> None:
    assert pasted(text) == name


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write owner/name"),
        ("flux", "names no owner"),
        ("a fast painter", "names no owner"),
        (HEX, "a version alone"),
        (f"{SWIFT}:abc", "'abc' is no version"),
        ("https://example.com/owner/name", "'example.com' is not replicate.com"),
        ("https://replicate.com.evil.example/a/b", "is not replicate.com"),
        ("https://replicate.com/collections/text-to-image", "address of a collection"),
        ("https://replicate.com/p/abcdef", "address of a run"),
        ("https://replicate.com/explore", "leads to no model"),
        ("https://replicate.com/docs/reference", "leads to no model"),
        ("https://[", "leads to no model"),
        ("a/../b", "no model's name"),
        ("../name", "no model's name"),
        ("owner/näme", "no model's name"),
    ],
)
def test_what_is_wrong_with_a_name_is_explained(text: str, sentence: str) -> None:
    with pytest.raises(UnknownModel, match=re.escape(sentence)):
        pasted(text)


def test_a_built_in_model_goes_by_its_name(studio: Studio) -> None:
    assert studio.catalogue.named(" sketch/clip ") == "sketch/clip"
