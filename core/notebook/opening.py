"""One open studio in a notebook: what people ask of it there, on the file that a running studio may have open too."""

import atexit
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from core import fields, library
from core.database import Database
from core.errors import InvalidInput, StorageError, UnknownModel
from core.notebook import sweeps
from core.notebook.batches import Batch
from core.notebook.endpoint import Endpoint
from core.notebook.giving import given, is_several, numbered
from core.notebook.media import Gallery, Media
from core.notebook.retention import Retention
from core.notebook.statistics import Statistics
from core.search import Query
from core.settings import ROOT, Settings, from_environment, from_secrets
from core.studio import Studio, Upload
from core.upgrade import Telling, upgrade

if TYPE_CHECKING:
    import pandas as pd

SECRETS: Final = ROOT / ".streamlit" / "secrets.toml"
_open: "dict[Path, OpenStudio]" = {}
_turn = threading.RLock()


def open_studio(
    path: str | os.PathLike[str] | None = None, *, work: bool = True, address: str | None = None
) -> "OpenStudio":
    """Open a studio's file, making it if there is none and bringing it up to date; use it with `with`, or `close` it.

    Without `path` it is the file that STUDIO_DATABASE names, or `data/studio.db`. Other settings come from the
    environment, as for `make run`. A running studio may have the same file open: runs begun here appear there and the
    other way round, and whichever has room carries a run out; with `work=False` this process carries out none. Rules
    and scheduled backups are left to the studio. `address` is where that studio serves, if not on this machine's port
    8501; nothing depends on it.

    Opening a file that this process has open gives the same studio again. Raises `UnusableDatabase` with what is wrong
    with the file: `NewerDatabase` where a newer studio has written it.
    """
    settings = _settings(path)
    with _turn:
        known = _open.get(settings.database)
        if known is None:
            upgrade(settings, datetime.now(UTC), Telling(sys.stdout))
            known = _open[settings.database] = OpenStudio(Studio(settings, errands=False), work, address)
        return known


def file_at(path: str) -> Database | None:
    """The file at this path, while it is open in this process."""
    known = _open.get(Path(path))
    return known._studio.database if known else None


class OpenStudio:
    """A studio that is open in this process; `open_studio` makes it. Each method reads the file as it is now."""

    def __init__(self, studio: Studio, work: bool, address: str | None) -> None:
        self._studio = studio
        self._endpoint = Endpoint(address)
        self.closed = False
        if work:
            studio.start(warm=False)

    @property
    def path(self) -> Path:
        """The one file."""
        return self._studio.settings.database

    @property
    def stats(self) -> Statistics:
        """Items and bytes by model, kind, day ..., and what the file consists of."""
        return Statistics(self._there.database)

    @property
    def retention(self) -> Retention:
        """Rules for what goes, and previews of them."""
        return Retention(self._there.database)

    def generate(
        self,
        prompt: str | None = None,
        *,
        model: str | None = None,
        n: int = 1,
        seed: int | None = None,
        wait: bool = True,
        cancel_after: int | None = None,
        inputs: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> Batch:
        """Start `n` runs and wait for them with a bar; interrupting it (Ctrl-C, the stop button) cancels them.

        `model` is one's name, by default the one used last; run i gets seed + i. `parameters` are the model's other
        inputs, which `studio.inputs(model)` lists; files are given as items, their numbers, or paths. Inputs whose
        names have another use here go into `inputs`. `wait=False` returns at once. `cancel_after` is in seconds.

        Raises `InvalidInput` with a sentence for each wrong input, `UnknownModel`, `TokenRefused`; where no run
        succeeded `PredictionFailed` in its own words. What failed beside others is in `errors`.
        """
        if not isinstance(n, int):
            raise InvalidInput({"n": f"How many must be a whole number; {n!r} is not."})
        studio, name = self._there, model or self._preferred()
        told = {"prompt": prompt, "seed": seed, **parameters, **(inputs or {})}
        found = given(studio.describe(name), {key: value for key, value in told.items() if value is not None})
        ids = studio.generate(
            name, found.values, files=found.files, uploads=found.uploads, n=n, cancel_after=cancel_after,
            now=datetime.now(UTC),
        )  # fmt: skip
        batch = Batch(studio, ids, self.media)
        return batch.wait(name) if wait else batch

    def sweep(
        self,
        prompt: Any = None,
        *,
        model: Any = None,
        seed: Any = None,
        start: bool = True,
        experiment: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> Any:
        """Run every combination of what is given as a list, a range or an array; returns a frame of the cells.

        A cell that has an item already, or is under way, is not run again: call it once more and only what is missing,
        failed or was deleted is filled. Seed 0 is used where none is given. A list that is itself one value goes into a
        list of its own. `start=False` runs nothing and shows what is missing, with what it would cost. `experiment` is
        a name for the runs to be found by. The frame shows itself as a grid of pictures, the last axis across.

        Raises `InvalidInput`, before anything is run, for what one of the models does not take. Failed cells have
        their sentence in the column `error`.
        """
        from core.notebook.grids import of_cells

        studio = self._there
        told = {"prompt": prompt, "model": model or self._preferred(), **parameters, **(inputs or {}), "seed": seed}
        asked = {key: list(value) if is_several(value) else value for key, value in told.items()}
        axes, cells = sweeps.cells(studio, {key: value for key, value in asked.items() if value is not None})
        if start:
            sweeps.fill(studio, cells, self.media, experiment=experiment)
        return of_cells(sweeps.table(studio, axes, cells), axes, studio.database)

    def media(self, number: int) -> Media:
        """The item with this number; raises `NotFound`, and `ItemDamaged` for one whose bytes are not as stored."""
        return Media(self._there, library.item(self._there.database, numbered(number)), self._endpoint)

    def show(self, *items: Any) -> Gallery:
        """Items beside each other: by number, as `Media`, or whatever of these comes in lists, batches or frames."""
        return Gallery([number for each in items for number in _numbers(each)], self.media)

    def runs(self, *numbers: int) -> Batch:
        """Runs by their numbers, wherever they were started."""
        return Batch(self._there, [numbered(number) for number in numbers], self.media)

    def frame(
        self,
        query: str = "",
        *,
        order: str = "newest",
        limit: int | None = None,
        parameters: Sequence[str] = (),
        trash: bool = False,
    ) -> Any:
        """The items that a search finds as a pandas frame, by their numbers; it shows their pictures.

        The query is what one types on the Library page: words and filters such as `rating:>=4` or `model:flux`. `order`
        is newest, oldest, rating, largest, smallest, best (match) or random. `parameters` names inputs of models that
        get a column each. No bytes of items are read: a hundred thousand rows are a matter of a second.

        What was not understood in the query is told below the frame. Raises `InvalidInput` for an order that there is
        not.
        """
        from core import tables
        from core.notebook.frames import of_items

        try:
            asked = Query(text=query, order=order, trash=trash)
        except ValueError as error:
            raise InvalidInput(
                {"order": f"'{order}' is no order. Use newest, oldest, rating, largest, smallest, best or random."}
            ) from error
        frame, found = tables.items(self._there.database, asked, limit=limit, parameters=parameters)
        notes = found.notes + ((f"Only the newest matches are in the order '{order}'.",) if found.partial else ())
        return of_items(frame, self._there.database, notes)

    def sql(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> "pd.DataFrame":
        """What a question in SQL answers; `values` stand for its ? or :names. It only reads.

        Raises `InvalidInput` for a statement that writes, in which case nothing was changed, or that is wrong.
        """
        from core import tables

        return tables.sql(self._there.database, statement, values)

    def pictured(self, frame: "pd.DataFrame") -> Any:
        """Let a frame show the pictures of the items that its index or column "item" numbers."""
        from core.notebook.frames import of_items

        return of_items(frame, self._there.database)

    def inputs(self, model: str) -> "pd.DataFrame":
        """What a model takes: a row for each input. Raises `UnknownModel`."""
        import pandas as pd

        names = ("kind", "default", "choices", "minimum", "maximum", "required", "description")
        known = fields.fields(self._there.describe(model).schema)
        rows = [{"input": field.name} | {name: getattr(field, name) for name in names} for field in known]
        return pd.DataFrame(rows, columns=["input", *names]).set_index("input")

    def models(self) -> list[str]:
        """Names of the models at hand: favourites, those used lately, those built in."""
        return [known.model.id for known in self._there.catalogue.shelf()]

    def upload(self, path: str | os.PathLike[str]) -> Media:
        """Keep a picture, video or sound of yours as an item; the same bytes are kept once.

        Raises `MediaRefused` for what is none, `DiskFull`, `StorageError` where it cannot be read.
        """
        source = Path(path).expanduser()
        try:
            upload = Upload(source.name, source.read_bytes())
        except OSError as error:
            raise StorageError(f"{source} cannot be read: {error.strerror}. Name another file.") from error
        return self.media(self._there.upload(upload, now=datetime.now(UTC)))

    def close(self) -> None:
        """Give runs under way back, end helper processes, close the file. Closing twice is closing once."""
        with _turn:
            if not self.closed:
                self.closed = True
                _open.pop(self.path, None)
                self._studio.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<studio {self.path}{' (closed)' if self.closed else ''}>"

    @property
    def _there(self) -> Studio:
        if self.closed:
            raise StorageError("This studio is closed. Open it again: core.open_studio(...).")
        return self._studio

    def _preferred(self) -> str:
        found = self._there.catalogue.preferred()
        if found is None:
            raise UnknownModel("There is no model to use. Name one: model='owner/name'.")
        return found.id


def _settings(path: str | os.PathLike[str] | None) -> Settings:
    known = from_environment({**from_secrets(SECRETS), **os.environ})
    return known if path is None else replace(known, database=Path(path).expanduser().absolute())


def _numbers(each: Any) -> list[int]:
    """The items of whatever has some."""
    if isinstance(each, Media):
        return [each.id]
    if isinstance(each, Batch | Gallery):
        return each.media.ids if isinstance(each, Batch) else each.ids
    if hasattr(each, "columns"):
        values = each["item"] if "item" in each.columns else each.index
        return [int(value) for value in values.dropna()]
    return [number for one in each for number in _numbers(one)] if is_several(each) else [numbered(each)]


@atexit.register
def _close_all() -> None:
    for studio in list(_open.values()):
        studio.close()
