"""Files, folders, ZIPs and exports brought in for real: stored whole, with their recipes, nothing twice."""

import json
import os
import signal
import struct
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import text

from core import Studio, blobs, jobs, library, retention, search, trash
from core.__main__ import main
from core.database import Database
from core.errors import DiskFull, ImportRefused, NotFound, StorageBusy, WorkStopped
from core.importing import Intake, Line, Report
from core.progress import Progress
from core.retention import Rule
from core.retention.guards import doubt
from core.search.soundness import faults
from tests import foreign
from tests.factories import clip, picture
from tests.taking import Bring, fates, item_of, write, zipped


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
    with FileLock(f"{database.path}-import.lock"), pytest.raises(StorageBusy, match="Another import"):
        bring(tmp_path)


@pytest.mark.parametrize("steps", [(22,), pytest.param(tuple(range(3, 60, 2)), marks=pytest.mark.torture)])
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
    assert {each.returncode for each in ended[:-1]} <= {-signal.SIGKILL, 0}
    assert (ended[0].returncode, ended[-1].returncode) == (-signal.SIGKILL, 0), ended[-1].stderr
    assert list((tmp_path / "scratch").iterdir()) == []
    with database.read() as connection:
        rows = connection.execute(text("SELECT state, sha256, generation_id FROM media")).all()
        runs = connection.execute(text("SELECT count(*) FROM generation")).scalar()
    assert {row.state for row in rows} == {"ready"}
    expected = {sha256(content if isinstance(content, bytes) else b"").hexdigest() for content in files.values()}
    assert sorted(row.sha256 for row in rows) == sorted(expected | {sha256(large).hexdigest()})
    assert runs == sum(row.generation_id is not None for row in rows) == 6
    assert faults(database, tmp_path, lambda: None) == []


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
