"""Exports and other studios' files brought in: whole runs, marks, what was made of what; nothing twice."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from core import blobs, jobs, library, marks, results, tags, trash
from core.copies import recipe_of
from core.database import Database, open_database
from core.embedding import embedded
from core.errors import ImportRefused, StudioError
from core.jobs import Run
from core.migrations import migrate
from core.models import stamp
from core.providers import Prediction
from core.search.soundness import faults
from tests.factories import add, claimed, found, keep, picture
from tests.taking import Bring, fates, zipped


def exported(database: Database, ids: list[int], path: Path, *, without: tuple[int, ...] = ()) -> Path:
    """A ZIP as the studio exports it, with these items."""
    items, parts = [], dict[str, bytes]()
    for media_id in ids:
        one = library.item(database, media_id)
        file = f"media/{one.id:06}-{one.filename.replace(f'-{one.id}.', '.')}"
        if media_id not in without:
            parts[file] = b"".join(blobs.read(database, one.id, 0, one.bytes))
        parts[f"thumbnails/{one.id:06}.webp"] = library.thumbnail_data(database, one.kind, one.id)[1]
        items.append({
            "file": None if media_id in without else file, "thumbnail": f"thumbnails/{one.id:06}.webp", "id": one.id,
            "kind": one.kind, "mime": one.mime, "bytes": one.bytes, "sha256": one.sha256, "width": one.width,
            "height": one.height, "duration": one.duration, "created_at": stamp(one.created_at),
            "favourite": one.favourite, "rating": one.rating, "note": one.note, "tags": list(one.tags),
            "experiment": "winter" if one.recipe else None,
            "recipe": recipe_of(database, one) if one.recipe else None,
        })  # fmt: skip
    listed = {
        "format": "onefile-studio-export", "version": 1, "studio_version": "0", "exported_at": "2026-11-22T09:00:00Z",
        "items": items, "skipped": [],
    }  # fmt: skip
    parts |= {"recipes.json": json.dumps(listed, indent=1).encode(), "index.html": b"<html>", "recipes.csv": b"id"}
    return zipped(path, parts)


@pytest.fixture
def elsewhere(empty_file: Path, tmp_path: Path) -> Iterator[Database]:
    """Another studio's file."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "studio.db").write_bytes(empty_file.read_bytes())
    opened = open_database(tmp_path / "elsewhere" / "studio.db")
    yield opened
    opened.close()


def fill(database: Database, now: datetime) -> list[int]:
    """A palette that was brought there, a picture that was made with it, and another; with marks."""
    palette = library.add_upload(database, picture(seed=1), "palette.png", found(), now)
    made = Run("sketch", "sketch/still", "1", "image", {"prompt": "a hill", "seed": 9,
               "palette": f"studio:media/{palette}"}, (64, 48), {"palette": (palette,)})  # fmt: skip
    jobs.enqueue(database, "b" * 32, [made], now)
    claim = jobs.claim(database, "tests", now)
    assert claim is not None
    hill = keep(database, claim, picture(seed=2), found(), now)
    sea = add(database, now - timedelta(days=3), picture(seed=3), prompt="a sea")
    tags.add(database, [hill], ["snow", "fox"])
    marks.favour(database, [hill])
    marks.rate(database, [hill], 4)
    marks.write_note(database, hill, "the best one")
    marks.assign(database, [hill], "winter")
    return [palette, hill, sea]


def require_merged(database: Database, now: datetime, first: int) -> None:
    """What `fill` made there is here, with everything, from item `first` on."""
    palette, hill, sea = (library.item(database, first + n) for n in range(3))
    assert (palette.name, palette.recipe) == ("palette.png", None)
    assert hill.tags == ("fox", "snow")
    assert (hill.favourite, hill.rating, hill.note) == (True, 4, "the best one")
    assert hill.recipe
    assert (hill.recipe.provider, hill.recipe.prompt, hill.recipe.seed) == ("sketch", "a hill", 9)
    assert hill.recipe.inputs == {"palette": (palette.id,)}
    assert hill.recipe.request["palette"] == f"studio:media/{palette.id}"
    assert sea.created_at == now - timedelta(days=3)
    with database.read() as connection:
        named = text("SELECT experiment FROM generation WHERE id = :id")
        assert connection.execute(named, {"id": hill.recipe.generation_id}).scalar() == "winter"


def test_an_export_comes_back_with_all_that_is_known(
    database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path
) -> None:
    add(database, now, picture(seed=50))
    ids = fill(elsewhere, now)
    lost = add(elsewhere, now, picture(seed=60))
    path = exported(elsewhere, [ids[0], ids[1], ids[2], lost], tmp_path / "export.zip", without=(lost,))
    report = bring(path)
    assert dict(report.fates) == {"added": 3, "skipped": 1}
    assert report.lines[-1].why == "The export holds no file of it."
    require_merged(database, now, 2)
    assert dict(bring(path).fates) == {"here": 3, "skipped": 1}
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert dict(bring(tmp_path / "unpacked").fates) == {"here": 3, "skipped": 1}


def test_an_input_that_comes_later_is_linked(
    database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path
) -> None:
    palette, hill, _ = fill(elsewhere, now)
    bring(exported(elsewhere, [hill], tmp_path / "hill.zip"))
    made = library.item(database, 1).recipe
    assert made
    assert made.inputs == {}
    assert "palette" not in made.request
    bring(exported(elsewhere, [palette], tmp_path / "palette.zip"))
    made = library.item(database, 1).recipe
    assert made
    assert made.inputs == {"palette": (2,)}
    assert made.request["palette"] == "studio:media/2"
    assert "missing_inputs" not in json.dumps(made.response)


def test_a_damaged_export(database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path) -> None:
    ids = fill(elsewhere, now)
    path = exported(elsewhere, ids, tmp_path / "export.zip")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    spoilt = next(name for name in parts if name.startswith("media/000003"))
    report = bring(zipped(tmp_path / "spoilt.zip", parts | {spoilt: picture(seed=77)}))
    assert "not those that were stored there" in fates(report)[spoilt][1]
    whole = parts["recipes.json"]
    with pytest.raises(ImportRefused, match=r"recipes\.json"):
        bring(zipped(tmp_path / "cut.zip", parts | {"recipes.json": whole[: len(whole) // 2]}))
    newer = whole.replace(b'"version": 1', b'"version": 2', 1)
    with pytest.raises(ImportRefused, match="newer version"):
        bring(zipped(tmp_path / "newer.zip", parts | {"recipes.json": newer}))
    odd = {"format": "onefile-studio-export", "version": 1, "items": [7, {"file": 3, "tags": "x", "rating": "5"}, {}]}
    assert bring(zipped(tmp_path / "odd.zip", {"recipes.json": json.dumps(odd).encode()})).fates["skipped"] == 2


def test_a_copy_of_ours_comes_back_with_its_recipe(
    database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path
) -> None:
    ids = fill(elsewhere, now)
    one = library.item(elsewhere, ids[1])
    data = b"".join(blobs.read(elsewhere, one.id, 0, one.bytes))
    copy = embedded(io.BytesIO(data), "image/png", recipe_of(elsewhere, one))
    (tmp_path / "copy.png").write_bytes(b"".join(copy.pieces(io.BytesIO(data))))
    bring(tmp_path / "copy.png")
    made = library.item(database, 1).recipe
    assert made
    assert (made.provider, made.model, made.prompt, made.created_at) == ("sketch", "sketch/still", "a hill", now)


def test_another_studio_is_merged_and_not_changed(
    database: Database, elsewhere: Database, bring: Bring, now: datetime, tmp_path: Path
) -> None:
    fill(elsewhere, now)
    shared = add(elsewhere, now, picture(seed=50))
    tags.add(elsewhere, [shared], ["theirs"])
    own = add(database, now, picture(seed=50))
    tags.add(database, [own], ["ours"])
    gone = add(elsewhere, now, picture(seed=51))
    trash.discard(elsewhere, [gone], now)
    elsewhere.seal()
    elsewhere.close()
    before = elsewhere.path.read_bytes()
    report = bring(elsewhere.path)
    assert dict(report.fates) == {"added": 3, "here": 1}
    assert "1 item in the trash of studio.db stay there." in report.sentence
    require_merged(database, now, 2)
    assert library.item(database, 3).name is None
    assert library.item(database, own).tags == ("ours",)
    assert dict(bring(elsewhere.path).fates) == {"here": 4}
    assert elsewhere.path.read_bytes() == before
    assert sorted(path.name for path in elsewhere.path.parent.iterdir()) == ["studio.db"]
    assert faults(database, tmp_path, lambda: None) == []


def test_outputs_of_one_run_stay_together(database: Database, elsewhere: Database, bring: Bring, now: datetime) -> None:
    for number in range(2):
        claim = claimed(elsewhere, now)
        results.answered(elsewhere, claim, [("[0]", None), ("[1]", None)], Prediction("", "succeeded"))
        for position in range(2):
            data = picture(seed=10 * number + position)
            media_id = results.receive(elsewhere, claim, position, found(), None, now)
            stored = blobs.write(elsewhere, media_id, io.BytesIO(data), lambda: None)
            results.keep(elsewhere, claim, position, media_id, stored, found())
        results.finish(elsewhere, claim, {"output": ["x", "y"]}, now)
    elsewhere.seal()
    elsewhere.close()
    bring(elsewhere.path)
    with database.read() as connection:
        rows = connection.execute(text("SELECT generation_id, position FROM media ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(1, 0), (1, 1), (2, 0), (2, 1)]


def test_an_older_studio_is_copied_and_the_copy_upgraded(database: Database, bring: Bring, tmp_path: Path) -> None:

    older = open_database(tmp_path / "older.db")
    migrate(older, datetime.now(UTC), head="0003")
    with older.write() as connection:
        connection.execute(text(
            "INSERT INTO media (kind, mime, name, bytes, sha256, width, height, state, created_at) VALUES ('image', "
            "'image/png', 'old.png', :bytes, :sha256, 64, 48, 'incoming', '2025-01-01T00:00:00.000Z')"),
            {"bytes": len(picture(seed=5)), "sha256": sha256(picture(seed=5)).hexdigest()})  # fmt: skip
        connection.execute(text("INSERT INTO media_chunk VALUES (1, 0, :data)"), {"data": picture(seed=5)})
        connection.execute(text("UPDATE media SET state = 'ready'"))
    older.seal()
    older.close()
    before = (tmp_path / "older.db").read_bytes()
    assert dict(bring(tmp_path / "older.db").fates) == {"added": 1}
    assert library.item(database, 1).name == "old.png"
    assert (tmp_path / "older.db").read_bytes() == before


def test_studios_that_cannot_be_merged(database: Database, elsewhere: Database, bring: Bring, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"SQLite format 3\0" + bytes(500))
    with pytest.raises(StudioError, match="not a studio's"):
        bring(tmp_path / "other.db")
    with elsewhere.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    elsewhere.seal()
    elsewhere.close()
    with pytest.raises(StudioError, match="newer version"):
        bring(elsewhere.path)
