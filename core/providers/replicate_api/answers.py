"""Reads predictions as Replicate gives them: leniently, for absent and null mean the same and shapes differ.

Knows no network. The outputs of a prediction are found by walking its answer, whatever its declared shape.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from core.providers import Output, Prediction

STATES: Final = {
    "starting": "starting",
    "processing": "processing",
    "succeeded": "succeeded",
    "successful": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
    "aborted": "canceled",
}
KEPT: Final = {"web": timedelta(days=90)}  # by source: how long the provider keeps what was made
KEPT_BY_API: Final = timedelta(hours=1)
ABORTED: Final = "The deadline passed before the run was started; it was not billed. Run it again."
PAST_DEADLINE: Final = "The deadline passed while it ran, and it was ended. Allow more time and run it again."
_TQDM = re.compile(r"^\s*(\d{1,3})%\|.*?\|\s*(\d+)/(\d+)", re.MULTILINE)
_FILE = re.compile(r"(?:https?://[^\s/]+/\S*|data:[\w.+-]+/[\w.+-]+[;,]\S*)\Z", re.IGNORECASE)
_PASSING = re.compile(r"interrupted; please retry|unexpected error handling prediction \(E(?!1001\))", re.IGNORECASE)
_NEXT_STEPS = (
    (re.compile(r"E005|sensitive|nsfw", re.IGNORECASE), "Change the words or the picture and run it again."),
    (re.compile(r"out of memory|E1001", re.IGNORECASE), "Ask for less: a smaller size, or fewer at a time."),
)


def prediction(raw: Mapping[str, Any]) -> Prediction:
    """A prediction's JSON in the studio's terms."""
    status = str(raw.get("status") or "starting")
    logs, urls = str(raw.get("logs") or ""), raw.get("urls") or {}
    leaves = list(_leaves(raw.get("output"), ""))
    return Prediction(
        handle=str(raw.get("id") or ""),
        state=STATES.get(status, "processing"),
        progress=_progress(logs),
        logs=logs,
        outputs=tuple(_output(path, leaf) for path, leaf in leaves if _FILE.match(leaf)),
        error=_error(raw, status),
        metrics=raw.get("metrics") or {},
        raw=raw,
        text=_text(raw.get("output"), [leaf for _, leaf in leaves if not _FILE.match(leaf)]),
        url=urls.get("web") or None,
        deletes_at=_deletes_at(raw),
        passing=status == "failed" and bool(_PASSING.search(str(raw.get("error")))),
        removed=bool(raw.get("data_removed")),
        unbilled=status == "aborted",
    )


def moment(text: Any) -> datetime | None:
    """ISO 8601 with any number of digits behind the second; None for anything else."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every string in a value with its place, in order."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _leaves(part, f"{path}[{number}]")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else str(name))


def _output(path: str, leaf: str) -> Output:
    inline = leaf[:5].lower() == "data:"
    return Output(leaf, None if inline else leaf, path or "output")


def _text(value: Any, words: list[str]) -> str:
    """A list of text is one text that came in pieces; elsewhere each leaf is a line of its own."""
    if not words and isinstance(value, (list, dict)) and value and not list(_leaves(value, "")):
        return json.dumps(value)  # numbers are an answer, too
    pieces = isinstance(value, list) and all(isinstance(part, str) for part in value)
    return ("" if pieces else "\n").join(words).strip()


def _progress(logs: str) -> float | None:
    """How far the newest progress bar in the logs is."""
    bars = _TQDM.findall(logs.replace("\r", "\n"))
    if not bars:
        return None
    _, done, total = bars[-1]
    return min(1.0, int(done) / int(total)) if int(total) else None


def _error(raw: Mapping[str, Any], status: str) -> str | None:
    if status == "aborted":
        return ABORTED
    if status == "canceled":
        return PAST_DEADLINE if _past_deadline(raw) else None
    if status != "failed":
        return None
    told = str(raw.get("error") or "").strip()
    words = told.splitlines()[-1].strip().rstrip(".") if told else "The model failed without a reason"
    step = next((step for pattern, step in _NEXT_STEPS if pattern.search(told)), "" if told else "Run it again.")
    return f"{words}. {step}".strip()


def _past_deadline(raw: Mapping[str, Any]) -> bool:
    deadline, ended = moment(raw.get("deadline")), moment(raw.get("completed_at"))
    return deadline is not None and ended is not None and ended >= deadline - timedelta(seconds=1)


def _deletes_at(raw: Mapping[str, Any]) -> datetime | None:
    """An hour counts from the creation, to be on the safe side: the documentation does not say from when."""
    created = moment(raw.get("created_at"))
    return None if created is None else created + KEPT.get(str(raw.get("source")), KEPT_BY_API)
