"""Is it safe to delete by itself now? Not when the clock jumped against what the file last saw, nor when the file was
just restored or copied. A person who has looked says so, and it goes on."""

import json
import os
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final

from sqlalchemy import Connection, select

from core.database import Database
from core.errors import StorageError
from core.models import generation, media, meta
from core.room import ballast_of

BACK: Final = timedelta(minutes=5)  # clocks are set by so much every day
AHEAD: Final = timedelta(days=8)  # a studio that is used once a week is not in doubt
SEEN_EVERY: Final = timedelta(hours=1)
PREFIX: Final = "retention:"


def doubt(database: Database, now: datetime) -> str | None:
    """Why nothing is deleted by itself now, in a sentence; None where all is well."""
    with database.read() as connection:
        kept = _kept(connection)
        return kept.get("doubt") or _clock(connection, kept, now) or _home(database, kept)


def tick(database: Database, now: datetime) -> str | None:
    """Note that the file was in use at `now`, unless that is in doubt; returns the doubt, which then stays."""
    found = doubt(database, now)
    with database.read() as connection:
        kept = _kept(connection)
    if found is not None and kept.get("doubt") is None:
        with database.write() as connection:
            _put(connection, doubt=found)
    elif found is None and _stale(kept, now):
        with database.write() as connection:
            _put(connection, seen_at=now.isoformat(), home=_inode(database))
    return found


def accept(database: Database, now: datetime) -> None:
    """A person has looked: clock and file are right."""
    with database.write() as connection:
        connection.execute(meta.delete().where(meta.c.key == f"{PREFIX}doubt"))
        token = token_hex(16)
        _put(connection, seen_at=now.isoformat(), home=_inode(database), token=token, token_before=token)
    _tell_ballast(database, token)


def mark_restored(connection: Connection, why: str) -> None:
    """Whoever puts another state of the file in its place says so, within a transaction of it: nothing goes until a
    person has looked."""
    _put(connection, doubt=why)


def witness(database: Database) -> None:
    """After a run: the ballast, which no backup holds, learns a new word, so that an older state of the file is known.

    The file learns it first and goes on knowing the word before, for a crash in between.
    """
    token = token_hex(16)
    with database.write() as connection:
        _put(connection, token=token, token_before=_kept(connection).get("token", token))
    _tell_ballast(database, token)


def ran_at(database: Database) -> datetime | None:
    """When the daily run was last through."""
    with database.read() as connection:
        return _moment(_kept(connection).get("ran_at"))


def ran(database: Database, now: datetime) -> None:
    """The daily run is through."""
    with database.write() as connection:
        _put(connection, ran_at=now.isoformat())


def _clock(connection: Connection, kept: dict[str, str], now: datetime) -> str | None:
    seen = _moment(kept.get("seen_at"))
    last = seen or _newest(connection)
    if last is not None and now < last - BACK:
        return (
            f"The clock says {now:%d %B %Y, %H:%M} UTC, and this file was in use at {last:%d %B %Y, %H:%M} UTC. "
            "Set the clock right, or say that it is."
        )
    if seen is not None and now > seen + AHEAD:
        return (
            f"This file was last in use on {seen:%d %B %Y}, and the clock says {now:%d %B %Y}. "
            "If the clock is right, say so; until then no age can be trusted."
        )
    return None


def _newest(connection: Connection) -> datetime | None:
    """The latest moment of the newest rows, for a file that was never watched."""
    columns = ((generation.c.created_at, generation.c.id), (media.c.created_at, media.c.id))
    found = [connection.execute(select(moment).order_by(row.desc()).limit(1)).scalar() for moment, row in columns]
    return max(filter(None, found), default=None)


def _home(database: Database, kept: dict[str, str]) -> str | None:
    restored = (
        "This file was restored, copied or moved since rules last ran. Look at what they would take, then say that all "
        "is well."
    )
    if "home" in kept and kept["home"] != _inode(database):
        return restored
    told = _of_ballast(database)
    if told and told not in (kept.get("token"), kept.get("token_before")):
        return restored
    return None


def _stale(kept: dict[str, str], now: datetime) -> bool:
    seen = _moment(kept.get("seen_at"))
    return seen is None or "home" not in kept or now - seen >= SEEN_EVERY


def _inode(database: Database) -> str:
    return str(database.path.stat().st_ino)


def _of_ballast(database: Database) -> str:
    """The word that the ballast knows, "" where it knows none."""
    try:
        with ballast_of(database.path).open("rb") as file:
            return file.read(32).strip(b"\0").decode("ascii", "ignore")
    except OSError:
        return ""


def _tell_ballast(database: Database, token: str) -> None:
    """Where there is a ballast; one that was just spent learns the next word."""
    try:
        descriptor = os.open(ballast_of(database.path), os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(descriptor, token.encode())
        os.fsync(descriptor)
    except OSError as error:
        raise StorageError(f"The ballast beside {database.path.name} cannot be written. Check the disk.") from error
    finally:
        os.close(descriptor)


def _kept(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(meta.c.key, meta.c.value).where(meta.c.key.startswith(PREFIX)))
    return {row.key.removeprefix(PREFIX): json.loads(row.value) for row in rows}


def _put(connection: Connection, **values: str) -> None:
    for key, value in values.items():
        connection.execute(meta.delete().where(meta.c.key == PREFIX + key))
        connection.execute(meta.insert().values(key=PREFIX + key, value=json.dumps(value)))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
