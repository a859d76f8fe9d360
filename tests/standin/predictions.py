"""One prediction: everything about it follows from its plan and the time, so nothing runs in the background."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.standin.clock import stamp
from tests.standin.models import Model
from tests.standin.rules import Rule

TERMINAL = ("succeeded", "failed", "canceled", "aborted")
LIMIT = 1800.0  # seconds after which the service kills a run


@dataclass
class Prediction:
    """Times are seconds since 1970; `output` is whole from the start and shown when its time has come."""

    id: str
    model: Model
    version: str
    inputs: dict[str, Any]
    created: float
    starts: float
    ends: float
    outcome: str
    error: str | None
    output: Any
    metrics: dict[str, Any]
    seed: int
    args: Mapping[str, Any] = field(default_factory=dict)  # what the plan said beside kind and error
    deadline: float | None = None
    webhook: str | None = None
    events: tuple[str, ...] | None = None
    paths: list[str] = field(default_factory=list)  # of its files on the delivery host
    deliveries: list[Rule] = field(default_factory=list)
    received: dict[str, Any] = field(default_factory=dict)  # what came as files: field -> {size, sha256, source}
    source: str = "api"
    canceled: float | None = None
    removed: bool = False
    polls: int = 0

    def status(self, now: float) -> str:
        """The status at a time."""
        ended = self.ended()
        if now < ended:
            return "starting" if now < self.starts else str(self.args.get("status", "processing"))
        if self.canceled == ended:
            return "canceled"
        if self.deadline == ended:
            return "aborted" if ended <= self.starts else "canceled"
        return "failed" if self.outcome in ("stuck", "waiting") else self.outcome

    def ended(self) -> float:
        """When it ends, or will end."""
        times = [self.ends, self.canceled, self.deadline]
        return min(time for time in times if time is not None)

    def began(self) -> bool:
        """Whether it ever runs."""
        return self.starts < self.ended()

    def whole(self, now: float) -> bool:
        """Whether all of the output is there to be fetched."""
        return now >= self.ends and self.status(now) == "succeeded" and not self.removed

    def progress(self, now: float) -> float:
        """From 0 to 1."""
        length = max(1e-9, self.ends - self.starts)
        return min(1.0, max(0.0, (min(now, self.ended()) - self.starts) / length))

    def logs(self, now: float) -> str:
        """What the model has said so far; grows line by line."""
        if now < self.starts or not self.began():
            return ""
        if "logs" in self.args:
            words = str(self.args["logs"])
            return words[: round(len(words) * self.progress(now))]
        done = int(self.progress(now) * self.model.steps + 1e-6)
        lines = [f"Using seed: {self.seed}", f"Prompt: {self.inputs.get('prompt', '')}"]
        lines += [_bar(step, self.model.steps) for step in range(done + 1)]
        if self.error and now >= self.ended():
            lines.append(self.error.splitlines()[0])
        return "\n".join(lines) + "\n"

    def shown_output(self, now: float) -> Any:
        """The output as far as it is there."""
        if self.removed or self.status(now) in ("starting", "failed", "aborted"):
            return None
        if self.whole(now):
            return self.output
        grows = "x-cog-array-type" in self.model.output and isinstance(self.output, list)
        done = int(self.progress(now) * len(self.output) + 1e-6) if grows else 0
        return self.output[:done] if done else None

    def expires(self, seconds: float, from_end: bool) -> float:
        """When its data is removed."""
        return (self.ended() if from_end else self.created) + seconds


@dataclass(frozen=True)
class Look:
    """How answers are written. `form` is recorded (as seen since 2024), schema (as published, strict) or 2023."""

    base: str
    now: float
    form: str = "recorded"
    digits: int | None = None
    removed_input: Any = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    fresh: bool = False  # the answer to a create
    early: bool = False  # sync mode: the whole output under "processing"


def shown(prediction: Prediction, look: Look) -> dict[str, Any]:
    """A prediction as the API shows it."""
    now, status = look.now, prediction.status(look.now)
    digits = int(prediction.args.get("digits") or look.digits or (3 if look.fresh else 6))
    form = str(prediction.args.get("form") or look.form)
    if look.early and prediction.whole(now):
        status = str(prediction.args.get("status", "processing"))
    answer: dict[str, Any] = {
        "id": prediction.id,
        "model": prediction.model.full_name,
        "version": prediction.version,
        "input": prediction.inputs,
        "logs": "" if look.early else prediction.logs(now),
        "output": prediction.shown_output(now),
        "data_removed": prediction.removed,
        "error": prediction.error if status == "failed" else None,
        "status": status,
        "source": prediction.source,
        "created_at": stamp(prediction.created, digits),
        "urls": _urls(prediction, look.base),
    }
    if prediction.deadline is not None:
        answer["deadline"] = stamp(prediction.deadline, digits)
    if prediction.webhook:
        answer["webhook"] = prediction.webhook
    if prediction.events is not None:
        answer["webhook_events_filter"] = list(prediction.events)
    if not look.early:
        answer |= _times(prediction, status, now, digits)
    _emptied(prediction, answer, status, form, look)
    return answer | dict(look.extra) | dict(prediction.args.get("extra") or {})


def _times(prediction: Prediction, status: str, now: float, digits: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if prediction.began() and now >= prediction.starts:
        found["started_at"] = stamp(prediction.starts, digits)
    if status in TERMINAL:
        ended = prediction.ended()
        found["completed_at"] = stamp(ended, digits)
        if prediction.began():
            found["metrics"] = dict(prediction.metrics) if status == "succeeded" else {}
            found["metrics"]["predict_time"] = round(ended - prediction.starts, 6)
            found["metrics"]["total_time"] = round(ended - prediction.created, 6)
    return found


def _emptied(prediction: Prediction, answer: dict[str, Any], status: str, form: str, look: Look) -> None:
    """What is missing: by age, by an early end, by the form of the answer."""
    if prediction.removed:
        answer |= {"input": look.removed_input, "output": None, "logs": None}
    elif status in ("canceled", "aborted") and not answer["logs"]:
        answer["logs"] = None
    if form == "schema" and answer["logs"] is None:
        del answer["logs"]
    if form == "2023":
        for name in ("data_removed", "source"):
            del answer[name]
        del answer["urls"]["web"]
        if status not in TERMINAL and answer["output"] is None:
            del answer["output"]


def _urls(prediction: Prediction, base: str) -> dict[str, str]:
    here = f"{base}/v1/predictions/{prediction.id}"
    urls = {"get": here, "cancel": f"{here}/cancel", "web": f"{base}/p/{prediction.id}"}
    return urls | ({"stream": f"{base}/v1/streams/{prediction.id}"} if prediction.model.shape == "texts" else {})


def _bar(step: int, steps: int) -> str:
    """A line as tqdm draws it."""
    eighths = round(step / steps * 80)
    bar = "█" * (eighths // 8) + ("▏▎▍▌▋▊▉"[eighths % 8 - 1] if eighths % 8 else "")
    speed = "?, ?it/s" if step == 0 else f"00:{(steps - step) // 5:02d},  4.96it/s"
    return f"{round(100 * step / steps):3d}%|{bar:<10}| {step}/{steps} [00:{step // 5:02d}<{speed}]"
