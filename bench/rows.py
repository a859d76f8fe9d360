"""Rows of a large library: runs and their items as people make them, the same ones every time. No bytes of media."""

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.database import Database
from core.models import generation, media

STEP: Final = 10_000  # items in a transaction
START: Final = datetime(2025, 1, 1, tzinfo=UTC)
SUBJECTS: Final = ("a lighthouse", "an old harbour", "two foxes", "a market at dawn", "a glass city", "a sleeping cat")
MANNERS: Final = ("in watercolour", "on 35 mm film", "as a woodcut", "in the rain", "at night", "in morning fog")
DETAILS: Final = ("soft light", "long shadows", "a low horizon", "muted colours", "fine grain", "birds far away")
SIZES: Final = ((1024, 1024), (1152, 768), (768, 1152), (1280, 720), (720, 1280))


def fill(database: Database, items: int) -> None:
    """Add `items` items: four in five pictures, one in 20 uploaded, one in 100 never finished."""
    chance = random.Random(1)
    for first in range(1, items + 1, STEP):
        numbers = range(first, min(first + STEP, items + 1))
        runs = [_run(chance, number) for number in numbers]
        outputs = [_output(chance, run) for run in runs]
        with database.write() as connection:
            connection.execute(generation.insert(), runs)
            connection.execute(media.insert(), outputs)
    database.seal()


def _run(chance: random.Random, number: int) -> dict[str, Any]:
    kind = "video" if chance.random() < 0.2 else "image"
    details = ", ".join(chance.choices(DETAILS, k=chance.randint(1, 12)))
    prompt = f"{chance.choice(SUBJECTS)} {chance.choice(MANNERS)}, {details}"
    width, height = chance.choice(SIZES)
    request = {"prompt": prompt, "seed": number, "aspect_ratio": f"{width}:{height}"}
    made = START + timedelta(minutes=3 * number)
    return {
        "id": number,
        "batch": f"batch-{number // 4}",
        "provider": "sketch",
        "model": "sketch/clip" if kind == "video" else "sketch/still",
        "version": "1",
        "kind": kind,
        "prompt": prompt,
        "seed": number,
        "width": width,
        "height": height,
        "request": request,
        "response": {"output": [f"output-{number}"], "metrics": {"seconds": chance.uniform(1, 90)}},
        "status": "succeeded",
        "logs": "step\n" * chance.randint(0, 60),
        "created_at": made,
        "started_at": made,
        "finished_at": made + timedelta(seconds=chance.randint(1, 90)),
    }


def _output(chance: random.Random, run: dict[str, Any]) -> dict[str, Any]:
    number, video = run["id"], run["kind"] == "video"
    uploaded = chance.random() < 0.05
    return {
        "id": number,
        "generation_id": None if uploaded else number,
        "kind": run["kind"],
        "mime": "video/mp4" if video else "image/png",
        "name": f"holiday {number}.png" if uploaded else None,
        "bytes": chance.randint(20_000, 8_000_000),
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "width": run["width"],
        "height": run["height"],
        "duration": chance.uniform(2, 10) if video else None,
        "fps": 24.0 if video else None,
        "state": "incoming" if chance.random() < 0.01 else "ready",
        "created_at": run["created_at"],
    }
