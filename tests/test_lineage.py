"""Where an item comes from and what came of it, through items that were deleted, and within bounds."""

from datetime import datetime

import pytest
from sqlalchemy import text

from core import library, trash
from core.database import Database
from core.errors import NotFound
from core.lineage import Edge, lineage, siblings
from tests.factories import add, claimed, found


def made_from(database: Database, now: datetime, *sources: int, prompt: str = "next") -> int:
    """An item whose run used these."""
    media_id = add(database, now, prompt=prompt)
    with database.write() as connection:
        run = connection.execute(text("SELECT generation_id FROM media WHERE id = :id"), {"id": media_id}).scalar()
        use(connection, run, *sources)
    return media_id


def use(connection: object, run: int | None, *sources: int) -> None:
    for position, source in enumerate(sources):
        row = {"run": run, "position": position, "item": source}
        connection.execute(text("INSERT INTO generation_input VALUES (:run, 'image', :position, :item)"), row)  # type: ignore[attr-defined]


def test_both_ways(database: Database, now: datetime) -> None:
    upload = library.add_upload(database, b"x", "photo.png", found(), now)
    other = add(database, now, prompt="a fox")
    middle = made_from(database, now, upload, other, prompt="both")
    later = made_from(database, now, middle, upload)
    seen = lineage(database, middle)
    assert [(node.id, node.level, node.state, node.caption) for node in seen.nodes] == [
        (upload, -1, "here", "photo.png"),
        (other, -1, "here", "a fox"),
        (middle, 0, "here", "both"),
        (later, 1, "here", "next"),
    ]
    runs = {edge.target: edge.run for edge in seen.edges}
    assert set(seen.edges) == {
        Edge(upload, middle, "image", runs[middle]),
        Edge(other, middle, "image", runs[middle]),
        Edge(middle, later, "image", runs[later]),
        Edge(upload, later, "image", runs[later]),
    }
    assert (seen.more, seen.waiting) == (False, ())


def test_what_is_gone_is_named(database: Database, now: datetime) -> None:
    first = add(database, now)
    second = made_from(database, now, first)
    third = made_from(database, now, second)
    trash.discard(database, [first, second], now)
    assert [node.state for node in lineage(database, third).nodes] == ["trash", "trash", "here"]
    trash.delete_for_ever(database, [second], now)
    assert [(node.id, node.state) for node in lineage(database, third).nodes] == [(second, "deleted"), (third, "here")]
    assert [node.id for node in lineage(database, first).nodes] == [first]
    with pytest.raises(NotFound):
        lineage(database, second)


def test_runs_with_nothing_to_show(database: Database, now: datetime) -> None:
    source = add(database, now)
    claim = claimed(database, now)
    with database.write() as connection:
        use(connection, claim.id, source)
    assert lineage(database, source).waiting == (claim.id,)


def test_bounds(database: Database, now: datetime) -> None:
    chain = [add(database, now)]
    for _ in range(6):
        chain.append(made_from(database, now, chain[-1]))
    seen = lineage(database, chain[3], depth=2)
    assert ([node.level for node in seen.nodes], seen.more) == ([-2, -1, 0, 1, 2], True)
    assert not lineage(database, chain[3], depth=3).more
    fan = [made_from(database, now, chain[0]) for _ in range(5)]
    seen = lineage(database, chain[0], depth=1, most=4)
    assert (len(seen.nodes), seen.more) == (4, True)
    assert fan


def test_a_circle_ends(database: Database, now: datetime) -> None:
    """Such rows cannot come from the studio, but a file may hold them."""
    one = add(database, now)
    two = made_from(database, now, one)
    with database.write() as connection:
        use(connection, 1, two)
    assert {node.id for node in lineage(database, one).nodes} == {one, two}


def test_siblings(database: Database, now: datetime) -> None:
    one, two, three = (add(database, now) for _ in range(3))  # each a run of the same batch
    with database.write() as connection:
        connection.execute(text("UPDATE media SET generation_id = 1, position = 1 WHERE id = :id"), {"id": two})
    assert siblings(database, one) == ((two,), (three,))
    trash.discard(database, [two], now)
    assert siblings(database, one) == ((), (three,))
    upload = library.add_upload(database, b"x", "x.png", found(), now)
    assert siblings(database, upload) == ((), ())
    with pytest.raises(NotFound):
        siblings(database, 999)
