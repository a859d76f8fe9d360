"""How much of each unit a run asks for, and how much it has yielded. Unknown, which is None, rather than wrong.

What the provider counted comes first, then what came home, if all of it did.
"""

import math
import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core.models import SHOWN, generation, media, output

UNITS: Final = ("run", "image", "video second", "audio second", "compute second")
COUNTS: Final = ("num_outputs", "num_images", "number_of_images", "n", "max_images", "batch_size", "num_samples")
SECONDS: Final = ("duration", "seconds", "duration_seconds", "seconds_total")
LOOKED_AT: Final = 10  # finished runs that tell how long the next one will take
_SPOKEN = re.compile(r"(\d+(?:\.\d+)?)\s*(?:s|sec|seconds?)?", re.IGNORECASE)

Amounts = Mapping[str, float | None]


def asked(connection: Connection, model: str, inputs: Mapping[str, Any]) -> Amounts:
    """By unit what a run will yield, as far as its inputs and earlier runs tell."""
    count = _first(inputs, COUNTS) if any(name in inputs for name in COUNTS) else 1.0
    length = _first(inputs, SECONDS)
    seconds = None if count is None or length is None else count * length
    return {
        "run": 1.0,
        "image": count,
        "video second": seconds,
        "audio second": seconds,
        "compute second": _usual_seconds(connection, model),
    }


def yielded(connection: Connection, generation_id: int, metrics: Mapping[str, Any]) -> Amounts:
    """By unit what a finished run has yielded."""
    home = _home(connection, generation_id)
    return {
        "run": 1.0,
        "image": _first(metrics, ("image_output_count", "image_count")) or home.get("image", (None, None))[0],
        "video second": _first(metrics, ("video_output_duration_seconds",)) or home.get("video", (None, None))[1],
        "audio second": _first(metrics, ("audio_output_duration_seconds",)) or home.get("audio", (None, None))[1],
        "compute second": _first(metrics, ("predict_time",)),
    }


def run_until_canceled(metrics: Mapping[str, Any]) -> Amounts:
    """By unit what a canceled run is known to be billed by: nothing but the time that it ran."""
    return dict.fromkeys(UNITS) | {"compute second": _first(metrics, ("predict_time",))}


def _first(values: Mapping[str, Any], names: Sequence[str]) -> float | None:
    """The first of the names that says something, as a number above nought."""
    said = next((values[name] for name in names if values.get(name) is not None), None)
    if isinstance(said, str) and (spoken := _SPOKEN.fullmatch(said.strip())):
        said = float(spoken[1])
    usable = isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said) and said > 0
    return float(said) if usable and said is not None else None


def _usual_seconds(connection: Connection, model: str) -> float | None:
    done = select(generation.c.metrics).where(generation.c.model == model, generation.c.status == "succeeded")
    recent = connection.execute(done.order_by(generation.c.id.desc()).limit(LOOKED_AT)).scalars()
    times = [_first(metrics, ("predict_time",)) for metrics in recent if isinstance(metrics, dict)]
    known = [time for time in times if time is not None]
    return median(known) if known else None


def _home(connection: Connection, generation_id: int) -> dict[str, tuple[float, float | None]]:
    """(how many, seconds or None) of each kind that came home; nothing where some of it did not."""
    away = (output.c.generation_id == generation_id) & (output.c.state != "stored")
    if connection.execute(select(output.c.position).where(away).limit(1)).first() is not None:
        return {}
    columns = (media.c.kind, func.count(), func.sum(media.c.duration))
    mine = (media.c.generation_id == generation_id) & media.c.state.in_(SHOWN)
    rows = connection.execute(select(*columns).where(mine).group_by(media.c.kind))
    return {row[0]: (float(row[1]), row[2] or None) for row in rows}
