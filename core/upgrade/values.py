"""What a row of the earlier system says, in the studio's terms, however oddly it is written. Pure."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final

from core.errors import MediaRefused, OutputExpired, PredictionFailed, PredictionLost
from core.jobs import LOGS_LIMIT
from core.library import ID_LIMIT
from core.marks import LONGEST_NAME
from core.plainjson import UNSAFE
from core.upgrade.source import Value

LARGEST_KEPT: Final = 2**48  # ids beyond are no numbers that a browser or a sequence could go on from
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LIMIT: Final = LATEST.timestamp()
DEEPEST: Final = 100  # levels of JSON; deeper stays as text
FORMS: Final = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S %Z",
    "%a, %d %b %Y %H:%M:%S %z",
)  # fmt: skip
SCALES: Final = (1.0, 1e-3, 1e-6, 1e-9)  # seconds in a unit of a number since 1970
JULIAN_EPOCH: Final = 2440587.5  # https://sqlite.org/lang_datefunc.html
DONE: Final = ("completed", "complete", "succeeded", "success", "done", "ready", "")
STOPPED: Final = ("canceled", "cancelled", "aborted")
OPEN: Final = ("processing", "pending", "starting", "queued", "running", "in_progress")
UNKNOWN: Final = "unknown"
MODEL: Final = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}(:[0-9a-f]{6,64})?")
PREDICTION: Final = re.compile(r"[a-z0-9]{10,40}")
AGAIN: Final = "Its recipe is kept: run it again."


def words(value: Value | None) -> str | None:
    """A value as text; bytes that are no UTF-8 are written out. None for NULL."""
    if value is None or value.type == "null":
        return None
    if isinstance(value.value, bytes):
        return value.value.decode(errors="backslashreplace").replace("\0", "\\x00")
    return str(value.value)


def identity(value: Value) -> int | None:
    """The number that a row had, None for one that no address could name."""
    known = value.value
    if isinstance(known, bytes):
        text = known.decode(errors="replace").strip()
        known = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
    if isinstance(known, float):
        known = int(known) if known.is_integer() else None
    return known if known is not None and 0 < known <= ID_LIMIT else None


def moment(value: Value) -> datetime | None:
    """When a row says that it was made; without a time zone it is UTC. None where that cannot be told."""
    if value.type == "null":
        return None
    found = _of_number(value.value) if isinstance(value.value, int | float) else _of_text(words(value) or "")
    return found if found and EARLIEST <= found < LATEST else None


def parsed(text: str | None) -> tuple[Any, bool]:
    """(what a text says as JSON, whether it says anything); only what any page and any answer can show counts."""
    if text is None or not text.strip():
        return None, True
    try:
        found = json.loads(text, parse_constant=_refuse)
        return _clean(found), True
    except (ValueError, RecursionError):
        return None, False


def request(prompt: str, text: str | None) -> dict[str, Any]:
    """The input of a run; parameters that are no object stay beside the prompt as they are."""
    found, good = parsed(text)
    if isinstance(found, dict):
        return {"prompt": prompt, **found}
    left = _plain(text or "") if not good else found
    return {"prompt": prompt} | ({"parameters": left} if left is not None else {})


def response(text: str | None) -> dict[str, Any] | None:
    """What was known of a run afterwards; what is no object stays as text."""
    found, good = parsed(text)
    if isinstance(found, dict):
        return found
    left = _plain(text or "") if not good else found
    return None if left is None else {"metadata": left}


def run(row: Mapping[str, Value]) -> dict[str, Any]:
    """The columns of a `generation` that do not depend on what the row's bytes turn out to be."""
    prompt, model = _plain(words(row["prompt"]) or ""), _model(words(row["model_id"]))
    made, after = request(prompt, words(row["parameters"])), response(words(row["metadata"]))
    known = after or {}
    seed, prediction = made.get("seed"), known.get("prediction_id")
    seeded = isinstance(seed, int) and not isinstance(seed, bool) and abs(seed) <= ID_LIMIT
    named = isinstance(prediction, str) and PREDICTION.fullmatch(prediction)
    logs = known.get("logs")
    return {
        "provider": "replicate" if MODEL.fullmatch(model) else "earlier",
        "model": model,
        "version": model.partition(":")[2] if MODEL.fullmatch(model) else "",
        "prompt": prompt,
        "seed": seed if seeded else None,
        "request": made,
        "response": after,
        "logs": logs[-LOGS_LIMIT:] if isinstance(logs, str) else "",
        "url": f"https://replicate.com/p/{prediction}" if named else None,
        "experiment": _plain(" ".join((words(row["collection"]) or "").split()))[:LONGEST_NAME] or None,
    }


def original_url(row: Mapping[str, Value], url: str | None) -> str | None:
    """Where the bytes once came from, as far as the row knows."""
    said = (response(words(row["metadata"])) or {}).get("original_url")
    if isinstance(said, str) and said:
        return _plain(said)
    return _plain(url) if url and not url.startswith("/api/") else None


def state(row: Mapping[str, Value]) -> str:
    """How the run ended, in the studio's words: succeeded, failed, canceled, or running where it never ended."""
    said = (words(row["status"]) or "").strip().lower()
    known = {"succeeded": DONE, "canceled": STOPPED, "running": OPEN}
    return next((name for name, meant in known.items() if said in meant), "failed")


def unfinished(row: Mapping[str, Value]) -> dict[str, str | None]:
    """Status, code and sentence of a run that never had a picture."""
    how = state(row)
    if how == "canceled":
        return {"status": "canceled", "error_code": None, "error": None}
    if how == "running":
        sentence = f"It was still running when the earlier system stopped. {AGAIN}"
        return {"status": "failed", "error_code": PredictionLost.code, "error": sentence}
    said = (response(words(row["metadata"])) or {}).get("error")
    sentence = _plain(str(said))[:2000] if said else "The earlier system says that it failed, but not why."
    return {"status": "failed", "error_code": PredictionFailed.code, "error": sentence}


def gone(kind: str, url: str | None) -> dict[str, str | None]:
    """The same of a run whose picture is not in the file."""
    where = f"was kept only as an address ({_plain(url)[:200]})" if url else "is not in the earlier system's file"
    return {"status": "failed", "error_code": OutputExpired.code, "error": f"The {kind} {where}. {AGAIN}"}


def junk(kind: str, why: str) -> dict[str, str | None]:
    """The same of a run whose bytes are no picture."""
    sentence = f"The bytes of this {kind} are kept as they were, but they are damaged: {why} {AGAIN}"
    return {"status": "failed", "error_code": MediaRefused.code, "error": sentence}


def _model(text: str | None) -> str:
    return _plain(text or "").strip()[:200] or UNKNOWN


def _plain(text: str) -> str:
    """Without what no database and no answer could hold."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _clean(value: Any, depth: int = 0) -> Any:
    """JSON without lone surrogates and NULs, which no answer could hold; raises `ValueError` beyond DEEPEST and for
    a number without end."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a number beyond all")
    if isinstance(value, str):
        return _plain(value) if UNSAFE.search(value) or "\0" in value else value
    if isinstance(value, dict):
        return {_clean(name): _clean(part, depth + 1) for name, part in value.items()}
    return [_clean(part, depth + 1) for part in value] if isinstance(value, list) else value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _of_number(number: int | float) -> datetime | None:
    """Seconds, or their thousandths and so on, since 1970; a Julian day, as SQLite itself may write; or 20261122."""
    if 2_440_000 < number < 2_500_000:
        return EPOCH + timedelta(days=number - JULIAN_EPOCH)
    if 19_000_000 < number < 21_000_000:
        return _of_text(str(int(number)))
    seconds = (number * scale for scale in SCALES)
    return next((EPOCH + timedelta(seconds=one) for one in seconds if EARLIEST.timestamp() <= one < LIMIT), None)


def _of_text(text: str) -> datetime | None:
    text = text.strip()
    with suppress(ValueError):
        if re.fullmatch(r"\d{9,19}(\.\d+)?", text):
            return _of_number(float(text))
        return _utc(datetime.fromisoformat(text))
    with suppress(ValueError):
        return _utc(datetime.fromisoformat(text.removesuffix("UTC").removesuffix("GMT").strip()))
    for form in FORMS:
        with suppress(ValueError):
            return _utc(datetime.strptime(text, form))
    return None


def _utc(found: datetime) -> datetime | None:
    with suppress(OverflowError, ValueError):
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None
