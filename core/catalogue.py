"""What models there are: those always at hand, those described before, favourites, and what a provider lists.

Descriptions are kept in the file with their age and asked for anew on demand. Knows neither runs nor pages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from core.database import Database
from core.errors import StudioError, UnknownModel
from core.models import model as models
from core.models import model_list
from core.providers import Group, Hosted, Model, Provider

FRESH: Final = timedelta(days=1)  # a list is asked for anew after this time
SHOWN: Final = 30  # recently used models
READ: Final = 200  # descriptions that are kept in memory once they were read
LIGHT: Final = (models.c.id, models.c.provider, models.c.fetched_at, models.c.used_at, models.c.favourite)


@dataclass(frozen=True)
class Known:
    """A model as it was described at `fetched_at` (None: it never changes), and what the owner makes of it."""

    model: Model
    fetched_at: datetime | None
    favourite: bool
    used_at: datetime | None


class Catalogue:
    """The models of several providers. Safe to use from many threads."""

    def __init__(self, database: Database, providers: Mapping[str, Provider], hosted: str) -> None:
        self._database = database
        self._providers = providers
        self._hosted = hosted
        self._read: dict[str, tuple[datetime, Model]] = {}

    def provider(self, model: str) -> Provider:
        """Whose model it is: by its owner's name a built-in one, else the hosted one; raises `UnknownModel`."""
        built_in = self._providers.get(model.partition("/")[0])
        if built_in is not None and built_in.models():
            return built_in
        if "/" not in model or self._hosted not in self._providers:
            known = ", ".join(one.id for one in self.built_in())
            raise UnknownModel(f"There is no model '{model[:80]}'. Write owner/name, or pick one of {known}.")
        return self._providers[self._hosted]

    def built_in(self) -> list[Model]:
        """The models that are always at hand."""
        return [model for provider in self._providers.values() for model in provider.models()]

    def named(self, text: str) -> str:
        """The id of what a person typed or pasted; raises `UnknownModel` with what is wrong with it."""
        typed = text.strip()
        own = {model.provider for model in self.built_in()}
        return typed if typed.partition("/")[0] in own else self._host().named(typed)

    def describe(self, model: str, *, now: datetime, refresh: bool = False) -> Model:
        """A model as it was described last; asks its provider where it was not, or on `refresh`."""
        provider = self.provider(model)
        row = None if refresh else self._row(model)
        if row is not None and row.fetched_at is not None:
            return self._described(row)
        described = provider.describe(model)
        if described.raw:
            self.remember(described, now)
        return described

    def describe_run(self, model: str, version: str, *, now: datetime) -> Model:
        """A model in the version that a run of it used, under a name with that version where there is a newer one."""
        described = self.describe(model, now=now)
        settled = not described.raw or version in (described.version, "") or ":" in model
        return described if settled else self.describe(f"{model}:{version}", now=now)

    def known(self, model: str) -> Known:
        """A model described before or always at hand, with its age; raises `UnknownModel`."""
        row = self._row(model)
        for one in self.built_in():
            if one.id == model:
                return Known(one, None, bool(row and row.favourite), row.used_at if row else None)
        if row is None or row.fetched_at is None:
            raise UnknownModel(f"The model {model} was not looked up yet.")
        return self._known(row)

    def shelf(self) -> list[Known]:
        """Favourites, then recently used ones, then those always at hand; each once."""
        query = select(*LIGHT).where(models.c.favourite | models.c.used_at.is_not(None))
        ordered = query.order_by(models.c.favourite.desc(), models.c.used_at.desc(), models.c.id).limit(SHOWN)
        with self._database.read() as connection:
            rows = connection.execute(ordered).all()
        own = {model.id: model for model in self.built_in()}
        shelf = []
        for row in rows:
            if row.id in own:
                shelf.append(Known(own.pop(row.id), None, row.favourite, row.used_at))
            elif row.fetched_at is not None and row.provider in self._providers:
                shelf.append(self._known(row))
        return shelf + [Known(model, None, False, None) for model in own.values()]

    def preferred(self, kind: str | None = None) -> Model | None:
        """The model used last, of this kind where one is given, else the first on the shelf; None: there is none."""
        shelf = [known for known in self.shelf() if kind in (None, known.model.kind)]
        used = [(known.used_at, known.model.id, known.model) for known in shelf if known.used_at]
        return max(used)[2] if used else shelf[0].model if shelf else None

    def remember(self, model: Model, now: datetime) -> None:
        """Keep a description with its age."""
        values = {"description": dict(model.raw), "fetched_at": now}
        self._put(model.id, model.provider, values)
        self._read.pop(model.id, None)

    def use(self, model: str, now: datetime) -> None:
        """The model was used."""
        self._put(model, self.provider(model).name, {"used_at": now})

    def favour(self, model: str, favourite: bool) -> None:
        """Mark or unmark a favourite."""
        self._put(model, self.provider(model).name, {"favourite": favourite})

    def groups(self, *, now: datetime, refresh: bool = False) -> list[Group]:
        """The hosted provider's collections; those known before where it cannot be asked."""
        answer = self._listed("groups", lambda host: [asdict(group) for group in host.groups()], now, refresh)
        return [Group(**row) for row in answer]

    def group(self, key: str, *, now: datetime, refresh: bool = False) -> list[Model]:
        """The models of one collection."""
        answer = self._listed(f"group:{key}", lambda host: _raws(host.group(key)), now, refresh)
        return self._understood(answer)

    def search(self, words: str) -> list[Model]:
        """The hosted provider's models that fit; raises `ProviderError`'s kinds."""
        return list(self._host().search(words))

    def account(self) -> str:
        """Whose token it is; raises `TokenRefused`."""
        return self._host().account()

    def _host(self) -> Hosted:
        return cast(Hosted, self._providers[self._hosted])

    def _understood(self, raws: Sequence[Mapping[str, Any]]) -> list[Model]:
        found = []
        for raw in raws:
            try:
                found.append(self._host().understand(f"{raw.get('owner')}/{raw.get('name')}", raw))
            except UnknownModel:
                continue
        return found

    def _known(self, row: Any) -> Known:
        return Known(self._described(row), row.fetched_at, row.favourite, row.used_at)

    def _described(self, row: Any) -> Model:
        """What the row's description says; read once for as long as it stays the same."""
        kept = self._read.get(row.id)
        if kept is not None and kept[0] == row.fetched_at:
            return kept[1]
        with self._database.read() as connection:
            description = connection.execute(select(models.c.description).where(models.c.id == row.id)).scalar_one()
        model = self._providers[row.provider].understand(row.id, description)
        if len(self._read) >= READ:
            self._read.clear()
        self._read[row.id] = (row.fetched_at, model)
        return model

    def _row(self, model: str) -> Any:
        with self._database.read() as connection:
            return connection.execute(select(*LIGHT).where(models.c.id == model)).first()

    def _put(self, model: str, provider: str, values: dict[str, Any]) -> None:
        statement = insert(models).values(id=model, provider=provider, **values)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=[models.c.id], set_=values))

    def _listed(
        self, key: str, ask: Callable[[Hosted], list[Any]], now: datetime, refresh: bool
    ) -> list[dict[str, Any]]:
        """A provider's list: the kept one while it is young, or where the provider cannot be asked."""
        with self._database.read() as connection:
            kept = connection.execute(select(model_list).where(model_list.c.key == key)).first()
        if kept is not None and not refresh and now - kept.fetched_at < FRESH:
            return list(kept.answer)
        try:
            answer = ask(self._host())
        except StudioError:
            if kept is None or refresh:
                raise
            return list(kept.answer)
        values = {"answer": answer, "fetched_at": now}
        statement = insert(model_list).values(key=key, **values)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=[model_list.c.key], set_=values))
        return answer


def _raws(found: Sequence[Model]) -> list[dict[str, Any]]:
    return [dict(model.raw) for model in found]
