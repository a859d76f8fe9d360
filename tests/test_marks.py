"""Favourites, ratings, notes, experiments, tags: on many at once, told in words, and taken back."""

from datetime import datetime

import pytest
from sqlalchemy import text

from core import changes, jobs, library, marks, search, tags
from core.changes import STEP
from core.database import Database
from core.errors import InvalidInput, NotFound
from core.models import media
from core.search import Query
from tests.factories import add, found, run


def many(database: Database, now: datetime, number: int) -> list[int]:
    """Rows of uploads, more than one step takes."""
    row = {
        "kind": "image",
        "mime": "image/png",
        "state": "ready",
        "bytes": 1,
        "width": 9,
        "height": 9,
        "created_at": now,
    }
    with database.write() as connection:
        connection.execute(media.insert(), [row] * number)
        return list(connection.execute(text("SELECT id FROM media ORDER BY id")).scalars())


def test_favourites(database: Database, now: datetime) -> None:
    one, two = add(database, now), add(database, now)
    assert marks.favour(database, [one]).sentence == "1 item added to the favourites."
    change = marks.favour(database, [one, two, two, 999])
    assert (change.sentence, change.number) == ("1 item added to the favourites.", 1)
    assert search.items(database, Query("is:favourite"), limit=9) == [two, one]
    assert changes.undo(database, change) == "Undone."
    assert search.items(database, Query("is:favourite"), limit=9) == [one]
    assert marks.favour(database, [one], False).sentence == "1 item removed from the favourites."


def test_ratings_go_back_to_what_each_was(database: Database, now: datetime) -> None:
    items = [add(database, now) for _ in range(3)]
    marks.rate(database, items[:1], 2)
    change = marks.rate(database, items, 5)
    assert change.sentence == "3 items rated 5."
    marks.rate(database, items[2:], 1)
    assert changes.undo(database, change) == "Undone for 2 of 3; the others have been changed since."
    assert [library.item(database, each).rating for each in items] == [2, 0, 1]
    assert marks.rate(database, items, 0).sentence == "2 items unrated."
    for wrong in (-1, 6):
        with pytest.raises(InvalidInput, match="from 1 to 5"):
            marks.rate(database, items, wrong)


def test_a_long_selection_goes_in_steps(database: Database, now: datetime) -> None:
    items = many(database, now, 2 * STEP + 7)
    rated, tagged = marks.rate(database, items, 4), tags.add(database, items, ["sea"])
    assert (rated.number, tagged.sentence) == (len(items), f"{len(items)} items tagged 'sea'.")
    assert search.count(database, Query("rating:4 tag:sea")) == len(items)
    assert changes.undo(database, tagged) == changes.undo(database, rated) == "Undone."
    assert search.count(database, Query("rating:0 -tag:sea")) == len(items)


def test_notes(database: Database, now: datetime) -> None:
    media_id = add(database, now)
    change = marks.write_note(database, media_id, "  the second of the series \n")
    assert library.item(database, media_id).note == "the second of the series"
    assert search.items(database, Query("note:series"), limit=9) == [media_id]
    changes.undo(database, change)
    assert library.item(database, media_id).note == ""
    with pytest.raises(InvalidInput, match="at most 10,000 characters"):
        marks.write_note(database, media_id, "x" * 10_001)
    for missing in (media_id + 1, 2**70):
        with pytest.raises(NotFound):
            marks.write_note(database, missing, "x")


def test_an_experiment_takes_whole_batches(database: Database, now: datetime) -> None:
    one = add(database, now)
    jobs.enqueue(database, "batch", [run()], now)  # factories call every batch so
    upload = library.add_upload(database, b"x", "x.png", found(), now)
    change = marks.assign(database, [one, upload], "  Fog  study ")
    assert (change.sentence, change.number) == ("2 runs added to the experiment 'Fog study'.", 2)
    assert search.items(database, Query("experiment:fog"), limit=9) == [one]
    assert [choice.name for choice in search.choices(database, "experiment")] == ["Fog study"]
    assert marks.assign(database, [one], "").sentence == "2 runs taken out of any experiment."
    assert search.choices(database, "experiment") == []
    with pytest.raises(InvalidInput, match="at most 100"):
        marks.assign(database, [one], "x" * 101)


def test_tags(database: Database, now: datetime) -> None:
    one, two = add(database, now), add(database, now)
    change = tags.add(database, [one, two], ["  Night   SKY", "sea", "sea"])
    assert change.sentence == "2 items tagged 'night sky' and 'sea'."
    assert library.item(database, one).tags == ("night sky", "sea")
    assert tags.remove(database, [two], ["sea"]).sentence == "'sea' taken from 1 item."
    assert tags.of_items(database, [one, two, 999]) == {"night sky": 2, "sea": 1}
    assert [tuple(each) for each in search.choices(database, "tag", "n")] == [("night sky", 2)]
    changes.undo(database, change)
    assert tags.of_items(database, [one, two]) == {}
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM tag")).scalar() == 0, "no tag stays unused"


@pytest.mark.parametrize("name", ["", "  ", "a,b", 'say "x"', "sea*", "x" * 61, "a\x07b"])
def test_what_cannot_be_a_tag(database: Database, now: datetime, name: str) -> None:
    with pytest.raises(InvalidInput, match="A tag"):
        tags.add(database, [add(database, now)], ["fine", name])
    assert search.choices(database, "tag") == []


def test_renaming_and_merging(database: Database, now: datetime) -> None:
    items = [add(database, now) for _ in range(4)]
    tags.add(database, items[:3], ["see"])
    tags.add(database, items[2:], ["sea"])
    renamed = tags.rename(database, "See", "ocean")
    assert renamed.sentence == "'see' renamed 'ocean' on 3 items."
    merged = tags.rename(database, "ocean", "sea")
    assert merged.sentence == "'ocean' merged into 'sea' on 3 items."
    assert tags.of_items(database, items) == {"sea": 4}
    assert changes.undo(database, merged) == "Undone."
    assert tags.of_items(database, items) == {"ocean": 3, "sea": 2}
    assert search.items(database, Query("tag:sea"), limit=9) == items[:1:-1]
    assert tags.rename(database, "sea", " SEA ").number == 0
    with pytest.raises(NotFound, match="Nothing has the tag 'lake'"):
        tags.rename(database, "lake", "sea")


def test_nothing_chosen_changes_nothing(database: Database, now: datetime) -> None:
    change = marks.rate(database, [], 3)
    assert (change.sentence, changes.undo(database, change)) == ("0 items rated 3.", "Undone.")
    assert tags.add(database, [999, -3, 2**80], ["sea"]).number == 0
    assert search.choices(database, "tag") == []
