"""What no earlier file should hold, and one may: wrong types, odd dates, views, texts for bytes, huge numbers."""

import base64
import io
import json
import sqlite3
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from core import blobs, library
from core.api import create_app
from core.database import Database, open_database
from core.models import entry, former, generation, media
from core.settings import Settings
from core.upgrade import Telling, upgrade
from core.upgrade.source import Value
from core.upgrade.values import EARLIEST, LATEST, identity, moment, parsed, request, response
from tests.earlier import IMAGES, VIDEOS, earlier, insert
from tests.factories import clip, picture

PNG, JPEG = picture(), picture(format_name="JPEG")
LOOSE = """CREATE TABLE generated_images (
  id, prompt, image_url, model_id, parameters, status, collection, metadata, created_at, image_data,
  mood TEXT, small BLOB
)"""
B64 = base64.b64encode(PNG).decode()


def run(settings: Settings, now: datetime) -> tuple[str, Database]:
    said = upgrade(settings, now, Telling(io.StringIO()))
    assert said is not None
    return "\n".join(said), open_database(settings.database)


def data_of(database: Database, media_id: int) -> bytes:
    with database.read() as connection:
        size = connection.execute(select(media.c.bytes).where(media.c.id == media_id)).scalar_one()
    return b"".join(blobs.read(database, media_id, 0, size))


def by_prompt(database: Database) -> dict[str, Any]:
    joined = generation.join(former, former.c.generation_id == generation.c.id)
    with database.read() as connection:
        rows = connection.execute(
            select(generation.c.prompt, former, generation.c.request, generation.c.response, generation.c.experiment,
                   generation.c.model, generation.c.provider, generation.c.seed, media.c.state, media.c.sha256)
            .select_from(joined.outerjoin(media, media.c.id == former.c.media_id))
        ).all()  # fmt: skip
    return {row.prompt: row for row in rows}


def test_values_of_wrong_types(settings: Settings, now: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": "plain", "id": 5, "data": PNG, "created_at": "2025-11-15 10:00:00"},
        {"prompt": "same id", "id": 5, "data": JPEG, "created_at": "2025-11-15 10:00:01"},
        {"prompt": "text id", "id": "7", "data": PNG, "mood": "calm", "small": b"xyz"},
        {"prompt": "no id", "id": None, "data": PNG},
        {"prompt": "word id", "id": "seven", "data": PNG},
        {"prompt": "negative id", "id": -3, "data": PNG},
        {"prompt": "huge id", "id": 2**63 - 1, "data": PNG},
        {"prompt": "number as data", "id": 20, "data": 42},
        {"prompt": "zero bytes", "id": 21, "data": b""},
        {"prompt": "zero text", "id": 22, "data": ""},
        {"prompt": "base64", "id": 23, "data": B64},
        {"prompt": "data URI in the BLOB", "id": 24, "data": f"data:image/png;base64,{B64}"},
        {"prompt": "data URI as address", "id": 25, "url": f"data:image/png;base64,{B64}"},
        {"prompt": "percent", "id": 26, "url": "data:text/html,%3Cb%3Eno%3C/b%3E"},
        {"prompt": "words as data", "id": 27, "data": "just some words that are long enough"},
        {"prompt": "looks like base64", "id": 28, "data": "abcd" * 8},
        {"prompt": "broken data URI", "id": 29, "url": "data:image/png;base64,***"},
        {"prompt": "NULL everywhere", "id": 30, "url": None, "model_id": None, "parameters": None, "status": None},
        {
            "prompt": 17,
            "id": 31,
            "url": 3.5,
            "model_id": 4,
            "parameters": 5,
            "status": 6,
            "metadata": 7,
            "collection": 8,
        },
        {"prompt": b"\xff\xfe bytes", "id": 32, "parameters": b"\x00\x80", "metadata": b"{}"},
        {"prompt": "lone", "id": 33, "parameters": '{"a": "\\ud800", "n": NaN}', "metadata": '{"a": "\\ud800\\u0000"}'},
        {"prompt": "big seed", "id": 34, "parameters": json.dumps({"seed": 10**30})},
        {"prompt": "deep", "id": 35, "parameters": "[" * 5000 + "]" * 5000},
        {"prompt": "list", "id": 36, "parameters": "[1, 2]"},
        {"prompt": "digits", "id": 37, "parameters": "1" * 5000},
        {"prompt": "a moving picture", "id": 38, "data": picture(format_name="GIF", frames=3)},
        {"prompt": "cut", "id": 39, "data": PNG[:-200]},
    ]
    earlier(settings.database, (LOOSE,), rows)
    said, database = run(settings, now)
    found = by_prompt(database)
    states = {prompt: row.state for prompt, row in found.items()}
    lost = {"zero bytes", "zero text", "NULL everywhere", "17", "lone", "big seed", "deep", "list", "digits",
            "\\xff\\xfe bytes"}  # fmt: skip
    damaged = {"number as data", "words as data", "looks like base64", "broken data URI", "percent", "cut"}
    assert {prompt for prompt, state in states.items() if state == "lost"} == lost
    assert {prompt for prompt, state in states.items() if state == "damaged"} == damaged
    digest = sha256(PNG).hexdigest()
    for prompt in ("plain", "text id", "no id", "huge id", "base64", "data URI in the BLOB", "data URI as address"):
        assert found[prompt].sha256 == digest, prompt
    assert [found[prompt].media_id for prompt in ("plain", "text id", "base64")] == [5, 7, 23]
    new = [found[prompt].media_id for prompt in ("same id", "no id", "word id", "negative id", "huge id")]
    assert sorted(new) == [40, 41, 42, 43, 44]
    assert library.addressed(database, "image", 5).id == 5
    assert library.addressed(database, "image", 2**63 - 1).id == found["huge id"].media_id
    kept = {
        "number as data": b"42",
        "words as data": b"just some words that are long enough",
        "looks like base64": b"abcd" * 8,
        "percent": b"<b>no</b>",
        "broken data URI": b"data:image/png;base64,***",
        "cut": PNG[:-200],
    }
    assert {prompt: data_of(database, found[prompt].media_id) for prompt in kept} == kept
    assert found["text id"].rest == {"mood": "calm"}
    assert found["data URI as address"].url is None
    assert found["lone"].request == {"prompt": "lone", "parameters": '{"a": "\\ud800", "n": NaN}'}
    assert found["lone"].response == {"a": "?"}
    assert found["list"].request == {"prompt": "list", "parameters": [1, 2]}
    assert found["deep"].request["parameters"].startswith("[[[")
    assert found["big seed"].seed is None
    assert found["17"].experiment == "8"
    assert (found["NULL everywhere"].model, found["NULL everywhere"].provider) == ("unknown", "earlier")
    assert "generated_images also has mood, small" in said
    assert "Decoded: 4 rows" in said
    database.close()


def test_every_answer_can_be_given(settings: Settings, now: datetime) -> None:
    """No value that came over breaks a page or an answer."""
    odd = [
        '{"a": "\\udfff"}',
        '{"x": 1e999}',
        "Infinity",
        '"\\u0000"',
        "{" * 500,
        '{"a": {"b": [null, true]}}',
        "\x00",
        "\ufeff{}",
    ]
    rows = [{"prompt": f"p\u202e{n}\x00", "parameters": each, "metadata": each, "data": PNG, "model_id": b"\x00/\xff",
             "created_at": each} for n, each in enumerate(odd)]  # fmt: skip
    earlier(settings.database, rows=rows)
    _, database = run(settings, now)
    with TestClient(create_app(lambda: database)) as client:
        for number in range(1, len(odd) + 1):
            assert client.get(f"/api/images/{number}").status_code == 200
            assert client.get(f"/api/images/{number}/data").content == PNG
            assert client.get(f"/api/images/{number}/copy").status_code == 200
        assert client.get("/api/jobs").status_code == 200
    database.close()


def test_a_view_and_a_table_without_rowids(settings: Settings, now: datetime, tmp_path: Path) -> None:
    moving = clip(tmp_path / "clip.mp4", seconds=0.5).read_bytes()
    inner = IMAGES.replace("generated_images", "pictures")
    keyed = VIDEOS.replace("INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT PRIMARY KEY") + " WITHOUT ROWID"
    view = 'CREATE VIEW Generated_Images AS SELECT id AS ID, prompt, image_data, \'x\' AS "odd "" name" FROM pictures'
    path = earlier(settings.database, (inner, keyed, view))
    connection = sqlite3.connect(path)
    insert(connection, table="pictures", prompt="seen through a view", id=4, data=PNG)
    insert(connection, "video", id="4", prompt="keyed", data=moving)
    connection.commit()
    connection.close()
    said, database = run(settings, now)
    assert library.addressed(database, "image", 4).sha256 == sha256(PNG).hexdigest()
    assert library.addressed(database, "video", 4).id == 5
    assert "generated_images lacks image_url, model_id, parameters" in said
    assert 'odd " name' in said
    assert "only in the original: pictures" in said
    database.close()


def test_media_of_another_kind_than_their_table(settings: Settings, now: datetime, tmp_path: Path) -> None:
    """A video among the images never takes an address that a video had."""
    moving = clip(tmp_path / "clip.mp4", seconds=0.5).read_bytes()
    other = clip(tmp_path / "other.mp4", seconds=0.7).read_bytes()
    rows = [{"id": 1, "data": moving}, {"id": 2, "data": moving}, {"kind": "video", "id": 1, "data": other}]
    earlier(settings.database, rows=rows)
    said, database = run(settings, now)
    at = {
        address: library.addressed(database, *address)
        for address in (("image", 1), ("video", 1), ("image", 2), ("video", 2))
    }
    assert {address: item.bytes for address, item in at.items()} == {
        ("image", 1): len(moving),
        ("video", 1): len(other),
        ("image", 2): len(moving),
        ("video", 2): len(moving),
    }
    assert at["image", 2].id == 2
    for item in at.values():
        assert library.addressed(database, item.kind, item.id).id == item.id
    assert "Of another kind than their table: 2 rows" in said
    database.close()


@pytest.mark.parametrize("tables", [(IMAGES,), (IMAGES, VIDEOS), ("CREATE TABLE generated_videos (prompt)",)])
def test_empty_tables_become_an_empty_studio(settings: Settings, now: datetime, tables: tuple[str, ...]) -> None:
    earlier(settings.database, tables)
    said, database = run(settings, now)
    assert "nothing to show" in said
    database.close()


def test_numbers_that_were_given_and_deleted_are_not_given_again(settings: Settings, now: datetime) -> None:
    path = earlier(settings.database, rows=[{"id": 900, "status": "failed"}])
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM generated_images")
    insert(connection, "video", id=3, data=PNG)
    insert(connection, "video", id=4, data=PNG)
    insert(connection, id=3, data=JPEG)
    connection.execute("UPDATE sqlite_sequence SET seq = 900 WHERE name = 'generated_images'")
    connection.commit()
    connection.close()
    _, database = run(settings, now)
    assert library.addressed(database, "video", 3).id == 901
    database.close()


def test_the_order_is_that_of_time(settings: Settings, now: datetime) -> None:
    dates = [
        "2025-11-15 10:00:00",
        "2025-03-01T00:00:00Z",
        1762000000,
        "01.02.2025 08:00",
        1762000000123,
        "2025-11-15T10:00:00+02:00",
    ]
    earlier(
        settings.database, rows=[{"prompt": str(n), "created_at": when, "data": PNG} for n, when in enumerate(dates)]
    )
    _, database = run(settings, now)
    with database.read() as connection:
        query = select(generation.c.prompt).join(entry, entry.c.generation_id == generation.c.id).order_by(entry.c.id)
        assert list(connection.execute(query).scalars()) == ["3", "1", "2", "4", "5", "0"]
    database.close()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2025-11-15 10:00:00", datetime(2025, 11, 15, 10, tzinfo=UTC)),
        ("2025-11-15T10:00:00.5+02:00", datetime(2025, 11, 15, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-11-15", datetime(2025, 11, 15, tzinfo=UTC)),
        ("2025-11-15 10:00:00 UTC", datetime(2025, 11, 15, 10, tzinfo=UTC)),
        ("15.11.2025 10:00", datetime(2025, 11, 15, 10, tzinfo=UTC)),
        ("11/15/2025 10:00:00", datetime(2025, 11, 15, 10, tzinfo=UTC)),
        ("Sat, 15 Nov 2025 10:00:00 GMT", datetime(2025, 11, 15, 10, tzinfo=UTC)),
        (1763200800, datetime(2025, 11, 15, 10, tzinfo=UTC)),
        (1763200800.25, datetime(2025, 11, 15, 10, 0, 0, 250_000, tzinfo=UTC)),
        (1763200800000, datetime(2025, 11, 15, 10, tzinfo=UTC)),
        ("1763200800", datetime(2025, 11, 15, 10, tzinfo=UTC)),
        (2460994.9166666665, datetime(2025, 11, 15, 10, tzinfo=UTC)),
        (20251115, datetime(2025, 11, 15, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
        (0, None),
        (2**62, None),
        (float("inf"), None),
        ("9999-12-31 23:59:59", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_dates_in_many_forms(said: Any, meant: datetime | None) -> None:
    found = moment(value(said))
    assert found == meant or (found and meant and abs((found - meant).total_seconds()) < 0.01)


def value(said: Any) -> Value:
    names = {int: "integer", float: "real", str: "text", bytes: "blob", type(None): "null"}
    return Value(names[type(said)], said.encode("utf-8", "surrogatepass") if isinstance(said, str) else said)


ANY = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(), st.binary())


@given(ANY)
@hypothesis_settings(max_examples=100)
def test_no_value_is_too_odd(said: Any) -> None:
    when, number = moment(value(said)), identity(value(said))
    assert when is None or EARLIEST <= when < LATEST
    assert number is None or 0 < number < 2**63


@given(st.one_of(st.text(), st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps)))
@hypothesis_settings(max_examples=100)
def test_whatever_json_says_can_be_said_again(said: str) -> None:
    found, _ = parsed(said)
    for one in (found, request("a hill", said), response(said)):
        json.dumps(one, ensure_ascii=False, allow_nan=False).encode()


def test_many_rows(settings: Settings, now: datetime) -> None:
    rows = [{"prompt": f"row {n}", "status": "failed", "kind": ("image", "video")[n % 2]} for n in range(600)]
    earlier(settings.database, rows=rows)
    said, database = run(settings, now)
    assert "Without a picture: 600 rows (image 1, image 2," in said
    assert "and 580 more" in said
    database.close()


def test_progress_on_a_terminal_and_in_a_log() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    seconds = iter(range(0, 10_000, 20))
    for stream in (Terminal(), io.StringIO()):
        telling = Telling(stream, clock=lambda: float(next(seconds)))
        telling.begin("Copying 100 rows.")
        telling.progress(10, 100, 5_000_000)
        telling.progress(90, 100, 50_000_000)
        telling.say("Done.")
        said = stream.getvalue()
        assert "10 of 100 rows, 5.0 MB, about 3 min left" in said
        assert said.endswith("Done.\n")
        assert ("\r" in said) == stream.isatty()
