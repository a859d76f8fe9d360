"""What `/api/health` turns red on, each made to happen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from core import Settings, Studio, backup, health, room
from core.api import create_app
from core.database import Database
from core.health import GRACE, STILL, Health
from core.migrations import HEAD
from core.progress import Progress
from core.wal import REFUSE_ABOVE
from tests.factories import add, picture

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def wrong(found: Health) -> list[str]:
    return [check.name for check in found.checks if not check.good]


def test_all_is_well_at_first(database: Database) -> None:
    found = health.examine(database, NOW, reserve=0, stepped_at=NOW)
    assert (wrong(found), found.good, found.schema) == ([], True, HEAD)
    assert {check.name for check in found.checks} == {"file", "schema", "log", "disk", "backup", "worker"}
    assert all(str(database.path) not in check.says for check in found.checks)


def test_a_pending_migration_is_told(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = health.examine(database, NOW, reserve=0)
    assert (wrong(found), found.schema) == (["schema"], "0001")


def test_a_file_that_does_not_answer_is_told(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("DROP TABLE meta"))
    found = health.examine(database, NOW, reserve=0)
    assert wrong(found) == ["file"]


def test_a_low_disk_is_told(database: Database) -> None:
    assert wrong(health.examine(database, NOW, reserve=room.free(database.path) * 2)) == ["disk"]


def test_a_log_over_its_bound_is_told(database: Database) -> None:
    log = database.path.with_name(database.path.name + "-wal")
    add(database, NOW, picture(64, 64))
    size = log.stat().st_size
    with log.open("r+b") as file:
        file.truncate(REFUSE_ABOVE + 1)  # beyond its frames, where SQLite does not look
    assert wrong(health.examine(database, NOW, reserve=0)) == ["log"]
    with log.open("r+b") as file:
        file.truncate(size)


@pytest.mark.parametrize(("ago", "good"), [(timedelta(), True), (STILL, True), (STILL + timedelta(seconds=1), False)])
def test_a_worker_that_stands_still_is_told(database: Database, ago: timedelta, good: bool) -> None:
    assert health.examine(database, NOW, reserve=0, stepped_at=NOW - ago).good is good


def test_backups_that_stay_away_are_told(database: Database, tmp_path: Path) -> None:
    day = timedelta(hours=24)
    backup.schedule(database, hours=24, keep=3, folder=None)
    assert wrong(health.examine(database, NOW, reserve=0)) == []  # the first one is to be made
    made = backup.make(database, NOW, Progress())
    assert wrong(health.examine(database, NOW + day + GRACE, reserve=0)) == []
    late = health.examine(database, NOW + day + GRACE * 2, reserve=0)
    assert wrong(late) == ["backup"]
    assert "26 hours old" in next(check.says for check in late.checks if not check.good)
    made.path.unlink()
    assert wrong(health.examine(database, NOW, reserve=0)) == ["backup"]
    backup.schedule(database, hours=None, keep=3, folder=None)
    assert wrong(health.examine(database, NOW, reserve=0)) == []


@pytest.fixture
def asked(database: Database) -> Callable[[Health], object]:
    """The endpoint's answer to what was found."""

    def ask(found: Health) -> object:
        app = create_app(lambda: database, health_of=lambda _now: found)
        with TestClient(app) as client:
            answer = client.get("/api/health")
            return answer.status_code, answer.json(), answer.headers["cache-control"]

    return ask


def test_the_answer_is_503_with_what_is_wrong(asked: Callable[[Health], object]) -> None:
    bad = Health((health.Check("disk", False, "The disk is low."), health.Check("file", True, "It answers.")), "7")
    checks = {"disk": {"good": False, "says": "The disk is low."}, "file": {"good": True, "says": "It answers."}}
    assert asked(bad) == (503, {"status": "failing", "schema": "7", "checks": checks}, "no-store")


def test_a_studios_worker_is_looked_at(settings: Settings, empty_file: Path) -> None:
    settings.database.write_bytes(empty_file.read_bytes())
    studio = Studio(settings)
    try:
        assert "worker" not in {check.name for check in studio.health(NOW).checks}
        studio.worker.step(NOW)
        assert studio.health(NOW + STILL).good
        assert wrong(studio.health(NOW + STILL * 2)) == ["worker"]
    finally:
        studio.close()
