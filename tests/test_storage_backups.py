"""The Storage page's section on backups, by AppTest: how it stands, the works, the schedule, damage, restoring."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from core import Studio, backup, verification
from core.errors import BackupRefused
from core.preferences import Preferences, preferences
from core.progress import Progress
from tests.factories import add
from tests.sections import Page, storage_at
from tests.test_pages import press, words


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    with storage_at(studio, "backup") as opened:
        yield opened


def figures(test: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.delta) for metric in test.metric}


def spoil(studio: Studio) -> None:
    with studio.database.write() as connection:
        connection.execute(text("UPDATE media_chunk SET data = zeroblob(length(data)) WHERE media_id = 1"))


def test_without_a_backup_it_says_so(page: Page) -> None:
    test = page()
    assert not test.exception
    assert test.title[0].value == "Storage"
    assert figures(test)["Last backup"][0] == "None"
    assert figures(test)["Verified"][0] == "Never"
    assert "There is no backup yet" in words(test)


def test_a_backup_is_made_and_listed(page: Page, studio: Studio) -> None:
    add(studio.database, datetime.now(UTC), b"x" * 1000)
    press(page(), "Back up now")
    work = studio.upkeep.wait(60)
    assert work
    assert work.good
    test = page()
    assert not test.exception
    assert test.success[0].value == "The backup is made and checked: 1 item, every hash as stored."
    assert figures(test)["Last backup"][1].endswith("whole")
    told = words(test)
    assert "1 items · asked for" in told
    assert "Whole" in told
    test = press(test, "Restore")
    (made,) = backup.listed(studio.database)
    command = next(each.value for each in test.code if "core restore" in each.value and str(made.path) in each.value)
    assert command == f"STUDIO_DATABASE={studio.database.path} .venv/bin/python -m core restore {made.path}"


def test_what_goes_wrong_is_told(page: Page, studio: Studio, tmp_path: Path) -> None:
    backup.schedule(studio.database, hours=None, keep=3, folder=str(tmp_path / "disk"))
    (tmp_path / "disk").rmdir()
    with pytest.raises(BackupRefused):
        backup.make(studio.database, datetime.now(UTC), Progress())
    told = words(page())
    assert "The last try failed" in told
    assert "Connect its disk" in told


def test_an_old_backup_is_called_old(page: Page, studio: Studio) -> None:
    backup.make(studio.database, datetime.now(UTC) - timedelta(days=9), Progress())
    assert figures(page())["Last backup"][1].endswith("old")


def test_the_schedule_is_kept_and_begun(page: Page, studio: Studio, tmp_path: Path) -> None:
    test = page()
    test.selectbox[0].set_value(24)
    test.number_input[0].set_value(3)
    test.text_input[0].set_value(str(tmp_path / "elsewhere"))
    test = press(test, "Save")
    assert test.toast[0].value == "Saved."
    kept = preferences(studio.database)
    assert (kept.backup_hours, kept.backup_keep, kept.backup_folder) == (24, 3, str(tmp_path / "elsewhere"))
    studio.upkeep.wait(60)
    (made,) = backup.listed(studio.database)
    assert (made.reason, made.path.parent) == ("schedule", tmp_path / "elsewhere")
    assert figures(page())["Next backup"][1] == "by the schedule"


def test_a_wrong_schedule_is_told(page: Page, studio: Studio) -> None:
    test = page()
    test.number_input[0].set_value(0)
    test.text_input[0].set_value("somewhere")
    test = press(test, "Save")
    assert len(test.error) == 2
    assert preferences(studio.database) == Preferences()


def test_damage_is_found_listed_and_mended(page: Page, studio: Studio) -> None:
    add(studio.database, datetime.now(UTC), b"x" * 1000, prompt="a red barn")
    backup.make(studio.database, datetime.now(UTC), Progress())
    spoil(studio)
    press(page(), "Verify everything")
    studio.upkeep.wait(60)
    test = page()
    assert figures(test)["Verified"][1] == "1 damaged"
    told = words(test)
    assert "1 item damaged" in told
    assert "[Image 1](item?id=1) · a red barn" in told
    assert "1 item is damaged and set apart" in str([link.proto.label for link in page("library.py").get("page_link")])
    item = page("item.py", id="1")
    assert not item.exception
    assert item.title[0].value == "Image 1"
    assert "Item 1 is damaged" in item.error[0].value
    assert "?damaged=1" in words(item)
    assert "section=Backup" in [link.proto.query_string for link in item.get("page_link")]
    press(test, "Mend from backups")
    studio.upkeep.wait(60)
    assert verification.damaged(studio.database) == []
    assert page("item.py", id="1").title[0].value == "Image 1"
    assert "1 item mended." in page().success[0].value


def test_a_work_under_way_shows_how_far_it_is_and_can_be_stopped(page: Page, studio: Studio) -> None:
    add(studio.database, datetime.now(UTC), b"x")
    with studio.database.write():  # the copy waits for its turn
        studio.upkeep.back_up(datetime.now(UTC))
        test = page()
        assert not test.exception
        assert [button.disabled for button in test.button if button.label in ("Back up now", "Verify everything")] == [
            True,
            True,
        ]
        test = press(test, "Stop")
    work = studio.upkeep.wait(60)
    assert work
    assert (work.good, work.sentence[:7]) == (False, "Stopped")
    assert backup.listed(studio.database) == []
    assert "Stopped as you asked" in words(page())
