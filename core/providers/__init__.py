"""What the studio asks of a provider of models: a Protocol with frozen requests and answers.

One module for each service. Providers know neither the database nor each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do, as data."""

    cancel: bool
    repeatable: bool  # the same request gives the same result and costs nothing, so a lost prediction is made anew


@dataclass(frozen=True)
class Model:
    """One model: `id` is what people type, `schema` the JSON Schema of its input."""

    id: str
    kind: str  # image or video
    title: str
    description: str
    version: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """One prediction to make. Inputs that are files come as paths in `files`, by the input's name.

    `folder` is the run's own temporary folder; it lives until the run has ended.
    """

    model: str
    version: str
    inputs: Mapping[str, Any]
    folder: Path
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """One file of a result, in the provider's own terms; `fetch` knows how to get it."""

    reference: str
    url: str | None = None


@dataclass(frozen=True)
class Prediction:
    """A prediction as the provider sees it now.

    `state` is starting, processing, succeeded, failed or canceled; `progress` runs from 0 to 1; `raw` is the
    provider's answer as it came.
    """

    handle: str
    state: str
    progress: float | None = None
    logs: str = ""
    outputs: Sequence[Output] = ()
    error: str | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """A service that makes predictions.

    The worker's thread makes, follows and fetches predictions; pages ask about models beside it.
    """

    name: str
    capabilities: Capabilities

    def models(self) -> Sequence[Model]:
        """The models that can be picked, the most useful first."""

    def describe(self, model: str) -> Model:
        """One model; raises `UnknownModel`."""

    def size(self, model: str, inputs: Mapping[str, Any]) -> tuple[int, int] | None:
        """The (width, height) in pixels to expect, None if it cannot be known."""

    def submit(self, request: Request) -> Prediction:
        """Begin a prediction."""

    def poll(self, handle: str) -> Prediction:
        """How it stands; raises `PredictionLost` if nothing is known under this handle."""

    def cancel(self, handle: str) -> None:
        """Ask for an end; a prediction that is not known, or has ended, is no error."""

    def fetch(self, output: Output, target: Path, pulse: Callable[[], None]) -> None:
        """Bring an output's bytes to the file `target`; may be called again for the same output.

        `pulse` is to be called every second or so, and may raise to give up.
        """

    def forget(self, handle: str) -> None:
        """Let go of what this process keeps for the prediction; what the provider itself keeps, `poll` still knows."""

    def warm(self) -> None:
        """Get ready for a first prediction; may do nothing."""

    def close(self) -> None:
        """Let go of processes and connections."""
