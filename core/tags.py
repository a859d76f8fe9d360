"""Tags of items: short lower-case names, given to many at once, renamed and merged. A tag that nothing has is gone."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from sqlalchemy import Connection, func, select

from core.changes import Change, attach, detach, in_steps, steps
from core.database import Database
from core.errors import InvalidInput, NotFound
from core.marks import several
from core.models import media_tag, tag

LONGEST: Final = 60  # characters


def clean(name: str) -> str:
    """A tag as it is kept; raises `InvalidInput` for what cannot be one."""
    kept = " ".join(name.split()).lower()
    if not kept or len(kept) > LONGEST:
        raise InvalidInput({"tag": f"A tag has 1 to {LONGEST} characters."})
    if any(mark in kept for mark in ',"*') or not kept.isprintable():
        raise InvalidInput({"tag": "A tag cannot have a comma, a quotation mark or a * in it. Leave them out."})
    return kept


def add(database: Database, items: Sequence[int], names: Sequence[str]) -> Change:
    """Give tags to items; raises `InvalidInput`."""
    cleaned = list(dict.fromkeys(map(clean, names)))
    came = tuple((name, in_steps(database, items, partial(attach, name=name))) for name in cleaned)
    touched = {item for _, those in came for item in those}
    said = f"{several(len(touched))} tagged {_listed(cleaned)}."
    return Change(said, sum(len(those) for _, those in came), tagged=came)


def remove(database: Database, items: Sequence[int], names: Sequence[str]) -> Change:
    """Take tags from items; raises `InvalidInput`."""
    cleaned = list(dict.fromkeys(map(clean, names)))
    went = tuple((name, in_steps(database, items, partial(detach, name=name))) for name in cleaned)
    touched = {item for _, those in went for item in those}
    said = f"{_listed(cleaned)} taken from {several(len(touched))}."
    return Change(said, sum(len(those) for _, those in went), untagged=went)


def rename(database: Database, old: str, new: str) -> Change:
    """Give a tag another name; where that one exists the two become one. Raises `InvalidInput`, `NotFound`.

    Items are moved in steps: after a crash some have the new name, and renaming once more moves the rest.
    """
    before, after = clean(old), clean(new)
    items, merged = _having(database, before), bool(_having(database, after))
    if not items:
        raise NotFound(f"Nothing has the tag '{before}'.")
    if before == after:
        return Change(f"The tag is '{after}' already.", 0)
    came: list[int] = []

    def move(connection: Connection, part: Sequence[int]) -> list[int]:
        came.extend(attach(connection, part, after))
        return detach(connection, part, before)

    went = in_steps(database, items, move)
    done = f"merged into '{after}'" if merged else f"renamed '{after}'"
    sentence = f"'{before}' {done} on {several(len(went))}."
    return Change(sentence, len(went) + len(came), tagged=((after, tuple(came)),), untagged=((before, went),))


def of_items(database: Database, items: Sequence[int]) -> Mapping[str, int]:
    """The tags of some items by name, with how many of the items have each."""
    found: dict[str, int] = {}
    with database.read() as connection:
        for part in steps(items):
            query = select(tag.c.name, func.count()).join(media_tag, media_tag.c.tag_id == tag.c.id)
            rows = connection.execute(query.where(media_tag.c.media_id.in_(part)).group_by(tag.c.name))
            for name, number in rows:
                found[name] = found.get(name, 0) + number
    return dict(sorted(found.items()))


def _having(database: Database, name: str) -> list[int]:
    query = select(media_tag.c.media_id).join(tag, tag.c.id == media_tag.c.tag_id).where(tag.c.name == name)
    with database.read() as connection:
        return list(connection.execute(query.order_by(media_tag.c.media_id)).scalars())


def _listed(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
