"""The Storage page's rules by AppTest, against a real studio."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import Studio, compaction, deletions, library, marks, retention, search, trash
from core.retention import Protections, Rule
from core.search import Query
from tests.factories import add
from tests.sections import Page, storage_at
from tests.test_pages import component, press, words

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=9)


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    retention.protect(studio.database, Protections(None, (), False, 0))
    with storage_at(studio, "rules") as opened:
        yield opened


def labels(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def pictures(test: AppTest) -> str:
    return "\n".join(element.value for element in test.html)


def test_without_rules_nothing_goes_by_itself(page: Page) -> None:
    test = page()
    assert not test.exception
    assert "Nothing goes by itself" in words(test)
    assert "Nothing was ever deleted" in words(test)
    assert next(button for button in test.button if button.label == "Give it back").disabled is True


def test_a_rule_is_written_and_what_is_wrong_is_told(page: Page, studio: Studio) -> None:
    test = press(page(), "New rule")
    test.text_input(key="rule-name").set_value("Old drafts")
    test = press(test, "Save the rule")
    assert "at least one condition" in test.error[0].value
    assert retention.policies(studio.database) == []
    test.number_input(key="rule-days").set_value(30)
    test.toggle(key="rule-unrated").set_value(True)
    test.selectbox(key="rule-limit").set_value("total")
    test.number_input(key="rule-number").set_value(1.5)
    test = press(test, "Save the rule")
    assert not test.exception
    (kept,) = retention.policies(studio.database)
    assert kept.rule == Rule("Old drafts", older_than=30, unrated=True, total_bytes=1_500_000_000)
    assert "Old drafts" in words(test)
    assert "Not armed" in words(test)
    assert "Moves to the trash all but the newest 1.5 GB of items not rated, older than 30 days." in words(test)


def test_preview_arm_and_a_change_that_disarms(page: Page, studio: Studio) -> None:
    items = [add(studio.database, OLD, prompt=f"hill {number}") for number in range(3)]
    marks.favour(studio.database, items[:1])
    policy_id = retention.add(studio.database, Rule("old", older_than=1))
    test = press(page(), "Preview")
    assert not test.exception
    assert [metric.value for metric in test.metric][:1] == ["2"]
    shown = pictures(test)
    assert all(f"/api/images/{media_id}/thumbnail" in shown for media_id in items)
    assert "a favourite" in shown
    assert test.expander[0].label == "1 item protected, and why"
    test = press(test, "Arm it: run daily")
    assert retention.policy(studio.database, policy_id).armed_at is not None
    assert "Disarm" in labels(test)
    test = press(test, "Edit")
    test.number_input(key="rule-days").set_value(2)
    test = press(test, "Save the rule")
    assert retention.policy(studio.database, policy_id).armed_at is None
    test = press(test, "Remove")
    assert retention.policies(studio.database) == []


def test_a_run_asks_where_it_would_take_much(page: Page, studio: Studio) -> None:
    items = [add(studio.database, OLD) for _ in range(3)]
    retention.add(studio.database, Rule("old", older_than=1))
    test = press(page(), "Preview")
    assert "would take 3 of 3" in test.warning[0].value
    assert next(button for button in test.button if button.label == "Run now").disabled
    test = test.checkbox[0].check().run()
    test = press(test, "Run now")
    assert not test.exception
    assert set(search.items(studio.database, Query(trash=True), limit=9)) == set(items)
    assert "3 items moved to the trash" in test.toast[0].value
    log = test.dataframe[-1].value
    assert set(log["Item"]) == set(items)
    assert set(log["Rule"]) == {"old"}
    assert set(log["By"]) == {"Rule"}


def test_a_rule_that_stopped_says_so(page: Page, studio: Studio) -> None:
    for _ in range(3):
        add(studio.database, OLD)
    policy_id = retention.add(studio.database, Rule("old", older_than=1))
    plan = retention.plan(studio.database, Rule("old", older_than=1), NOW)
    retention.arm(studio.database, policy_id, plan.fingerprint, NOW)
    daily = retention.Daily(studio.database)
    while daily.step(datetime.now(UTC)):
        pass
    assert "would take 3 of 3 items" in page().warning[0].value


def test_a_doubt_is_shown_until_a_person_looks(page: Page, studio: Studio) -> None:
    add(studio.database, datetime.now(UTC) + timedelta(days=2))
    test = page()
    assert "Set the clock right" in test.warning[0].value
    test = press(test, "All is well, go on")
    assert retention.doubt(studio.database, datetime.now(UTC)) is None
    assert "All is well, go on" not in labels(test)


def test_protections_are_kept(page: Page, studio: Studio) -> None:
    test = page()
    test.selectbox(key="protect-rating").set_value(3)
    test.toggle(key="protect-inputs").set_value(True)
    test.number_input(key="protect-newest").set_value(7)
    test = test.button(key="protect-save").click().run()
    assert retention.protections(studio.database) == Protections(3, (), True, 7)
    test.number_input(key="protect-newest").set_value(10**6)
    test = test.button(key="protect-save").click().run()
    assert "can be protected" in test.error[0].value


def test_the_trash_has_days(page: Page, studio: Studio) -> None:
    trash.discard(studio.database, [add(studio.database, OLD)], NOW)
    test = page()
    assert "1 item, " in words(test)
    test.number_input(key="trash-days").set_value(0)
    test = test.button(key="trash-save").click().run()
    assert "must be from 1" in test.error[0].value
    test.number_input(key="trash-days").set_value(30)
    test = test.button(key="trash-save").click().run()
    assert retention.trash_days(studio.database) == 30


def test_space_is_given_back(page: Page, studio: Studio) -> None:
    gone = add(studio.database, OLD, bytes(3 * 2**20))
    add(studio.database, OLD, bytes(2**20))
    trash.discard(studio.database, [gone], NOW)
    trash.delete_for_ever(studio.database, [gone], NOW)
    assert compaction.free_bytes(studio.database) > 2 * 2**20
    test = page()
    assert "Deleted for ever" in set(test.dataframe[-1].value["What"])
    press(test, "Give it back")
    assert studio.upkeep.wait(20).good
    assert compaction.free_bytes(studio.database) < 2**20
    assert "went back to the disk" in page().success[0].value


def thinned(studio: Studio, kind: str = "image") -> int:
    """An item of which the bytes are gone."""
    media_id = add(studio.database, OLD, kind=kind, prompt="red hills")
    plan = retention.plan(studio.database, Rule("old", "thin", older_than=1), NOW)
    for _ in retention.run(studio.database, plan, NOW):
        pass
    return media_id


def test_an_item_without_its_bytes_says_so_everywhere(page: Page, studio: Studio) -> None:
    one, two = thinned(studio), thinned(studio, "video")
    for media_id in (one, two):
        test = page("item.py", id=str(media_id))
        assert not test.exception
        shown = component(test, "viewer").proto.json
        assert "by the rule" in shown
        assert '"thinned": true' in shown or '"thinned":true' in shown
        assert "Animate" not in "".join(labels(test))
        assert "not kept" in str(test.table[-1].value)
    tiles = component(page("library.py"), "gallery").proto.json
    assert "null, null, true" in tiles or "null,null,true" in tiles
    test = page("compare.py", ids=f"{one},{two}")
    assert "not kept" in pictures(test)
    assert library.item(studio.database, one).thinned
    assert {line.act for line in deletions.log(studio.database, limit=9)} == {"thin"}
