"""The trash: items wait whole, come back with everything, and go for ever one by one."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core import blobs, changes, jobs, library, marks, search, tags, trash
from core.database import Database
from core.errors import InvalidInput, NotFound
from core.search import Query
from tests.factories import add, found, picture, run

HOUR = timedelta(hours=1)


def rows(database: Database, *tables: str) -> list[int]:
    with database.read() as connection:
        return [int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()) for table in tables]


def test_an_item_in_the_trash_is_whole_and_comes_back(database: Database, now: datetime) -> None:
    media_id = add(database, now, b"bytes", prompt="fox")
    marks.rate(database, [media_id], 4)
    tags.add(database, [media_id], ["sea"])
    change = trash.discard(database, [media_id, media_id, 999], now)
    assert (change.sentence, change.number) == ("1 item moved to the trash.", 1)
    assert (search.count(database), search.count(database, Query("fox tag:sea rating:4", trash=True))) == (0, 1)
    assert jobs.recent(database)[0]["media"] == []
    item = library.item(database, media_id)
    assert (item.trashed_at, item.rating, item.tags) == (now, 4, ("sea",))
    assert library.thumbnail_data(database, "image", media_id)[0] == "image/webp"
    assert b"".join(blobs.read(database, media_id, 0, item.bytes)) == b"bytes"
    assert trash.discard(database, [media_id], now + HOUR).number == 0, "it keeps the time at which it went"
    assert changes.undo(database, change) == "Undone."
    assert search.items(database, Query("fox tag:sea rating:4"), limit=9) == [media_id]


def test_restoring_can_be_undone_too(database: Database, now: datetime) -> None:
    media_id = add(database, now)
    trash.discard(database, [media_id], now)
    change = trash.restore(database, [media_id])
    assert change.sentence == "1 item restored."
    changes.undo(database, change)
    assert library.item(database, media_id).trashed_at == now


def test_what_is_in_the_trash_does_not_keep_the_same_bytes_away(database: Database, now: datetime) -> None:
    data = picture(seed=3)
    first = library.add_upload(database, data, "a.png", found(), now)
    trash.discard(database, [first], now)
    second = library.add_upload(database, data, "a.png", found(), now)
    assert second != first
    trash.restore(database, [first])
    assert set(search.items(database, limit=9)) == {first, second}


def test_for_ever_takes_everything_of_the_item(database: Database, now: datetime) -> None:
    kept, gone = add(database, now, b"one"), add(database, now, b"two" * 1000)
    tags.add(database, [kept, gone], ["sea"])
    before = rows(database, "generation", "output")
    assert trash.delete_for_ever(database, [gone], now).number == 0, "only what is in the trash"
    trash.discard(database, [gone], now)
    assert (trash.holds(database).number, trash.holds(database).bytes) == (1, 3000)
    deleted = trash.delete_for_ever(database, [kept, gone, 999], now)
    assert (deleted.sentence, deleted.bytes) == ("1 item deleted for ever.", 3000)
    assert rows(database, "media", "media_chunk", "thumbnail", "media_tag", "entry") == [1, 1, 1, 1, 1]
    assert rows(database, "generation", "output") == before, "what was paid for stays known"
    with pytest.raises(NotFound):
        library.item(database, gone)
    assert library.item(database, kept).tags == ("sea",)


def test_emptying_leaves_what_came_later(database: Database, now: datetime) -> None:
    items = [add(database, now) for _ in range(3)]
    trash.discard(database, items[:2], now)
    trash.discard(database, items[2:], now + HOUR)
    assert trash.empty(database, now).sentence == "2 items deleted for ever."
    assert search.items(database, Query(trash=True), limit=9) == items[2:]
    assert trash.empty(database, now + HOUR).number == 1
    assert trash.empty(database, now + HOUR).sentence == "0 items deleted for ever."


def test_many_go_in_parts(database: Database, now: datetime) -> None:
    items = [add(database, now, b"x" * 100) for _ in range(6)]
    trash.discard(database, items, now)
    assert [len(part) for part in trash.parts(database, items, number=4, size=10**9)] == [4, 2]
    assert [len(part) for part in trash.parts(database, items, number=50, size=250)] == [2, 2, 2]
    assert [len(part) for part in trash.parts(database, items, number=50, size=10)] == [1] * 6


def test_an_input_that_is_gone_leaves_the_recipe_whole(database: Database, now: datetime) -> None:
    """The number stays, so that the recipe can tell; a run anew is refused in words."""
    source = add(database, now)
    made = jobs.enqueue(database, "batch", [run(prompt="again")], now)[0]
    with database.write() as connection:
        row = {"run": made, "item": source}
        connection.execute(text("INSERT INTO generation_input VALUES (:run, 'image', 0, :item)"), row)
    trash.discard(database, [source], now)
    trash.delete_for_ever(database, [source], now)
    again = jobs.run_of(database, made)
    assert again.inputs == {"image": (source,)}
    with pytest.raises(InvalidInput, match=f"There is no item {source} to use here"):
        jobs.enqueue(database, "batch", [again], now)


def test_their_place_in_the_file_is_given_free(database: Database, now: datetime) -> None:
    media_id = add(database, now, bytes(3 * 2**20))
    trash.discard(database, [media_id], now)
    trash.delete_for_ever(database, [media_id], now)
    with database.read() as connection:
        free = connection.execute(text("PRAGMA freelist_count")).scalar_one()
    assert free * 16384 > 3 * 2**20
