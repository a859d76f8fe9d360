"""Frames, SQL and sweeps in a notebook: what they hold, what they show, and what they leave alone."""

import _thread
import pickle
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import core
from core import jobs, repeats, search, tables, trash
from core.database import Database
from core.errors import InvalidInput
from core.notebook import OpenStudio
from core.search import Query
from tests.factories import add

WRITES = (
    "DELETE FROM media",
    "UPDATE media SET rating = 5",
    "INSERT INTO meta VALUES ('a', 'b')",
    "WITH x AS (SELECT 1) DELETE FROM media",
    "REPLACE INTO meta SELECT 'a', 'b'",
    "DROP TABLE media",
    "CREATE TABLE x (y)",
    "CREATE TEMP TABLE x (y)",
    "ATTACH 'other.db' AS other",
    "PRAGMA query_only = 0",
    "PRAGMA user_version = 7",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "SAVEPOINT x",
    "VACUUM",
    "VACUUM INTO 'other.db'",
    "REINDEX",
    "ANALYZE",
    "SELECT load_extension('x')",
    "SELECT 1; DELETE FROM media",
)


@pytest.fixture
def database(opened: OpenStudio) -> Database:
    """The file of that studio."""
    return opened._studio.database


# Frames


def test_a_frame_finds_what_the_library_finds(opened: OpenStudio, database: Database, now: datetime) -> None:
    for number in range(1, 13):
        item = opened.media(add(database, now, prompt="a red fox" if number % 3 else "a boat", seed=number))
        item.rate(number % 6)
    for text in ("", "fox", "rating:>=4", "fox -rating:0", "kind:video", '"red fox" rating:2..4'):
        for order in ("newest", "oldest", "rating", "largest"):
            expected = search.items(database, Query(text=text, order=order), limit=100)
            assert opened.frame(text, order=order).index.tolist() == expected, (text, order)
    frame = opened.frame("fox", order="oldest", limit=3)
    assert frame["seed"].tolist() == [1, 2, 4]
    assert frame["created_at"].dt.tz is not None
    assert list(frame.columns) == list(tables.COLUMNS)
    assert opened.frame("nothing like it").dtypes.equals(frame.dtypes)
    with pytest.raises(InvalidInput, match="no order"):
        opened.frame(order="upside down")
    with pytest.raises(InvalidInput, match="of that name"):
        opened.frame(parameters=["seed"])


def test_what_was_not_understood_is_told(opened: OpenStudio, database: Database, now: datetime) -> None:
    add(database, now)
    assert "<div" in opened.frame("rating:<b>")._repr_html_()
    assert "b&gt;" in opened.frame("rating:<b>")._repr_html_()


def test_only_rows_that_are_shown_read_their_pictures(opened: OpenStudio, database: Database, now: datetime) -> None:
    hostile = "<script>alert(1)</script> 0123:1:"
    number = add(database, now, prompt=hostile)
    frame = opened.frame()
    many = frame.loc[[number] * 500]
    shown = many._repr_html_()
    assert shown.count("<img") == pd.get_option("display.min_rows")
    assert "500 rows" in shown
    assert frame.loc[[number] * 60]._repr_html_().count("<img") == 60
    assert "<script" not in shown
    assert "0123:1:" in shown


def test_pictures_follow_a_frame_as_far_as_its_items_are_known(
    opened: OpenStudio, database: Database, now: datetime
) -> None:
    first = add(database, now, seed=1)
    add(database, now, seed=2)
    frame = opened.frame()
    for derived in (
        frame[frame["seed"] == 1], frame.sort_values("seed").head(1), frame.reset_index().tail(1),
        frame[["seed"]].head(1),
        pickle.loads(pickle.dumps(frame)).head(1), frame.assign(seed=3).head(1),
        opened.pictured(pd.DataFrame({"item": [first], "x": ["y"]})), frame.iloc[:1].copy(),
    ):  # fmt: skip
        assert derived._repr_html_().count("<img") == 1
    assert "<img" not in frame.groupby("model").sum(numeric_only=True)._repr_html_()
    assert "<img" not in frame.reset_index(drop=True)._repr_html_()
    trash.discard(database, [first], now)
    trash.empty(database, now)
    assert frame._repr_html_().count("<img") == 1
    assert opened.show(frame.head(1)).ids == [first + 1]
    opened.close()
    assert "<img" not in frame._repr_html_()


def test_a_preview_of_a_rule_is_what_its_run_takes(opened: OpenStudio, database: Database, now: datetime) -> None:
    for number in range(4):
        opened.media(np.int64(add(database, now, seed=number))).rate(np.int64(number))
    assert opened.retention.preview(unrated=True).frame["protected"].tolist() == ["among the newest 50"]
    opened.retention.protect(newest=0)
    preview = opened.retention.preview(rating_below=2, unrated=True)
    assert preview.frame.index[preview.frame["goes"]].tolist() == [1, 2]
    assert "Of 4 items it takes 2" in preview._repr_html_()
    assert preview._repr_html_().count("<img") == 2
    with pytest.raises(core.StudioError, match="run it by hand"):
        preview.run()
    assert preview.run(confirmed=True).startswith("2 items of ")
    assert opened.frame(order="oldest").index.tolist() == [3, 4]
    with pytest.raises(InvalidInput):
        opened.retention.preview(strength="burn", older_than=1)


def test_statistics_are_those_of_the_page(opened: OpenStudio, database: Database, now: datetime) -> None:
    for number in range(3):
        add(database, now, seed=number)
    told = opened.stats
    assert told.by_model()[["model", "items"]].to_numpy().tolist() == [["sketch/still", 3]]
    assert told.parts()["bytes"].sum() == told.room().file
    assert told.largest(2)._repr_html_().count("<img") == 2
    for frame in (
        told.by_kind(), told.by_provider(), told.by_experiment(), told.by_rating(), told.by_day(), told.by_week(),
        told.by_month(), told.growth(),
    ):  # fmt: skip
        assert frame["items"].sum() == 3
    assert len(told.by_tag()) == len(told.duplicates()) == len(told.costs()) == 0
    assert told.storage().items == 3
    with pytest.raises(InvalidInput, match="colour"):
        told.by("colour")


# SQL


@pytest.mark.parametrize("statement", WRITES)
def test_sql_never_writes(opened: OpenStudio, database: Database, now: datetime, statement: str) -> None:
    add(database, now)
    before = tables.sql(database, "SELECT total(rating), count(*), (SELECT count(*) FROM meta) FROM media").to_dict()
    with pytest.raises(InvalidInput, match=r"[Nn]othing was changed"):
        opened.sql(statement)
    again = tables.sql(database, "SELECT total(rating), count(*), (SELECT count(*) FROM meta) FROM media").to_dict()
    assert again == before
    opened.media(1).rate(3)  # the connection was given back as it was
    assert not Path("other.db").exists()


def test_sql_answers(opened: OpenStudio, database: Database, now: datetime) -> None:
    add(database, now, prompt="a red fox")
    assert opened.sql("SELECT model, count(*) AS n FROM generation GROUP BY 1").to_dict("records") == [
        {"model": "sketch/still", "n": 1}
    ]
    assert opened.sql("SELECT :a AS a, 2 AS a", {"a": 1}).columns.tolist() == ["a", "a_2"]
    assert len(opened.sql("SELECT rowid FROM words WHERE words MATCH ?", ["fox"])) == 1
    (row,) = opened.sql("SELECT id, image_data FROM generated_images").itertuples()
    assert row.image_data == opened.media(row.id).bytes()
    assert "prompt" in opened.sql("PRAGMA table_info(generation)")["name"].tolist()
    with pytest.raises(InvalidInput, match='near "SELEC"'):
        opened.sql("SELEC 1")


def test_a_question_without_end_can_be_interrupted(opened: OpenStudio) -> None:
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        opened.sql("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")
    timer.join()
    assert len(opened.sql("SELECT 1")) == 1


def test_wrong_calls_are_told_in_a_sentence(opened: OpenStudio, database: Database) -> None:
    calls: list[tuple[str, Callable[[], object]]] = [
        ("not the number of an item", lambda: opened.show("abc")),
        ("not the number of an item", lambda: opened.media("abc")),  # type: ignore[arg-type]
        ("not the number of an item", lambda: opened.runs(None)),  # type: ignore[arg-type]
        ("must be a whole number", lambda: opened.generate("a", n="2")),  # type: ignore[arg-type]
        ("there are name, strength, older_than", lambda: opened.retention.preview(older=3)),
        ("there are rating, tags", lambda: opened.retention.protect(ratings=3)),
        ("smallest, best or random", lambda: opened.frame(order="price")),
        (r"at a time\. Nothing", lambda: opened.sql("SELECT 1; SELECT 2")),
    ]
    for words, call in calls:
        with pytest.raises(InvalidInput, match=words):
            call()
    assert runs(database) == 0


# Sweeps


def runs(database: Database) -> int:
    return sum(jobs.counts(database).values())


def test_a_sweep_fills_only_what_is_missing(working: OpenStudio) -> None:
    database = working._studio.database
    asked: dict[str, Any] = {"prompt": ["a <hill>", "a sea"], "model": "sketch/still", "size": 256}
    preview = working.sweep(**asked, seed=range(2), start=False)
    assert preview["status"].tolist() == ["missing"] * 4
    assert runs(database) == 0
    first = working.sweep(**asked, seed=range(2), experiment="seeds")
    assert first[["prompt", "seed", "status"]].to_numpy().tolist() == [
        [prompt, seed, "succeeded"] for prompt in asked["prompt"] for seed in (0, 1)
    ]
    assert working.sweep(**asked, seed=np.arange(2))["item"].tolist() == first["item"].tolist()
    assert runs(database) == 4
    working.media(int(first["item"][3])).discard()
    assert working.sweep(**asked, seed=range(2), start=False).missing.index.tolist() == [3]
    again = working.sweep(**asked, seed=range(2))
    assert runs(database) == 5
    assert again["item"][:3].tolist() == first["item"][:3].tolist()
    assert again["item"][3] != first["item"][3]
    assert set(working.frame("experiment:seeds").index) == {*again["item"]} - {again["item"][3]}
    grid = again._repr_html_()
    assert re.findall(r'scope="(?:col|row)"[^>]*>([^<]*)', grid) == ["seed 0", "seed 1", "a &lt;hill&gt;", "a sea"]
    assert grid.count("<img") == 4
    assert again[again["seed"] == 1]._repr_html_().count("<img") == 2
    assert "<table class" in again.drop(columns="seed")._repr_html_()


def test_a_sweep_refuses_before_it_runs(opened: OpenStudio, database: Database) -> None:
    with pytest.raises(InvalidInput, match="not an input"):
        opened.sweep(prompt=["a", "b"], model=["sketch/clip", "sketch/still"], fps=[12, 24])
    with pytest.raises(InvalidInput, match="1,000 at most"):
        opened.sweep(prompt="a", model="sketch/still", seed=range(1001))
    with pytest.raises(InvalidInput, match="nothing to try"):
        opened.sweep(prompt="a", model="sketch/still", seed=[])
    assert runs(database) == 0


def test_a_cell_that_another_process_began_meanwhile_is_left_to_it(opened: OpenStudio, database: Database) -> None:
    studio, now = opened._studio, datetime.now(UTC)
    asked: dict[str, Any] = {"prompt": "a hill", "seed": 1}
    before = repeats.newest(database)
    (others,) = studio.generate("sketch/still", asked, now=now)
    assert studio.generate("sketch/still", asked, now=now, once_since=before) == []
    assert studio.generate("sketch/still", asked | {"seed": 2}, now=now, once_since=before) == [others + 1]
    jobs.cancel(database, others, now)
    assert studio.generate("sketch/still", asked, now=now, once_since=before) == [others + 2]
    assert len(studio.generate("sketch/still", asked, now=now, once_since=others + 2)) == 1


def test_failed_cells_have_their_sentence_and_are_tried_again(
    opened: OpenStudio, database: Database, now: datetime
) -> None:
    opened.generate("a", model="sketch/still", seed=1, wait=False)
    claim = jobs.claim(database, "tests", datetime.now(now.tzinfo))
    assert claim is not None
    jobs.fail(database, claim, core.StudioError("It was too dark."), now)
    cells = opened.sweep(prompt="a", model="sketch/still", seed=[1, 2], start=False)
    assert cells["status"].tolist() == ["failed", "missing"]
    assert cells["error"].tolist()[0] == "It was too dark."
    assert "failed - It was too dark." in cells._repr_html_()
