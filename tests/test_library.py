"""Items: kept whole, named well, found by number."""

from datetime import datetime

import pytest

from core import library
from core.blobs import read
from core.database import Database
from core.errors import NotFound
from core.library import Item
from tests.factories import add, found, picture


def test_an_item_carries_its_recipe(database: Database, now: datetime) -> None:
    item = library.item(database, add(database, now, prompt="red hills", seed=9))
    assert item.recipe is not None
    assert (item.caption, item.recipe.seed, item.recipe.request["aspect_ratio"]) == ("red hills", 9, "3:2")
    assert (item.recipe.model, item.recipe.logs, item.recipe.response) == ("sketch/still", "done", {"output": ["x"]})
    assert item.created_at == now


@pytest.mark.parametrize("media_id", [0, -5, 999, 2**63, 2**200])
def test_what_does_not_exist_is_not_found(database: Database, media_id: int) -> None:
    with pytest.raises(NotFound, match="There is no item"):
        library.item(database, media_id)
    with pytest.raises(NotFound):
        library.thumbnail_data(database, "image", media_id)


def test_uploads_are_kept_once(database: Database, now: datetime) -> None:
    data = picture(seed=4)
    first = library.add_upload(database, data, "holiday.png", found(), now)
    assert library.add_upload(database, data, "again.png", found(), now) == first
    item = library.item(database, first)
    assert (item.caption, item.recipe) == ("holiday.png", None)
    assert b"".join(read(database, first, 0, item.bytes)) == data


def test_a_thumbnail_belongs_to_its_kind(database: Database, now: datetime) -> None:
    media_id = add(database, now)
    mime, data = library.thumbnail_data(database, "image", media_id)
    assert (mime, data[8:12]) == ("image/webp", b"WEBP")
    with pytest.raises(NotFound):
        library.thumbnail_data(database, "video", media_id)


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A lighthouse at dusk, fog!", "a-lighthouse-at-dusk-fog"),
        ("../../etc/passwd", "etc-passwd"),
        ("Übergröße 漢字", "übergröße"),
        ("漢字", "image"),
        ('a"b\r\nSet-Cookie: x', "a-b-set-cookie-x"),
        ("x" * 300, "x" * 60),
    ],
)
def test_downloads_are_named_readably(database: Database, now: datetime, prompt: str, name: str) -> None:
    item: Item = library.item(database, add(database, now, prompt=prompt))
    assert item.filename == f"{name}-{item.id}.png"
