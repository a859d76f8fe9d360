"""The provider `replicate`: any model hosted there, paid for by the owner of the token.

Polling is the truth; what a prediction made is fetched without the token. Knows neither database nor pages.
"""

import base64
import binascii
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

from core.downloads import Downloader
from core.errors import DownloadFailed, DownloadTooLarge, NotFound, PredictionLost, SubmissionUnclear, UnknownModel
from core.providers import Capabilities, Group, Known, Model, Output, Prediction, Request
from core.providers.replicate_api import answers, descriptions, names
from core.providers.replicate_api.client import Client

DELIVERY: Final = "replicate.delivery"  # and below: the only hosts beside the API that may see the token
INLINE: Final = 256 * 1024  # bytes of a file input that still goes as a data URI
MOST: Final = 2_000  # predictions of that time that are looked through
SKEW: Final = timedelta(minutes=10)  # that two clocks may differ by
EVENTS: Final = ("start", "completed")


class Replicate:
    """One account at Replicate. `public_url` is where the studio can be reached from outside, "": nowhere."""

    name = "replicate"

    def __init__(self, client: Client, downloads: Downloader, *, public_url: str = "", concurrency: int = 8,
                 media_limit: int = 2**31, pause: float = 1.0) -> None:  # fmt: skip
        self.client = client
        self._downloads = downloads
        self._public_url = public_url.rstrip("/")
        self._media_limit = media_limit
        self.capabilities = Capabilities(
            cancel=True, repeatable=False, concurrency=concurrency, pause=pause, webhook=bool(public_url), deadline=True
        )

    def models(self) -> Sequence[Model]:
        """None: there are thousands; see `groups` and `search`."""
        return ()

    def describe(self, model: str) -> Model:
        """A model by `owner/name`, or one of its versions by `owner/name:version`."""
        identity, version = descriptions.named(model)
        try:
            raw = self.client.get(f"models/{identity}")
            chosen = None if version is None else self.client.get(f"models/{identity}/versions/{version}")
        except NotFound:
            raise UnknownModel(
                f"Replicate has no model '{model}', or it is not yours to see. Check the name at replicate.com/explore."
            ) from None
        return descriptions.model(raw, chosen)

    def understand(self, model: str, raw: Mapping[str, Any]) -> Model:
        """The model of an earlier description."""
        return descriptions.model(raw, raw.get("studio_version"))

    def named(self, text: str) -> str:
        """The id of a model that a person typed or pasted."""
        return names.pasted(text)

    def groups(self) -> Sequence[Group]:
        """Replicate's collections."""
        found = self.client.pages("collections")
        return [Group(one["slug"], one["name"], one.get("description") or "") for one in found]

    def group(self, key: str) -> Sequence[Model]:
        """The models of a collection that can be run."""
        try:
            return _runnable(self.client.get(f"collections/{key}").get("models") or ())
        except NotFound:
            raise UnknownModel("Replicate has no such collection any more. Pick another one.") from None

    def search(self, words: str) -> Sequence[Model]:
        """Models that fit the words; the newer search first, the older one where that is closed."""
        try:
            found = self.client.get("search", query=words, limit="50").get("models") or ()
            return _runnable([one.get("model") or one for one in found])
        except NotFound:
            return _runnable(self.client.query("models", words).get("results") or ())

    def account(self) -> str:
        """The name of the token's owner."""
        answer = self.client.get("account")
        return str(answer.get("username") or answer.get("name") or "unknown")

    def webhook_secret(self) -> str:
        """What webhooks are signed with; to be kept in memory only."""
        return str(self.client.get("webhooks/default/secret")["key"])

    def size(self, model: str, inputs: Mapping[str, Any]) -> tuple[int, int] | None:
        """Where the inputs name it."""
        sides = inputs.get("width"), inputs.get("height")
        width, height = sides
        return (
            (width, height) if isinstance(width, int) and isinstance(height, int) and min(width, height) > 0 else None
        )

    def submit(self, request: Request) -> Prediction:
        """Upload what is large, then create the prediction once."""
        inputs = {**request.inputs, **request.secrets} | {
            role: self._file_input(request, role, paths) for role, paths in request.files.items()
        }
        body: dict[str, Any] = {"version": descriptions.reference(request.model, request.version), "input": inputs}
        if self._public_url:
            body |= {"webhook": self._webhook(request.nonce), "webhook_events_filter": list(EVENTS)}
        after = {"Cancel-After": f"{request.cancel_after}s"} if request.cancel_after else {}
        made = self._prediction(self.client.create(body, after))
        if not made.handle:
            raise SubmissionUnclear("Replicate's answer names no prediction. The studio looks for it.")
        return made

    def find(self, request: Request, since: datetime, known: Known) -> Prediction | None:
        """By the nonce in its webhook, else by equal model and input among the account's newest predictions."""
        window = {"created_after": (since - SKEW).isoformat(), "created_before": (since + SKEW).isoformat()}
        listed = list(islice(self.client.pages("predictions", **window), MOST + 1))
        if len(listed) > MOST:
            raise SubmissionUnclear("There are too many predictions of that time to tell which is this one.")
        taken = known([str(raw.get("id")) for raw in listed])
        free = [raw for raw in listed if str(raw.get("id")) not in taken and _same_model(raw, request)]
        marked = [raw for raw in free if request.nonce and request.nonce in str(raw.get("webhook") or "")]
        equal = [raw for raw in free if not raw.get("webhook") and _same_input(raw, request)]
        for raw in marked or sorted(equal, key=lambda raw: str(raw.get("created_at"))):
            return self._prediction(self.client.get(f"predictions/{raw['id']}"))
        if any(raw.get("data_removed") for raw in free):
            raise SubmissionUnclear("Replicate no longer tells the inputs of predictions that may be this one.")
        return None

    def poll(self, handle: str) -> Prediction:
        """The prediction by its id, at our base."""
        try:
            return self._prediction(self.client.get(f"predictions/{handle}"))
        except NotFound:
            raise PredictionLost("Replicate does not know this prediction any more. Run it again.") from None

    def recall(self, raw: Mapping[str, Any]) -> Prediction:
        """From the answer alone."""
        return self._prediction(raw)

    def cancel(self, handle: str) -> None:
        """Ask for its end; how it ended, `poll` tells."""
        try:
            self.client.post(f"predictions/{handle}/cancel")
        except NotFound:
            return

    def fetch(self, output: Output, target: Path, pulse: Callable[[], None]) -> None:
        """From where it is delivered, or out of the answer itself."""
        if output.reference[:5].lower() == "data:":
            target.write_bytes(self._inline(output.reference))
        else:
            self._delivered(output.reference, target, pulse)

    def _delivered(self, address: str, target: Path, pulse: Callable[[], None]) -> None:
        """Without the token; with it once more where the provider's own delivery host asks for it."""
        try:
            self._downloads.fetch(address, target, pulse)
        except DownloadFailed as error:
            host = urlsplit(address).hostname or ""
            if error.status not in (401, 403) or not f".{host}".endswith(f".{DELIVERY}"):
                raise
            self._downloads.fetch(address, target, pulse, headers=self.client.authorization())

    def forget(self, handle: str) -> None:
        """Nothing is kept here."""

    def warm(self) -> None:
        """Nothing to get ready."""

    def close(self) -> None:
        """Close all connections."""
        self.client.close()
        self._downloads.close()

    def _prediction(self, raw: Mapping[str, Any]) -> Prediction:
        return answers.prediction(raw)

    def _webhook(self, nonce: str) -> str:
        return f"{self._public_url}/api/webhooks/replicate?nonce={nonce}"

    def _file_input(self, request: Request, role: str, paths: Sequence[Path]) -> Any:
        """As many addresses as the input takes."""
        addresses = [self._address(path) for path in paths]
        return addresses if isinstance(request.inputs.get(role), list) else addresses[0]

    def _address(self, path: Path) -> str:
        mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if path.stat().st_size > INLINE:
            return self.client.upload(path, mime)
        return f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode()}"

    def _inline(self, uri: str) -> bytes:
        head, _, data = uri.partition(",")
        if len(data) > self._media_limit * 4 / 3 + 4:
            raise DownloadTooLarge(
                f"The answer holds a file larger than the {self._media_limit:,} bytes that are kept."
            )
        try:
            return base64.b64decode(data, validate=True) if ";base64" in head.lower() else unquote_to_bytes(data)
        except (binascii.Error, ValueError):
            raise DownloadFailed("The answer holds a file that cannot be read.") from None


def _runnable(found: Sequence[Mapping[str, Any]]) -> list[Model]:
    """Those that have something to run."""
    models = []
    for raw in found:
        try:
            models.append(descriptions.model(raw))
        except UnknownModel:
            continue
    return models


def _same_model(raw: Mapping[str, Any], request: Request) -> bool:
    identity, _ = descriptions.named(request.model)
    known = raw.get("model")
    return known == identity if known else str(raw.get("version")) == request.version


def _same_input(raw: Mapping[str, Any], request: Request) -> bool:
    """Equal but for files, which may have other addresses by now, and secrets, which are never told."""
    given = raw.get("input") or {}
    apart = {*request.files, *request.secrets}
    return {name: value for name, value in given.items() if name not in apart} == {
        name: value for name, value in request.inputs.items() if name not in apart
    }
