"""All statistics of a file at one moment, and the last of them kept for as long as they are worth it."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from core.database import Database
from core.models import stamp
from core.stats import items
from core.stats.file import Room, consists_of
from core.stats.pace import Forecast, forecast, growth

if TYPE_CHECKING:
    import pandas as pd

WORTH: Final = 10  # times as long as they took, statistics are told again instead of being made anew


@dataclass(frozen=True)
class Storage:
    """What a file held at a moment. `frames` are pandas frames by name.

    parts, tables: what the file consists of, adding up to `room.file`. kind, model, provider, experiment, tag, rating,
    favourite, day, week, month: items and bytes. growth, largest, duplicates, costs: as their functions say.
    """

    at: datetime
    items: int
    bytes: int  # of items
    room: Room
    forecast: Forecast
    frames: "Mapping[str, pd.DataFrame]"

    def json(self) -> str:
        """The same as JSON text: a frame is a list of its rows, a moment is in UTC, what is unknown is null."""
        facts = {"at": stamp(self.at), "items": self.items, "bytes": self.bytes, "room": asdict(self.room)}
        full_at = self.forecast.full_at
        facts["forecast"] = asdict(self.forecast) | {"full_at": full_at and stamp(full_at)}
        frames = ", ".join(f'"{name}": {_rows(frame)}' for name, frame in self.frames.items())
        return f'{json.dumps(facts)[:-1]}, "frames": {{{frames}}}}}'


def storage(database: Database, now: datetime) -> Storage:
    """Count everything; raises `StorageBusy` when commits come too fast to count one state of the file."""
    room, parts, tables = consists_of(database)
    cube = items.cube(database)
    grown = growth(cube)
    frames = {"parts": parts, "tables": tables, **{name: items.by(cube, name) for name in items.DIMENSIONS}}
    frames |= {"tag": items.by_tag(database), "growth": grown, "largest": items.largest(database)}
    frames |= {"duplicates": items.duplicates(database), "costs": items.costs(database)}
    number, size = int(cube["items"].sum()), int(cube["bytes"].sum())
    return Storage(now, number, size, room, forecast(grown, room, now), frames)


def _rows(frame: "pd.DataFrame") -> str:
    """A frame's rows as JSON; its days are days, and its moments those that the rest of the endpoint writes."""
    shown = frame.copy()
    for name in shown.select_dtypes(["datetime", "datetimetz"]):
        shown[name] = [stamp(each) if each.tzinfo else each.date().isoformat() for each in shown[name]]
    return str(shown.to_json(orient="records", double_precision=15))


_made: WeakKeyDictionary[Database, tuple[Storage, float]] = WeakKeyDictionary()  # with the moment until it is good
_turn = threading.Lock()


def recent(database: Database, now: datetime) -> Storage:
    """The same, at most as old as ten times what counting takes, so that asking often costs little."""
    with _turn:  # who comes while it is counted waits for that instead of counting too
        known = _made.get(database)
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        began = time.monotonic()
        found = storage(database, now)
        ended = time.monotonic()
        _made[database] = (found, ended + (ended - began) * WORTH)
        return found
