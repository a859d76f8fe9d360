"""Commands on media and the look at one item; each command is one transaction. Knows neither jobs nor providers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update

from core import blobs, deletions
from core.blobs import Stored
from core.database import Database
from core.errors import BytesGone, ItemDamaged, NotFound
from core.media import EXTENSIONS, Inspection, Thumbnail
from core.models import SHOWN, former, generation, generation_input, job, media, media_tag, meta, tag, thumbnail

ID_LIMIT = 2**63 - 1
HERE: Final = ("ready", "damaged")  # states of items whose bytes are in the file
KNOWN: Final = (*SHOWN, "damaged")  # states of items that were stored whole once
FAMILIES: Final = {"image": "images", "video": "videos", "audio": "audio"}  # kinds in addresses: /api/images/1


@dataclass(frozen=True)
class Recipe:
    """How an item was made. `inputs` maps the names of file inputs to the items used."""

    generation_id: int
    batch: str
    provider: str
    model: str
    version: str
    prompt: str
    seed: int | None
    request: Mapping[str, Any]
    response: Mapping[str, Any] | None
    status: str
    logs: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    text: str | None
    url: str | None
    deletes_at: datetime | None
    metrics: Mapping[str, Any] | None
    cost_estimate: float | None
    cost: float | None
    inputs: Mapping[str, Sequence[int]]
    queued: bool  # whether it was a run of this studio's queue: not what it made by itself, nor what was made elsewhere


@dataclass(frozen=True)
class Item:
    """One picture, video or sound. `bytes` is its size; pixels (a sound's are its waveform's) and seconds; `recipe`
    is None for uploads. `rating` 0 is none. An item in the trash, since `trashed_at`, is as reachable as any other.
    """

    id: int
    kind: str
    mime: str
    name: str | None
    bytes: int
    sha256: str
    width: int
    height: int
    duration: float | None
    fps: float | None
    has_audio: bool | None
    original_url: str | None
    created_at: datetime
    favourite: bool
    rating: int
    note: str
    trashed_at: datetime | None
    state: str
    tags: tuple[str, ...]
    recipe: Recipe | None

    @property
    def thinned(self) -> bool:
        """Whether thumbnail, recipe and hash are all that is kept; `bytes` is what it had."""
        return self.state == "thinned"

    @property
    def caption(self) -> str:
        """The prompt, or the name of what was made without one: an uploaded file, a frame of a video."""
        return (self.recipe and self.recipe.prompt) or self.name or "Uploaded"

    @property
    def stem(self) -> str:
        """A few readable words of the caption that any file system takes, such as "a-lighthouse"."""
        caption = self.caption if self.recipe else PurePath(self.caption).stem
        words = "".join(c if c.isalnum() else " " for c in caption if ord(c) < 0x250)
        return "-".join(words.lower().split())[:60].rstrip("-") or self.kind

    @property
    def filename(self) -> str:
        """A readable name for a download."""
        return f"{self.stem}-{self.id}.{EXTENSIONS[self.mime]}"


def item(database: Database, media_id: int, *, damaged: bool = False) -> Item:
    """The item with this number; raises `NotFound`, and `ItemDamaged` unless a `damaged` one will do."""
    shown = (media.c.id == media_id) & media.c.state.in_(KNOWN)
    with database.read() as connection:
        row = None if media_id > ID_LIMIT else connection.execute(select(media).where(shown)).first()
        if row is None:
            raise NotFound(_absent(connection, media_id))
        if row.state == "damaged" and not damaged:
            raise ItemDamaged(
                f"Item {media_id} is damaged: its bytes are not those that were stored, so it is set apart. Storage "
                "shows what is damaged, and mends it from a backup that has it whole."
            )
        return _item(row, _tags(connection, media_id), _recipe(connection, row.generation_id))


def require_bytes(database: Database, item: Item) -> None:
    """Raise `BytesGone` with when and by which rule, where the item was thinned."""
    if item.thinned:
        line = deletions.of_item(database, item.id)
        when = f" on {line.at.day} {line.at:%B %Y}" if line else ""
        rule = f" by the rule '{line.rule}'" if line and line.rule else ""
        raise BytesGone(
            f"Item {item.id} was thinned{when}{rule}: its bytes are gone; thumbnail, hash and marks are kept"
            + (", and the recipe, which can be run again." if item.recipe else ".")
        )


def addressed(database: Database, kind: str, number: int, *, damaged: bool = False) -> Item:
    """The item that an address names: by its id, or by the number that it had in the earlier system.

    Raises `NotFound`, and `ItemDamaged` unless a `damaged` one will do.
    """
    with database.read() as connection:
        media_id = _at(connection, kind, number)
    if media_id is None:
        found = item(database, number, damaged=True)
        raise NotFound(f"Item {number} is no {kind}; ask for it below /api/{FAMILIES[found.kind]}.")
    return item(database, media_id, damaged=damaged)


def file_key(database: Database) -> str:
    """A short name of this very file, made once: pages put it into addresses, for item 1 of another file is another."""
    known = select(meta.c.value).where(meta.c.key == "file_key")
    with database.write() as connection:
        if connection.execute(known).first() is None:
            connection.execute(meta.insert().values(key="file_key", value=token_hex(4)))
        return str(connection.execute(known).scalar_one())


def thumbnail_data(database: Database, kind: str, media_id: int) -> tuple[str, bytes]:
    """(media type, bytes) of an item's thumbnail; raises `NotFound`."""
    small = select(thumbnail.c.mime, thumbnail.c.data).join(media).where(media.c.state.in_(KNOWN))
    with database.read() as connection:
        found = _at(connection, kind, media_id)
        row = None if found is None else connection.execute(small.where(media.c.id == found)).first()
    if row is None:
        raise NotFound(f"There is no {kind} {media_id}.")
    return row.mime, row.data


def begin(
    connection: Connection, generation_id: int, position: int, found: Inspection, url: str | None, now: datetime
) -> int:
    """Make room for an output within the caller's transaction: a row that nobody sees until it is ready."""
    row = _measures(found) | {
        "generation_id": generation_id,
        "position": position,
        "original_url": url,
        "state": "incoming",
        "created_at": now,
    }
    return _insert(connection, row)


def make_ready(connection: Connection, media_id: int, stored: Stored, small: Thumbnail) -> None:
    """Show an item whose bytes are all there, within the caller's transaction."""
    connection.execute(
        update(media).where(media.c.id == media_id).values(state="ready", bytes=stored.bytes, sha256=stored.sha256)
    )
    connection.execute(
        thumbnail.insert().values(
            media_id=media_id,
            mime=small.mime,
            width=small.width,
            height=small.height,
            data=small.data,
            sha256=sha256(small.data).hexdigest(),
        )
    )


def add_upload(database: Database, data: bytes, name: str, found: Inspection, now: datetime) -> int:
    """Keep a file that a person brought, in one transaction; returns its id.

    The same bytes are kept once; those in the trash do not count.
    """
    digest = sha256(data).hexdigest()
    kept = (media.c.generation_id.is_(None), media.c.state == "ready", media.c.trashed_at.is_(None))
    same = select(media.c.id).where(media.c.sha256 == digest, *kept)
    with database.write() as connection:
        known = connection.execute(same).scalar()
        if known is not None:
            return int(known)
        row = _measures(found) | {"name": name[:200], "state": "incoming", "created_at": now}
        media_id = _insert(connection, row)
        blobs.insert(connection, media_id, blobs.split(data))
        make_ready(connection, media_id, Stored(len(data), digest), found.thumbnail)
        return media_id


def drop_incoming(connection: Connection, generation_id: int) -> None:
    """Remove what an interrupted collection of this run left behind, within the caller's transaction."""
    connection.execute(delete(media).where(media.c.generation_id == generation_id, media.c.state == "incoming"))


def inputs_of(connection: Connection, generation_id: int) -> dict[str, tuple[int, ...]]:
    """The items that a run uses, by the input's name and in order."""
    columns = (generation_input.c.role, generation_input.c.media_id)
    query = select(*columns).where(generation_input.c.generation_id == generation_id)
    found: dict[str, tuple[int, ...]] = {}
    for role, media_id in connection.execute(query.order_by(generation_input.c.role, generation_input.c.position)):
        found[role] = (*found.get(role, ()), media_id)
    return found


def _insert(connection: Connection, row: Mapping[str, Any]) -> int:
    inserted = connection.execute(media.insert().values(row)).inserted_primary_key
    assert inserted is not None
    return int(inserted[0])


def _absent(connection: Connection, media_id: int) -> str:
    """Why there is no such item to be had."""
    state = connection.execute(select(media.c.state).where(media.c.id == min(media_id, ID_LIMIT))).scalar()
    if state == "lost":
        return f"The bytes of item {media_id} are lost. Its recipe is kept: find it among the failed runs."
    return f"There is no item {media_id}. It may never have existed; the library shows what does."


def _at(connection: Connection, kind: str, number: int) -> int | None:
    """The item of this kind with this number; where there is none, what bore it in the earlier system."""
    if number > ID_LIMIT:
        return None
    own = select(media.c.id).where(media.c.id == number, media.c.kind == kind)
    once = select(former.c.media_id).where(former.c.kind == kind, former.c.number == number)
    found = connection.execute(own).scalar()
    if found is None:
        found = connection.execute(once.where(former.c.media_id.is_not(None)).order_by(former.c.media_id)).scalar()
    return None if found is None else int(found)


def _measures(found: Inspection) -> dict[str, Any]:
    names = ("kind", "mime", "width", "height", "duration", "fps", "has_audio")
    return {name: getattr(found, name) for name in names}


def _item(row: Row[Any], tags: tuple[str, ...], recipe: Recipe | None) -> Item:
    names = [name for name in Item.__dataclass_fields__ if name not in ("tags", "recipe")]
    return Item(**{name: getattr(row, name) for name in names}, tags=tags, recipe=recipe)


def _tags(connection: Connection, media_id: int) -> tuple[str, ...]:
    query = select(tag.c.name).join(media_tag, media_tag.c.tag_id == tag.c.id).where(media_tag.c.media_id == media_id)
    return tuple(connection.execute(query.order_by(tag.c.name)).scalars())


def _recipe(connection: Connection, generation_id: int | None) -> Recipe | None:
    if generation_id is None:
        return None
    row = connection.execute(select(generation).where(generation.c.id == generation_id)).one()
    names = [name for name in Recipe.__dataclass_fields__ if name not in ("generation_id", "inputs", "queued")]
    inputs = inputs_of(connection, generation_id)
    queued = connection.execute(select(job.c.generation_id).where(job.c.generation_id == row.id)).first() is not None
    return Recipe(generation_id=row.id, inputs=inputs, queued=queued, **{name: getattr(row, name) for name in names})
