"""Export: what goes comes back byte for byte, nothing half made bears the name, hostile words do no harm."""

import csv
import io
import json
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace as but
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text, update

from core import (
    Settings,
    Studio,
    backup,
    exporting,
    jobs,
    library,
    lineage,
    marks,
    retention,
    search,
    tags,
    trash,
    verification,
)
from core.__main__ import main
from core.database import Database, open_database
from core.errors import ExportRefused, NotFound, StorageBusy, StudioError, WorkStopped
from core.exporting import Made, Selection
from core.exporting.entry import FORMULA
from core.migrations import HEAD, version
from core.models import generation, generation_input, media
from core.preflight import preflight
from core.progress import Progress
from core.retention import Rule
from core.scratch import Scratch
from core.search import Query
from core.submission import SECRET
from core.upkeep import Upkeep
from tests.factories import add, claimed, found, keep, picture

Make = Callable[..., Made]
MAKERS: dict[str, Make] = {"zip": exporting.zip_file, "studio": exporting.studio_file}
HOSTILE = (
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "CON",
    "nul.txt",
    "/absolute/path",
    "trailing dot. ",
    "a" * 9_000,
    "日本の灯台 في الضباب",
    "\u202eevil\u202c \x07 bell",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "=HYPERLINK(1)",
    "",
)


def make(form: str, database: Database, target: Path, now: datetime, selection: Selection | None = None) -> Made:
    return MAKERS[form](database, selection or Selection(), target, now, Progress())


def listed(path: Path) -> dict[str, Any]:
    with ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("recipes.json"))
        return found


def bytes_of(database: Database, media_id: int) -> bytes:
    rows = text("SELECT data FROM media_chunk WHERE media_id = :id ORDER BY position")
    with database.read() as connection:
        return b"".join(connection.execute(rows, {"id": media_id}).scalars())


def spoil(database: Database, media_id: int) -> None:
    with database.write() as connection:
        change = "UPDATE media_chunk SET data = zeroblob(length(data)) WHERE media_id = :id"
        connection.execute(text(change), {"id": media_id})


def thin(database: Database, now: datetime) -> None:
    """What is older than five days."""
    with database.write() as connection:
        connection.execute(text("DELETE FROM protection WHERE kind = 'newest'"))
    for _ in retention.run(database, retention.plan(database, Rule("old", "thin", older_than=5), now), now):
        pass


@pytest.fixture
def held(database: Database, now: datetime) -> Database:
    """Three pictures, of which the third was made from the first and one that is not there any more; one is thinned."""
    for number in range(3):
        add(database, now + timedelta(minutes=number), picture(seed=number), prompt=f"hill {number}")
    add(database, now - timedelta(days=9), prompt="gone thin")
    marks.rate(database, [1], 4)
    marks.favour(database, [1])
    marks.write_note(database, 1, "a note")
    marks.assign(database, [1], "hills")
    tags.add(database, [1, 2], ["sea"])
    thin(database, now)
    with database.write() as connection:
        for position, used in enumerate((1, 99)):
            row = {"generation_id": 3, "role": "image", "position": position, "media_id": used}
            connection.execute(insert(generation_input).values(row))
    return database


def test_a_zip_holds_everything_byte_for_byte(held: Database, tmp_path: Path, now: datetime) -> None:
    made = make("zip", held, tmp_path / "out.zip", now)
    assert (made.items, made.thinned, made.skipped) == (4, 1, ())
    assert made.sentence.startswith(f"4 items exported and checked: {tmp_path / 'out.zip'}")
    assert list(tmp_path.glob("*.part*")) == list(tmp_path.glob(".out*")) == []
    told = listed(made.path)
    assert {name: told[name] for name in ("format", "version", "exported_at", "skipped")} == {
        "format": "onefile-studio-export",
        "version": 1,
        "exported_at": "2026-11-22T09:00:00.000Z",
        "skipped": [],
    }
    with ZipFile(made.path) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        for each in told["items"]:
            item = library.item(held, each["id"])
            assert archive.read(each["thumbnail"]) == library.thumbnail_data(held, item.kind, item.id)[1]
            if each["file"] is None:
                assert item.thinned
                continue
            data = archive.read(each["file"])
            assert data == bytes_of(held, item.id)
            assert sha256(data).hexdigest() == each["sha256"] == item.sha256
            info = archive.getinfo(each["file"])
            assert info.compress_type == ZIP_STORED
            assert stat.S_IMODE(info.external_attr >> 16) == 0o644
        used = {each[key] for each in told["items"] for key in ("file", "thumbnail")} - {None}
        assert names - used == {"recipes.json", "recipes.csv", "index.html"}


def test_what_is_told_of_an_item(held: Database, tmp_path: Path, now: datetime) -> None:
    make("zip", held, tmp_path / "out.zip", now)
    first = next(each for each in listed(tmp_path / "out.zip")["items"] if each["id"] == 1)
    recipe = first.pop("recipe")
    assert first.pop("sha256") == library.item(held, 1).sha256
    assert first == {
        "file": "media/000001-hill-0.png",
        "thumbnail": "thumbnails/000001.webp",
        "id": 1,
        "kind": "image",
        "mime": "image/png",
        "bytes": len(picture(seed=0)),
        "width": 64,
        "height": 48,
        "duration": None,
        "created_at": "2026-11-22T09:00:00.000Z",
        "favourite": True,
        "rating": 4,
        "note": "a note",
        "tags": ["sea"],
        "experiment": "hills",
        "name": None,
    }
    assert (recipe["prompt"], recipe["model"], recipe["seed"]) == ("hill 0", "sketch/still", 1)


def test_a_studio_file_opens_as_a_studio(held: Database, tmp_path: Path, now: datetime) -> None:
    made = make("studio", held, tmp_path / "small.db", now, Selection((1, 3, 4)))
    assert (made.items, made.thinned, made.bytes) == (3, 1, made.path.stat().st_size)
    assert {path.name for path in tmp_path.iterdir() if "small" in path.name} == {"small.db"}
    assert preflight(made.path)
    assert not backup.examine(made.path, Progress()).damaged
    opened = Studio(Settings(database=made.path, temporary=tmp_path))
    try:
        database, room = opened.database, tmp_path / "room"
        room.mkdir()
        assert version(database) == HEAD
        assert verification.verify(database, room, now, Progress()).good
        assert sorted(search.items(database, Query(), limit=9)) == [1, 3, 4]
        assert search.items(database, Query("hill tag:sea rating:4 is:favourite experiment:hills"), limit=9) == [1]
        assert [bytes_of(database, each) for each in (1, 3)] == [bytes_of(held, each) for each in (1, 3)]
        for media_id in (1, 3, 4):
            there, here = library.item(held, media_id), library.item(database, media_id)
            assert but(here, recipe=None) == but(there, recipe=None)
            assert here.recipe
            assert there.recipe
            assert (here.recipe.request, here.recipe.logs) == (there.recipe.request, there.recipe.logs)
            small = library.thumbnail_data(database, "image", media_id)
            assert small == library.thumbnail_data(held, "image", media_id)
        assert [(edge.source, edge.target) for edge in lineage.lineage(database, 3).edges] == [(1, 3)]
        with database.read() as connection:
            assert connection.execute(text("SELECT media_id FROM generation_input")).scalars().all() == [1]
            assert connection.execute(text("SELECT count(*) FROM deletion_log")).scalar() == 0
        assert library.file_key(database) != library.file_key(held)
        assert add(database, now) > 4  # no number is given out twice, though the studio's last is not here
    finally:
        opened.close()


def test_new_numbers_begin_above_those_of_the_studio(held: Database, tmp_path: Path, now: datetime) -> None:
    make("studio", held, tmp_path / "small.db", now, Selection((1,)))
    small = open_database(tmp_path / "small.db")
    assert add(small, now) == 5
    small.close()


def test_a_run_under_way_does_not_go_on_in_two_places(database: Database, tmp_path: Path, now: datetime) -> None:
    claim = claimed(database, now)
    item = keep(database, claim, picture(), found(), now)
    with database.write() as connection:
        connection.execute(update(generation).values(status="running"))
    make("studio", database, tmp_path / "small.db", now)
    small = open_database(tmp_path / "small.db")
    assert jobs.claim(small, "worker", now + timedelta(days=1)) is None
    recipe = library.item(small, item).recipe
    assert recipe
    assert recipe.status == "canceled"
    small.close()


def test_large_items_go_in_steps(database: Database, tmp_path: Path, now: datetime) -> None:
    data = bytes(range(256)) * 4096 * 20 + b"tail"
    add(database, now, b"small one")
    large = add(database, now, data, kind="video")
    add(database, now, b"small two")
    for form in MAKERS:
        make(form, database, tmp_path / form, now)
    with ZipFile(tmp_path / "zip") as archive:
        name = next(each for each in archive.namelist() if each.endswith(".mp4"))
        assert archive.read(name) == data
    small = open_database(tmp_path / "studio")
    assert bytes_of(small, large) == data
    assert search.items(small, Query(), limit=9) == search.items(database, Query(), limit=9)
    small.close()


@pytest.mark.parametrize("form", MAKERS)
def test_what_is_not_whole_is_named_and_left_out(held: Database, tmp_path: Path, now: datetime, form: str) -> None:
    spoil(held, 2)
    with held.write() as connection:
        connection.execute(update(media).where(media.c.id == 3).values(state="damaged"))
    made = make(form, held, tmp_path / "out", now)
    assert [each.id for each in made.skipped] == [2, 3]
    assert all("damaged" in each.why for each in made.skipped)
    assert made.items == 2
    assert "2 items are not in it (2, 3): Item 2 is damaged" in made.sentence
    if form == "zip":
        assert [each["id"] for each in listed(made.path)["skipped"]] == [2, 3]
        assert "Item 2 is damaged" in ZipFile(made.path).read("index.html").decode()


@pytest.mark.parametrize("form", MAKERS)
def test_missing_chunks_are_damage_too(held: Database, tmp_path: Path, now: datetime, form: str) -> None:
    with held.write() as connection:
        connection.execute(text("DELETE FROM media_chunk WHERE media_id = 2"))
    assert [each.id for each in make(form, held, tmp_path / "out", now).skipped] == [2]


def test_the_trash_stays(held: Database, tmp_path: Path, now: datetime) -> None:
    trash.discard(held, [2], now)
    assert make("zip", held, tmp_path / "all.zip", now).items == 3
    asked = make("studio", held, tmp_path / "trash.db", now, Selection(query=Query(trash=True)))
    assert asked.items == 1
    small = open_database(asked.path)
    assert library.item(small, 2).trashed_at is None
    small.close()


def test_a_search_is_a_selection(held: Database, tmp_path: Path, now: datetime) -> None:
    made = make("zip", held, tmp_path / "sea.zip", now, Selection(query=Query("tag:sea", order="random", seed=5)))
    assert [each["id"] for each in listed(made.path)["items"]] == [1, 2]
    with pytest.raises(NotFound, match="nothing to export"):
        make("zip", held, tmp_path / "none.zip", now, Selection(query=Query("nowhere")))
    assert not (tmp_path / "none.zip").exists()


def test_all_are_reached_beyond_one_read(database: Database, tmp_path: Path, now: datetime, monkeypatch: Any) -> None:
    monkeypatch.setattr("core.exporting.selection.AT_ONCE", 3)
    monkeypatch.setattr("core.exporting.smaller.AT_ONCE", 3)
    for number in range(7):
        add(database, now, bytes([number]))
    for form in MAKERS:
        assert make(form, database, tmp_path / form, now).items == 7


def test_selections_go_through_an_address() -> None:
    for one in (Selection((3, 1)), Selection(query=Query("sea", (("tag", "a"), ("tag", "b"))))):
        assert exporting.from_params(exporting.to_params(one)) == one
    for wrong in ("1,x", "1;2", "²", "-1", "9" * 30):
        with pytest.raises(StudioError):
            exporting.from_params({"ids": wrong})


def test_hostile_words_make_harmless_names(database: Database, tmp_path: Path, now: datetime) -> None:
    for words in HOSTILE:
        add(database, now, picture(), prompt=words)
    with database.write() as connection:
        connection.execute(update(generation).values(batch="same"))
    made = make("zip", database, tmp_path / "out.zip", now)
    with ZipFile(made.path) as archive:
        names = archive.namelist()
        page = archive.read("index.html").decode()
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        path = PurePosixPath(name)
        assert len(path.parts) <= 2
        assert len(path.name.encode()) < 200
        assert not set(name) & set('\\:*?"<>|\0')
        assert path.parts[0] in ("media", "thumbnails", "recipes.json", "recipes.csv", "index.html")
        assert path.stem.split("-")[0].isdigit() or len(path.parts) == 1
    assert "<script>alert" not in page
    assert "<svg onload" not in page
    assert page.count("<script>") == 1
    shutil.unpack_archive(made.path, tmp_path / "out")
    assert sum(path.is_file() for path in (tmp_path / "out").rglob("*")) == len(names)


@given(words=st.text(max_size=60), note=st.text(max_size=30), name=st.text(max_size=30))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_survive(words: str, note: str, name: str) -> None:
    """Lone surrogates, too, which JSON columns can hold: lists stay readable, and equal in JSON."""
    from core.exporting.lists import Lists

    moment = datetime.fromisoformat("2026-11-22T09:00:00+00:00")
    told = {
        "file": "media/1.png", "thumbnail": None, "id": 1, "kind": "image", "mime": "image/png", "bytes": 1,
        "sha256": "0", "width": 1, "height": 1, "duration": None, "created_at": "2026-11-22T09:00:00.000Z",
        "favourite": False, "rating": 0, "note": note, "tags": [name], "experiment": None, "name": name,
        "recipe": {"prompt": words, "request": {"prompt": words, name: [note + "\ud800"]}},
    }  # fmt: skip
    with Lists(moment) as lists:
        lists.add(told)
        made = {each: b"".join(pieces) for each, pieces in lists.finish([])}
    assert json.loads(made["recipes.json"])["items"] == [told]
    rows = list(csv.DictReader(io.StringIO(made["recipes.csv"].decode("utf-8-sig"), newline="")))
    assert len(rows) == 1
    assert not (rows[0]["prompt"] or "").startswith(FORMULA)
    page = made["index.html"].decode()
    assert page.count("<figure ") == page.count("</figure>") == 1
    assert page.count("<script") == 1


def test_no_secret_leaves(database: Database, tmp_path: Path, now: datetime) -> None:
    add(database, now, api_key=SECRET, nested={"keep": 1, "token": SECRET})
    make("zip", database, tmp_path / "out.zip", now)
    (told,) = listed(tmp_path / "out.zip")["items"]
    assert told["recipe"]["request"]["nested"] == {"keep": 1}
    with ZipFile(tmp_path / "out.zip") as archive:
        assert not any(SECRET.encode() in archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("form", MAKERS)
def test_what_cannot_be_written_is_refused(held: Database, tmp_path: Path, now: datetime, form: str) -> None:
    link = tmp_path / "link.zip"
    link.symlink_to(held.path)
    (tmp_path / "hard.zip").hardlink_to(held.path)
    (tmp_path / "there.zip").write_bytes(b"mine")
    before = sha256(held.path.read_bytes()).digest()
    for name, words in {
        held.path.name: "own file",
        f"{held.path.name}-wal": "own file",
        f"{held.path.name}-ballast": "own file",
        "link.zip": "own file",
        "hard.zip": "own file",
        "there.zip": "there already",
        ".": "is a folder",
        "nowhere/out.zip": "is not there",
    }.items():
        with pytest.raises(ExportRefused, match=words):
            make(form, held, tmp_path / name, now)
    for replace in (False, True):
        with pytest.raises(ExportRefused):
            MAKERS[form](held, Selection(), held.path, now, Progress(), replace=replace)
    assert sha256(held.path.read_bytes()).digest() == before
    assert (tmp_path / "there.zip").read_bytes() == b"mine"
    assert MAKERS[form](held, Selection(), tmp_path / "there.zip", now, Progress(), replace=True).items == 4
    assert (tmp_path / "there.zip").read_bytes() != b"mine"


@pytest.mark.parametrize("form", MAKERS)
def test_a_file_that_appears_meanwhile_is_left_alone(held: Database, tmp_path: Path, now: datetime, form: str) -> None:
    class Appearing(Progress):
        def begin(self, words: str, total: int = 0) -> None:
            if words.startswith("Checking"):
                (tmp_path / "out").write_bytes(b"mine")
            super().begin(words, total)

    with pytest.raises(ExportRefused, match="appeared meanwhile"):
        MAKERS[form](held, Selection(), tmp_path / "out", now, Appearing())
    assert (tmp_path / "out").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


@pytest.mark.parametrize("form", MAKERS)
def test_what_the_disk_changed_does_not_count(held: Database, tmp_path: Path, now: datetime, form: str) -> None:
    class Spoiling(Progress):
        def begin(self, words: str, total: int = 0) -> None:
            if words in ("Checking", "Checking the structure"):
                part = tmp_path / "out.part"
                spoilt = part.read_bytes().replace(picture(seed=1)[100:150], bytes(50))
                part.write_bytes(spoilt)
            super().begin(words, total)

    with pytest.raises(ExportRefused, match="Check the disk"):
        MAKERS[form](held, Selection(), tmp_path / "out", now, Spoiling())
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


@pytest.mark.parametrize("form", MAKERS)
def test_stopped_at_any_step_nothing_is_left(held: Database, tmp_path: Path, now: datetime, form: str) -> None:
    class Stopping(Progress):
        left = 0

        def check(self) -> None:
            self.left -= 1
            if self.left == 0:
                self.stop()
            super().check()

    for step in range(1, 100, 9 if form == "studio" else 2):
        progress = Stopping()
        progress.left = step
        try:
            MAKERS[form](held, Selection(), tmp_path / "out", now, progress)
            break
        except WorkStopped:
            assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == [], step
    assert step > 9
    assert (tmp_path / "out").exists()


def process(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.export_process", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("form", MAKERS)
def test_killed_it_leaves_a_part_and_the_next_begins_anew(
    held: Database, tmp_path: Path, now: datetime, form: str
) -> None:
    target = tmp_path / "out"
    for steps in (5,) if form == "studio" else (4, 9):
        with process(str(held.path), str(target), form, "step") as running:
            assert running.stdin
            assert running.stdout
            for _ in range(steps):
                running.stdout.readline()
                running.stdin.write("\n")
                running.stdin.flush()
            running.stdout.readline()
            running.kill()
        assert not target.exists()
        assert target.with_name("out.part").exists()
    assert make(form, held, target, now).items == 4
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


@pytest.mark.parametrize("form", ["studio", pytest.param("zip", marks=pytest.mark.torture)])
def test_where_the_file_cannot_grow_it_says_so(database: Database, tmp_path: Path, now: datetime, form: str) -> None:
    for number in range(3):
        add(database, now, bytes([number]) * 2**20)
    database.checkpoint()
    with process(str(database.path), str(tmp_path / "out"), form, "", str(2 * 2**20)) as running:
        assert running.stdout
        told = running.stdout.read()
    assert told.startswith("refused")
    assert "room" in told or "disk" in told
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


def test_a_disk_without_room_is_told_at_once(held: Database, tmp_path: Path, now: datetime, monkeypatch: Any) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("core.exporting.target.shutil.disk_usage", lambda _: usage._replace(free=2**20))
    with pytest.raises(ExportRefused, match="1 MiB are free"):
        make("zip", held, tmp_path / "out.zip", now)


@pytest.mark.parametrize("form", ["zip", pytest.param("studio", marks=pytest.mark.torture)])
def test_memory_stays_bounded(database: Database, tmp_path: Path, now: datetime, form: str) -> None:
    for number in range(3):
        add(database, now, bytes([number]) * (32 * 2**20), kind="video")
    with process(str(database.path), str(tmp_path / "out"), form) as running:
        assert running.stdout
        done, items, grown = running.stdout.read().split()
    assert (done, items) == ("done", "3")
    assert int(grown) < 48


def test_two_do_not_write_one_file(held: Database, tmp_path: Path, now: datetime) -> None:
    reached, go = threading.Event(), threading.Event()

    class Waiting(Progress):
        def begin(self, words: str, total: int = 0) -> None:
            if words == "Checking":
                reached.set()
                go.wait(20)
            super().begin(words, total)

    thread = threading.Thread(
        target=exporting.zip_file, args=(held, Selection(), tmp_path / "out.zip", now, Waiting()), daemon=True
    )
    thread.start()
    assert reached.wait(20)
    with pytest.raises(ExportRefused, match="Another export"):
        make("zip", held, tmp_path / "out.zip", now)
    go.set()
    thread.join(20)
    assert listed(tmp_path / "out.zip")["items"]


def test_upkeep_carries_it_out(held: Database, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "temporary").mkdir()
    scratch = Scratch(tmp_path / "temporary")
    upkeep = Upkeep(held, scratch)
    with pytest.raises(ExportRefused):
        upkeep.export(now, Selection(), held.path, "zip")
    assert upkeep.last is None
    for form in MAKERS:
        work = upkeep.export(now, Selection(), tmp_path / form, form)
        upkeep.wait(30)
        assert work.good, work.sentence
        assert "4 items exported and checked" in work.sentence
    spoil(held, 2)
    work = upkeep.export(now, Selection(), tmp_path / "spoilt", "zip")
    upkeep.wait(30)
    assert work.good is False
    assert "1 item is not in it (2)" in work.sentence
    scratch.close()


def test_on_the_terminal(held: Database, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    held.seal()
    held.close()
    monkeypatch.setenv("STUDIO_DATABASE", str(held.path))
    monkeypatch.chdir(tmp_path)
    assert main(["export", "out.zip", "--query", "tag:sea"]) == 0
    assert f"{tmp_path / 'out.zip'}\n2 items, " in capsys.readouterr().out
    assert main(["export", "out.zip"]) == 1
    assert "there already" in capsys.readouterr().err
    assert main(["export", "out.zip", "--studio", "--replace"]) == 0
    assert preflight(tmp_path / "out.zip")


def test_a_stream_is_the_same_zip(held: Database, now: datetime) -> None:
    made = b"".join(exporting.stream(held, Selection(), now))
    with ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        told = json.loads(archive.read("recipes.json"))
        assert [each["id"] for each in told["items"]] == [1, 2, 3, 4]
        assert archive.read(told["items"][0]["file"]) == picture(seed=0)


def test_a_studio_file_is_sent_and_nothing_stays(
    held: Database, tmp_path: Path, now: datetime, monkeypatch: Any
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    sent = exporting.sent(held, Selection(), "studio", now)
    with pytest.raises(StorageBusy):
        exporting.sent(held, Selection(), "studio", now)
    data = b"".join(sent.pieces)
    assert len(data) == sent.size
    (tmp_path / "got.db").write_bytes(data)
    assert backup.examine(tmp_path / "got.db", Progress()).items == 3
    exporting.sent(held, Selection(), "studio", now).pieces.close()
    with pytest.raises(NotFound):
        exporting.sent(held, Selection((77,)), "nothing", now)
    assert list((tmp_path / "temporary").iterdir()) == []
    assert exporting.sent(held, Selection(), "studio", now).pieces.close() is None
