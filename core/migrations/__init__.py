"""Brings a studio file to the current schema with Alembic: at start, idempotent, in one transaction.

Before the schema of a file with content changes, a verified copy is laid beside it.
"""

import logging
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from core import sqlite
from core.database import Database
from core.errors import NewerDatabase, StorageError

HEAD: Final = "0006"  # the newest version in versions/; a test compares
FOLDER: Final = Path(__file__).parent

log = logging.getLogger(__name__)


def migrate(database: Database, now: datetime, *, folder: Path = FOLDER, head: str = HEAD) -> None:
    """Bring the file to `head`; does nothing when it is there. Raises `NewerDatabase` for a file beyond it."""
    found = version(database)
    if found == head:
        return
    if found is not None and not known(found, folder):
        raise NewerDatabase(
            f"{database.path} was written by a newer version of the studio (schema {found}, this one knows "
            f"up to {head}). Update the studio and start again; the file was not touched."
        )
    if found is not None:
        _copy_beside(database, found, now)
    with database.write() as connection:
        _upgrade(connection, folder, head)
    log.info("schema %s -> %s", found or "none", head)


def version(database: Database) -> str | None:
    """The file's schema version, None for a file that is still empty."""
    with database.read() as connection:
        named = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
        if connection.execute(text(named)).first() is None:
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def known(found: str, folder: Path = FOLDER) -> bool:
    """Whether this studio knows a schema version, so that a file of it can be brought to the current one."""
    return any(path.name.startswith(f"{found}_") for path in (folder / "versions").glob("*.py"))


def _upgrade(connection: Connection, folder: Path, head: str) -> None:
    from alembic import command  # 0.5 s to import: only when there is something to do
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, head)


def _copy_beside(database: Database, found: str, now: datetime) -> None:
    copy = database.path.with_name(f"{database.path.name}.schema-{found}-{now:%Y%m%dT%H%M%SZ}")
    unchecked = copy.with_name(copy.name + ".part")
    unchecked.unlink(missing_ok=True)
    library = sqlite.library()
    with database.read() as connection:
        source = connection.connection.dbapi_connection
        target = library.connect(str(unchecked))
        try:
            source.backup(target)  # type: ignore[union-attr]
            answer = target.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            target.close()
    if answer == "ok":
        unchecked.replace(copy)
    else:
        unchecked.unlink()
        raise StorageError(f"{database.path} could not be copied before its upgrade: {answer}. Nothing was changed.")
