"""What the studio asks of a provider of models: a Protocol with frozen requests and answers.

One module for each service. Providers know neither the database nor each other.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

Known = Callable[[Collection[str]], Collection[str]]


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do, as data. `pause` is in seconds."""

    cancel: bool
    repeatable: bool  # the same request gives the same result and costs nothing, so a lost prediction is made anew
    concurrency: int  # predictions under way at a time
    pause: float = 0.0  # between two looks at a young prediction
    webhook: bool = False
    deadline: bool = False  # can end a prediction by itself after some time


@dataclass(frozen=True)
class Model:
    """One model: `id` is what people type, `schema` the JSON Schema of its input, `raw` the provider's description."""

    id: str
    kind: str  # image, video, audio or other
    title: str
    description: str
    version: str
    schema: Mapping[str, Any]
    provider: str = "sketch"
    cover: str | None = None  # address of a picture
    runs: int | None = None  # how often the world ran it
    official: bool = False
    url: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Group:
    """Some of a provider's models under a name of its own."""

    key: str
    name: str
    description: str


@dataclass(frozen=True)
class Request:
    """One prediction to make. Inputs that are files come as paths in `files`, by the input's name.

    `folder` is the run's own temporary folder; it lives until the run has ended. `nonce` marks this request alone.
    `cancel_after` is in seconds from creation.
    """

    model: str
    version: str
    inputs: Mapping[str, Any]
    folder: Path
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    nonce: str = ""
    cancel_after: int | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Output:
    """One file of a result, in the provider's own terms; `fetch` knows how to get it. `path` is its place in `raw`."""

    reference: str = field(repr=False)
    url: str | None = None
    path: str = ""


@dataclass(frozen=True)
class Prediction:
    """A prediction as the provider sees it now.

    `state` is starting, processing, succeeded, failed or canceled; `progress` runs from 0 to 1; `raw` is the
    provider's answer as it came; `text` what it says in words; `passing` tells that a failure may not happen again;
    `removed` that the provider has deleted what it made; `unbilled` that it was ended before it was started and costs
    nothing.
    """

    handle: str
    state: str
    progress: float | None = None
    logs: str = ""
    outputs: Sequence[Output] = ()
    error: str | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    url: str | None = None
    deletes_at: datetime | None = None
    passing: bool = False
    removed: bool = False
    unbilled: bool = False


class Provider(Protocol):
    """A service that makes predictions.

    Threads of the worker make, follow and fetch predictions; pages ask about models beside them.
    """

    name: str
    capabilities: Capabilities

    def models(self) -> Sequence[Model]:
        """The models that are always there, without asking anybody; may be none."""

    def describe(self, model: str) -> Model:
        """One model, as the service has it now; raises `UnknownModel`."""

    def understand(self, model: str, raw: Mapping[str, Any]) -> Model:
        """The model that an earlier description `raw` speaks of."""

    def size(self, model: str, inputs: Mapping[str, Any]) -> tuple[int, int] | None:
        """The (width, height) in pixels to expect, None if it cannot be known."""

    def submit(self, request: Request) -> Prediction:
        """Begin a prediction.

        Raises `SubmissionUnclear` when it cannot know whether one was made; after any other error none was.
        """

    def find(self, request: Request, since: datetime, known: Known) -> Prediction | None:
        """The prediction that a request made after `since` whose answer never came, None if it made none.

        `known` picks those handles that belong to other runs. Raises `SubmissionUnclear` when it cannot be told.
        """

    def poll(self, handle: str) -> Prediction:
        """How it stands; raises `PredictionLost` if nothing is known under this handle."""

    def recall(self, raw: Mapping[str, Any]) -> Prediction:
        """The finished prediction whose answer was `raw`; raises `PredictionLost` where that is not enough."""

    def cancel(self, handle: str) -> None:
        """Ask for an end; a prediction that is not known, or has ended, is no error."""

    def fetch(self, output: Output, target: Path, pulse: Callable[[], None]) -> None:
        """Bring an output's bytes to the file `target`; may be called again for the same output.

        `pulse` is to be called every second or so, and may raise to give up. Raises `DownloadFailed`.
        """

    def forget(self, handle: str) -> None:
        """Let go of what this process keeps for the prediction; what the provider itself keeps, `poll` still knows."""

    def warm(self) -> None:
        """Get ready for a first prediction; may do nothing."""

    def close(self) -> None:
        """Let go of processes and connections."""


class Hosted(Provider, Protocol):
    """A provider with an account, and with more models than can be listed."""

    def named(self, text: str) -> str:
        """The id of a model that a person typed or pasted; raises `UnknownModel` with what is wrong."""

    def groups(self) -> Sequence[Group]:
        """Its collections of models."""

    def group(self, key: str) -> Sequence[Model]:
        """The models of a collection; raises `UnknownModel`."""

    def search(self, words: str) -> Sequence[Model]:
        """Models that fit the words, the best first."""

    def account(self) -> str:
        """Whose token it is, by name; raises `TokenRefused`."""
