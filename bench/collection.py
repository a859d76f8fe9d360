"""A large library as people gather it over three years, the same one every time: rows only, hardly any bytes of media.

Popular models, words and tags are far more frequent than the others; most items have no rating. The indexes are filled
in bulk, from the same views that the triggers use, for a trigger at a time would take an hour.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import Connection

from core.database import Database
from core.models import entry, facet, facet_total, generation, generation_input, media, media_tag, tag
from core.search.conditions import SPAN

STEP: Final = 20_000  # items in a transaction
START: Final = datetime(2023, 11, 1, tzinfo=UTC)
YEARS: Final = timedelta(days=3 * 365)
SYLLABLES: Final = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]
VOCABULARY: Final = 6_000
MODELS: Final = 50
TAGS: Final = 400
EXPERIMENTS: Final = 40
SHAPES: Final = ((1024, 1024), (1216, 832), (832, 1216), (1344, 768), (768, 1344))


def _falling(number: int) -> list[float]:
    """Cumulated weights by Zipf's law: the second is half as frequent as the first."""
    return list(accumulate(1 / (rank + 2) for rank in range(number)))


def _invented() -> list[str]:
    chance, words = random.Random(7), dict[str, None]()
    while len(words) < VOCABULARY:
        words["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) + chance.choice("lnrst")] = None
    return list(words)


WORDS: Final = _invented()
LABELS: Final = WORDS[-TAGS:]
NAMES: Final = [f"{WORDS[50 + number % 9]}/{WORDS[100 + number]}-{number % 4}" for number in range(MODELS)]
BY_WORD, BY_MODEL, BY_TAG = _falling(VOCABULARY), _falling(MODELS), _falling(TAGS)


def grow(database: Database, items: int, whole: int) -> None:
    """Bring the library to `items` items of the `whole` that it is to have in the end, over three years."""
    with database.read() as connection:
        first = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM generation").scalar_one() + 1
    with _without_triggers(database):
        for start in range(first, items + 1, STEP):
            chance = random.Random(start)
            numbers = range(start, min(start + STEP, items + 1))
            runs = [_run(chance, number, whole) for number in numbers]
            with database.write() as connection:
                _insert(connection, chance, runs)
        _index(database, first)
    database.seal()


def _insert(connection: Connection, chance: random.Random, runs: list[dict[str, Any]]) -> None:
    if runs[0]["id"] == 1:
        connection.execute(tag.insert(), [{"id": number, "name": name} for number, name in enumerate(LABELS, start=1)])
    outputs = [_output(chance, run) for run in runs if run["status"] == "succeeded"]
    shown = {output["id"] for output in outputs}
    connection.execute(generation.insert(), runs)
    connection.execute(media.insert(), outputs)
    flags = dict.fromkeys(("words", "traits", "marks", "tags"), True)
    rows = [{"media_id": run["id"] if run["id"] in shown else None, "generation_id": run["id"]} | flags for run in runs]
    connection.execute(entry.insert(), rows)
    linked = [(number, label) for number in sorted(shown) if chance.random() < 0.3 for label in _tags(chance)]
    connection.execute(media_tag.insert(), [{"media_id": number, "tag_id": label} for number, label in linked])
    used = [number for number in sorted(shown) if number > 1 and chance.random() < 0.1]
    inputs = [{"generation_id": number, "role": "image", "media_id": chance.randint(1, number - 1)} for number in used]
    connection.execute(generation_input.insert(), inputs)


def _tags(chance: random.Random) -> set[int]:
    return {each + 1 for each in chance.choices(range(TAGS), cum_weights=BY_TAG, k=chance.randint(1, 4))}


def _run(chance: random.Random, number: int, whole: int) -> dict[str, Any]:
    model = chance.choices(range(MODELS), cum_weights=BY_MODEL)[0]
    prompt = " ".join(chance.choices(WORDS, cum_weights=BY_WORD, k=chance.randint(5, 40)))
    width, height = chance.choice(SHAPES)
    failed = chance.random() < 0.03
    made = START + YEARS * (number / whole)
    return {
        "id": number,
        "batch": f"batch-{number // 4}",
        "provider": "sketch" if model < 2 else "replicate",
        "model": NAMES[model],
        "version": "1",
        "kind": ("image", "image", "image", "video", "image", "image", "audio")[model % 7],
        "prompt": prompt,
        "width": width,
        "height": height,
        "request": {"prompt": prompt, "seed": number},
        "status": "failed" if failed else "succeeded",
        "error": "The provider ran out of memory." if failed else None,
        "logs": f"Using seed {number}\n" + "step\n" * chance.randint(0, 20),
        "experiment": WORDS[200 + number // 1000 % EXPERIMENTS] if chance.random() < 0.05 else None,
        "created_at": made,
        "finished_at": made + timedelta(seconds=20),
    }


def _output(chance: random.Random, run: dict[str, Any]) -> dict[str, Any]:
    kind = run["kind"]
    mime = {"image": "image/png", "video": "video/mp4", "audio": "audio/wav"}[kind]
    weight = {"image": 1.2e6, "video": 6e6, "audio": 0.5e6}[kind]
    return {
        "id": run["id"],
        "generation_id": run["id"],
        "kind": kind,
        "mime": mime,
        "bytes": int(weight * chance.lognormvariate(0, 0.7)),
        "width": None if kind == "audio" else run["width"],
        "height": None if kind == "audio" else run["height"],
        "duration": None if kind == "image" else chance.uniform(2, 30),
        "has_audio": kind == "audio" or (kind == "video" and chance.random() < 0.3),
        "state": "ready",
        "created_at": run["created_at"],
        "favourite": chance.random() < 0.03,
        "rating": chance.choices((0, 1, 2, 3, 4, 5), (85, 1, 2, 4, 5, 3))[0],
        "note": " ".join(chance.choices(WORDS, cum_weights=BY_WORD, k=6)) if chance.random() < 0.02 else "",
        "trashed_at": run["created_at"] if chance.random() < 0.01 else None,
    }


@contextmanager
def _without_triggers(database: Database) -> Iterator[None]:
    """They are taken away and put back as they were."""
    with database.write() as connection:
        triggers = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    with database.write() as connection:
        for _, sql in triggers:
            connection.exec_driver_sql(sql)


def _index(database: Database, first: int) -> None:
    """Put all entries from this number on into the indexes; one segment at a time, the first may be there in part."""
    with database.read() as connection:
        last = connection.exec_driver_sql("SELECT max(id) FROM entry").scalar_one()
    totals: dict[str, int] = {}
    for segment in range(first // SPAN, last // SPAN + 1):
        with database.write() as connection:
            _facets(connection, segment, totals)
    with database.write() as connection:
        connection.execute(facet_total.delete())
        totals = {}
        for name, bits in connection.execute(facet.select().with_only_columns(facet.c.name, facet.c.bits)):
            totals[name] = totals.get(name, 0) + int.from_bytes(bits, "little").bit_count()
        connection.execute(facet_total.insert(), [{"name": name, "number": total} for name, total in totals.items()])
    columns = "prompt, tags, note, model, error, logs"
    for start in range(first, last + 1, STEP):
        with database.write() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO words (rowid, {columns}) SELECT id, {columns} FROM entry_words WHERE id BETWEEN ? AND ?",
                (start, min(start + STEP - 1, last)),
            )


def _facets(connection: Connection, segment: int, totals: dict[str, int]) -> None:
    bits: dict[str, bytearray] = {}
    for part in ("traits", "marks", "tags"):
        span = (segment * SPAN, segment * SPAN + SPAN - 1)
        rows = connection.exec_driver_sql(f"SELECT id, name FROM entry_{part} WHERE id BETWEEN ? AND ?", span)
        for number, name in rows.fetchall():
            place = number % SPAN
            if name not in bits:
                bits[name] = bytearray(SPAN // 8)
            bits[name][place >> 3] |= 1 << (place & 7)
    connection.execute(facet.delete().where(facet.c.segment == segment))
    rows = [{"segment": segment, "name": name, "bits": bytes(held)} for name, held in bits.items()]
    connection.execute(facet.insert(), rows)
