"""The Storage page by AppTest against a real studio, its endpoint, and once in a real browser."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import insert
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core import Studio, marks, stats, tags, trash
from core.api import create_app
from core.database import Database
from core.models import charge
from core.studio import share
from core.ui.storage import behind, charts
from tests.browser import PHONE, window
from tests.factories import add, found, picture
from tests.serving import Server
from tests.test_pages import SHELL, press, words

Page = Callable[[], AppTest]


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    share(studio)
    yield lambda: AppTest.from_file(SHELL, default_timeout=60).run().switch_page("storage.py").run()
    share(None)


def fill(database: Database, now: datetime) -> list[int]:
    """Items of two kinds over three months, two of them with the same bytes, one in the trash."""
    days = (80, 45, 20, 3, 1)
    items = [add(database, now - timedelta(days=ago), picture(80, 60, ago), prompt=f"hill {ago}") for ago in days]
    items.append(add(database, now, picture(80, 60, 80), prompt="the first again"))
    items.append(add(database, now, picture(90, 60, 5), kind="video", inspection=found("video", duration=2.0)))
    tags.add(database, items[:2], ["sea"])
    marks.rate(database, items[:1], 5)
    trash.discard(database, items[1:2], now)
    with database.write() as connection:
        connection.execute(insert(charge).values(generation_id=1, number=1, sent_at=now, estimate=0.5, cost=0.25))
    return items


def drawn(test: AppTest) -> list[dict[str, Any]]:
    """The specifications of all charts."""
    return [json.loads(chart.proto.spec) for chart in test.get("vega_lite_chart")]


def html(test: AppTest) -> str:
    return "\n".join(element.value for element in test.get("html"))


def test_an_empty_studio_says_what_will_be_here(page: Page) -> None:
    test = page()
    assert not test.exception
    assert test.title[0].value == "Storage"
    assert "Nothing is stored yet" in words(test)
    assert [button.label for button in test.button] == ["Create something", "Bring in what you have"]
    assert drawn(test) == []
    assert press(test, "Bring in what you have").header[0].value == "Import"
    assert press(page(), "Create something").title[0].value == "Create"


def test_the_page_tells_what_the_file_holds(page: Page, studio: Studio) -> None:
    fill(studio.database, datetime.now(UTC))
    test = page()
    assert not test.exception
    told = html(test)
    size = charts.size(stats.consists_of(studio.database)[0].file)
    assert f"<strong>{size}</strong>" in told
    assert "7 items in one file. At this pace" in told
    for name in ("Pictures", "Videos", "In the trash", "Thumbnails", "Search"):
        assert f">{name}<b>" in told or f"</i>{name}<b>" in told
    heads = ["What the file consists of", "What takes the room", "How it grows", "Largest items", "Duplicates"]
    assert [head.value for head in test.header] == [*heads, "What kept items cost"]
    assert "1 file is there more than once" in words(test)
    assert "$0.25" in told
    assert len(drawn(test)) == 5


def test_largest_and_duplicates_lead_to_their_items(page: Page, studio: Studio) -> None:
    items = fill(studio.database, datetime.now(UTC))
    shown = [
        json.loads(each.proto.json) for each in page().get("bidi_component") if "inputs" in each.proto.component_name
    ]
    largest, twins = (each["groups"] for each in shown)
    assert sorted(row[0] for _, rows in largest for row in rows) == sorted(items)
    assert largest[0][1][0][0] == items[-1]
    ((_, rows),) = twins
    assert [row[0] for row in rows] == [items[0], items[5]]


@pytest.mark.parametrize("by", ["kind", "provider", "tag", "experiment", "rating", "favourite"])
def test_bytes_are_shown_by_every_property(page: Page, studio: Studio, by: str) -> None:
    fill(studio.database, datetime.now(UTC))
    test = page()
    test.session_state["storage_by"] = by
    test.run()
    assert not test.exception
    assert "made of" not in words(test)
    assert any(chart.proto.alt.startswith(f"Bytes by {by}: ") for chart in test.get("vega_lite_chart"))


def test_what_nothing_has_yet_is_said(page: Page, studio: Studio) -> None:
    add(studio.database, datetime.now(UTC), picture())
    test = page()
    test.session_state["storage_by"] = "tag"
    test.run()
    assert "Nothing has a tag yet." in words(test)
    assert "Everything here is of one day." in words(test)
    assert len(drawn(test)) == 1
    assert "No two items have the same bytes." in words(test)
    assert "What kept items cost" not in [head.value for head in test.header]


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_growth_is_shown_in_steps(page: Page, studio: Studio, unit: str) -> None:
    fill(studio.database, datetime.now(UTC))
    test = page()
    test.session_state["storage_unit"] = unit
    test.run()
    assert not test.exception
    assert any(chart.proto.alt == f"Bytes added by {unit}." for chart in test.get("vega_lite_chart"))


def test_a_table_stands_behind_each_chart_and_is_sent_when_opened(page: Page, studio: Studio) -> None:
    fill(studio.database, datetime.now(UTC))
    test = page()
    assert len(test.dataframe) == 0
    test.session_state["costs_table"] = True
    test.session_state["duplicates_table"] = True
    test.run()
    assert not test.exception
    assert len(test.dataframe) == 2
    assert len(test.get("download_button")) == 2


def test_a_csv_holds_the_frame(studio: Studio, now: datetime) -> None:
    fill(studio.database, now)
    frame = stats.duplicates(studio.database)
    (row,) = csv.DictReader(io.StringIO(behind.csv(frame).decode("utf-8-sig")))
    assert row["ids"] == "1 6"
    assert int(row["spared"]) == frame["spared"].sum()


def test_a_disk_that_is_nearly_full_is_warned_of(page: Page, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(studio.database, datetime.now(UTC))
    usage = type("Usage", (), {"free": 20_000, "total": 10**9})
    monkeypatch.setattr("core.stats.file.shutil.disk_usage", lambda _path: usage)
    test = page()
    assert not test.exception
    assert "Empty the trash" in test.warning[0].value
    assert any("Disk full" in json.dumps(spec) for spec in drawn(test))


def test_the_endpoint_tells_the_same(studio: Studio, now: datetime) -> None:
    fill(studio.database, now)
    answer = TestClient(create_app(lambda: studio.database), base_url="http://127.0.0.1").get("/api/storage")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert sum(part["bytes"] for part in told["frames"]["parts"]) == told["room"]["file"]
    frames = stats.storage(studio.database, now).frames
    assert set(told["frames"]) == set(frames)
    for name, frame in frames.items():
        assert len(told["frames"][name]) == len(frame), name
        assert all(set(row) == set(frame.columns) for row in told["frames"][name]), name
    assert told["items"] == 7
    assert told["frames"]["month"][0]["month"] == "2026-09-01"
    assert told["frames"]["largest"][0]["created_at"] == "2026-11-22T09:00:00.000Z"
    assert told["frames"]["duplicates"][0]["ids"] == [1, 6]


@pytest.mark.browser
def test_the_page_in_a_browser(browser: Browser, studio: Studio, tmp_path: Path) -> None:
    """Charts are drawn, nothing is wider than a phone, and a thumbnail leads to its item."""
    fill(studio.database, datetime.now(UTC))
    with Server(tmp_path) as server, window(browser, size=PHONE) as opened:
        opened.goto(f"{server.url}/storage")
        expect(opened.get_by_role("heading", name="What kept items cost")).to_be_visible()
        charts_drawn = opened.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
        expect(charts_drawn).to_have_count(5)
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
        opened.get_by_role("button", name="Open item").first.click()
        expect(opened.get_by_role("heading", name="Video 7")).to_be_visible()
