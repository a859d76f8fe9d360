"""The value that a model gives for an input, in any of the forms that have been seen; files are `Spec` leaves."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.standin.media import Spec, render
from tests.standin.models import Model

Made = Any  # JSON with Spec leaves
LINES = {"480p": 0.7, "720p": 1.0, "1080p": 1.4, "1 MP": 1.0, "2 MP": 1.4}


@dataclass(frozen=True)
class Order:
    """What is to be made. `edge` is the longer edge in pixels where the input does not say."""

    model: Model
    inputs: Mapping[str, Any]
    seed: int
    edge: int
    scenes: bool
    source: bytes | None = None

    @property
    def prompt(self) -> str:
        """The words, or something to go by where there are none."""
        return str(self.inputs.get("prompt") or self.model.name.replace("-", " "))

    def default(self, name: str) -> Any:
        """The input, or the default of the schema."""
        node = self.model.inputs.get(name, {})
        return self.inputs.get(name, node.get("default")) if self.inputs.get(name) is not None else node.get("default")


def compose(order: Order, shape: str, count: int | None) -> Made:
    """The output in a shape; `count` files where the shape is a list."""
    number = count or int(order.default("num_outputs") or 1)
    return FORMS[shape](order, number)


def metrics(order: Order, shape: str, made: Made) -> dict[str, Any]:
    """What the service adds to `metrics` beside the times."""
    leaves = specs(made)
    stills, clips = [s for s in leaves if s.kind == "still"], [s for s in leaves if s.kind == "clip"]
    sounds = [s for s in leaves if s.kind == "sound"]
    found: dict[str, Any] = {}
    if stills:
        found |= {"image_count": len(stills), "image_output_count": len(stills)}
    if clips:
        found |= {"video_output_count": len(clips), "video_output_duration_seconds": sum(s.seconds for s in clips)}
        found |= {"with_audio": any(s.sound for s in clips)}
        found |= {"resolution_target": order.default("resolution")} if order.default("resolution") else {}
    if sounds:
        found["audio_output_duration_seconds"] = sum(s.seconds for s in sounds)
    if shape in ("text", "texts"):
        found |= {"input_token_count": len(order.prompt.split()), "output_token_count": len(_words(order))}
        found |= {"tokens_per_second": 42.178245871307865, "time_to_first_token": 0.015720017}
    return found


def specs(made: Made) -> list[Spec]:
    """Every file in the value."""
    if isinstance(made, Spec):
        return [made]
    parts = made.values() if isinstance(made, dict) else made if isinstance(made, list) else ()
    return [spec for part in parts for spec in specs(part)]


def file(order: Order, position: int = 0, makes: str | None = None) -> Spec:
    """One file of the model's kind; each position gives another."""
    kind = makes or order.model.makes
    usual = {"still": "webp", "clip": "mp4", "motion": "gif", "sound": "wav", "zip": "zip"}[kind]
    extension = order.default("output_format") if kind == order.model.makes else None
    width, height = size(order)
    seconds = order.default("duration") or 2
    return Spec(
        kind=kind,
        extension=str(extension or usual),
        prompt=order.prompt,
        seed=order.seed + position,
        width=width,
        height=height,
        seconds=int(seconds),
        fps=int(order.default("fps") or 12),
        sound=bool(order.default("generate_audio")),
        scenes=order.scenes,
        source=order.source,
    )


def size(order: Order) -> tuple[int, int]:
    """(width, height), both even: as asked for, or a rectangle of the asked proportions."""
    if order.default("width") and order.default("height"):
        return int(order.default("width")) // 2 * 2, int(order.default("height")) // 2 * 2
    across, down = (int(part) for part in str(order.default("aspect_ratio") or "3:2").split(":"))
    unit = order.edge * LINES.get(str(order.default("resolution")), 1.0) / max(across, down)
    return max(2, round(across * unit / 2) * 2), max(2, round(down * unit / 2) * 2)


def _words(order: Order) -> list[str]:
    letter = f"Dear friend, a word about {order.prompt}: nothing is hurried – the light, the café, the 雪, all wait. "
    words = (letter * 40).split(" ")
    return [word + " " for word in words[: int(order.default("max_tokens") or 24)]]


def _data(order: Order, position: int) -> Made:
    spec = file(order, position)
    return f"data:{spec.content_type};base64,{base64.b64encode(render(spec)).decode()}"


FORMS: dict[str, Callable[[Order, int], Made]] = {
    "one": lambda order, count: file(order),
    "list": lambda order, count: [file(order, position) for position in range(count)],
    "text": lambda order, count: "".join(_words(order)).strip(),
    "texts": lambda order, count: _words(order),
    "files": lambda order, count: [{"file": file(order, position)} for position in range(max(2, count))],
    "images": lambda order, count: [{"image": file(order, position)} for position in range(max(2, count))],
    "nested": lambda order, count: [[file(order, 2 * row), file(order, 2 * row + 1)] for row in range(2)],
    "numbers": lambda order, count: [[0.25, -1.5e-07, 3], [1e300, 0, order.seed % 100]],
    "video_zip": lambda order, count: {"video": file(order), "zip": file(order, 0, "zip")},
    "captioned": lambda order, count: [
        {"caption": f"{order.prompt} ({position + 1})", "image": file(order, position)} for position in range(2)
    ],
    "data": lambda order, count: [_data(order, position) for position in range(count)],
    "empty": lambda order, count: [],
    "null": lambda order, count: None,
    "url_text": lambda order, count: "https: that is how addresses begin, and this text too",
    "mixed": lambda order, count: {"score": 0.75, "label": "île", "preview": file(order), "masks": [None, True]},
}
