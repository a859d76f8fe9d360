"""The Library page by AppTest: search, filters, order, views, marks with undo, trash; all of it in the address."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core import Studio, jobs, library, marks, tags, trash, views
from core.models import generation
from core.search import Query
from core.studio import Upload, share
from tests.factories import add, picture, run

SHELL = str(Path(__file__).resolve().parents[1] / "pages" / "_shell.py")
Page = Callable[..., AppTest]


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    share(studio)

    def opened(**query: str | list[str]) -> AppTest:
        test = AppTest.from_file(SHELL, default_timeout=20)
        for key, value in query.items():
            test.query_params[key] = value
        test.run()
        test.switch_page("library.py")
        for key, value in query.items():  # a change of page takes them away
            test.query_params[key] = value
        return test.run()

    yield opened
    share(None)


@pytest.fixture
def items(studio: Studio, now: datetime) -> list[int]:
    """Five pictures, a hill each, and a clip of the sea."""
    hills = [add(studio.database, now, b"x" * (n + 1), prompt=f"hill number {n}") for n in range(5)]
    return [*hills, add(studio.database, now, kind="video", prompt="waves of the sea")]


def data(test: AppTest) -> Any:
    """What the gallery was given."""
    assert not test.exception
    (found,) = [node for node in test.get("bidi_component") if node.proto.component_name == "studio_gallery"]
    return json.loads(found.proto.json)


def shown(test: AppTest) -> list[int]:
    return [tile[0] for tile in data(test)["tiles"]]


def asked(test: AppTest) -> dict[str, str]:
    """The parameters of the address, each of which is there once."""
    found = {name: test.query_params[name] for name in test.query_params}
    return {name: value if isinstance(value, str) else "|".join(value) for name, value in found.items()}


def said(test: AppTest) -> str:
    return str(data(test)["said"][1])


def words(test: AppTest) -> str:
    return "\n".join(element.value for element in (*test.title, *test.header, *test.markdown, *test.caption))


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


def labels(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def wish(test: AppTest, *wanted: list[Any]) -> AppTest:
    """As the browser sends it: [number, act, ids, value], counted from what was heard."""
    given = data(test)
    listed = [[given["heard"] + place, *each] for place, each in enumerate(wanted, start=1)]
    test.session_state["gallery"] = {"wishes": {"token": given["token"], "list": listed}}
    return test.run()


def failed_run(studio: Studio, now: datetime) -> int:
    (made,) = jobs.enqueue(studio.database, "batch", [run(prompt="a ship")], now)
    with studio.database.write() as connection:
        connection.execute(update(generation).values(status="failed", error="No memory was left.").where(
            generation.c.id == made))  # fmt: skip
    return made


# What is shown


def test_newest_first(page: Page, items: list[int]) -> None:
    test = page()
    assert shown(test) == items[::-1]
    assert "6 items" in words(test)


def test_an_empty_library_leads_to_create(page: Page) -> None:
    test = page()
    assert "No pictures or videos here yet" in words(test)
    assert press(test, "Create something").title[0].value == "Create"
    assert press(page(), "Bring in what you have").header[0].value == "Import"


def test_pages_are_turned_by_key(page: Page, studio: Studio, now: datetime) -> None:
    made = [add(studio.database, now, b"x", prompt=f"number {n}") for n in range(61)]
    test = page()
    assert "Previous page" not in labels(test)
    test = press(test, "Next page")
    assert shown(test) == made[:1]
    assert asked(test)["following"] == str(made[1])
    assert "Next page" not in labels(test)
    assert shown(press(test, "Previous page")) == made[:0:-1]


@pytest.mark.parametrize(
    "key", [{"following": "1"}, {"preceding": "999999"}, {"following": "no"}, {"at": "77"}, {"at": "x"}]
)
def test_an_address_from_another_time_shows_the_first_page(page: Page, items: list[int], key: dict[str, str]) -> None:
    assert shown(page(**key)) == items[::-1]


def test_one_comes_back_to_the_page_of_an_item(page: Page, studio: Studio, now: datetime) -> None:
    made = [add(studio.database, now, b"x", prompt=f"number {n}") for n in range(62)]
    test = page(at=str(made[0]))
    assert shown(test) == made[1::-1]
    assert data(test)["at"] == made[0]


# Search


def test_a_search_goes_to_the_address(page: Page, items: list[int]) -> None:
    test = page()
    test.text_input(key="search").set_value("sea").run()
    assert shown(test) == items[-1:]
    assert asked(test)["q"] == "sea"
    assert test.selectbox(key="order").value == "best"
    assert "1 item" in words(test)


def test_an_address_is_a_search(page: Page, items: list[int]) -> None:
    test = page(q='"hill number" -3', sort="oldest", kind="image")
    assert shown(test) == [each for each in items[:5] if each != items[3]]
    assert test.text_input(key="search").value == '"hill number" -3'
    assert test.selectbox(key="order").value == "oldest"


@pytest.mark.parametrize(
    "typed", ["rating:9", '"never closed', "colour:red", "size:huge", "date:2026-13", "***", "tag:"]
)
def test_what_is_not_understood_is_told_under_the_box(page: Page, items: list[int], typed: str) -> None:
    test = page(q=typed)
    notes = [caption.value for caption in test.caption if ":material/info:" in caption.value]
    assert bool(notes) == (typed != "***")
    assert not test.exception


@pytest.mark.parametrize("typed", ["' OR 1=1 --", "NEAR(", "a:b:c", "\u0000", "-", "(((", "😀" * 400])
def test_no_search_is_an_error(page: Page, items: list[int], typed: str) -> None:
    assert not page(q=typed).error


def test_examples_are_built_when_asked_for_and_tried(page: Page, items: list[int]) -> None:
    test = page()
    assert "`-night`" not in labels(test)
    test.session_state["search_help"] = True
    test = press(test.run(), "`-night`")
    assert test.text_input(key="search").value == "-night"
    assert asked(test)["q"] == "-night"


def test_nothing_found_says_what_to_loosen(page: Page, items: list[int]) -> None:
    test = page(q="submarine", kind="video")
    assert "No videos match this" in words(test)
    assert "take a filter away" in words(test)
    test = press(test, "Show everything")
    assert shown(test) == items[::-1]
    assert asked(test) == {}


# Filters


def test_filters_are_built_when_asked_for(page: Page, items: list[int]) -> None:
    test = page()
    assert not test.multiselect
    test = press(test, "Filters")
    assert {each.label for each in test.multiselect} == {
        "Kind", "Model", "Provider", "Tag", "Experiment", "Status", "Shape",
    }  # fmt: skip
    assert {each.label for each in test.selectbox} >= {"Rating", "Length", "Size"}
    assert {each.label for each in test.date_input} == {"From", "To"}


def test_a_filter_goes_to_the_address_and_can_be_taken_away(page: Page, studio: Studio, items: list[int]) -> None:
    tags.add(studio.database, items[:2], ["sea"])
    marks.rate(studio.database, items[:1], 4)
    test = press(page(), "Filters")
    test.multiselect(key="filter_tag").set_value(["sea"]).run()
    assert shown(test) == items[1::-1]
    test.selectbox(key="filter_rating").set_value(">=4").run()
    assert shown(test) == items[:1]
    assert asked(test) == {"tag": "sea", "rating": ">=4"}
    test = press(test, "Rating: 4 or more")
    assert shown(test) == items[1::-1]
    assert "rating" not in asked(test)
    assert shown(press(test, "Clear all")) == items[::-1]


def test_days_and_properties_are_filters(page: Page, studio: Studio, items: list[int], now: datetime) -> None:
    marks.favour(studio.database, items[2:3])
    test = press(page(), "Filters")
    test.date_input(key="filter_from").set_value(now.date()).run()
    assert asked(test)["date"] == f"{now.date()}.."
    test.date_input(key="filter_to").set_value(now.date()).run()
    assert asked(test)["date"] == f"{now.date()}..{now.date()}"
    assert len(shown(test)) == 6
    test.session_state["filter_properties"] = [("is", "favourite")]
    test = page(**{"is": "favourite", "date": f"{now.date()}.."})
    assert shown(test) == items[2:3]
    assert {"Favourites", f"Made: since {now.date()}"} <= {label.replace("\\", "") for label in labels(test)}


def test_the_kind_is_one_press(page: Page, items: list[int]) -> None:
    test = page()
    switch = next(group for group in test.get("button_group") if group.label == "Show")
    switch.set_value("video").run()
    assert shown(test) == items[-1:]
    assert asked(test)["kind"] == "video"


@pytest.mark.parametrize(
    ("order", "expected"),
    [("oldest", lambda i: i), ("smallest", lambda i: i[:5]), ("largest", lambda i: i[4::-1])],
)
def test_orders(page: Page, items: list[int], order: str, expected: Callable[[list[int]], list[int]]) -> None:
    test = page()
    test.selectbox(key="order").set_value(order).run()
    assert asked(test)["sort"] == order
    wanted = expected(items)
    assert [each for each in shown(test) if each in wanted] == wanted


def test_a_shuffle_is_kept_in_the_address_until_it_is_shuffled_again(page: Page, items: list[int]) -> None:
    test = page()
    test.selectbox(key="order").set_value("random").run()
    seed, found = asked(test)["seed"], shown(test)
    assert sorted(found) == sorted(items)
    assert shown(page(sort="random", seed=seed)) == found
    assert asked(press(test, ""))["seed"] != seed


def test_runs_without_a_result_have_tiles(page: Page, studio: Studio, items: list[int], now: datetime) -> None:
    made = failed_run(studio, now)
    test = page()
    assert -made not in shown(test)
    test.toggle(key="runs").set_value(True).run()
    assert asked(test)["runs"] == "too"
    assert data(test)["tiles"][0][6:] == ["failed", "No memory was left."]
    before = len(jobs.recent(studio.database))
    assert said(wish(test, ["again", [], made])) == "The run is queued again."
    assert len(jobs.recent(studio.database)) == before + 1
    assert wish(test, ["reuse", [], made]).title[0].value == "Create"


# Marks


def test_marks_are_made_once_and_undone(page: Page, studio: Studio, items: list[int]) -> None:
    test = wish(page(), ["favour", items[:2], True], ["rate", items[:1], 4])
    assert said(test) == "1 item rated 4."
    assert data(test)["marks"][-1] == [True, 4]
    marks.favour(studio.database, items[:2], False)
    assert data(test.run())["marks"][-1] == [False, 4], "a wish that was heard was carried out once more"
    test = wish(test, ["undo", [], None])
    assert said(test) == "Undone: 1 item rated 4."
    assert data(test)["marks"][-1] == [False, 0]


def test_a_wish_of_another_session_is_none(page: Page, studio: Studio, items: list[int]) -> None:
    test = page()
    test.session_state["gallery"] = {"wishes": {"token": "another", "list": [[9, "discard", items, None]]}}
    assert shown(test.run()) == items[::-1]


@pytest.mark.parametrize(
    "wrong", [[1], ["x", "rate", [1], 3], [1, "rate", ["1"], 3], [1, "rate", [-1], 3], [1, "drop", [1], 3], None]
)
def test_a_forged_wish_does_nothing(page: Page, items: list[int], wrong: Any) -> None:
    test = page()
    test.session_state["gallery"] = {"wishes": {"token": data(test)["token"], "list": [wrong]}}
    assert shown(test.run()) == items[::-1]
    assert not test.error


def test_tags_are_looked_up_given_and_taken(page: Page, studio: Studio, items: list[int]) -> None:
    tags.add(studio.database, items[:1], ["sea"])
    test = wish(page(), ["tags", items[:2], None])
    assert data(test)["tags"] == {"number": 1, "known": [["sea", 1]], "had": {"sea": 1}, "items": 2}
    test = wish(test, ["tag", items[:2], "Night  Sky"], ["tags", items[:2], None])
    assert said(test) == "2 items tagged 'night sky'."
    assert data(test)["tags"]["had"] == {"night sky": 2, "sea": 1}
    test = wish(test, ["untag", items[:2], "sea"], ["undo", [], None], ["undo", [], None])
    assert tags.of_items(studio.database, items[:2]) == {"sea": 1}
    test = wish(test, ["tag", items[:2], "a,b"])
    assert "cannot have a comma" in said(test)


def test_all_that_match_are_meant_where_no_ids_are_named(page: Page, studio: Studio, items: list[int]) -> None:
    assert said(wish(page(q="hill"), ["rate", None, 3])) == "5 items rated 3."
    assert library.item(studio.database, items[-1]).rating == 0


def test_nothing_to_undo_is_told(page: Page, items: list[int]) -> None:
    assert said(wish(page(), ["undo", [], None])) == "There is nothing to undo."


def test_a_selection_can_be_varied(page: Page, studio: Studio, items: list[int]) -> None:
    assert said(wish(page(), ["vary", items[:2], None])) == "2 runs started."
    assert len(jobs.recent(studio.database)) == len(items) + 2


def test_too_many_to_vary_or_compare_are_told(page: Page, studio: Studio, items: list[int], now: datetime) -> None:
    brought = studio.upload(Upload("hill.png", picture()), now=now)
    assert said(wish(page(), ["vary", [brought], None])) == "Uploads have no recipe to vary."
    assert said(wish(page(), ["compare", items, None])) == "Select 2 to 4 items to compare."
    assert "Choose up to" in said(wish(page(), ["vary", items * 20, None]))


def test_an_item_is_opened_with_what_it_was_found_with(page: Page, items: list[int]) -> None:
    test = wish(page(q="hill", sort="oldest"), ["open", items[:1], None])
    assert test.title[0].value == f"Image {items[0]}"
    assert asked(test) == {"id": str(items[0]), "q": "hill", "sort": "oldest"}


def test_tags_are_renamed_merged_and_deleted(page: Page, studio: Studio, items: list[int]) -> None:
    tags.add(studio.database, items[:2], ["see"])
    tags.add(studio.database, items[2:3], ["sea"])
    test = page()
    test.session_state["tags"] = True
    test.run().selectbox(key="managed_tag").set_value("see").run()
    test.text_input(key="new_tag").set_value("sea")
    test = press(test, "Rename")
    assert "merged into 'sea'" in said(test)
    assert tags.of_items(studio.database, items) == {"sea": 3}
    trash.discard(studio.database, items[:1], datetime.fromisoformat("2026-11-22T10:00:00+00:00"))
    test = press(test, "Delete tag")
    assert tags.of_items(studio.database, items) == {}
    wish(test, ["undo", [], None])
    assert tags.of_items(studio.database, items) == {"sea": 3}


# Views


def test_a_view_is_saved_opened_renamed_and_deleted_with_undo(page: Page, studio: Studio, items: list[int]) -> None:
    test = page(q="hill", sort="oldest")
    test.session_state["views"] = True
    test.run().text_input(key="view_name").set_value("Hills")
    test = press(test, "Save")
    assert said(test) == "Saved as 'Hills'."
    test = press(press(test, "Save"), "Hills")
    assert asked(test)["q"] == "hill"
    test.button(key="rename_0").click().run()
    test.text_input(key="new_view_name").set_value("All hills")
    test = press(test, "Rename")
    assert [view.name for view in views.views(studio.database)] == ["All hills"]
    test.button(key="forget_0").click().run()
    assert views.views(studio.database) == []
    wish(test, ["undo", [], None])
    assert [(view.name, view.query) for view in views.views(studio.database)] == [
        ("All hills", Query("hill", order="oldest"))
    ]


def test_a_view_with_a_name_that_is_taken_can_be_replaced(page: Page, studio: Studio, items: list[int]) -> None:
    views.save(studio.database, "Hills", Query("hill"))
    test = page(kind="video")
    test.session_state["views"] = True
    test.run().text_input(key="view_name").set_value("hills")
    test = press(test, "Save")
    assert "already" in test.error[0].value
    press(test, "Replace that view")
    assert views.views(studio.database)[0].query == Query(filters=(("kind", "video"),))


# Trash


def test_what_is_deleted_waits_in_the_trash(page: Page, items: list[int]) -> None:
    test = wish(page(), ["discard", items[:2], None])
    assert said(test) == "2 items moved to the trash."
    assert shown(test) == items[:1:-1]
    test = press(test, "Trash (2)")
    assert test.title[0].value == "Trash"
    assert sorted(shown(test)) == items[:2]
    assert data(test)["trash"] is True
    test = wish(test, ["restore", items[:1], None])
    assert shown(test) == items[1:2]
    test = press(test, "Back to the library")
    assert items[0] in shown(test)
    assert len(shown(wish(test, ["undo", [], None], ["undo", [], None]))) == 6


def test_deleting_for_ever_asks_first(page: Page, studio: Studio, items: list[int], now: datetime) -> None:
    trash.discard(studio.database, items[:3], now)
    test = wish(page(trash="1"), ["delete", items[1:3], None])
    assert "**2 items** (5 Bytes) are deleted" in words(test)
    assert trash.holds(studio.database).number == 3
    test = press(test, "Keep")
    assert trash.holds(studio.database).number == 3
    test = press(wish(test, ["delete", items[1:3], None]), "Delete for ever")
    assert shown(test) == items[:1]
    assert said(test) == "2 items deleted for ever, 5 Bytes."
    assert data(test)["said"][2] is False


def test_a_forged_delete_spares_what_is_not_in_the_trash(page: Page, studio: Studio, items: list[int]) -> None:
    test = wish(page(), ["delete", items[:1], None])
    press(test, "Delete for ever")
    assert library.item(studio.database, items[0]).id == items[0]


def test_the_trash_is_emptied_after_a_question(page: Page, studio: Studio, items: list[int], now: datetime) -> None:
    trash.discard(studio.database, items, now)
    test = press(page(trash="1"), "Empty the trash")
    assert "**6 items**" in words(test)
    assert trash.holds(studio.database).number == 6
    test.button(key="for_ever").click().run()
    assert trash.holds(studio.database).number == 0
    assert "The trash is empty" in words(test)
