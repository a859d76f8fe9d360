"""From nothing to the models, twice is once, newer is refused, and nothing changes without a copy."""

import shutil
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from core.database import Database, open_database
from core.errors import NewerDatabase
from core.library import item
from core.migrations import FOLDER, HEAD, migrate, version
from core.models import metadata
from tests.factories import add, picture

NEXT = f"{int(HEAD) + 1:04}"
SECOND = '''"""A second version, for the test."""

from alembic import op

revision = "{next}"
down_revision = "{head}"


def upgrade() -> None:
    """Apply this version."""
    op.execute("ALTER TABLE media ADD COLUMN mood TEXT")
    {tail}
'''


def second(tmp_path: Path, tail: str = "") -> Path:
    """A folder with one version more than ours."""
    folder = tmp_path / "migrations"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"{NEXT}_second.py").write_text(SECOND.format(tail=tail, head=HEAD, next=NEXT))
    return folder


def copies(database: Database) -> list[Path]:
    return sorted(database.path.parent.glob("studio.db.schema-*"))


def test_from_nothing_comes_the_models_schema(database: Database) -> None:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or not str(name).startswith("words")  # the full-text index and its own tables

    options = {"compare_type": True, "compare_server_default": True, "include_name": ours}
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_head_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_twice_changes_nothing(database: Database, now: datetime) -> None:
    with database.read() as connection:
        before = connection.execute(text("SELECT name, sql FROM sqlite_master ORDER BY name")).all()
    migrate(database, now)
    with database.read() as connection:
        assert connection.execute(text("SELECT name, sql FROM sqlite_master ORDER BY name")).all() == before
    assert copies(database) == []


def test_a_newer_file_is_refused_and_untouched(database: Database, now: datetime) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabase, match="newer version of the studio") as refused:
        migrate(database, now)
    assert "9999" in refused.value.sentence
    assert version(database) == "9999"


def test_an_upgrade_lays_a_verified_copy_beside_the_file(database: Database, now: datetime, tmp_path: Path) -> None:
    media_id = add(database, now, picture())
    migrate(database, now, folder=second(tmp_path), head=NEXT)
    assert version(database) == NEXT
    (copy,) = copies(database)
    assert copy.name == f"studio.db.schema-{HEAD}-20261122T090000Z"
    kept = open_database(copy)
    assert version(kept) == HEAD
    assert item(kept, media_id).sha256 == item(database, media_id).sha256
    kept.close()


def test_a_failing_upgrade_leaves_the_old_schema(database: Database, now: datetime, tmp_path: Path) -> None:
    folder = second(tmp_path, "raise RuntimeError('half way')")
    with pytest.raises(RuntimeError, match="half way"):
        migrate(database, now, folder=folder, head=NEXT)
    assert version(database) == HEAD
    with database.read() as connection:
        assert "mood" not in [row.name for row in connection.execute(text("PRAGMA table_info(media)"))]
    (folder / "versions" / f"{NEXT}_second.py").write_text(SECOND.format(tail="", head=HEAD, next=NEXT))
    migrate(database, now + timedelta(seconds=5), folder=folder, head=NEXT)
    assert version(database) == NEXT


@pytest.mark.parametrize("tail", ["import os; os._exit(9)"])
def test_a_killed_upgrade_starts_again(tmp_path: Path, now: datetime, tail: str) -> None:
    database = open_database(tmp_path / "studio.db")
    migrate(database, now)
    database.close()
    folder = second(tmp_path, tail)
    code = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from core.database import open_database; from core.migrations import migrate\n"
        "migrate(open_database(Path(sys.argv[1])), datetime.now(UTC), folder=Path(sys.argv[2]), head=sys.argv[3])"
    )
    command = [sys.executable, "-c", code, str(database.path), str(folder), NEXT]
    assert subprocess.run(command, timeout=60).returncode == 9
    (folder / "versions" / f"{NEXT}_second.py").write_text(SECOND.format(tail="", head=HEAD, next=NEXT))
    again = open_database(database.path)
    assert version(again) == HEAD
    migrate(again, now, folder=folder, head=NEXT)
    assert version(again) == NEXT
    again.close()


def test_views_show_the_pictures_to_any_tool(database: Database, now: datetime) -> None:
    """The views keep the earlier system's names, with the BLOB put together from its chunks, in order."""
    data = bytes(range(256)) * 4096 * 3 + b"the end"
    image, video = add(database, now, data, prompt="red hills"), add(database, now, b"clip" * 10, kind="video")
    with database.read() as connection:
        row = connection.execute(text("SELECT * FROM generated_images")).mappings().one()
        assert (row["id"], row["prompt"], row["image_url"]) == (image, "red hills", f"/api/images/{image}/data")
        assert row["image_data"] == data
        row = connection.execute(text("SELECT * FROM generated_videos")).mappings().one()
        assert (row["id"], row["video_data"]) == (video, b"clip" * 10)


def test_an_older_tool_can_still_open_the_file(database: Database, now: datetime) -> None:
    """Python's own SQLite may be years old; it must show the pictures as well."""
    data = bytes(range(256)) * 4096 * 2
    add(database, now, data)
    database.close()
    tool = sqlite3.connect(database.path)
    assert tool.execute("SELECT count(*) FROM generation").fetchone() == (1,)
    assert tool.execute("SELECT prompt, image_data FROM generated_images").fetchone() == ("a hill", data)
    tool.close()
