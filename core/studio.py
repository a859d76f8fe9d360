"""One open studio: the file, the providers and the worker, put together in one place.

Faces (pages, HTTP, notebooks) ask it for what people do; it holds no widgets and no HTTP.
"""

import secrets
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from core import fields, jobs, library
from core.database import open_database
from core.errors import InvalidInput, MediaRefused, NotFound, StorageBusy, UnknownModel
from core.jobs import Run
from core.media import Inspector
from core.migrations import migrate
from core.preflight import preflight
from core.providers import Model, Provider
from core.providers.sketch import Sketch
from core.scratch import Scratch
from core.settings import Settings
from core.worker import Worker


@dataclass(frozen=True)
class Upload:
    """A file that a person brought."""

    name: str
    data: bytes


class Studio:
    """The shared core object. Safe to use from many threads; `close` it in the end."""

    def __init__(self, settings: Settings) -> None:
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
        self.providers: Mapping[str, Provider] = {"sketch": Sketch(workers=settings.concurrency)}
        self.worker = Worker(
            self.database,
            self.providers,
            self.inspector,
            self.scratch,
            concurrency=settings.concurrency,
            media_limit=settings.media_limit,
        )
        self._uploading = threading.Lock()

    def start(self) -> None:
        """Begin to work the queue."""
        self.inspector.warm()
        for provider in self.providers.values():
            provider.warm()
        self.worker.start()

    def close(self) -> None:
        """Stop the worker, end all helper processes, remove temporary files, close the file."""
        self.worker.stop()
        for provider in self.providers.values():
            provider.close()
        self.inspector.close()
        self.scratch.close()
        self.database.close()

    def models(self, kind: str | None = None) -> list[Model]:
        """All models that can be picked, of one kind or of all."""
        known = [model for provider in self.providers.values() for model in provider.models()]
        return [model for model in known if kind in (None, model.kind)]

    def describe(self, model: str) -> Model:
        """The model with this id; raises `UnknownModel`."""
        return self._provider(model).describe(model)

    def generate(
        self,
        model: str,
        values: Mapping[str, Any],
        *,
        now: datetime,
        n: int = 1,
        files: Mapping[str, int] | None = None,
        uploads: Mapping[str, Upload] | None = None,
    ) -> list[int]:
        """Enqueue `n` runs of one submission, all or none; returns the ids of the generations.

        File inputs come, by their names, as items of the library (`files`) or as `uploads`, which are kept once all
        else is right. Where the model takes a seed, run i gets seed + i, from a random one if none is given. Raises
        `UnknownModel`, and `InvalidInput` with a sentence for each field.
        """
        provider, described = self._provider(model), self.describe(model)
        files, uploads = dict(files or {}), uploads or {}
        request = self._checked(described, values, n, [*files, *uploads])
        self._require_pictures(files)
        files |= {role: self._keep(role, upload, now) for role, upload in uploads.items()}
        request |= {role: f"studio:media/{media_id}" for role, media_id in files.items()}
        size = provider.size(model, request)
        run = Run(provider.name, model, described.version, described.kind, request, size, files)
        return self._enqueue(_seeded(run, described, n), now)

    def again(self, generation_id: int, *, now: datetime) -> int:
        """Enqueue a run once more as it was; returns the new id. Raises `NotFound`."""
        return self._enqueue([jobs.run_of(self.database, generation_id)], now)[0]

    def vary(self, media_ids: Sequence[int], *, now: datetime) -> list[int]:
        """Enqueue the recipes of items once more, each with a new seed; uploads have none and are passed over.

        Raises `InvalidInput` for more than one batch holds.
        """
        if len(media_ids) > self.settings.batch_limit:
            raise InvalidInput({"n": f"Choose up to {self.settings.batch_limit} items at a time."})
        recipes = [library.item(self.database, media_id).recipe for media_id in media_ids]
        runs = [jobs.run_of(self.database, recipe.generation_id) for recipe in recipes if recipe]
        return self._enqueue([_reseeded(run, self.describe(run.model)) for run in runs], now) if runs else []

    def cancel(self, generation_id: int, *, now: datetime) -> None:
        """Ask for a run's end; raises `NotFound`."""
        jobs.cancel(self.database, generation_id, now)
        self.worker.wake()

    def upload(self, upload: Upload, *, now: datetime) -> int:
        """Keep a file that a person brought; returns its item. Raises `MediaRefused`."""
        limit = self.settings.upload_limit
        if len(upload.data) > limit:
            raise MediaRefused(f"The file is larger than {limit // 2**20} MiB. Choose a smaller one.")
        with self._uploading, self.scratch.room() as room:
            path = room / "upload"
            path.write_bytes(upload.data)
            found = self.inspector.inspect(path)
        return library.add_upload(self.database, upload.data, upload.name, found, now)

    def _checked(self, model: Model, values: Mapping[str, Any], n: int, roles: Sequence[str]) -> dict[str, Any]:
        """The values as the model takes them; raises `InvalidInput` for all that is wrong with them at once."""
        errors = _forged_files(model, values)
        if not 1 <= n <= self.settings.batch_limit:
            errors["n"] = f"How many must be from 1 to {self.settings.batch_limit}; {n} is not."
        try:
            request = fields.validate(model.schema, {**values, **dict.fromkeys(roles, "studio:media")})
        except InvalidInput as error:
            raise InvalidInput(errors | error.fields) from None
        if len(str(request.get("prompt", ""))) > self.settings.prompt_limit:
            errors["prompt"] = f"The prompt is longer than {self.settings.prompt_limit:,} characters."
        if errors:
            raise InvalidInput(errors)
        return request

    def _keep(self, role: str, upload: Upload, now: datetime) -> int:
        try:
            return self.upload(upload, now=now)
        except MediaRefused as error:
            raise InvalidInput({role: f"{upload.name}: {error.sentence}"}) from error

    def _enqueue(self, runs: Sequence[Run], now: datetime) -> list[int]:
        ids = jobs.enqueue(self.database, uuid.uuid4().hex, runs, now)
        self.worker.wake()
        return ids

    def _provider(self, model: str) -> Provider:
        provider = self.providers.get(model.partition("/")[0])
        if provider is None:
            known = ", ".join(model.id for model in self.models())
            raise UnknownModel(f"There is no model '{model[:80]}'. Pick one of {known}.")
        return provider

    def _require_pictures(self, files: Mapping[str, int]) -> None:
        for role, media_id in files.items():
            try:
                kind = library.item(self.database, media_id).kind
            except NotFound as error:
                raise InvalidInput({role: error.sentence}) from None
            if kind != "image":
                raise InvalidInput({role: f"Item {media_id} is no picture. Choose a picture."})


def check(settings: Settings) -> None:
    """Refuse a database path that can never work before anything is started; raises `UnusableDatabase`."""
    preflight(settings.database)


def _forged_files(model: Model, values: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each file input that is not an item: a provider must never be sent to an address or path."""
    asked = [field for field in fields.fields(model.schema) if field.kind == "file" and values.get(field.name)]
    return {field.name: f"{field.title} must be a picture that you choose." for field in asked}


def _seeded(run: Run, model: Model, n: int) -> Sequence[Run]:
    bound = _seeds(model)
    if bound is None:
        return [run] * n
    first = run.request["seed"] if "seed" in run.request else secrets.randbelow(bound)
    return [replace(run, request={**run.request, "seed": (first + i) % bound}) for i in range(n)]


def _reseeded(run: Run, model: Model) -> Run:
    bound = _seeds(model)
    return run if bound is None else replace(run, request={**run.request, "seed": secrets.randbelow(bound)})


def _seeds(model: Model) -> int | None:
    """How many seeds the model takes, from 0 on; None if it takes none."""
    taken = {field.name: field for field in fields.fields(model.schema)}.get("seed")
    return None if taken is None else int(taken.maximum or 2**31 - 1) + 1


_shared: list[Studio] = []


def share(studio: Studio | None) -> None:
    """Make `studio` the one that this process's faces reach; None: there is none any more."""
    _shared[:] = [studio] if studio else []


def shared() -> Studio:
    """The process's one studio; raises `StorageBusy` before it is open and after it is closed."""
    if not _shared:
        raise StorageBusy("The studio is starting or closing. Try again in a moment.")
    return _shared[0]
