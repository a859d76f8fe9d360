"""The studio in a notebook: five lines and what they show, on real files and with a real second process."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from PIL import Image

import core
from core import jobs, library
from core.api import create_app
from core.database import Database
from core.errors import (
    BytesGone,
    InvalidInput,
    NewerDatabase,
    NotFound,
    PredictionFailed,
    StorageError,
    SubmissionUnclear,
    UnknownModel,
)
from core.notebook import Media, OpenStudio
from core.notebook.endpoint import Endpoint
from tests.earlier import earlier
from tests.factories import add, claimed, clip, picture, run, sound
from tests.serving import free_port


@pytest.fixture
def database(opened: OpenStudio) -> Database:
    """The file of that studio."""
    return opened._studio.database


def fail(database: Database, now: datetime, why: str) -> int:
    claim = claimed(database, now)
    jobs.fail(database, claim, PredictionFailed(why), now)
    return claim.id


# Opening


def test_opening_twice_is_one_studio_until_it_is_closed(opened: OpenStudio) -> None:
    assert core.open_studio(str(opened.path)) is opened
    opened.close()
    opened.close()
    with pytest.raises(StorageError, match=r"closed. Open it again"):
        opened.frame()
    with core.open_studio(opened.path, work=False) as again:
        assert again is not opened
        assert len(again.frame()) == 0


def test_a_newer_file_is_refused_with_a_sentence(empty_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    path.write_bytes(empty_file.read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(NewerDatabase, match="newer"):
        core.open_studio(path)
    assert [each.name for each in tmp_path.iterdir() if each.name != "studio.db-ballast"] == ["studio.db"]


def test_the_earlier_systems_file_is_upgraded(tmp_path: Path) -> None:
    data = picture()
    path = earlier(tmp_path / "studio.db", rows=[{"id": 4, "prompt": "a lighthouse", "data": data}])
    with core.open_studio(path, work=False) as studio:
        assert studio.frame("lighthouse").index.tolist() == [4]
        assert studio.media(4).bytes() == data
    assert len(list(tmp_path.glob("studio.db.earlier-*"))) == 1


def test_the_environment_names_the_file(opened: OpenStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_DATABASE", str(opened.path))
    assert core.open_studio() is opened


# Runs


def test_five_lines(working: OpenStudio) -> None:
    batch = working.generate('a <b>lighthouse</b> at "dusk"', model="sketch/still", n=2, seed=7, size=256)
    assert [each.recipe and each.recipe.seed for each in batch.media] == [7, 8]
    shown = batch._repr_html_()
    assert shown.count('src="data:image/webp;base64,') == 2
    assert "<b>" not in shown
    assert 'alt="a &lt;b&gt;lighthouse&lt;/b&gt; at &quot;dusk&quot;"' in shown
    pairs = zip(batch.ids, batch.media.ids, strict=True)
    assert repr(batch) == "\n".join(f"run {each}: succeeded, item {item}" for each, item in pairs)
    assert repr(batch.media[0]).startswith(f"<image {batch.media.ids[0]}: 'a <b>lighthouse</b> at \"dusk\"', 256 × 170")
    frame = working.frame("lighthouse", order="oldest", parameters=["size"])
    assert sorted(frame.index) == sorted(batch.media.ids)
    assert frame["size"].tolist() == [256, 256]
    assert working.generate("again", size=256, wait=False).wait().status.popitem()[1] == "succeeded"


def test_what_a_model_does_not_take_is_told(opened: OpenStudio, database: Database) -> None:
    with pytest.raises(InvalidInput) as told:
        opened.generate("a", model="sketch/still", size=100, colour="red")
    assert set(told.value.fields) == {"size", "colour"}
    with pytest.raises(InvalidInput, match="cannot be read"):
        opened.generate("a", model="sketch/still", palette="nowhere.png")
    with pytest.raises(InvalidInput, match=r"an item such as studio.media\(1\)"):
        opened.generate("a", model="sketch/still", palette=1.5)
    with pytest.raises(UnknownModel):
        opened.generate("a", model="sketch/nothing")
    assert jobs.recent(database) == []


def test_files_are_given_as_items_numbers_and_paths(opened: OpenStudio) -> None:
    Path("colours.png").write_bytes(picture())
    kept = opened.upload("colours.png")
    for palette in (kept, kept.id, np.int64(kept.id), "colours.png", Path("colours.png")):
        (number,) = opened.generate("a", model="sketch/still", palette=palette, wait=False).ids
        assert jobs.run_of(opened._studio.database, number).inputs == {"palette": (kept.id,)}
    assert opened.frame().index.tolist() == [kept.id]


def test_how_runs_ended_is_told(opened: OpenStudio, database: Database, now: datetime) -> None:
    good, bad = add(database, now), fail(database, now, "It was <too> dark.")
    both = opened.runs(1, bad).wait()
    assert both.media.ids == [good]
    assert both.errors == {bad: "It was <too> dark."}
    assert "failed - It was &lt;too&gt; dark." in both._repr_html_()
    with pytest.raises(PredictionFailed, match="dark"):
        opened.runs(bad).wait()
    (queued,) = jobs.enqueue(database, "batch", [run()], now)
    assert opened.runs(queued).cancel() == 1
    with pytest.raises(PredictionFailed, match="was stopped"):
        opened.runs(queued).wait()
    unsure = claimed(database, now)
    with database.write() as connection:
        jobs.set_run(connection, unsure.id, status="uncertain")
    with pytest.raises(SubmissionUnclear, match="Jobs page"):
        opened.runs(unsure.id).wait()
    with pytest.raises(NotFound, match="no run 999"):
        opened.runs(999).wait()


# Items


def test_an_item_gives_its_bytes_in_every_way(opened: OpenStudio, database: Database, now: datetime) -> None:
    data = picture(width=40, height=30) + b"\0" * 3_000_000  # several chunks
    number = add(database, now, data)
    media = opened.media(number)
    assert media.bytes() == data
    with media.open() as file:
        assert file.read(8) == data[:8]
        file.seek(-5, os.SEEK_END)
        assert file.read() == data[-5:]
    assert media.save("here.png").read_bytes() == data
    Path("folder").mkdir()
    assert media.save("folder") == Path("folder") / media.item.filename
    assert media.save("here.png") == Path("here.png")
    with pytest.raises(StorageError, match="Name another path"):
        media.save("nowhere/here.png")
    assert sorted(path.name for path in Path().glob("*.png")) == ["here.png"]
    assert media == opened.media(number)
    assert media.recipe is not None
    assert media.recipe.prompt == "a hill"


def test_pixels_come_as_arrays(opened: OpenStudio) -> None:
    turned = Image.new("RGB", (40, 20), "red")
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save("turned.jpg", exif=exif)
    assert opened.upload("turned.jpg").array().shape == (40, 20, 3)
    data = picture(width=40, height=30)
    Path("plain.png").write_bytes(data)
    plain = opened.upload("plain.png")
    assert np.array_equal(plain.array(), np.asarray(Image.open(BytesIO(data))))
    with pytest.raises(InvalidInput, match="is a picture"):
        plain.frames()
    sounding = opened.upload(sound(Path("tone.wav")))
    with pytest.raises(InvalidInput, match="no pixels"):
        sounding.array()
    assert "<audio src=" in sounding._repr_html_()


def test_a_clip_gives_its_frames(opened: OpenStudio) -> None:
    film = opened.upload(clip(Path("film.mp4"), seconds=2, fps=12))
    taken = list(film.frames(every=0.5))
    assert [moment for moment, _ in taken] == [0.0, 0.5, 1.0, 1.5]
    kept = film.keep_frame(1.0)
    assert np.array_equal(kept.array(), taken[2][1])
    assert np.array_equal(film.array(), taken[0][1])
    assert (kept.lineage().sources, film.lineage().results) == ([film.id], [kept.id])
    assert kept.lineage()._repr_html_().count("<img") == 2
    assert "<video src=" in film._repr_html_()
    with pytest.raises(InvalidInput, match="above 0"):
        film.frames(every=0)


def test_what_is_gone_is_told(opened: OpenStudio, database: Database, now: datetime) -> None:
    number = add(database, now)
    media = opened.media(number)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE media SET state = 'thinned'")
        connection.exec_driver_sql("DELETE FROM media_chunk")
    thinned = opened.media(number)
    for act in (thinned.bytes, thinned.open, thinned.array, lambda: thinned.save("x.png")):
        with pytest.raises(BytesGone, match="was thinned"):
            act()
    assert "<img" in thinned._repr_html_()
    with pytest.raises(StorageError, match="are missing"):
        media.bytes()
    gallery = opened.show(number, 99)
    assert "There is no item 99" in gallery._repr_html_()
    assert "There is no item 99" in repr(gallery)


def test_marks_are_those_of_the_library(opened: OpenStudio, database: Database, now: datetime) -> None:
    media = opened.media(add(database, now)).rate(4).favour().tag("sea", "Dawn")
    assert (media.item.rating, media.item.favourite, media.item.tags) == (4, True, ("dawn", "sea"))
    assert opened.frame("rating:>=4 tag:sea")["tags"].tolist() == ["dawn, sea"]
    assert media.untag("sea").discard().item.trashed_at is not None
    assert len(opened.frame()) == 0
    assert opened.frame(trash=True).index.tolist() == [media.id]
    assert media.restore().item.trashed_at is None
    with pytest.raises(InvalidInput):
        media.rate(6)


@pytest.fixture
def address(database: Database) -> Iterator[str]:
    """The file served over HTTP, as a studio serves it."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(lambda: database), port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_large_clip_is_a_poster_with_a_link_to_a_studio_that_serves_it(
    opened: OpenStudio, database: Database, address: str, now: datetime
) -> None:
    number = add(database, now, b"film" * 3_000_000, kind="video")
    item = library.item(database, number)
    nowhere = f"http://127.0.0.1:{free_port()}"
    served, alone = (Media(opened._studio, item, Endpoint(each)) for each in (address, nowhere))
    link = f'<a href="{address}/api/videos/{number}/data" target="_blank" rel="noopener"><img src="data:image/webp'
    assert link in served._repr_html_()
    assert "<a " not in alone._repr_html_()
    assert "12.0 MB: too large to play here" in alone._repr_html_()
    assert Endpoint(address).of(replace(served.item, sha256="0" * 64)) is None  # a studio with another file
