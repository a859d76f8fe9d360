"""Saved views: kept under one name each, as the address that leads to them."""

import pytest

from core import views
from core.database import Database
from core.errors import InvalidInput, NotFound
from core.search import Query
from core.views import View

FOXES = Query('fox -"old hill"', (("kind", "image"), ("tag", "a b"), ("tag", "c&d=e")), order="random", seed=4)


def test_views_are_kept(database: Database) -> None:
    assert views.views(database) == []
    assert views.save(database, "  My   foxes ", FOXES) == View("My foxes", FOXES)
    views.save(database, "älter", Query(order="oldest"))
    views.save(database, "All", Query())
    assert [view.name for view in views.views(database)] == ["All", "My foxes", "älter"]
    assert views.views(database)[1].query == FOXES


def test_names_are_unique_whatever_their_case(database: Database) -> None:
    views.save(database, "Foxes", FOXES)
    with pytest.raises(InvalidInput, match="There is a view 'FOXES' already"):
        views.save(database, "FOXES", Query())
    assert views.save(database, "FOXES", Query(trash=True), replace=True).name == "FOXES"
    assert views.views(database) == [View("FOXES", Query(trash=True))]


def test_renaming_and_forgetting(database: Database) -> None:
    views.save(database, "one", FOXES)
    views.save(database, "two", Query())
    views.rename(database, "ONE", "One")
    with pytest.raises(InvalidInput, match="already"):
        views.rename(database, "One", "Two")
    with pytest.raises(NotFound, match="no view 'three'"):
        views.rename(database, "three", "four")
    gone = views.forget(database, "one")
    assert (gone, [view.name for view in views.views(database)]) == (View("One", FOXES), ["two"])
    assert views.save(database, gone.name, gone.query) == gone
    with pytest.raises(NotFound):
        views.forget(database, "nothing")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_what_cannot_be_a_name(database: Database, name: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 60 characters"):
        views.save(database, name, Query())
