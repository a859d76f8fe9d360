"""Pages by key: newest first, both ways, nothing twice and nothing left out."""

from datetime import datetime

import pytest

from core import search
from core.database import Database
from tests.factories import add, claimed


@pytest.fixture
def filled(database: Database, now: datetime) -> list[int]:
    ids = [add(database, now, b"x", kind="video" if n % 3 == 0 else "image", prompt=f"number {n}") for n in range(10)]
    claimed(database, now)  # under way, so it is not shown
    return ids


def test_an_empty_library_has_an_empty_page(database: Database) -> None:
    assert search.page(database) == search.Page((), None, None)
    assert search.count(database) == 0


def test_walking_older_sees_all_once(database: Database, filled: list[int]) -> None:
    seen, page = [], search.page(database, limit=3)
    assert page.newer is None
    while True:
        seen += [hit.id for hit in page.hits]
        if page.older is None:
            break
        page = search.page(database, before=page.older, limit=3)
        assert page.newer is not None
    assert seen == filled[::-1]


def test_walking_back_lands_where_one_came_from(database: Database, filled: list[int]) -> None:
    first = search.page(database, limit=4)
    second = search.page(database, before=first.older, limit=4)
    back = search.page(database, after=second.newer, limit=4)
    assert back == first


@pytest.mark.parametrize("kind", ["image", "video"])
def test_a_filter_by_kind(database: Database, filled: list[int], kind: str) -> None:
    page = search.page(database, kind=kind)
    assert {hit.kind for hit in page.hits} == {kind}
    assert len(page.hits) == search.count(database, kind) == (4 if kind == "video" else 6)
    assert page.hits[0].caption.startswith("number")
    assert (page.hits[0].duration is None) is (kind == "image")


@pytest.mark.parametrize("key", [0, -1, 10**30])
def test_odd_keys_are_harmless(database: Database, filled: list[int], key: int) -> None:
    assert len(search.page(database, before=key).hits) in (0, 10)
    assert len(search.page(database, after=key).hits) in (0, 10)
