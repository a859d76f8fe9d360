"""The Settings page by AppTest, against a real studio and the stand-in, and once in a real browser."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from core import Settings, Studio, intents, jobs, prices, suggestions
from core.jobs import Run
from core.preferences import Preferences, preferences
from core.prices import Price
from core.studio import share
from core.upgrade.report import REPORT, put
from tests.browser import DESKTOP, PHONE, chromium, window
from tests.serving import Server
from tests.standin import StandIn
from tests.test_pages import SHELL, press, words

TODAY = datetime.now(UTC).date()
CANARY = "r8_canaryQ7vXk2MZp9LwT4sBnE6uYc1dHgFjRa"
Page = Callable[..., AppTest]
Row = tuple[Any, ...]


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    share(studio)

    def opened(section: str = "account") -> AppTest:
        test = AppTest.from_file(SHELL, default_timeout=30)
        test.session_state["section"] = section
        return test.run().switch_page("settings.py").run()

    yield opened
    share(None)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(token=CANARY) as running:
        yield running


@pytest.fixture
def hosted(page: Page, settings: Settings, standin: StandIn) -> Iterator[Studio]:
    """A studio with a token, in place of the one without."""
    delivery = standin.delivery.removeprefix("http://")
    with_token = replace(settings, replicate_token=CANARY, replicate_base=standin.base, local_deliveries=(delivery,))
    studio = Studio(replace(with_token, database=settings.database.with_name("hosted.db")))
    share(studio)
    yield studio
    studio.close()


def everything(test: AppTest) -> str:
    """All that a page sends to the browser."""
    return "\n".join(str(node.proto) for node in test._tree if getattr(node, "proto", None) is not None)


def typed(*rows: Row) -> dict[str, list[Any]]:
    """(model, dollars, unit, condition, day) as the editor gives them."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = ("Model", "US dollars", "Per", "Condition", "As of")
    return dict(zip(names, columns, strict=True)) | {"Note": [None] * len(rows), "Age": [None] * len(rows)}


def shown(test: AppTest) -> Any:
    """The price editor's table."""
    (editor,) = test.dataframe
    return editor.value


def test_without_a_token_three_steps_help(page: Page) -> None:
    test = page()
    assert not test.exception
    assert test.title[0].value == "Settings"
    assert "No token" in everything(test)
    steps = next(element.value for element in test.markdown if "REPLICATE_API_TOKEN" in element.value)
    assert re.findall(r"^\d\.", steps, re.MULTILINE) == ["1.", "2.", "3."]
    assert "secrets.toml" in steps
    assert "make standin" in steps
    assert [button.label for button in test.button] == []


def test_the_token_is_checked_and_never_shown(page: Page, hosted: Studio, standin: StandIn) -> None:
    test = press(page(), "Check the token")
    assert "belongs to **standin**" in test.success[0].value
    told = everything(test) + "".join(everything(page(section)) for section in ("prices", "spending", "limits"))
    assert [piece for piece in (CANARY, CANARY[:8], CANARY[-6:], CANARY[10:16]) if piece in told] == []
    assert standin.base in told
    assert "Stand-in" in told


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"kind": "unauthenticated"}, "Replicate does not accept the token."),
        ({"kind": "status", "status": 503}, "Replicate cannot be reached just now."),
        ({"kind": "status", "status": 403}, "Replicate refuses the request (403)"),
        ({"kind": "garbage"}, "Replicate cannot be reached just now."),
        ({"kind": "throttle", "seconds": 7}, "Replicate asks for a pause"),
    ],
)
def test_each_refusal_has_its_sentence(
    page: Page, hosted: Studio, standin: StandIn, fault: dict[str, Any], sentence: str
) -> None:
    standin.fault(**fault, route="account")
    test = press(page(), "Check the token")
    assert test.error[0].value.startswith(sentence)
    assert CANARY not in everything(test)


def test_another_address_is_marked(page: Page, settings: Settings) -> None:
    for address, mark in (("https://relay.example", "Another address"), (Settings.replicate_base, "")):
        elsewhere = replace(settings, replicate_token=CANARY, replicate_base=address)
        studio = Studio(replace(elsewhere, database=settings.database.with_name("other.db")))
        share(studio)
        told = everything(page())
        assert address in told
        assert ("Another address" in told) == bool(mark)
        studio.close()


def test_webhooks_are_off_or_tell_when_the_last_one_came(page: Page, settings: Settings) -> None:
    assert "STUDIO_PUBLIC_URL" in words(page())
    public = replace(settings, public_url="https://studio.example", database=settings.database.with_name("other.db"))
    studio = Studio(public)
    share(studio)
    test = page()
    assert test.code[0].value == "https://studio.example/api/webhooks/replicate"
    assert "No message has come" in words(test)
    studio.webhooks.last_at = datetime.now(UTC) - timedelta(minutes=5)
    assert "5 minutes ago" in words(page())
    studio.close()


def test_a_file_of_the_earlier_system_keeps_its_report(page: Page, studio: Studio) -> None:
    assert not page("limits").expander
    with studio.database.write() as connection:
        put(connection, REPORT, json.dumps({"lines": ["Damaged: 1 row (video 2).", "*Not* [markup](x)"]}))
    (report,) = page("limits").expander
    assert report.label == "This file came from the earlier system"
    assert r"- Damaged: 1 row (video 2)" in report.markdown[0].value
    assert "\\*Not\\*" in report.markdown[0].value


def test_places_and_limits_name_their_variable(page: Page, studio: Studio) -> None:
    told = "\n".join(element.value for element in page("limits").html)
    assert str(studio.database.path) in told
    assert str(studio.scratch.folder) in told
    variables = re.findall(r"<code>([A-Z_]+)</code>", told)
    assert {"STUDIO_DATABASE", "TMPDIR", "STUDIO_ALLOWED_HOSTS", "STUDIO_HOSTED_CONCURRENCY"} <= set(variables)
    assert "10,000 characters" in told
    assert "32 MiB" in told.replace("32.0", "32")


# --- prices


def test_the_price_table_shows_what_is_kept(page: Page, studio: Studio) -> None:
    old = TODAY - timedelta(days=91)
    rows = [Price("a/b", "image", 0.003, TODAY.isoformat()), Price("c/d", "run", 0.5, old.isoformat(), "x=1", "note")]
    prices.save(studio.database, rows, today=TODAY)
    test = page("prices")
    assert not test.exception
    table = shown(test)
    assert list(table["Model"]) == ["a/b", "c/d"]
    assert list(table["US dollars"]) == [0.003, 0.5]
    assert list(table["Condition"]) == ["", "x=1"]
    assert list(table["Age"]) == ["", "old"]
    assert "`c/d`" in test.warning[0].value
    assert "Undo changes" not in [button.label for button in test.button]


def test_an_empty_table_has_a_row_to_type_in(page: Page) -> None:
    test = page("prices")
    assert not test.exception
    assert list(shown(test)["Model"]) == [""]
    assert not press(test, "Save").exception


def test_what_was_typed_is_kept_tidied(page: Page, studio: Studio) -> None:
    test = page("prices")
    rows = [("Atelier/Swift-Still", 0.003, "image", None, TODAY), (None, None, None, None, None)]
    test.session_state["prices_typed"] = typed(*rows)
    test = press(press_elsewhere(test), "Save")
    assert prices.table(studio.database) == [Price("atelier/swift-still", "image", 0.003, TODAY.isoformat())]
    assert "1 price is kept" in test.toast[0].value
    assert list(shown(test)["Model"]) == ["atelier/swift-still"]


def press_elsewhere(test: AppTest) -> AppTest:
    """Away from the prices and back, with what was typed."""
    test.session_state["section"] = "account"
    draft = test.session_state["prices_typed"]
    test.run()
    test.session_state["section"] = "prices"
    test.session_state["prices_typed"] = draft
    return test.run()


def test_wrong_rows_are_told_and_nothing_typed_is_lost(page: Page, studio: Studio) -> None:
    prices.save(studio.database, [Price("a/b", "run", 1, TODAY.isoformat())], today=TODAY)
    test = page("prices")
    rows: list[Row] = [
        ("a/b", 2.0, "run", "", TODAY),
        ("no model", 0.1, "image", "", TODAY),
        ("c/d", None, "image", "", TODAY),
        ("e/f", 0.1, None, "", TODAY),
        ("g/h", 0.1, "run", "loud", TODAY),
        ("i/j", 0.1, "run", "", None),
    ]
    test.session_state["prices_typed"] = typed(*rows)
    test = press(press_elsewhere(test), "Save")
    assert [error.value[:6] for error in test.error] == [f"Row {number}:" for number in (2, 3, 4, 5, 6)]
    assert list(shown(test)["Model"]) == [row[0] for row in rows]
    assert [row.usd for row in prices.table(studio.database)] == [1]
    test = press(test, "Undo changes")
    assert list(shown(test)["Model"]) == ["a/b"]
    assert not test.error


def test_all_rows_may_go(page: Page, studio: Studio) -> None:
    prices.save(studio.database, [Price("a/b", "run", 1, TODAY.isoformat())], today=TODAY)
    test = page("prices")
    test.session_state["prices_typed"] = {name: [] for name in typed(("a/b", 1, "run", "", TODAY))}
    test = press(press_elsewhere(test), "Save")
    assert not test.exception
    assert prices.table(studio.database) == []


def test_a_condition_is_checked_against_the_models_inputs(page: Page, hosted: Studio) -> None:
    hosted.describe("atelier/grand-still")
    test = page("prices")
    test.session_state["prices_typed"] = typed(("atelier/grand-still", 0.1, "image", "resolution=9 MP", TODAY))
    test = press(press_elsewhere(test), "Save")
    assert test.error[0].value.endswith("it is one of 1 MP, 2 MP.")


def test_a_suggested_price_is_taken_over_by_a_person_alone(page: Page, studio: Studio) -> None:
    wanted = suggestions.suggested()[0]
    test = page("prices")
    assert wanted.model in test.selectbox[0].options
    test = test.selectbox[0].set_value(wanted.model).run()
    assert any(wanted.dated in caption.value for caption in test.caption)
    test = press(test, "Add suggested price")
    assert list(shown(test)["US dollars"]) == [wanted.usd]
    assert prices.table(studio.database) == []
    press(test, "Save")
    assert prices.table(studio.database) == [wanted]


def test_a_model_that_was_used_is_offered(page: Page, hosted: Studio, now: datetime) -> None:
    hosted.catalogue.describe("lumen/moving-picture", now=now)
    hosted.catalogue.use("lumen/moving-picture", now)
    test = page("prices")
    assert "lumen/moving-picture" in test.selectbox[0].options
    test = press(test.selectbox[0].set_value("lumen/moving-picture").run(), "Add a price")
    assert list(shown(test)["Per"]) == ["video second"]
    assert press(test, "Save").error[0].value.startswith("Row 1: write the price of lumen/moving-picture")


# --- spending


def test_spending_tells_known_estimated_and_unknown(page: Page, studio: Studio) -> None:
    now = datetime.now(UTC)
    prices.save(studio.database, [Price("a/b", "run", 1.25, TODAY.isoformat())], today=TODAY)
    for model in ("a/b", "c/d"):
        jobs.enqueue(studio.database, "batch", [Run("replicate", model, "1", "image", {}, None, {})], now)
        claim = jobs.claim(studio.database, "tests", now)
        assert claim is not None
        intents.intend(studio.database, claim, now)
    studio.prefer(Preferences(budget_day=5), now=now)
    test = page("spending")
    assert not test.exception
    assert [metric.value for metric in test.metric] == ["about $1.25", "about $1.25", "1"]
    assert [metric.delta for metric in test.metric][:2] == ["of $5.00", "no budget"]
    assert "1 without a price" in test.html[0].value
    assert test.html[0].value.count("<div title=") == 30


def test_nothing_spent_says_so(page: Page) -> None:
    test = page("spending")
    assert [metric.value for metric in test.metric] == ["$0.00", "$0.00", "0"]
    assert "Nothing went out" in words(test)


def test_preferences_are_saved_and_survive_a_restart(page: Page, studio: Studio, settings: Settings) -> None:
    test = page("spending")
    assert preferences(studio.database) == Preferences()
    day, month, after = test.number_input
    day.set_value(2.5)
    month.set_value(20.0)
    after.set_value(300)
    test.segmented_control[1].set_value(2)
    test = press(test, "Save")
    assert test.toast[0].value.startswith("Saved.")
    wanted = Preferences(2.5, 20.0, 2, 300)
    assert preferences(studio.database) == wanted
    studio.close()
    again = Studio(settings)
    share(again)
    assert preferences(again.database) == wanted
    test = page("spending")
    assert [field.value for field in test.number_input] == [2.5, 20.0, 300]
    test.number_input[0].set_value(None)
    press(test, "Save")
    assert preferences(again.database) == replace(wanted, budget_day=None)
    again.close()


def test_wrong_preferences_are_told_and_kept_in_the_form(page: Page, studio: Studio) -> None:
    test = page("spending")
    test.number_input[0].set_value(-1.0)
    test.number_input[2].set_value(2)
    test = press(test, "Save")
    assert [error.value.split(" must")[0] for error in test.error] == ["Budget a day", "Give up after, in seconds,"]
    assert [test.number_input[0].value, test.number_input[2].value] == [-1.0, 2]
    assert preferences(studio.database) == Preferences()


def type_price(page: BrowserPage, words: str) -> None:
    """Type into the first row's cell below "US dollars"; the grid is one canvas."""
    editor = page.locator("#portal input")
    for _ in range(10):
        box = page.get_by_test_id("stDataFrame").bounding_box()
        assert box is not None
        page.mouse.dblclick(box["x"] + 300, box["y"] + 52)
        with suppress(AssertionError):  # the grid was being drawn anew
            expect(editor).to_be_visible(timeout=1000)
            break
    editor.fill(words)
    editor.press("Enter")


def test_a_person_sets_a_price_and_a_budget(tmp_path: Path) -> None:
    with StandIn() as standin, chromium() as browser:
        server = Server(
            tmp_path,
            REPLICATE_API_TOKEN=standin.token,
            REPLICATE_BASE_URL=standin.base,
            STUDIO_DELIVERY_HOSTS=standin.delivery.removeprefix("http://"),
        )
        with server, window(browser, size=DESKTOP) as page:
            page.goto(f"{server.url}/settings")
            page.get_by_role("button", name="Check the token").click()
            expect(page.get_by_text("The token is good")).to_be_visible()
            page.get_by_text("Prices", exact=True).click()
            model = page.get_by_role("combobox")
            model.fill("atelier/swift-still")
            model.press("Enter")
            page.get_by_role("button", name="Add a price").click()
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_text("Row 1: write the price of atelier/swift-still")).to_be_visible()
            type_price(page, "0.003")
            expect(page.get_by_text("Row 1: write")).to_be_hidden()
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_text("1 price is kept.")).to_be_visible()
            page.get_by_text("Spending", exact=True).click()
            budget = page.get_by_role("spinbutton", name="Budget a day")
            budget.fill("0.5")
            budget.press("Tab")
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_text("Saved.")).to_be_visible()
            page.reload()
            expect(budget).to_have_value("0.50")
            expect(page.get_by_test_id("stMetric").first).to_contain_text("of $0.50")
            page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
