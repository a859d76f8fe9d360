"""The built-in provider: a procedural painter of stills and short clips. No network, no key, and no AI.

Its pictures follow from the words and the seed alone, so a prediction lost in a crash is simply painted again.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core.errors import PredictionLost, ProcessDied, StudioError, UnknownModel
from core.providers import Capabilities, Known, Model, Output, Prediction, Request
from core.sandbox import Sandbox, Task

VERSION: Final = "1"
RATIOS: Final = {"1:1": (1, 1), "3:2": (3, 2), "16:9": (16, 9), "4:5": (4, 5), "2:3": (2, 3), "9:16": (9, 16)}
JOURNAL: Final = "journal"  # one JSON line [fraction, words] for each step of the painter
SECONDS_STILL: Final = 120.0  # deadlines of the painter
SECONDS_CLIP: Final = 600.0

_SHARED: Final[dict[str, Any]] = {
    "prompt": {
        "type": "string",
        "title": "Prompt",
        "description": "A scene: time of day, weather, place, things, colours, mood.",
        "maxLength": 10_000,
        "x-order": 0,
    },
    "aspect_ratio": {
        "allOf": [{"$ref": "#/definitions/aspect_ratio"}],
        "title": "Aspect ratio",
        "default": "3:2",
        "x-order": 1,
    },
    "particles": {
        "type": "boolean",
        "title": "Particles",
        "description": "Snow, rain, fireflies, dust: what drifts through the air.",
        "default": True,
        "x-order": 5,
    },
    "palette": {
        "type": "string",
        "format": "uri",
        "contentMediaType": "image/*",
        "title": "Palette from a picture",
        "description": "Its main colours are used for the scene.",
        "x-order": 6,
    },
    "seed": {
        "type": "integer",
        "title": "Seed",
        "description": "The same words and seed paint the same picture. Empty: a new one for each run.",
        "minimum": 0,
        "maximum": 2**32 - 1,
        "x-order": 7,
    },
}
_DEFINITIONS: Final = {"aspect_ratio": {"type": "string", "enum": list(RATIOS)}}


def _schema(**own: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["prompt"],
        "properties": {**_SHARED, **own},
        "definitions": _DEFINITIONS,
    }


def _edge(maximum: int, default: int) -> dict[str, Any]:
    return {
        "type": "integer",
        "title": "Longer edge in pixels",
        "minimum": 256,
        "maximum": maximum,
        "multipleOf": 64,
        "default": default,
        "x-order": 2,
    }


STILL: Final = Model(
    id="sketch/still",
    kind="image",
    title="Sketch still",
    description="Paints landscapes from the words of a prompt by plain arithmetic: built in, free, no AI, no network.",
    version=VERSION,
    schema=_schema(size=_edge(2048, 1024)),
)
CLIP: Final = Model(
    id="sketch/clip",
    kind="video",
    title="Sketch clip",
    description="Paints short looping landscapes from the words of a prompt: built in, free, no AI, no network.",
    version=VERSION,
    schema=_schema(
        size=_edge(1280, 768),
        duration={
            "type": "integer",
            "title": "Seconds",
            "minimum": 2,
            "maximum": 8,
            "default": 4,
            "x-order": 3,
        },
        fps={
            "type": "integer",
            "title": "Frames per second",
            "enum": [12, 24, 30],
            "default": 24,
            "x-order": 4,
        },
    ),
)
MODELS: Final = (STILL, CLIP)


@dataclass(frozen=True)
class _Run:
    task: Task
    folder: Path
    target: Path


class Sketch:
    """The provider `sketch`; paints in processes of its own."""

    name = "sketch"

    def __init__(self, *, workers: int) -> None:
        self.capabilities = Capabilities(cancel=True, repeatable=True, concurrency=workers)
        self._sandbox = Sandbox(memory=None, workers=workers)
        self._runs: dict[str, _Run] = {}

    def models(self) -> Sequence[Model]:
        """The still and the clip painter."""
        return MODELS

    def describe(self, model: str) -> Model:
        """One of the two; raises `UnknownModel`."""
        for known in MODELS:
            if known.id == model:
                return known
        raise UnknownModel(f"There is no model '{model}'. Pick one of {', '.join(m.id for m in MODELS)}.")

    def understand(self, model: str, raw: Mapping[str, Any]) -> Model:
        """As `describe`: the two never change."""
        return self.describe(model)

    def size(self, model: str, inputs: Mapping[str, Any]) -> tuple[int, int]:
        """(width, height) in pixels, both even."""
        across, down = RATIOS[inputs["aspect_ratio"]]
        unit = inputs["size"] / max(across, down)
        return round(across * unit / 2) * 2, round(down * unit / 2) * 2

    def submit(self, request: Request) -> Prediction:
        """Begin to paint."""
        width, height = self.size(request.model, request.inputs)
        brief = {
            "prompt": request.inputs["prompt"],
            "seed": request.inputs["seed"],
            "width": width,
            "height": height,
            "particles": request.inputs["particles"],
            "palette": next(iter(request.files.get("palette", ())), None),
        }
        handle = uuid.uuid4().hex
        if request.model == CLIP.id:
            target = request.folder / "clip.mp4"
            seconds, fps = request.inputs["duration"], request.inputs["fps"]
            task = self._sandbox.start(_clip, brief, seconds, fps, target, seconds=SECONDS_CLIP)
        else:
            target = request.folder / "still.png"
            task = self._sandbox.start(_still, brief, target, seconds=SECONDS_STILL)
        self._runs[handle] = _Run(task, request.folder, target)
        return Prediction(handle, "starting")

    def poll(self, handle: str) -> Prediction:
        """How far the painter is; raises `PredictionLost` after a restart."""
        run = self._runs.get(handle)
        if run is None:
            raise PredictionLost("The painter was interrupted.")
        done = run.task.done()  # before the journal, so that its last line is not missed
        progress, logs = _journal(run.folder)
        if not done:
            return Prediction(handle, "starting" if progress is None else "processing", progress, logs)
        try:
            run.task.result()
        except ProcessDied as error:  # perhaps the studio is being stopped, and its helpers first
            raise PredictionLost("The painter broke down several times. Run it again, or change the words.") from error
        except (StudioError, ValueError, OSError) as error:
            return Prediction(handle, "failed", progress, logs, error=str(error))
        outputs = (Output(str(run.target)),)
        return Prediction(handle, "succeeded", 1.0, logs, outputs, raw={"output": [run.target.name]})

    def find(self, request: Request, since: datetime, known: Known) -> Prediction | None:
        """None: what was being painted is painted again."""
        return None

    def recall(self, raw: Mapping[str, Any]) -> Prediction:
        """Only what is still there can be handed over; raises `PredictionLost`."""
        raise PredictionLost("The painter was interrupted.")

    def cancel(self, handle: str) -> None:
        """Stop painting at once."""
        self.forget(handle)

    def fetch(self, output: Output, target: Path, pulse: Callable[[], None]) -> None:
        """Hand the painted file over."""
        shutil.copyfile(output.reference, target)

    def forget(self, handle: str) -> None:
        """Let go of a run, stopping it if it still paints."""
        run = self._runs.pop(handle, None)
        if run is not None:
            run.task.stop()

    def warm(self) -> None:
        """Start a painter process, so that the first picture need not wait for it."""
        self._sandbox.warm()

    def close(self) -> None:
        """Stop all painters."""
        self._sandbox.close()
        self._runs.clear()


def _still(brief: Mapping[str, Any], target: Path) -> None:
    """Runs in a painter process; only there is the painter, with NumPy and PyAV, imported."""
    from core.providers.painting import Brief, paint_still

    with (target.parent / JOURNAL).open("a", encoding="utf-8", buffering=1) as journal:
        paint_still(Brief(**brief), target, lambda fraction, words: _note(journal, fraction, words))


def _clip(brief: Mapping[str, Any], seconds: int, fps: int, target: Path) -> None:
    from core.providers.painting import Brief, paint_clip

    with (target.parent / JOURNAL).open("a", encoding="utf-8", buffering=1) as journal:
        paint_clip(Brief(**brief), seconds, fps, target, lambda fraction, words: _note(journal, fraction, words))


def _note(journal: Any, fraction: float, words: str) -> None:
    journal.write(json.dumps([round(fraction, 4), words]) + "\n")


def _journal(folder: Path) -> tuple[float | None, str]:
    """The last fraction and all words that the painter noted."""
    try:
        lines = (folder / JOURNAL).read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return None, ""
    steps = [json.loads(line) for line in lines if line.endswith("\n")]
    return (steps[-1][0] if steps else None), "\n".join(words for _, words in steps if words)
