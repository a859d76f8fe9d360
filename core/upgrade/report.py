"""What an upgrade did, in numbers that survive its interruption and in sentences for the person."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from core.database import Database
from core.models import meta, stamp
from core.upgrade.source import TABLES, Source

REPORT: Final = "upgrade_report"  # keys in the new file's meta
STATE: Final = "upgrade_state"
NAMED: Final = 20  # rows named one by one in the report
REMARKS: Final = {  # what happened, and what became of it
    "new id": ("New id", "The old one was taken or is no number for an address. The old address still answers."),
    "other kind": ("Of another kind than their table", "The old address still answers."),
    "damaged": ("Damaged", "The bytes are no picture, video or sound. They are kept and marked so."),
    "lost": ("Lost", "There is only an address or a path that leads nowhere now. The recipe is kept: run it again."),
    "unfinished": ("Without a picture", "The run had failed or never ended. The recipe is kept: run it again."),
    "disk": ("Brought in from the disk", "The path led to a file, which stays where it is."),
    "coded": ("Decoded", "The bytes were kept as text (base64)."),
    "not JSON": ("Parameters or metadata that are no JSON", "They are kept as text."),
    "undated": ("Without a date that is understood", "They are dated like the row before."),
    "cut": ("Cut", "A text was longer than 4 MiB. The original has it whole."),
}


@dataclass
class Tally:
    """Counts of an upgrade under way; they are kept in the new file with every row."""

    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))
    ready: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    remarks: dict[str, int] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)

    def remark(self, what: str, kind: str, name: object) -> None:
        """Note something about a row that the person should know."""
        self.remarks[what] = self.remarks.get(what, 0) + 1
        names = self.named.setdefault(what, [])
        if len(names) < NAMED:
            names.append(f"{kind} {name}")


@dataclass
class State:
    """How far an upgrade is: of which file, the number of rows done, whether all was verified, the original's name."""

    source: dict[str, Any]
    schema: str
    done: int = 0
    last_id: int = 0  # the highest number given
    tally: Tally = field(default_factory=Tally)
    verified: bool = False
    original: str = ""


def save(connection: Connection, state: State) -> None:
    """Keep the state, within the caller's transaction."""
    put(connection, STATE, json.dumps(asdict(state)))


def load(database: Database) -> State | None:
    """The state in a half-made file; None where there is none."""
    with database.read() as connection:
        text = connection.execute(select(meta.c.value).where(meta.c.key == STATE)).scalar()
    if text is None:
        return None
    plain = json.loads(text)
    return State(**plain | {"tally": Tally(**plain["tally"])})


def put(connection: Connection, key: str, value: str) -> None:
    """Write a row of `meta`, within the caller's transaction."""
    connection.execute(delete(meta).where(meta.c.key == key))
    connection.execute(meta.insert().values(key=key, value=value))


def upgrade_report(database: Database) -> list[str] | None:
    """The lines of the report on how the file came from the earlier system; None for a file that did not."""
    with database.read() as connection:
        text = connection.execute(select(meta.c.value).where(meta.c.key == REPORT)).scalar()
    return None if text is None else list(json.loads(text)["lines"])


def finish(connection: Connection, source: Source, state: State, now: datetime) -> list[str]:
    """Write the report into the new file, within the caller's transaction; returns its lines."""
    lines = _lines(source, state, now)
    put(connection, REPORT, json.dumps({"at": stamp(now), "original": state.original, "lines": lines}))
    return lines


def size_words(size: float) -> str:
    """A size in the largest unit that fits."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    raise AssertionError


def _lines(source: Source, state: State, now: datetime) -> list[str]:
    tally = state.tally
    rows = " and ".join(f"{number:,} {'row' if number == 1 else 'rows'} of {TABLES[kind]}"
                        for kind, number in tally.rows.items() if kind in source.tables)  # fmt: skip
    ready = ", ".join(f"{number:,} {kind}{'s' if number != 1 and kind != 'audio' else ''}"
                      for kind, number in sorted(tally.ready.items())) or "nothing to show"  # fmt: skip
    return [
        f"The earlier system's file was upgraded on {now:%d %B %Y, %H:%M} UTC: {rows}.",
        f"In the library: {ready}. {size_words(tally.bytes)} of media were copied and verified by SHA-256.",
        f"The original is unchanged in {state.original}, in the same folder. Delete it when you are content.",
        *(_remark(what, tally) for what in REMARKS if what in tally.remarks),
        *_columns(source),
        *_left(source),
    ]


def _remark(what: str, tally: Tally) -> str:
    number, names = tally.remarks[what], tally.named[what]
    more = f" and {number - len(names):,} more" if number > len(names) else ""
    heading, meaning = REMARKS[what]
    return f"{heading}: {number:,} {'row' if number == 1 else 'rows'} ({', '.join(names)}{more}). {meaning}"


def _columns(source: Source) -> list[str]:
    lines = []
    for table in source.tables.values():
        if missing := [name for name in table.known if name not in table.columns]:
            lines.append(f"{table.name} lacks {_listed(missing)}; that is taken as empty.")
        if extra := [spelt for name, spelt in table.columns.items() if name not in table.known]:
            lines.append(f"{table.name} also has {_listed(extra)}; texts and numbers there are kept with each item, "
                         "other bytes in the original alone.")  # fmt: skip
    return lines


def _left(source: Source) -> list[str]:
    absent = [TABLES[kind] for kind in TABLES if kind not in source.tables]
    others = source.others()
    lines = [f"There was no {name}." for name in absent]
    return lines + ([f"Not the studio's, so only in the original: {_listed(others)}."] if others else [])


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown
