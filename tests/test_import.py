"""Files, folders, ZIPs and exports brought in for real: stored whole, with their recipes, nothing twice."""

import io
import json
import os
import signal
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from core import Studio, blobs, jobs, library, marks, retention, search, tags, trash
from core.__main__ import main
from core.copies import recipe_of
from core.database import Database
from core.embedding import embedded
from core.errors import DiskFull, ImportRefused, NotFound, StorageBusy, StudioError, WorkStopped
from core.importing import Intake, Line, Report
from core.media import Inspector
from core.models import stamp
from core.progress import Progress
from core.retention import Rule
from core.retention.guards import doubt
from core.scratch import Scratch
from core.search.soundness import faults
from tests import foreign
from tests.factories import add, clip, picture

Bring = Callable[..., Report]


@pytest.fixture
def intake(database: Database, inspector: Inspector, tmp_path: Path) -> Iterator[Intake]:
    (tmp_path / "temporary").mkdir()
    scratch = Scratch(tmp_path / "temporary")
    yield Intake(database, inspector, scratch, 64 * 2**20, lambda: None)
    scratch.close()


@pytest.fixture
def bring(intake: Intake, now: datetime) -> Bring:
    def brought(*paths: Path, progress: Progress | None = None) -> Report:
        report = Report()
        intake.bring(paths, now, progress or Progress(), report)
        return report

    return brought


def fates(report: Report) -> dict[str, tuple[str, str]]:
    return {line.name: (line.fate, line.why) for line in report.lines}


def item_of(database: Database, report: Report, name: str) -> library.Item:
    (line,) = [line for line in report.lines if line.name == name and line.media_id is not None]
    return library.item(database, line.media_id or 0)


def write(folder: Path, **files: bytes | str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_a_folder_with_all_below_it(database: Database, bring: Bring, tmp_path: Path, now: datetime) -> None:
    home = tmp_path / "outputs"
    write(home, a__png=foreign.png(1, parameters=foreign.A1111), b__png=picture(seed=2), notes__md="# notes")
    write(home, b__txt=foreign.A1111, c__png=picture(seed=3), c__txt="my cat", empty__png=b"", Thumbs__db=b"x" * 9)
    write(home / "deeper", a__webp=foreign.comfy_webp(4, foreign.FLUX), copy__png=picture(seed=2), torn__png=b"\x89PNG")
    write(home / ".hidden", x__png=picture(seed=9))
    (home / ".DS_Store").write_bytes(b"x")
    (home / "deeper" / "loop").symlink_to(home)
    (home / "nowhere.png").symlink_to(tmp_path / "missing")
    clip(home / "film.mp4", seconds=0.5)
    os.utime(home / "c.png", (1_600_000_000, 1_600_000_000))
    progress = Progress()
    report = bring(home, progress=progress)
    assert dict(report.fates) == {"added": 5, "here": 1, "skipped": 6 - 1}
    told = fates(report)
    assert told["deeper/copy.png"][0] == "here"
    assert "text/" in told["notes.md"][1]
    assert told["c.txt"] == ("skipped", "It is a text without a recipe that can be read.")
    assert "empty" in told["empty.png"][1]
    assert "leads nowhere" in told["nowhere.png"][1]
    assert told["deeper/torn.png"][0] == "skipped"
    assert dict(report.programs) == {"a1111": 2, "comfyui": 1}
    assert "2 of AUTOMATIC1111" in report.sentence
    assert progress.share == 1.0
    foreign_one = item_of(database, report, "deeper/a.webp")
    assert foreign_one.recipe
    assert (foreign_one.recipe.provider, foreign_one.recipe.model) == ("comfyui", "flux1-dev.safetensors")
    assert (foreign_one.recipe.seed, foreign_one.recipe.request["seed"]) == (None, 2**64 - 5)
    assert foreign_one.recipe.status == "succeeded"
    assert not foreign_one.recipe.queued
    raw = (foreign_one.recipe.response or {})["imported"]["texts"]
    assert json.loads(raw["exif:Model"].removeprefix("prompt:")) == foreign.FLUX
    plain = item_of(database, report, "c.png")
    assert plain.recipe is None
    assert plain.created_at == datetime.fromtimestamp(1_600_000_000, UTC)
    data = b"".join(blobs.read(database, plain.id, 0, plain.bytes))
    assert sha256(data).hexdigest() == plain.sha256 == sha256(picture(seed=3)).hexdigest()
    assert search.count(database, search.from_params({"q": "tower paper"})) == 1
    assert search.count(database, search.from_params({"model": "dreamshaper_8"})) == 2
    assert faults(database, tmp_path, lambda: None) == []
    assert dict(bring(home).fates) == {"here": 6, "skipped": 4}
    assert jobs.recent(database) == []
    with pytest.raises(NotFound, match="made elsewhere"):
        jobs.run_of(database, foreign_one.recipe.generation_id)


def test_single_files_with_what_lies_beside_them(
    database: Database, bring: Bring, tmp_path: Path, now: datetime
) -> None:
    write(tmp_path / "one", a__png=picture(seed=1), a__json=json.dumps(foreign.INVOKE), b__png=picture(seed=2))
    write(tmp_path / "two", a__jpg=foreign.photograph(3))
    report = bring(tmp_path / "one" / "a.png", tmp_path / "two" / "a.jpg")
    assert dict(report.fates) == {"added": 2}
    assert [line.program for line in report.lines] == ["invokeai", ""]
    taken = library.item(database, 2)
    assert taken.created_at == datetime(2021, 7, 14, 8, 20, 30, tzinfo=UTC)
    assert taken.name == "a.jpg"


def test_no_date_lies_in_the_future(database: Database, bring: Bring, tmp_path: Path, now: datetime) -> None:
    write(tmp_path / "in", a__jpg=foreign.photograph(1, "2090:01:01 00:00:00"), b__jpg=foreign.photograph(2, "junk"))
    os.utime(tmp_path / "in" / "a.jpg", (4_000_000_000, 4_000_000_000))
    os.utime(tmp_path / "in" / "b.jpg", (1_700_000_000, 1_700_000_000))
    bring(tmp_path / "in")
    assert library.item(database, 1).created_at == now
    assert library.item(database, 2).created_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_what_is_in_the_trash_stays_there(database: Database, bring: Bring, tmp_path: Path, now: datetime) -> None:
    write(tmp_path / "in", a__png=picture(seed=1))
    bring(tmp_path / "in")
    trash.discard(database, [1], now)
    report = bring(tmp_path / "in")
    assert dict(report.fates) == {"trash": 1}
    assert report.lines[0].media_id == 1
    assert "1 in the trash here and left there" in report.sentence
    assert "In the trash here,1" in report.csv()


def test_old_dates_make_armed_rules_wait(database: Database, bring: Bring, tmp_path: Path, now: datetime) -> None:
    rule = Rule("old ones", older_than=30)
    policy_id = retention.add(database, rule)
    retention.arm(database, policy_id, retention.plan(database, rule, now, policy_id).fingerprint, now)
    write(tmp_path / "in", a__png=picture(seed=1))
    os.utime(tmp_path / "in" / "a.png", (1_600_000_000, 1_600_000_000))
    bring(tmp_path / "in")
    assert "whose dates lie in the past" in (doubt(database, now) or "")


def test_a_large_file_in_pieces(database: Database, bring: Bring, tmp_path: Path) -> None:
    film = clip(tmp_path / "film.mp4", seconds=0.5).read_bytes()
    room = 20 * 2**20
    (tmp_path / "film.mp4").write_bytes(film + (room + 8).to_bytes(4, "big") + b"free" + bytes(room))
    report = bring(tmp_path / "film.mp4")
    assert dict(report.fates) == {"added": 1}, report.lines
    found = library.item(database, 1)
    assert found.bytes == (tmp_path / "film.mp4").stat().st_size
    assert sha256(b"".join(blobs.read(database, 1, 0, found.bytes))).hexdigest() == found.sha256


def test_nothing_to_bring_is_said(database: Database, bring: Bring, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="There is nothing at"):
        bring(tmp_path / "missing")
    with pytest.raises(ImportRefused, match="own file"):
        bring(database.path)
    (tmp_path / "empty").mkdir()
    assert bring(tmp_path / "empty").sentence == "0 items added."


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from core.importing.folder import Folder
from core.importing.trees import TreeSource
os.getuid() or (os.setgid(65534), os.setuid(65534))
print([(each.name, each.why) for each in Folder(Path(sys.argv[1])).passed])
try:
    Folder(Path(sys.argv[1]) / "closed")
except Exception as error:
    print(error)
"""


def test_folders_that_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path / "in" / "closed", a__png=picture())
    write(tmp_path / "in", b__png=picture())
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    (tmp_path / "in" / "closed").chmod(0)
    command = [sys.executable, "-c", UNPRIVILEGED, str(tmp_path / "in")]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    (tmp_path / "in" / "closed").chmod(0o755)
    listed, refused = ended.stdout.splitlines()
    assert listed == "[('closed/', 'The folder cannot be read: Permission denied.')]"
    assert refused.endswith("closed cannot be read: Permission denied. Choose another folder.")


def test_a_low_disk_stops_the_intake(intake: Intake, database: Database, tmp_path: Path, now: datetime) -> None:
    write(tmp_path / "in", **{f"{n}__png": picture(seed=n) for n in range(3)})
    left = [None, None, "The disk has 3 MB left."]
    intake.shortage = lambda: left.pop(0)
    report = Report()
    with pytest.raises(DiskFull, match="3 MB left"):
        intake.bring([tmp_path / "in"], now, Progress(), report)
    assert dict(report.fates) == {"added": 2}
    intake.shortage = lambda: None
    intake.bring([tmp_path / "in"], now, Progress(), report)
    assert dict(report.fates) == {"added": 3, "here": 2}


def test_it_can_be_stopped_and_gone_on_with(database: Database, bring: Bring, tmp_path: Path) -> None:
    write(tmp_path / "in", **{f"{n}__png": picture(seed=n) for n in range(3)})

    class Brief(Progress):
        """Asks for the end once something is done."""

        def advance(self, amount: int = 0) -> None:
            """One step."""
            super().advance(amount)
            self.stop()

    with pytest.raises(WorkStopped):
        bring(tmp_path / "in", progress=Brief())
    assert sum(bring(tmp_path / "in").fates.values()) == 3
    assert len(search.items(database, limit=9)) == 3


def test_one_import_at_a_time(database: Database, bring: Bring, tmp_path: Path) -> None:
    from filelock import FileLock

    with FileLock(f"{database.path}-import.lock"), pytest.raises(StorageBusy, match="Another import"):
        bring(tmp_path)


@pytest.mark.parametrize("steps", [(9, 25)])
def test_killed_and_started_again(database: Database, tmp_path: Path, steps: tuple[int, ...]) -> None:
    film = clip(tmp_path / "film.mp4", seconds=0.5).read_bytes()
    large = film + (12 * 2**20 + 8).to_bytes(4, "big") + b"free" + bytes(12 * 2**20)
    files: dict[str, bytes | str] = {f"{n}__png": foreign.png(n, parameters=foreign.A1111) for n in range(6)}
    write(tmp_path / "in", **files, a__mp4=large)
    (tmp_path / "scratch").mkdir()
    script = Path(__file__).with_name("import_process.py")
    command = [sys.executable, str(script), str(database.path), str(tmp_path / "in"), str(tmp_path / "scratch")]
    environment = os.environ | {"PYTHONPATH": str(script.parents[1])}
    ended = [subprocess.run([*command, str(n)], env=environment, capture_output=True, text=True) for n in (*steps, 0)]
    assert [each.returncode for each in ended] == [-signal.SIGKILL] * len(steps) + [0], ended[-1].stderr
    assert list((tmp_path / "scratch").iterdir()) == []
    with database.read() as connection:
        rows = connection.execute(text("SELECT state, sha256, generation_id FROM media")).all()
        runs = connection.execute(text("SELECT count(*) FROM generation")).scalar()
    assert {row.state for row in rows} == {"ready"}
    expected = {sha256(content if isinstance(content, bytes) else b"").hexdigest() for content in files.values()}
    assert sorted(row.sha256 for row in rows) == sorted(expected | {sha256(large).hexdigest()})
    assert runs == sum(row.generation_id is not None for row in rows) == 6
    assert faults(database, tmp_path, lambda: None) == []


def zipped(path: Path, parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), data, method)
    return path


def test_a_zip_of_anything(database: Database, bring: Bring, tmp_path: Path, now: datetime) -> None:
    inner = zipped(tmp_path / "inner.zip", {"x.png": picture(seed=8)}).read_bytes()
    parts = {
        "art/one.png": picture(seed=1),
        "art/one.txt": foreign.A1111.encode(),
        "../../../escape.png": picture(seed=2),
        "/abs.png": picture(seed=3),
        "__MACOSX/._one.png": b"x",
        "inner.zip": inner,
        "page.html": b"<script>alert(1)</script>",
        "art/copy.png": picture(seed=1),
    }
    before = sorted(tmp_path.rglob("*"))
    report = bring(zipped(tmp_path / "a.zip", parts))
    assert dict(report.fates) == {"added": 3, "here": 1, "skipped": 2}
    assert "Bring it in by itself" in fates(report)["inner.zip"][1]
    first = item_of(database, report, "art/one.png")
    assert first.recipe
    assert first.recipe.provider == "a1111"
    assert first.created_at == datetime(2024, 5, 6, 7, 8, 10, tzinfo=UTC)
    after = {path for path in tmp_path.rglob("*") if path.suffix == ".png"}
    assert after == {path for path in before if path.suffix == ".png"}
    assert not (tmp_path.parent / "escape.png").exists()


def test_hostile_zips(database: Database, bring: Bring, tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {"a.png": bytes(50 * 2**20), "b.png": picture(seed=1)})
    report = bring(bomb)
    assert "50 MiB" not in report.sentence
    assert "times its size" in fates(report)["a.png"][1]
    assert fates(report)["b.png"][0] == "added"

    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("lzma.png", picture(seed=2), zipfile.ZIP_LZMA)
        archive.writestr("crc.png", picture(seed=3), zipfile.ZIP_STORED)
        archive.writestr("locked.png", picture(seed=4), zipfile.ZIP_STORED)
    data = bytearray((tmp_path / "odd.zip").read_bytes())
    data[data.index(picture(seed=3)) + 60] ^= 1
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.rindex(signature, 0, data.rindex(b"locked.png") + 1 if flags == 8 else data.index(b"locked.png"))
        data[at + flags] |= 1
    (tmp_path / "odd.zip").write_bytes(data)
    told = fates(bring(tmp_path / "odd.zip"))
    assert set(told) == {"lzma.png", "crc.png", "locked.png"}
    assert "packed in a way" in told["lzma.png"][1]
    assert "damaged in the ZIP" in told["crc.png"][1]
    assert "encrypted" in told["locked.png"][1]

    whole = bomb.read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    (tmp_path / "many.zip").write_bytes(whole[:-14] + struct.pack("<HHIIH", 1, 1, 2**31, 0, 0))
    overlapping = whole.replace(struct.pack("<I", len(picture(seed=1))), struct.pack("<I", len(picture(seed=1))))
    (tmp_path / "same.zip").write_bytes(overlapping)
    for name in ("cut.zip", "many.zip"):
        with pytest.raises(ImportRefused):
            bring(tmp_path / name)


def test_a_file_larger_than_is_kept(intake: Intake, bring: Bring, tmp_path: Path) -> None:
    intake.media_limit = 2**20
    (tmp_path / "a.bin").write_bytes(bytes(2**20 + 1))
    assert "larger than 1 MiB" in bring(tmp_path / "a.bin").lines[0].why


def exported(database: Database, ids: list[int], path: Path, *, without: tuple[int, ...] = ()) -> Path:
    """A ZIP as the studio exports it, with these items."""
    items, parts = [], dict[str, bytes]()
    for media_id in ids:
        one = library.item(database, media_id)
        file = f"media/{one.id:06}-{one.filename.replace(f'-{one.id}.', '.')}"
        if media_id not in without:
            parts[file] = b"".join(blobs.read(database, one.id, 0, one.bytes))
        parts[f"thumbnails/{one.id:06}.webp"] = library.thumbnail_data(database, one.kind, one.id)[1]
        items.append({
            "file": None if media_id in without else file, "thumbnail": f"thumbnails/{one.id:06}.webp", "id": one.id,
            "kind": one.kind, "mime": one.mime, "bytes": one.bytes, "sha256": one.sha256, "width": one.width,
            "height": one.height, "duration": one.duration, "created_at": stamp(one.created_at),
            "favourite": one.favourite, "rating": one.rating, "note": one.note, "tags": list(one.tags),
            "experiment": "winter" if one.recipe else None,
            "recipe": recipe_of(database, one) if one.recipe else None,
        })  # fmt: skip
    listed = {
        "format": "onefile-studio-export", "version": 1, "studio_version": "0", "exported_at": "2026-11-22T09:00:00Z",
        "items": items, "skipped": [],
    }  # fmt: skip
    parts |= {"recipes.json": json.dumps(listed, indent=1).encode(), "index.html": b"<html>", "recipes.csv": b"id"}
    return zipped(path, parts)


@pytest.fixture
def elsewhere(empty_file: Path, tmp_path: Path) -> Iterator[Database]:
    """Another studio's file."""
    from core.database import open_database

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "studio.db").write_bytes(empty_file.read_bytes())
    opened = open_database(tmp_path / "elsewhere" / "studio.db")
    yield opened
    opened.close()


def fill(database: Database, now: datetime) -> list[int]:
    """A palette that was brought there, a picture that was made with it, and another; with marks."""
    from core.jobs import Run
    from tests.factories import claimed, found, keep

    palette = library.add_upload(database, picture(seed=1), "palette.png", found(), now)
    made = Run("sketch", "sketch/still", "1", "image", {"prompt": "a hill", "seed": 9,
               "palette": f"studio:media/{palette}"}, (64, 48), {"palette": (palette,)})  # fmt: skip
    jobs.enqueue(database, "b" * 32, [made], now)
    claim = jobs.claim(database, "tests", now)
    assert claim is not None
    hill = keep(database, claim, picture(seed=2), found(), now)
    sea = add(database, now - timedelta(days=3), picture(seed=3), prompt="a sea")
    tags.add(database, [hill], ["snow", "fox"])
    marks.favour(database, [hill])
    marks.rate(database, [hill], 4)
    marks.write_note(database, hill, "the best one")
    marks.assign(database, [hill], "winter")
    assert claimed is not None
    return [palette, hill, sea]


def require_merged(database: Database, now: datetime, first: int) -> None:
    """What `fill` made there is here, with everything, from item `first` on."""
    palette, hill, sea = (library.item(database, first + n) for n in range(3))
    assert (palette.name, palette.recipe) == ("palette.png", None)
    assert hill.tags == ("fox", "snow")
    assert (hill.favourite, hill.rating, hill.note) == (True, 4, "the best one")
    assert hill.recipe
    assert (hill.recipe.provider, hill.recipe.prompt, hill.recipe.seed) == ("sketch", "a hill", 9)
    assert hill.recipe.inputs == {"palette": (palette.id,)}
    assert hill.recipe.request["palette"] == f"studio:media/{palette.id}"
    assert sea.created_at == now - timedelta(days=3)
    with database.read() as connection:
        named = text("SELECT experiment FROM generation WHERE id = :id")
        assert connection.execute(named, {"id": hill.recipe.generation_id}).scalar() == "winter"


def test_an_export_comes_back_with_all_that_is_known(
    database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path
) -> None:
    add(database, now, picture(seed=50))
    ids = fill(elsewhere, now)
    lost = add(elsewhere, now, picture(seed=60))
    path = exported(elsewhere, [ids[0], ids[1], ids[2], lost], tmp_path / "export.zip", without=(lost,))
    report = bring(path)
    assert dict(report.fates) == {"added": 3, "skipped": 1}
    assert report.lines[-1].why == "The export holds no file of it."
    require_merged(database, now, 2)
    assert dict(bring(path).fates) == {"here": 3, "skipped": 1}
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert dict(bring(tmp_path / "unpacked").fates) == {"here": 3, "skipped": 1}


def test_an_input_that_comes_later_is_linked(
    database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path
) -> None:
    palette, hill, _ = fill(elsewhere, now)
    bring(exported(elsewhere, [hill], tmp_path / "hill.zip"))
    made = library.item(database, 1).recipe
    assert made
    assert made.inputs == {}
    assert "palette" not in made.request
    bring(exported(elsewhere, [palette], tmp_path / "palette.zip"))
    made = library.item(database, 1).recipe
    assert made
    assert made.inputs == {"palette": (2,)}
    assert made.request["palette"] == "studio:media/2"
    assert "missing_inputs" not in json.dumps(made.response)


def test_a_damaged_export(database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path) -> None:
    ids = fill(elsewhere, now)
    path = exported(elsewhere, ids, tmp_path / "export.zip")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    spoilt = next(name for name in parts if name.startswith("media/000003"))
    report = bring(zipped(tmp_path / "spoilt.zip", parts | {spoilt: picture(seed=77)}))
    assert "not those that were stored there" in fates(report)[spoilt][1]
    whole = parts["recipes.json"]
    with pytest.raises(ImportRefused, match=r"recipes\.json"):
        bring(zipped(tmp_path / "cut.zip", parts | {"recipes.json": whole[: len(whole) // 2]}))
    newer = whole.replace(b'"version": 1', b'"version": 2', 1)
    with pytest.raises(ImportRefused, match="newer version"):
        bring(zipped(tmp_path / "newer.zip", parts | {"recipes.json": newer}))
    odd = {"format": "onefile-studio-export", "version": 1, "items": [7, {"file": 3, "tags": "x", "rating": "5"}, {}]}
    assert bring(zipped(tmp_path / "odd.zip", {"recipes.json": json.dumps(odd).encode()})).fates["skipped"] == 2


def test_a_copy_of_ours_comes_back_with_its_recipe(
    database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path
) -> None:
    ids = fill(elsewhere, now)
    one = library.item(elsewhere, ids[1])
    data = b"".join(blobs.read(elsewhere, one.id, 0, one.bytes))
    copy = embedded(io.BytesIO(data), "image/png", recipe_of(elsewhere, one))
    (tmp_path / "copy.png").write_bytes(b"".join(copy.pieces(io.BytesIO(data))))
    bring(tmp_path / "copy.png")
    made = library.item(database, 1).recipe
    assert made
    assert (made.provider, made.model, made.prompt, made.created_at) == ("sketch", "sketch/still", "a hill", now)


def test_another_studio_is_merged_and_not_changed(
    database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path
) -> None:
    ids = fill(elsewhere, now)
    shared = add(elsewhere, now, picture(seed=50))
    tags.add(elsewhere, [shared], ["theirs"])
    own = add(database, now, picture(seed=50))
    tags.add(database, [own], ["ours"])
    gone = add(elsewhere, now, picture(seed=51))
    trash.discard(elsewhere, [gone], now)
    elsewhere.seal()
    elsewhere.close()
    before = elsewhere.path.read_bytes()
    report = bring(elsewhere.path)
    assert dict(report.fates) == {"added": 3, "here": 1}
    assert "1 item in the trash of studio.db stay there." in report.sentence
    require_merged(database, now, 2)
    assert library.item(database, 3).name is None
    assert library.item(database, own).tags == ("ours",)
    assert dict(bring(elsewhere.path).fates) == {"here": 4}
    assert elsewhere.path.read_bytes() == before
    assert sorted(path.name for path in elsewhere.path.parent.iterdir()) == ["studio.db"]
    assert faults(database, tmp_path, lambda: None) == []
    assert len(ids) == 3


def test_outputs_of_one_run_stay_together(database: Database, elsewhere: Database, bring: Bring, now: datetime) -> None:
    from core import results
    from core.providers import Prediction
    from tests.factories import claimed, found

    for number in range(2):
        claim = claimed(elsewhere, now)
        results.answered(elsewhere, claim, [("[0]", None), ("[1]", None)], Prediction("", "succeeded"))
        for position in range(2):
            data = picture(seed=10 * number + position)
            media_id = results.receive(elsewhere, claim, position, found(), None, now)
            stored = blobs.write(elsewhere, media_id, io.BytesIO(data), lambda: None)
            results.keep(elsewhere, claim, position, media_id, stored, found())
        results.finish(elsewhere, claim, {"output": ["x", "y"]}, now)
    elsewhere.seal()
    elsewhere.close()
    bring(elsewhere.path)
    with database.read() as connection:
        rows = connection.execute(text("SELECT generation_id, position FROM media ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(1, 0), (1, 1), (2, 0), (2, 1)]


def test_an_older_studio_is_copied_and_the_copy_upgraded(database: Database, bring: Bring, tmp_path: Path) -> None:
    from core.database import open_database
    from core.migrations import migrate

    older = open_database(tmp_path / "older.db")
    migrate(older, datetime.now(UTC), head="0003")
    with older.write() as connection:
        connection.execute(text(
            "INSERT INTO media (kind, mime, name, bytes, sha256, width, height, state, created_at) VALUES ('image', "
            "'image/png', 'old.png', :bytes, :sha256, 64, 48, 'incoming', '2025-01-01T00:00:00.000Z')"),
            {"bytes": len(picture(seed=5)), "sha256": sha256(picture(seed=5)).hexdigest()})  # fmt: skip
        connection.execute(text("INSERT INTO media_chunk VALUES (1, 0, :data)"), {"data": picture(seed=5)})
        connection.execute(text("UPDATE media SET state = 'ready'"))
    older.seal()
    older.close()
    before = (tmp_path / "older.db").read_bytes()
    assert dict(bring(tmp_path / "older.db").fates) == {"added": 1}
    assert library.item(database, 1).name == "old.png"
    assert (tmp_path / "older.db").read_bytes() == before


def test_studios_that_cannot_be_merged(database: Database, elsewhere: Database, bring: Bring, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"SQLite format 3\0" + bytes(500))
    with pytest.raises(StudioError, match="not a studio's"):
        bring(tmp_path / "other.db")
    with elsewhere.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    elsewhere.seal()
    elsewhere.close()
    with pytest.raises(StudioError, match="newer version"):
        bring(elsewhere.path)


def test_as_a_work_of_the_studio(studio: Studio, tmp_path: Path, now: datetime) -> None:
    write(tmp_path / "in", a__png=foreign.png(1, prompt=json.dumps(foreign.COMFY)), b__txt="hello")
    done: list[str] = []
    studio.upkeep.bring(studio.intake, [tmp_path / "in"], now, then=lambda: done.append("tidied"))
    work = studio.upkeep.wait(60)
    assert work
    assert work.good is False
    assert work.sentence == "1 item added, 1 skipped. Recipes found: 1 of ComfyUI."
    assert done == ["tidied"]
    assert studio.upkeep.brought
    assert studio.upkeep.brought.lines[0].media_id == 1
    assert studio.vary([1], now=now) == []
    with pytest.raises(NotFound, match="made elsewhere"):
        studio.again(1, now=now)


def test_on_the_terminal(
    empty_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "studio.db").write_bytes(empty_file.read_bytes())
    monkeypatch.setenv("STUDIO_DATABASE", str(tmp_path / "studio.db"))
    monkeypatch.setenv("STUDIO_DISK_RESERVE", "1")
    write(tmp_path / "in", a__png=foreign.png(1, parameters=foreign.A1111), b__gif="GIF89a junk")
    assert main(["import", str(tmp_path / "in"), "--report", str(tmp_path / "report.csv")]) == 1
    told = capsys.readouterr().out
    assert "Item 1: a.png, with a recipe of AUTOMATIC1111" in told
    assert "Skipped b.gif" in told
    assert (tmp_path / "report.csv").read_text().splitlines()[1] == "a.png,Added,1,AUTOMATIC1111,"
    assert main(["import", str(tmp_path / "nothing")]) == 1


def test_a_report_is_safe_in_a_spreadsheet() -> None:
    report = Report()
    report.add(Line("=cmd|' /C calc'!A0", "skipped", why="+1"))
    assert report.csv().splitlines()[1] == "'=cmd|' /C calc'!A0,Skipped,,,'+1"
