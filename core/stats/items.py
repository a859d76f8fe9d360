"""Items and their bytes by what they are and what people made of them, as frames. Reads, and writes nothing.

Counted is every item that is there, with columns of their own for those in the trash; what is still being stored is
not. Days are those of UTC.
"""

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Select, func, select

from core.database import Database
from core.models import charge, generation, media, media_tag, tag

if TYPE_CHECKING:
    import pandas as pd

UPLOADED: Final = "Uploaded"
NONE: Final = "None"
UNNAMED: Final = "Runs that were deleted"
DIMENSIONS: Final = ("kind", "model", "provider", "experiment", "rating", "favourite", "day", "week", "month")
SUMS: Final = ("items", "bytes", "trash_items", "trash_bytes")
LARGEST: Final = 24
DUPLICATES: Final = 500  # groups
STORED: Final = media.c.state != "incoming"


def cube(database: Database) -> "pd.DataFrame":
    """One row for each combination of properties: (kind, model, provider, experiment, rating, favourite, day) with
    the numbers of items and their bytes, in all and in the trash. What was uploaded has no model."""
    import pandas as pd

    names = ["kind", "model", "provider", "experiment", "rating", "favourite", "day"]
    keys = [
        media.c.kind, generation.c.model, generation.c.provider, generation.c.experiment, media.c.rating,
        media.c.favourite, func.substr(media.c.created_at, 1, 10),
    ]  # fmt: skip
    query = select(*keys, *_sums()).outerjoin_from(media, generation).where(STORED).group_by(*keys)
    with database.read() as connection:
        rows = _rows(connection, query)
    frame = pd.DataFrame(rows, columns=[*names, *SUMS])
    frame["day"] = pd.to_datetime(frame["day"], format="%Y-%m-%d")
    frame = frame.fillna({"model": UPLOADED, "provider": UPLOADED, "experiment": NONE})
    return frame.astype(dict.fromkeys(SUMS, "int64") | {"favourite": bool})


def by(frame: "pd.DataFrame", dimension: str) -> "pd.DataFrame":
    """The cube by one of `DIMENSIONS`: (dimension, items, bytes, trash_items, trash_bytes, share).

    Times and ratings in their order, everything else by bytes. A week begins on its Monday.
    """
    grouped = frame.assign(**{dimension: _values(frame, dimension)}).groupby(dimension, as_index=False, sort=True)
    return _shared(grouped[list(SUMS)].sum(), dimension)


def by_tag(database: Database) -> "pd.DataFrame":
    """The same by tag. An item with two tags counts for both, so that shares, which are of all bytes, may exceed 1."""
    import pandas as pd

    tags = (
        select(tag.c.name, *_sums())
        .join(media_tag, media_tag.c.tag_id == tag.c.id)
        .join(media, media.c.id == media_tag.c.media_id)
        .where(STORED)
        .group_by(tag.c.name)
    )
    with database.read() as connection:
        rows = _rows(connection, tags)
        whole = connection.execute(select(func.coalesce(func.sum(media.c.bytes), 0)).where(STORED)).scalar_one()
    return _shared(pd.DataFrame(rows, columns=["tag", *SUMS]).astype(dict.fromkeys(SUMS, "int64")), "tag", whole)


def largest(database: Database, number: int = LARGEST) -> "pd.DataFrame":
    """The largest items: (id, kind, bytes, width, height, duration, model, caption, created_at, in_trash)."""
    import pandas as pd

    caption = func.coalesce(func.nullif(generation.c.prompt, ""), media.c.name, UPLOADED)
    columns = [
        media.c.id, media.c.kind, media.c.bytes, media.c.width, media.c.height, media.c.duration,
        func.coalesce(generation.c.model, UPLOADED).label("model"), func.substr(caption, 1, 200).label("caption"),
        media.c.created_at, media.c.trashed_at.is_not(None).label("in_trash"),
    ]  # fmt: skip
    ready = media.c.state == "ready"
    query = select(*columns).outerjoin_from(media, generation).where(ready).order_by(media.c.bytes.desc(), media.c.id)
    with database.read() as connection:
        rows = _rows(connection, query.limit(number))
    frame = pd.DataFrame(rows, columns=[column.key for column in columns])
    return frame.astype({"in_trash": bool})


def duplicates(database: Database, number: int = DUPLICATES) -> "pd.DataFrame":
    """Items of the very same bytes, by SHA-256: (sha256, items, bytes, spared, ids).

    `bytes` is the size of one, `spared` what keeping one alone would save; what would spare most comes first.
    """
    import pandas as pd

    spared = (func.sum(media.c.bytes) - func.max(media.c.bytes)).label("spared")
    query = (
        select(media.c.sha256, func.count(), func.max(media.c.bytes), spared, func.group_concat(media.c.id))
        .where(media.c.state == "ready", media.c.sha256.is_not(None))
        .group_by(media.c.sha256)
        .having(func.count() > 1)
        .order_by(spared.desc(), media.c.sha256)
        .limit(number)
    )
    with database.read() as connection:
        rows = [(*row[:4], sorted(map(int, row[4].split(",")))) for row in connection.execute(query)]
    return pd.DataFrame(rows, columns=["sha256", "items", "bytes", "spared", "ids"])


def costs(database: Database) -> "pd.DataFrame":
    """By model what went out for it and what was kept: (model, requests, unknown, usd, kept, per_kept).

    `usd` is US dollars from the table of charges: what requests cost, or were expected to where that is not known;
    `unknown` requests have neither. Kept is what is there and not in the trash; `per_kept` is empty without any.
    """
    import pandas as pd

    with database.read() as connection:
        spent = pd.DataFrame(_spent(connection), columns=["model", "requests", "unknown", "usd"])
        kept = pd.DataFrame(_kept(connection), columns=["model", "kept"])
    frame = spent.merge(kept, on="model", how="left").fillna({"kept": 0, "model": UNNAMED})
    frame = frame.astype({"requests": "int64", "unknown": "int64", "usd": "float64", "kept": "int64"})
    frame["per_kept"] = frame["usd"] / frame["kept"].where(frame["kept"] > 0)
    return frame.sort_values(["usd", "model"], ascending=[False, True], ignore_index=True)


def _spent(connection: Connection) -> list[tuple[Any, ...]]:
    usd = func.coalesce(charge.c.cost, charge.c.estimate)
    query = (
        select(generation.c.model, func.count(), func.count().filter(usd.is_(None)), func.coalesce(func.sum(usd), 0.0))
        .outerjoin_from(charge, generation)
        .group_by(generation.c.model)
    )
    return _rows(connection, query)


def _kept(connection: Connection) -> list[tuple[Any, ...]]:
    query = select(generation.c.model, func.count()).join_from(media, generation).group_by(generation.c.model)
    return _rows(connection, query.where(media.c.state == "ready", media.c.trashed_at.is_(None)))


def _rows(connection: Connection, query: Select[Any]) -> list[tuple[Any, ...]]:
    """Plain tuples: of SQLAlchemy's rows pandas asks each whether it has names, which takes longer than the query."""
    return [tuple(row) for row in connection.execute(query)]


def _sums() -> list[Any]:
    trashed = media.c.trashed_at.is_not(None)
    size = func.coalesce(media.c.bytes, 0)
    return [func.count(), func.sum(size), func.count().filter(trashed), func.total(size).filter(trashed)]


def _values(frame: "pd.DataFrame", dimension: str) -> "pd.Series":
    """What each row of the cube has of a dimension."""
    if dimension == "week":
        return frame["day"].dt.to_period("W-SUN").dt.start_time
    if dimension == "month":
        return frame["day"].dt.to_period("M").dt.start_time
    return frame[dimension]


def _shared(frame: "pd.DataFrame", dimension: str, whole: int | None = None) -> "pd.DataFrame":
    frame["share"] = frame["bytes"] / max(1, int(frame["bytes"].sum()) if whole is None else whole)
    if dimension in ("day", "week", "month", "rating"):
        return frame
    return frame.sort_values(["bytes", dimension], ascending=[False, True], ignore_index=True)
