"""What can be found equals the rows, after any sequence of writes: entries, facets, totals and full text."""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import insert, select, text, update

from core import changes, jobs, library, marks, tags, trash
from core.changes import Change
from core.database import Database, open_database
from core.errors import NotFound, PredictionFailed, StorageError
from core.migrations import migrate
from core.models import generation, generation_input, media
from core.search.conditions import SPAN, members
from tests import oracle
from tests.factories import add, claimed, found

WORDS = ("fox", "hill", "rain", "glass", "lamp")
prompts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)


def require_index(database: Database) -> None:
    """Raise unless the indexes say what the rows say."""
    expected = {(each["item"], None if each["item"] else each["run"]): each for each in oracle.things(database)}
    with database.write() as connection:
        rows = connection.execute(text("SELECT id, media_id, generation_id FROM entry")).all()
        entries = {row.id: expected[(row.media_id, None if row.media_id else row.generation_id)] for row in rows}
        assert len(entries) == len(expected)
        words = {row.id: dict(row._mapping) for row in connection.execute(text("SELECT * FROM entry_words"))}
        assert words == {entry: {"id": entry} | thing["words"] for entry, thing in entries.items()}
        connection.exec_driver_sql("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
        facets: dict[str, set[int]] = {}
        for entry, thing in entries.items():
            for name in oracle.facets(thing):
                facets.setdefault(name, set()).add(entry)
        held: dict[str, set[int]] = {}
        for segment, name, bits in connection.execute(text("SELECT segment, name, bits FROM facet")):
            assert len(bits) == SPAN // 8
            assert any(bits), "a row without a bit"
            held.setdefault(name, set()).update(members(segment, int.from_bytes(bits, "little"), descending=True))
        assert held == facets
        totals = connection.execute(text("SELECT name, number FROM facet_total")).all()
        assert {row.name: row.number for row in totals} == {name: len(those) for name, those in facets.items()}


class Library(RuleBasedStateMachine):
    """Everything that people, workers and other tools do to the rows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = FOLDERS.pop()
        shutil.copy(FOLDERS_OF / "template" / "studio.db", self.folder / "studio.db")
        self.database = open_database(self.folder / "studio.db")
        self.now = NOW
        self.changes: list[Change] = []
        self.made = 0

    def teardown(self) -> None:
        self.database.close()

    def items(self, data: st.DataObject) -> Sequence[int]:
        with self.database.read() as connection:
            known = list(connection.execute(select(media.c.id)).scalars())
        return data.draw(st.lists(st.sampled_from([*known, 999]), max_size=3))

    @initialize(prompt=prompts)
    def begin(self, prompt: str) -> None:
        add(self.database, self.now, b"x", prompt=prompt)

    @rule(prompt=prompts, kind=st.sampled_from(("image", "video")))
    def make(self, prompt: str, kind: str) -> None:
        self.made += 1
        add(self.database, self.now, b"%d" % self.made, kind=kind, prompt=prompt)

    @rule(name=prompts, width=st.sampled_from((40, 64, 90)), kind=st.sampled_from(("image", "audio")))
    def upload(self, name: str, width: int, kind: str) -> None:
        self.made += 1
        seen = found(kind, width, 64, duration=self.made * 0.7 if kind == "audio" else None)
        library.add_upload(self.database, b"u%d" % self.made, name, seen, self.now)

    @rule(prompt=prompts, how=st.sampled_from(("fail", "cancel", "words", "uncollected")))
    def end_without_an_item(self, prompt: str, how: str) -> None:
        claim = claimed(self.database, self.now, prompt=prompt)
        if how == "fail":
            jobs.fail(self.database, claim, PredictionFailed(f"no {prompt}"), self.now)
        elif how == "cancel":
            jobs.canceled(self.database, claim, self.now, "asked for")
        elif how == "words":
            with self.database.write() as connection:
                jobs.set_run(connection, claim.id, status="succeeded", text=f"a {prompt}", finished_at=self.now)

    @rule(data=st.data(), word=prompts)
    def change_a_run(self, data: st.DataObject, word: str) -> None:
        values = {
            "logs": word, "error": word or None, "text": word or None, "model": f"owner/{word}", "prompt": word,
            "status": data.draw(st.sampled_from(("running", "succeeded", "failed"))), "experiment": word or None,
        }  # fmt: skip
        name = data.draw(st.sampled_from(sorted(values)))
        with self.database.write() as connection:
            known = list(connection.execute(select(generation.c.id)).scalars())
            if known:
                chosen = generation.c.id == data.draw(st.sampled_from(known))
                connection.execute(update(generation).where(chosen).values({name: values[name]}))

    @rule(data=st.data())
    def change_an_item(self, data: st.DataObject) -> None:
        state = data.draw(st.sampled_from(("ready", "thinned", "damaged", "lost")))
        values = data.draw(st.sampled_from(({"state": state}, {"bytes": 7}, {"width": 500}, {"has_audio": True})))
        with self.database.write() as connection:
            connection.execute(update(media).where(media.c.id.in_(self.items(data))).values(values))

    @rule(data=st.data())
    def use_as_input(self, data: st.DataObject) -> None:
        for number, item in enumerate(self.items(data)):
            with suppress(StorageError), self.database.write() as connection:
                run = connection.execute(text("SELECT max(id) FROM generation")).scalar()
                row = {"generation_id": run, "role": "image", "position": number, "media_id": item}
                connection.execute(insert(generation_input).values(row))

    @rule(data=st.data(), rating=st.integers(0, 5), name=st.sampled_from(WORDS))
    def mark(self, data: st.DataObject, rating: int, name: str) -> None:
        items = self.items(data)
        act = data.draw(st.integers(0, 6))
        if act == 0:
            self.changes.append(marks.favour(self.database, items, bool(rating % 2)))
        elif act == 1:
            self.changes.append(marks.rate(self.database, items, rating))
        elif act == 2:
            self.changes.append(marks.assign(self.database, items, name if rating else ""))
        elif act == 3:
            self.changes.append(tags.add(self.database, items, [name, "common"]))
        elif act == 4:
            self.changes.append(tags.remove(self.database, items, [name]))
        elif items:
            with suppress(NotFound):
                self.changes.append(marks.write_note(self.database, items[0], name * rating))

    @rule(old=st.sampled_from((*WORDS, "common")), new=st.sampled_from(WORDS))
    def rename_a_tag(self, old: str, new: str) -> None:
        with suppress(NotFound):
            self.changes.append(tags.rename(self.database, old, new))

    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        self.now += timedelta(hours=7)
        self.changes.append(trash.discard(self.database, self.items(data), self.now))

    @rule(data=st.data(), for_ever=st.booleans())
    def take_out_of_the_trash(self, data: st.DataObject, for_ever: bool) -> None:
        if for_ever:
            trash.delete_for_ever(self.database, self.items(data), self.now)
        else:
            self.changes.append(trash.restore(self.database, self.items(data)))

    @precondition(lambda self: self.changes)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        changes.undo(self.database, self.changes.pop(data.draw(st.integers(0, len(self.changes) - 1))))

    @invariant()
    def the_index_says_what_the_rows_say(self) -> None:
        require_index(self.database)


NOW: datetime
FOLDERS_OF: Path
FOLDERS: list[Path] = []
EXAMPLES, STEPS = 12, 20


def test_the_index_follows_any_writes(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> None:
    global NOW, FOLDERS_OF
    NOW, FOLDERS_OF = now, tmp_path_factory.mktemp("index")
    (FOLDERS_OF / "template").mkdir()
    template = open_database(FOLDERS_OF / "template" / "studio.db")
    migrate(template, now)
    template.close()
    for number in range(EXAMPLES * 20):
        FOLDERS.append(FOLDERS_OF / str(number))
        FOLDERS[-1].mkdir()
    Library.TestCase.settings = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
    )
    Library.TestCase("runTest").runTest()


def test_the_check_itself_can_fail(database: Database, now: datetime) -> None:
    """An index that misses something is noticed."""
    media_id = add(database, now, prompt="fox")
    require_index(database)
    for trigger in ("media_favourite_before", "media_favourite_after", "generation_prompt_after"):
        with database.write() as connection:
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
    marks.favour(database, [media_id])
    with pytest.raises(AssertionError):
        require_index(database)


def test_an_older_file_is_filled(tmp_path: Path, now: datetime) -> None:
    """Rows from before this schema are found as if they had come today, in the order of their time."""
    database = open_database(tmp_path / "studio.db")
    migrate(database, now, head="0001")
    row: dict[str, Any] = {
        "batch": "b", "provider": "sketch", "model": "sketch/still", "version": "1", "kind": "image",
        "request": json.dumps({}), "created_at": "2026-01-05T00:00:00.000Z",
    }  # fmt: skip
    made = (
        "INSERT INTO generation (id, prompt, status, error, batch, provider, model, version, kind, request, created_at)"
    )
    values = (
        " VALUES (:id, :prompt, :status, :error, :batch, :provider, :model, :version, :kind, :request, :created_at)"
    )
    item = "INSERT INTO media (id, generation_id, kind, mime, bytes, width, height, state, created_at) VALUES "
    with database.write() as connection:
        for number, status in enumerate(("succeeded", "failed", "succeeded"), start=1):
            told = {"id": number, "status": status, "error": "out of memory" if status == "failed" else None}
            connection.execute(text(made + values), row | told | {"prompt": f"fox {number}"})
        for number, run, day in ((1, 3, "2026-03-01"), (2, 1, "2026-02-01")):
            moment = f"{day}T00:00:00.000Z"
            connection.exec_driver_sql(
                item + "(?, ?, 'image', 'image/png', 9, 30, 20, 'ready', ?)", (number, run, moment)
            )
        connection.exec_driver_sql(
            "INSERT INTO generation_input (generation_id, role, position, media_id) VALUES (3, 'image', 0, 2)"
        )
    migrate(database, now)
    require_index(database)
    with database.read() as connection:
        order = connection.execute(text("SELECT media_id FROM entry ORDER BY id")).scalars().all()
        assert order == [None, 2, 1]
    trash.discard(database, [2], now)
    assert trash.delete_for_ever(database, [2], now).number == 1
    assert library.item(database, 1).recipe.inputs == {"image": (2,)}  # type: ignore[union-attr]
    require_index(database)
    database.close()
