"""One open studio: the file, the providers and the worker, put together in one place.

Faces (pages, HTTP, notebooks) ask it for what people do; it holds no widgets and no HTTP.
"""

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from core import charges, derived, fields, health, intents, jobs, library, prices, repeats, results, room, submission
from core.catalogue import Catalogue
from core.database import open_database
from core.downloads import Downloader, Policy
from core.errors import (
    BytesGone,
    DiskFull,
    InvalidInput,
    MediaRefused,
    NotFound,
    StorageBusy,
    TokenRefused,
    UnknownModel,
)
from core.importing import Intake
from core.jobs import Run
from core.media import Inspector
from core.migrations import migrate
from core.preferences import LIMITS, MINIMUM, Preferences, prefer, preferences
from core.preflight import preflight
from core.prices import Price
from core.providers import Model, Provider
from core.providers.replicate import Replicate
from core.providers.replicate_api.client import NO_TOKEN, Client
from core.providers.sketch import Sketch
from core.retention import Daily
from core.scratch import Scratch
from core.settings import Settings
from core.upkeep import Upkeep
from core.webhooks import Receiver
from core.worker import Worker


@dataclass(frozen=True)
class Upload:
    """A file that a person brought."""

    name: str
    data: bytes


class Studio:
    """The shared core object. Safe to use from many threads; `close` it in the end."""

    def __init__(self, settings: Settings, *, errands: bool = True) -> None:
        """Open the file, bringing its schema up to date. Without `errands` the worker does runs and nothing else: no
        rules, no backups by schedule."""
        self.settings = settings
        self.database = open_database(settings.database, accept_lost_wal=settings.accept_lost_wal)
        try:
            migrate(self.database, datetime.now(UTC))
            self.file_key = library.file_key(self.database)
            self.database.seal()  # from here on a lost WAL cannot make it an empty studio
            self.scratch = Scratch(settings.temporary)
        except BaseException:
            self.database.close()
            raise
        self.inspector = Inspector(memory=settings.decode_memory, seconds=settings.decode_seconds)
        self.replicate = _replicate(settings)
        sketch = Sketch(workers=settings.concurrency)
        self.providers: Mapping[str, Provider] = {"sketch": sketch, "replicate": self.replicate}
        self.catalogue = Catalogue(self.database, self.providers, "replicate")
        self.upkeep = Upkeep(self.database, self.scratch)
        self._secrets: dict[int, Mapping[str, str]] = {}
        self.worker = Worker(
            self.database,
            self.providers,
            self.inspector,
            self.scratch,
            media_limit=settings.media_limit,
            secrets=self._secrets_of,
            errands=(self._recover, *((self.upkeep.tend, Daily(self.database).step) if errands else ())),
            settle=timedelta(seconds=settings.settle_seconds),
            shortage=self.shortage,
        )
        self.intake = Intake(self.database, self.inspector, self.scratch, settings.media_limit, self.shortage)
        self.webhooks = Receiver(self.database, self.replicate.webhook_secret, self.worker.hint)
        self._uploading = threading.Lock()
        self._taking = threading.Lock()

    def start(self, *, warm: bool = True) -> None:
        """Begin to work the queue; `warm` starts the helper processes at once instead of with the first run."""
        if warm:
            self.inspector.warm()
            for provider in self.providers.values():
                provider.warm()
        self.worker.start()

    def close(self) -> None:
        """Stop the worker and other long works, end all helper processes, remove temporary files, close the file."""
        self.worker.stop()
        self.upkeep.stop()
        for provider in self.providers.values():
            provider.close()
        self.inspector.close()
        self.scratch.close()
        self.database.close()

    def shortage(self) -> str | None:
        """Why no new work begins, in a sentence; None while the disk has room and takes writes."""
        return self.database.readonly.why or room.shortage(self.database.path, self.settings.disk_reserve)

    def health(self, now: datetime) -> health.Health:
        """Whether everything is well."""
        reserve, stepped_at = self.settings.disk_reserve, self.worker.stepped_at
        return health.examine(self.database, now, reserve=reserve, stepped_at=stepped_at)

    @property
    def has_token(self) -> bool:
        """Whether hosted models can be asked for at all."""
        return self.replicate.client.ready

    def describe(self, model: str) -> Model:
        """The model with this id, as it was described last; raises `UnknownModel`."""
        return self.catalogue.describe(model, now=datetime.now(UTC))

    def estimate(self, model: Model, values: Mapping[str, Any]) -> float | None:
        """US dollars that a run with these values and the model's own defaults will cost; None: not known."""
        said = {name: value for name, value in values.items() if value is not None}
        defaults = {field.name: field.default for field in fields.fields(model.schema) if field.default is not None}
        return prices.estimate(self.database, model.provider, model.id, defaults | said)

    def generate(
        self,
        model: str,
        values: Mapping[str, Any],
        *,
        now: datetime,
        n: int = 1,
        files: Mapping[str, Sequence[int]] | None = None,
        uploads: Mapping[str, Sequence[Upload]] | None = None,
        cancel_after: int | None = None,
        batch: str | None = None,
        once_since: int | None = None,
    ) -> list[int]:
        """Enqueue `n` runs of one submission, all or none; returns the ids of the generations.

        File inputs come, by their names, as items of the library (`files`) and as `uploads`, which are kept once all
        else is right. Where the model takes a seed, run i gets seed + i, from a random one if none is given. Secret
        inputs are held in memory until the run is sent, never stored. `cancel_after` is in seconds. `batch` is
        that of an earlier submission to add to. With `once_since`, a run is left out where one begun after the run of
        that number fills the same recipe, whichever process began it. Raises `UnknownModel`, `TokenRefused`, and
        `InvalidInput` with a sentence for each field.
        """
        provider, described = self.catalogue.provider(model), self.catalogue.describe(model, now=now)
        if provider is self.replicate and not self.replicate.client.ready:
            raise TokenRefused(NO_TOKEN)
        uploads = {role: brought for role, brought in (uploads or {}).items() if brought}
        items = {role: tuple(chosen) for role, chosen in (files or {}).items() if chosen}
        request = self._checked(described, values, n, cancel_after, items, uploads)
        for role, brought in uploads.items():
            items[role] = (*items.get(role, ()), *(self._keep(role, upload, now) for upload in brought))
        run, secret = self._run(model, request, items, cancel_after, now)
        ids = self._enqueue(submission.seeded(run, described, n), now, secret, batch, once_since)
        self.catalogue.use(model, now)
        return ids

    def planned(
        self,
        model: str,
        values: Mapping[str, Any],
        *,
        now: datetime,
        files: Mapping[str, Sequence[int]] | None = None,
    ) -> Run:
        """The run that `generate` would enqueue for one such submission, without enqueuing it; raises as it does.

        A seed that is not given is not filled in.
        """
        described = self.catalogue.describe(model, now=now)
        items = {role: tuple(chosen) for role, chosen in (files or {}).items() if chosen}
        request = self._checked(described, values, 1, None, items, {})
        return self._priced(self._run(model, request, items, None, now)[0])

    def again(self, generation_id: int, *, now: datetime) -> int:
        """Enqueue a run once more as it was; returns the new id. Raises `NotFound`, `InvalidInput`."""
        run = jobs.run_of(self.database, generation_id)
        submission.require_no_secrets(run)
        return self._enqueue([run], now)[0]

    def vary(self, media_ids: Sequence[int], *, now: datetime) -> list[int]:
        """Enqueue the recipes of items once more, each with a new seed; those that no run here made are passed over.

        Raises `InvalidInput` for more than one batch holds.
        """
        if len(media_ids) > self.settings.batch_limit:
            raise InvalidInput({"n": f"Choose up to {self.settings.batch_limit} items at a time."})
        recipes = [library.item(self.database, media_id).recipe for media_id in media_ids]
        made = [recipe.generation_id for recipe in recipes if recipe and recipe.queued]
        runs = [jobs.run_of(self.database, generation_id) for generation_id in made]
        for run in runs:
            submission.require_no_secrets(run)
        return self._enqueue([submission.reseeded(run, self.describe(run.model)) for run in runs], now) if runs else []

    def cancel(self, generation_id: int, *, now: datetime) -> None:
        """Ask for a run's end; raises `NotFound`."""
        jobs.cancel(self.database, generation_id, now)
        self.worker.wake()

    def decide(self, generation_id: int, *, pay: bool, now: datetime) -> None:
        """Go on with a run of which nobody knows whether it was sent: look once more, or send it (and maybe pay twice).

        Raises `NotFound`.
        """
        intents.decide(self.database, generation_id, pay=pay, now=now)
        self.worker.wake()

    def fetch_again(self, generation_id: int, *, now: datetime) -> bool:
        """Ask once more for what a run that ended did not bring home; returns whether there is anything to ask for."""
        asked = results.fetch_again(self.database, generation_id, now)
        self.worker.wake()
        return asked

    def prefer(self, wanted: Preferences, *, now: datetime) -> None:
        """Put preferences in force; runs that wait for a budget are looked at again. Raises `InvalidInput`."""
        prefer(self.database, wanted)
        self._look_again(now)

    def set_prices(self, rows: Sequence[Price], *, now: datetime) -> int:
        """Put these prices in the place of all others; returns how many earlier runs' cost is known by them.

        Raises `InvalidInput` with a sentence for each wrong row.
        """
        conditional = {row.model.strip().lower() for row in rows if row.condition.strip()}
        choices = {model: found for model in conditional if (found := self._choices(model)) is not None}
        prices.save(self.database, rows, today=now.date(), choices=choices)
        self._look_again(now)
        return charges.settle_later(self.database)

    def upload(self, upload: Upload, *, now: datetime) -> int:
        """Keep a file that a person brought; returns its item. Raises `MediaRefused`, `DiskFull`."""
        if why := self.shortage():
            raise DiskFull(why)
        limit = self.settings.upload_limit
        if len(upload.data) > limit:
            raise MediaRefused(f"The file is larger than {limit // 2**20} MiB. Choose a smaller one.")
        with self._uploading, self.scratch.room() as room:
            path = room / "upload"
            path.write_bytes(upload.data)
            found = self.inspector.inspect(path)
        return library.add_upload(self.database, upload.data, upload.name, found, now)

    def save_frame(self, media_id: int, seconds: float, *, now: datetime) -> int:
        """Keep the frame that a video shows at `seconds` as an item of its own, made from the video; returns its id.

        The same frame is kept once. Raises `NotFound`, `InvalidInput`, `MediaRefused`.
        """
        video = library.item(self.database, media_id)
        with self._taking:
            return derived.save_frame(self.database, self.inspector, self.scratch, video, seconds, now)

    def _recover(self, _now: datetime) -> bool:
        self.database.recover()
        return False

    def _checked(
        self,
        model: Model,
        values: Mapping[str, Any],
        n: int,
        cancel_after: int | None,
        items: Mapping[str, Sequence[int]],
        uploads: Mapping[str, Sequence[Upload]],
    ) -> dict[str, Any]:
        """The values as the model takes them; raises `InvalidInput` for all that is wrong with them at once."""
        errors = submission.forged_files(model, values)
        if not 1 <= n <= self.settings.batch_limit:
            errors["n"] = f"How many must be from 1 to {self.settings.batch_limit}; {n} is not."
        if cancel_after is not None and not MINIMUM["cancel_after"] <= cancel_after <= LIMITS["cancel_after"]:
            errors["cancel_after"] = "Give up after must be from 5 seconds to 24 hours."
        numbers = {role: len(items.get(role, ())) + len(uploads.get(role, ())) for role in {*items, *uploads}}
        try:
            request = fields.validate(model.schema, {**values, **submission.placeholders(numbers)})
        except InvalidInput as error:
            raise InvalidInput(errors | error.fields) from None
        if len(str(request.get("prompt", ""))) > self.settings.prompt_limit:
            errors["prompt"] = f"The prompt is longer than {self.settings.prompt_limit:,} characters."
        errors |= self._wrong_items(model, items)
        if errors:
            raise InvalidInput(errors)
        return request

    def _run(
        self,
        model: str,
        request: Mapping[str, Any],
        items: Mapping[str, Sequence[int]],
        cancel_after: int | None,
        now: datetime,
    ) -> tuple[Run, dict[str, str]]:
        """What to enqueue for a checked request, and the secrets that are not stored with it."""
        provider, described = self.catalogue.provider(model), self.catalogue.describe(model, now=now)
        kept, secret = submission.apart(described, {**request, **submission.referred(described, items)})
        size = provider.size(model, kept)
        after = cancel_after or preferences(self.database).cancel_after
        limit = after if provider.capabilities.deadline else None
        run = Run(provider.name, model, described.version, described.kind, kept, size, items, cancel_after=limit)
        return run, secret

    def _keep(self, role: str, upload: Upload, now: datetime) -> int:
        try:
            return self.upload(upload, now=now)
        except MediaRefused as error:
            raise InvalidInput({role: f"{upload.name}: {error.sentence}"}) from error

    def _enqueue(
        self, runs: Sequence[Run], now: datetime, secret: Mapping[str, str] | None = None, batch: str | None = None,
        once_since: int | None = None,
    ) -> list[int]:  # fmt: skip
        needless = None if once_since is None else partial(repeats.filled_since, number=once_since)
        priced = [self._priced(run) for run in runs]
        ids = jobs.enqueue(self.database, batch or uuid.uuid4().hex, priced, now, needless=needless)
        if secret:
            self._secrets |= dict.fromkeys(ids, secret)
        self.worker.wake()
        return ids

    def _choices(self, model: str) -> Mapping[str, Sequence[Any]] | None:
        """The inputs of a model with the values they are chosen from, as it was described last; None: never."""
        try:
            schema = self.catalogue.known(model).model.schema
        except UnknownModel:
            return None
        return {field.name: field.choices for field in fields.fields(schema)}

    def _priced(self, run: Run) -> Run:
        return replace(run, cost_estimate=prices.estimate(self.database, run.provider, run.model, run.request))

    def _look_again(self, now: datetime) -> None:
        jobs.hurry(self.database, now)
        self.worker.wake()

    def _secrets_of(self, generation_id: int) -> Mapping[str, str]:
        return self._secrets.get(generation_id, {})

    def _wrong_items(self, model: Model, items: Mapping[str, Sequence[int]]) -> dict[str, str]:
        """A sentence for each file input with an item that is not there, or of a kind that is not taken there."""
        taken = {field.name: field.media for field in fields.fields(model.schema)}
        wrong = {}
        for role, media_id in [(role, media_id) for role, chosen in items.items() for media_id in chosen]:
            try:
                item = library.item(self.database, media_id)
                library.require_bytes(self.database, item)
                kind = item.kind
            except (BytesGone, NotFound) as error:
                wrong[role] = error.sentence
                continue
            if taken.get(role) and kind not in taken[role]:
                wrong[role] = f"Item {media_id} is no {taken[role][0]}. Choose another."
        return wrong


def check(settings: Settings) -> None:
    """Refuse a database path that can never work before anything is started; raises `UnusableDatabase`."""
    preflight(settings.database)


def _replicate(settings: Settings) -> Replicate:
    policy = Policy(
        hosts=settings.delivery_hosts,
        local=settings.local_deliveries,
        size=settings.media_limit,
        seconds=settings.download_seconds,
    )
    return Replicate(
        Client(settings.replicate_token, settings.replicate_base),
        Downloader(policy),
        public_url=settings.public_url,
        concurrency=settings.hosted_concurrency,
        media_limit=settings.media_limit,
    )


_shared: list[Studio] = []


def share(studio: Studio | None) -> None:
    """Make `studio` the one that this process's faces reach; None: there is none any more."""
    _shared[:] = [studio] if studio else []


def shared() -> Studio:
    """The process's one studio; raises `StorageBusy` before it is open and after it is closed."""
    if not _shared:
        raise StorageBusy("The studio is starting or closing. Try again in a moment.")
    return _shared[0]
