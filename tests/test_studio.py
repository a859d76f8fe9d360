"""The shared core object: what people do, with every wrong input refused before anything is written."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from core import Settings, Studio, jobs, library, search
from core.errors import InvalidInput, MediaRefused, StorageBusy, UnknownModel
from core.room import ballast_of
from core.studio import Upload, share, shared
from tests.factories import add, picture


def runs(studio: Studio) -> list[dict[str, Any]]:
    return jobs.recent(studio.database)


def test_one_submission_makes_a_batch_with_a_seed_each(studio: Studio, now: datetime) -> None:
    ids = studio.generate("sketch/still", {"prompt": "hills", "seed": 2**32 - 2}, now=now, n=4)
    made = {row["id"]: row for row in runs(studio)}
    assert [made[i]["seed"] for i in ids] == [2**32 - 2, 2**32 - 1, 0, 1]
    assert len({row["batch"] for row in made.values()}) == 1
    assert (made[ids[0]]["width"], made[ids[0]]["height"]) == (1024, 682)


def test_an_empty_seed_becomes_an_explicit_one(studio: Studio, now: datetime) -> None:
    first, second = (studio.generate("sketch/still", {"prompt": "hills"}, now=now)[0] for _ in range(2))
    seeds = {row["id"]: row["request"]["seed"] for row in runs(studio)}
    assert seeds[first] != seeds[second]


@pytest.mark.parametrize(
    ("model", "values", "n", "error", "words"),
    [
        ("sketch/still", {"prompt": ""}, 1, InvalidInput, "Write a prompt"),
        ("sketch/still", {"prompt": "x" * 20_000}, 1, InvalidInput, "20,000 characters"),
        ("sketch/still", {"prompt": "a", "seed": -1}, 1, InvalidInput, "Seed"),
        ("sketch/still", {"prompt": "a", "seed": 2**99}, 1, InvalidInput, "Seed"),
        ("sketch/still", {"prompt": "a", "size": 3}, 1, InvalidInput, "Longer edge"),
        ("sketch/still", {"prompt": "a", "aspect_ratio": "1:0"}, 1, InvalidInput, "Aspect ratio"),
        ("sketch/clip", {"prompt": "a", "duration": 9}, 1, InvalidInput, "Seconds"),
        ("sketch/clip", {"prompt": "a", "fps": 25}, 1, InvalidInput, "Frames per second"),
        ("sketch/still", {"prompt": "a", "hacked": True}, 1, InvalidInput, "not an input"),
        ("sketch/still", {"prompt": "a", "palette": "file:///etc/passwd"}, 1, InvalidInput, "Palette"),
        ("sketch/still", {"prompt": "a"}, 0, InvalidInput, "from 1 to 16"),
        ("sketch/still", {"prompt": "a"}, 17, InvalidInput, "from 1 to 16"),
        ("sketch/oil", {"prompt": "a"}, 1, UnknownModel, "no model 'sketch/oil'"),
        ("dalle", {"prompt": "a"}, 1, UnknownModel, "no model 'dalle'"),
        ("", {"prompt": "a"}, 1, UnknownModel, "no model"),
    ],
)
def test_forged_input_writes_nothing(
    studio: Studio, now: datetime, model: str, values: dict[str, Any], n: int, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        studio.generate(model, values, now=now, n=n)
    assert runs(studio) == []


def test_all_wrong_fields_are_told_at_once(studio: Studio, now: datetime) -> None:
    with pytest.raises(InvalidInput) as refused:
        studio.generate("sketch/still", {"prompt": "", "seed": -1}, now=now, n=99)
    assert set(refused.value.fields) == {"prompt", "seed", "n"}


def test_again_repeats_and_vary_changes_the_seed(studio: Studio, now: datetime) -> None:
    media_id = add(studio.database, now, seed=5)
    again = studio.again(1, now=now)
    (varied,) = studio.vary([media_id], now=now)
    seeds = {row["id"]: row["request"]["seed"] for row in runs(studio)}
    assert seeds[again] == 5
    assert seeds[varied] != 5


def test_uploads_have_no_recipe_to_vary(studio: Studio, now: datetime) -> None:
    assert studio.vary([studio.upload(Upload("a.png", picture()), now=now)], now=now) == []


def test_a_file_input_is_an_item_and_is_recorded(studio: Studio, now: datetime) -> None:
    palette = studio.upload(Upload("colours.png", picture()), now=now)
    (run,) = studio.generate("sketch/still", {"prompt": "hills"}, now=now, files={"palette": [palette]})
    assert jobs.run_of(studio.database, run).inputs == {"palette": (palette,)}
    assert runs(studio)[0]["request"]["palette"] == f"studio:media/{palette}"


def test_an_upload_is_kept_only_when_all_else_is_right(studio: Studio, now: datetime) -> None:
    uploads = {"palette": [Upload("colours.png", picture())]}
    with pytest.raises(InvalidInput, match="Write a prompt"):
        studio.generate("sketch/still", {"prompt": ""}, now=now, uploads=uploads)
    assert search.count(studio.database) == 0
    studio.generate("sketch/still", {"prompt": "hills"}, now=now, uploads=uploads)
    assert jobs.run_of(studio.database, 1).inputs == {"palette": (1,)}
    bad = {"palette": [Upload("notes.txt", b"just words")]}
    with pytest.raises(InvalidInput, match=r"notes\.txt: The file is text/plain") as refused:
        studio.generate("sketch/still", {"prompt": "hills"}, now=now, uploads=bad)
    assert list(refused.value.fields) == ["palette"]
    assert len(runs(studio)) == 1


def test_file_inputs_must_be_pictures_that_exist(studio: Studio, now: datetime) -> None:
    clip = add(studio.database, now, kind="video")
    with pytest.raises(InvalidInput, match="no image"):
        studio.generate("sketch/still", {"prompt": "a"}, now=now, files={"palette": [clip]})
    with pytest.raises(InvalidInput, match="no item 999"):
        studio.generate("sketch/still", {"prompt": "a"}, now=now, files={"palette": [999]})
    assert len(runs(studio)) == 1


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg/>", b"\x89PNG\r\n\x1a\nbroken"])
def test_bad_uploads_are_refused_and_leave_nothing(studio: Studio, now: datetime, data: bytes) -> None:
    with pytest.raises(MediaRefused):
        studio.upload(Upload("a.png", data), now=now)
    assert search.count(studio.database) == 0
    assert [child.name for child in studio.scratch.folder.iterdir()] == ["lock"]


def test_an_upload_too_large_is_refused(settings: Settings, now: datetime) -> None:
    from dataclasses import replace

    small = Studio(replace(settings, upload_limit=2**20))
    with pytest.raises(MediaRefused, match="larger than 1 MiB"):
        small.upload(Upload("big.png", bytes(2**20 + 1)), now=now)
    small.close()


def test_the_whole_line_with_the_real_painter(settings: Settings) -> None:
    studio = Studio(settings)
    studio.start()
    palette = studio.upload(Upload("colours.png", picture()), now=datetime.now(UTC))
    values = {"prompt": "a lighthouse at dusk", "size": 256}
    studio.generate("sketch/still", values, now=datetime.now(UTC), n=2, files={"palette": [palette]})
    studio.generate("sketch/clip", values | {"duration": 2, "fps": 12}, now=datetime.now(UTC))
    deadline = time.monotonic() + 60
    while jobs.counts(studio.database)["succeeded"] < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [row["status"] for row in runs(studio)] == ["succeeded"] * 3, runs(studio)
    items = [library.item(studio.database, hit.id) for hit in search.page(studio.database).hits]
    assert sorted(item.mime for item in items) == ["image/png", "image/png", "image/png", "video/mp4"]
    studio.close()
    left = [path for path in settings.database.parent.rglob("*") if path.is_file()]
    assert set(left) - {ballast_of(settings.database)} == {settings.database}


def test_closing_with_runs_under_way_is_quick(settings: Settings) -> None:
    studio = Studio(settings)
    studio.start()
    values = {"prompt": "a long clip", "size": 1280, "duration": 8}
    studio.generate("sketch/clip", values, now=datetime.now(UTC), n=3)
    deadline = time.monotonic() + 20
    while not jobs.counts(studio.database)["running"] and time.monotonic() < deadline:
        time.sleep(0.02)
    started = time.monotonic()
    studio.close()
    assert time.monotonic() - started < 3
    left = [path for path in settings.database.parent.rglob("*") if path.is_file()]
    assert set(left) - {ballast_of(settings.database)} == {settings.database}


def test_there_is_one_shared_studio(studio: Studio) -> None:
    with pytest.raises(StorageBusy):
        shared()
    share(studio)
    assert shared() is studio
    share(None)
