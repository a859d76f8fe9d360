"""A file of the earlier system becomes a studio's: every byte, id and address, and the original as it was."""

import io
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import blobs, jobs, library
from core.database import Database, open_database
from core.errors import DiskFull, NotFound, StorageBusy, StorageError, UnusableDatabase
from core.migrations import migrate
from core.models import former, generation, media
from core.settings import Settings
from core.upgrade import Telling, upgrade, upgrade_report
from tests.earlier import BEFORE_BLOBS, HTML, IMAGES, VIDEOS, earlier, ordinary
from tests.factories import add, clip, picture
from tests.serving import ROOT, Server

PNG = picture()
OLD_READERS = (  # how readers of the earlier system ask
    "SELECT * FROM generated_{kind}s WHERE status = 'completed' ORDER BY created_at DESC LIMIT 50",
    "SELECT id, prompt, {kind}_url, model_id, parameters, status, collection, metadata FROM generated_{kind}s",
    "SELECT {kind}_data FROM generated_{kind}s WHERE id = 1",
    "SELECT collection, COUNT(*) FROM generated_{kind}s GROUP BY collection",
    "SELECT DATE(created_at), COUNT(*) FROM generated_{kind}s WHERE created_at >= '2025-11-15 00:00:00' GROUP BY 1",
    "SELECT json_extract(parameters, '$.seed') FROM generated_{kind}s WHERE json_valid(parameters)",
)


def bytes_of(path: Path) -> dict[str, str]:
    """SHA-256 of a file and of what lies beside it."""
    sides = [path.with_name(path.name + side) for side in ("", "-wal", "-journal")]
    return {side.name.removeprefix(path.name): sha256(side.read_bytes()).hexdigest() for side in sides if side.exists()}


def run(settings: Settings, now: datetime, **options: Any) -> list[str] | None:
    return upgrade(settings, now, Telling(io.StringIO()), **options)


def original(settings: Settings) -> Path:
    (found,) = [
        path for path in settings.database.parent.glob("*.earlier-*") if not path.name.endswith(("-wal", "-journal"))
    ]
    return found


def row(database: Database, kind: str, number: int) -> Any:
    joined = former.join(generation, generation.c.id == former.c.generation_id)
    with database.read() as connection:
        query = select(generation, former.c.media_id, media.c.state).select_from(
            joined.outerjoin(media, media.c.id == former.c.media_id)
        )
        return connection.execute(query.where(former.c.kind == kind, former.c.number == number)).one()


@pytest.fixture
def moving(tmp_path: Path) -> bytes:
    return clip(tmp_path / "clip.mp4", seconds=0.5).read_bytes()


def test_an_ordinary_file(settings: Settings, now: datetime, moving: bytes) -> None:
    earlier(settings.database, (IMAGES, VIDEOS, "CREATE TABLE scenes (id, name)"), ordinary(PNG, moving))
    before = bytes_of(settings.database)
    lines = run(settings, now)
    assert lines is not None
    assert bytes_of(original(settings)) == before
    assert original(settings).name == "studio.db.earlier-20261122T090000Z"
    assert sorted(path.name for path in settings.database.parent.iterdir() if "studio" in path.name) == [
        "studio.db",
        "studio.db.earlier-20261122T090000Z",
    ]
    assert list(settings.temporary.iterdir()) == []
    database = open_database(settings.database)
    migrate(database, now)
    assert upgrade_report(database) == lines
    said = "\n".join(lines)
    assert "3 rows of generated_images and 3 rows of generated_videos" in said
    assert "New id: 2 rows (video 1, video 2)" in said
    assert "Damaged: 1 row (video 2)" in said
    assert "Lost: 1 row (image 3)" in said
    assert "only in the original: scenes" in said

    still = library.addressed(database, "image", 1)
    assert (still.id, still.width, still.height, still.sha256) == (1, 64, 48, sha256(PNG).hexdigest())
    assert still.original_url == "https://replicate.delivery/x/out-0.png"
    assert still.recipe is not None
    assert still.recipe.request == {"prompt": "a lighthouse at dusk", "seed": 7, "aspect_ratio": "1:1"}
    assert (still.recipe.provider, still.recipe.seed) == ("replicate", 7)
    assert still.recipe.url == "https://replicate.com/p/gm3qorzdhgbfurvjtvhg6dckhu"
    assert still.created_at == datetime(2025, 11, 15, 10, tzinfo=UTC)
    assert library.thumbnail_data(database, "image", 1)[0] == "image/webp"

    waves = library.addressed(database, "video", 1)
    assert waves.id == 10  # above 9, the last that was given
    assert b"".join(blobs.read(database, 10, 0, waves.bytes)) == moving
    assert library.thumbnail_data(database, "video", 1) == library.thumbnail_data(database, "video", 10)
    assert library.addressed(database, "video", 9).id == 9

    junk = row(database, "video", 2)
    assert (junk.state, junk.status) == ("damaged", "failed")
    assert b"".join(blobs.read(database, junk.media_id, 0, len(HTML))) == HTML
    lost = row(database, "image", 3)
    assert (lost.media_id, lost.state, lost.status) == (3, "lost", "failed")
    assert lost.request == {"prompt": "expired before it was saved", "parameters": "not json"}
    with pytest.raises(NotFound, match="are lost"):
        library.addressed(database, "image", 3)
    failed = row(database, "image", 2)
    assert (failed.media_id, failed.status, failed.error) == (None, "failed", "NSFW content detected")

    assert add(database, now, kind="image") == 12  # nothing new is named like anything of old
    assert jobs.run_of(database, lost.id).model == "stability-ai/sdxl"
    database.close()


@pytest.mark.parametrize(
    ("shape", "states"), [("with", {"ready": 1, "lost": 1, "damaged": 1}), ("before", {"lost": 1})]
)
def test_the_two_shapes_as_they_are_handed_down(
    settings: Settings, now: datetime, shape: str, states: dict[str, int]
) -> None:
    script = ROOT.parent / "shared" / "legacy" / f"scenes-{shape}-blobs.sql"
    if not script.exists():
        pytest.skip("only beside ../shared")
    connection = sqlite3.connect(settings.database)
    connection.executescript(script.read_text())
    connection.close()
    assert run(settings, now) is not None
    database = open_database(settings.database)
    with database.read() as reading:
        found = reading.exec_driver_sql("SELECT state, count(*) FROM media GROUP BY state").all()
    database.close()
    assert {row[0]: row[1] for row in found} == states


def test_twice_is_once(settings: Settings, now: datetime) -> None:
    earlier(settings.database, rows=[{"status": "failed"}])
    assert run(settings, now) is not None
    before = settings.database.stat()
    assert run(settings, now) is None
    assert settings.database.stat() == before
    assert len(list(settings.database.parent.glob("studio.db*"))) == 2


def test_the_shape_before_blobs_with_a_file_that_is_still_there(
    settings: Settings, now: datetime, moving: bytes
) -> None:
    folder = settings.database.parent
    (folder / "videos").mkdir()
    (folder / "videos" / "1.mp4").write_bytes(moving)
    (folder / "notes.txt").write_text("no video")
    rows = [
        {"kind": "video", "url": str(folder / "videos" / "1.mp4"), "created_at": "2025-11-10 08:00:00"},
        {"kind": "video", "url": "/nowhere/videos/2.mp4", "created_at": "2025-11-10 08:01:00"},
        {"kind": "video", "status": "processing", "created_at": "2025-11-10 08:05:00"},
        {"kind": "video", "url": "videos/1.mp4"},
        {"kind": "video", "url": (folder / "videos" / "1.mp4").as_uri()},
        {"kind": "video", "url": "notes.txt"},
        {"kind": "video", "url": "/dev/zero"},
    ]
    earlier(settings.database, (BEFORE_BLOBS,), rows)
    said = "\n".join(run(settings, now) or [])
    assert "There was no generated_images." in said
    assert "generated_videos lacks collection, video_data" in said
    assert "Brought in from the disk: 3 rows (video 1, video 4, video 5)" in said
    assert "Lost: 3 rows (video 2, video 6, video 7)" in said
    database = open_database(settings.database)
    assert library.addressed(database, "video", 1).sha256 == sha256(moving).hexdigest()
    assert "/nowhere/videos/2.mp4" in row(database, "video", 2).error
    assert "still running" in row(database, "video", 3).error
    database.close()
    assert (folder / "videos" / "1.mp4").read_bytes() == moving


def test_readers_of_the_earlier_system_get_their_answers(settings: Settings, now: datetime, moving: bytes) -> None:
    numbers = {"a lighthouse at dusk": 1, "waves": 101, "tides": 109}  # so that all keep their ids
    kept = [one for one in ordinary(PNG, moving) if one["prompt"] in numbers]
    for one in kept:
        one["id"] = numbers[one["prompt"]]
        one["url"] = f"/api/{one.get('kind', 'image')}s/{one['id']}/data"
    before = earlier(settings.database, rows=kept)
    copy = before.with_name("copy.db")
    shutil.copy(before, copy)
    assert run(settings, now) is not None
    old, new = sqlite3.connect(copy), sqlite3.connect(settings.database)
    for question in OLD_READERS:
        for kind in ("image", "video"):
            asked, answered = (each.execute(question.format(kind=kind)) for each in (old, new))
            assert [column[0] for column in asked.description] == [column[0] for column in answered.description]
            assert asked.fetchall() == answered.fetchall(), question
    old.close()
    new.close()


def test_what_waits_in_a_wal_is_brought_too(settings: Settings, now: datetime) -> None:
    path = settings.database
    writing = sqlite3.connect(path)
    writing.execute("PRAGMA journal_mode = WAL")
    writing.execute("PRAGMA wal_autocheckpoint = 0")
    writing.execute(IMAGES)  # even the tables are only there
    writing.execute("INSERT INTO generated_images (prompt, image_url, model_id, parameters, image_data) "
                    "VALUES ('new', '', 'a/b', '{}', ?)", [PNG])  # fmt: skip
    writing.commit()
    elsewhere = path.with_name("elsewhere.db")
    for side in ("", "-wal"):  # as after a crash
        shutil.copy(f"{path}{side}", f"{elsewhere}{side}")
    writing.close()
    settings = Settings(database=elsewhere, temporary=settings.temporary)
    before = bytes_of(elsewhere)
    assert set(before) == {"", "-wal"}
    assert run(settings, now) is not None
    kept = next(path for path in elsewhere.parent.glob("elsewhere.db.earlier-*Z"))
    assert bytes_of(kept) == before
    database = open_database(elsewhere)
    assert library.addressed(database, "image", 1).sha256 == sha256(PNG).hexdigest()
    database.close()
    assert not elsewhere.with_name("elsewhere.db-wal").exists()
    tool = sqlite3.connect(kept)
    assert tool.execute("SELECT prompt FROM generated_images").fetchall() == [("new",)]
    tool.close()


def test_a_change_that_was_interrupted_is_undone_in_a_copy(settings: Settings, now: datetime) -> None:
    path = earlier(settings.database, rows=[{"prompt": f"row {n}", "status": "failed"} for n in range(50)])
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1'); c.execute('PRAGMA cache_spill = 1'); c.execute('BEGIN')\n"
        "c.execute(\"UPDATE generated_images SET prompt = 'half done', metadata = hex(randomblob(2000))\"); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], timeout=60).returncode == 9
    before = bytes_of(path)
    assert set(before) == {"", "-journal"}
    assert run(settings, now) is not None
    assert bytes_of(original(settings)) == before
    database = open_database(path)
    with database.read() as connection:
        prompts = set(connection.execute(select(generation.c.prompt)).scalars())
    database.close()
    assert prompts == {f"row {n}" for n in range(50)}


def test_a_link_keeps_leading_to_the_studio(settings: Settings, now: datetime, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    real = earlier(tmp_path / "disk" / "real.db", rows=[{"status": "failed"}])
    settings.database.symlink_to(real)
    assert run(settings, now) is not None
    assert settings.database.is_symlink()
    assert len(list(real.parent.glob("real.db.earlier-*"))) == 1
    open_database(settings.database).close()


def test_no_room_is_told_before_anything_is_written(settings: Settings, now: datetime) -> None:
    path = earlier(settings.database, rows=[{"status": "failed"}])
    before = sorted(path.parent.iterdir()), bytes_of(path)
    with pytest.raises(DiskFull, match=r"of room are needed in .* and 1\.0 MB are free"):
        run(settings, now, free=lambda folder: 1_000_000)
    assert (
        sorted(found for found in path.parent.iterdir() if not found.name.endswith("lock")),
        bytes_of(path),
    ) == before


def test_a_damaged_original_is_refused_with_a_sentence(settings: Settings, now: datetime) -> None:
    path = earlier(settings.database, rows=[{"data": os.urandom(300_000)}, {"data": PNG}])
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 100_000 + whole[108_192:])
    before = bytes_of(path)
    with pytest.raises(UnusableDatabase, match="cannot be read whole"):
        run(settings, now)
    assert bytes_of(path) == before
    assert not path.with_name("studio.db.upgrading").exists()
    path.write_bytes(whole[:-5000])
    with pytest.raises(UnusableDatabase, match="cut short"):
        run(settings, now)


def test_a_change_meanwhile_is_noticed(settings: Settings, now: datetime) -> None:
    path = earlier(settings.database, rows=[{"status": "failed"}])

    def meddle(stage: str) -> None:
        if stage == "built":
            code = (
                "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0)\n"
                "c.execute('DELETE FROM generated_images'); c.commit()"
            )
            done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
            assert "locked" in done.stderr  # we hold it
            path.touch()  # and a program that does not ask for locks

    with pytest.raises(StorageError, match="was changed while it was upgraded"):
        run(settings, now, reach=meddle)
    assert not path.with_name("studio.db.upgrading").exists()
    assert run(settings, now) is not None


def test_a_program_that_still_reads_is_asked_to_stop(settings: Settings, now: datetime) -> None:
    path = earlier(settings.database, rows=[{"status": "failed"}])
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN')\n"
        "c.execute('SELECT * FROM generated_images').fetchone(); print('reading', flush=True); sys.stdin.readline()"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    with pytest.raises(StorageBusy, match="Another program has"):
        run(settings, now)
    reader.communicate("\n", timeout=30)
    assert run(settings, now) is not None


@pytest.mark.parametrize("statement", ["CREATE TABLE songs (title)", "CREATE TABLE generated_images (title)"])
def test_what_is_not_ours_is_left_alone(settings: Settings, now: datetime, statement: str) -> None:
    path = earlier(settings.database, (statement,))
    before = bytes_of(path)
    assert run(settings, now) is None
    with pytest.raises(UnusableDatabase, match="not a studio's"):
        open_database(path)
    assert bytes_of(path) == before
    assert sorted(found.name for found in path.parent.iterdir()) == ["studio.db", "temporary"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir()
    path = earlier(tmp_path / "locked" / "studio.db", rows=[{"status": "failed"}])
    code = (
        "import os, sys; from pathlib import Path; from datetime import UTC, datetime; from core import Settings\n"
        "from core.upgrade import Telling, upgrade; os.getuid() or (os.setgid(65534), os.setuid(65534))\n"
        "upgrade(Settings(database=Path(sys.argv[1])), datetime.now(UTC), Telling(sys.stdout))"
    )
    for folder in path.parents[:5]:
        folder.chmod(folder.stat().st_mode | 0o055)
    path.parent.chmod(0o555)
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    path.parent.chmod(0o755)
    assert "could not be upgraded: Permission denied" in done.stderr.splitlines()[-1]


def test_a_server_started_on_it_answers_the_old_addresses(tmp_path: Path, moving: bytes) -> None:
    server = Server(tmp_path / "home")
    earlier(server.database, rows=ordinary(PNG, moving))
    with server:
        status, headers, body = server.fetch("/api/images/1/data")
        assert (status, headers["content-type"], body) == (200, "image/png", PNG)
        status, headers, body = server.fetch("/api/videos/1/data", Range="bytes=0-99")
        assert (status, body) == (206, moving[:100])
        assert server.json("/api/videos/1")["data"] == "/api/videos/10/data"
        assert server.fetch("/api/videos/1/thumbnail")[0] == 200
        assert server.fetch("/api/videos/9/data")[2] == moving + b"\0" * 8
        assert [server.fetch(f"/api/{gone}/data")[0] for gone in ("images/2", "images/3", "videos/2", "images/9")] == [
            404
        ] * 4
        log = server.log.read_text()
        assert log.count("Copying 6 rows.") == 1
        assert "The original is unchanged in studio.db.earlier-" in log
        server.stop()
    assert server.files()[0] == "studio.db"
    assert len(server.files()) == 2


def test_the_report_can_be_absent(database: Database) -> None:
    assert upgrade_report(database) is None
