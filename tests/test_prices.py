"""What runs cost: the owner's table, conditions, estimates, what was yielded. Unknown rather than wrong."""

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import text

from core import blobs, conditions, jobs, prices, results, suggestions
from core.amounts import asked, yielded
from core.database import Database, open_database
from core.errors import DownloadFailed, InvalidInput
from core.jobs import Claim, Run
from core.migrations import migrate
from core.prices import Price, dollars
from core.providers import Prediction
from tests.conftest import NOW
from tests.factories import found, picture

DAY = "2026-11-22"
TODAY = date(2026, 11, 22)
MODEL = "lumen/moving-picture"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One file for all tests here."""
    opened = open_database(tmp_path_factory.mktemp("prices") / "studio.db")
    migrate(opened, NOW)
    yield opened
    opened.close()


@pytest.fixture
def database(shared: Database) -> Database:
    """The shared file, without prices and runs."""
    with shared.write() as connection:
        for table in ("price", "output", "thumbnail", "media_chunk", "media", "job", "generation"):
            connection.execute(text(f"DELETE FROM {table}"))
    return shared


def priced(database: Database, *rows: tuple[Any, ...]) -> None:
    """Keep prices of one model: (unit, dollars) or (unit, dollars, condition)."""
    prices.save(database, [Price(MODEL, row[0], row[1], DAY, *row[2:]) for row in rows], today=TODAY)


def cost(database: Database, model: str = MODEL, **inputs: Any) -> float | None:
    return prices.estimate(database, "replicate", model, inputs)


def ended(database: Database, now: datetime, metrics: dict[str, Any], model: str = MODEL, kept: int = 1) -> Claim:
    """A hosted run that ended well with `kept` pictures of 2 outputs or fewer, and these metrics."""
    run = Run("replicate", model, "1", "image", {"prompt": "hills"}, None, {})
    jobs.enqueue(database, "batch", [run], now)
    claim = jobs.claim(database, "tests", now)
    assert claim is not None
    places = [(f"[{number}]", None) for number in range(2)]
    results.answered(database, claim, places, Prediction("", "succeeded", metrics=metrics))
    for position in range(2):
        if position >= kept:
            results.lose(database, claim, position, DownloadFailed("It did not come."))
            continue
        media_id = results.receive(database, claim, position, found(), None, now)
        stored = blobs.write(database, media_id, BytesIO(picture(seed=position)), lambda: None)
        results.keep(database, claim, position, media_id, stored, found())
    results.finish(database, claim, {}, now)
    return claim


def test_without_a_price_nothing_is_known(database: Database) -> None:
    assert cost(database) is None
    assert MODEL in prices.quote(database, "replicate", MODEL, {}).why


def test_the_built_in_painter_is_free(database: Database) -> None:
    assert prices.estimate(database, "sketch", "sketch/still", {}) == 0


@pytest.mark.parametrize(
    ("rows", "inputs", "dollars"),
    [
        ([("run", 0.05)], {}, 0.05),
        ([("image", 0.003)], {}, 0.003),
        ([("image", 0.003)], {"num_outputs": 4}, 0.012),
        ([("image", 0.003)], {"num_outputs": "many"}, None),
        ([("image", 0.003)], {"num_outputs": 0}, None),
        ([("image", 0.003)], {"num_outputs": True}, None),
        ([("video second", 0.1)], {"duration": 5}, 0.5),
        ([("video second", 0.1)], {"duration": "5"}, 0.5),
        ([("video second", 0.1)], {"duration": "6s"}, 0.6),
        ([("video second", 0.1)], {"duration": "auto"}, None),
        ([("video second", 0.1)], {"duration": -1}, None),
        ([("video second", 0.1)], {"duration": float("nan")}, None),
        ([("video second", 0.1)], {}, None),
        ([("video second", 0.1)], {"duration": 5, "num_outputs": 2}, 1.0),
        ([("audio second", 0.01)], {"seconds_total": 30}, 0.3),
        ([("compute second", 0.001)], {}, None),
        ([("run", 0.05), ("image", 0.01)], {"num_outputs": 2}, 0.07),
        ([("run", 0.05), ("video second", 0.01)], {}, None),
    ],
)
def test_an_estimate_is_the_sum_of_its_units_or_nothing(
    database: Database, rows: list[Any], inputs: dict[str, Any], dollars: float | None
) -> None:
    priced(database, *rows)
    assert cost(database, **inputs) == (None if dollars is None else pytest.approx(dollars))


VIDEO = (
    ("video second", 0.1),
    ("video second", 0.2, "resolution=1080p"),
    ("video second", 0.15, "generate_audio=true"),
    ("video second", 0.3, "resolution=1080p, generate_audio=true"),
)


@pytest.mark.parametrize(
    ("inputs", "dollars"),
    [
        ({"resolution": "720p", "generate_audio": False}, 0.5),
        ({"resolution": "1080p", "generate_audio": False}, 1.0),
        ({"resolution": "720p", "generate_audio": True}, 0.75),
        ({"resolution": "1080p", "generate_audio": True}, 1.5),
        ({"resolution": "1080P", "generate_audio": True}, 1.5),
        ({"resolution": "720p"}, None),  # the model decides on the sound
        ({"generate_audio": False}, None),
        ({}, None),
    ],
)
def test_the_most_specific_price_counts(database: Database, inputs: dict[str, Any], dollars: float | None) -> None:
    priced(database, *VIDEO)
    assert cost(database, duration=5, **inputs) == (None if dollars is None else pytest.approx(dollars))


def test_two_prices_that_fit_alike_are_none(database: Database) -> None:
    priced(database, *VIDEO[:3])
    assert cost(database, duration=5, resolution="1080p", generate_audio=True) is None
    assert cost(database, duration=5, resolution="1080p", generate_audio=False) == pytest.approx(1.0)
    why = prices.quote(database, "replicate", MODEL, {"duration": 5, "resolution": "1080p", "generate_audio": True}).why
    assert "cannot be told" in why


def test_inputs_that_no_price_covers_are_unknown(database: Database) -> None:
    priced(database, ("run", 0.5, "duration=5"), ("run", 0.9, "duration=10"))
    assert cost(database, duration=5) == 0.5
    assert cost(database, duration=10.0) == 0.9
    assert cost(database, duration=8) is None


def test_each_unit_has_its_own_most_specific_price(database: Database) -> None:
    priced(database, ("run", 0.1), ("video second", 0.1), ("video second", 0.2, "mode=pro"))
    assert cost(database, duration=5, mode="pro") == pytest.approx(1.1)


def test_versions_and_capitals_have_the_models_price(database: Database) -> None:
    priced(database, ("run", 0.05))
    assert cost(database, f"{MODEL}:{'0' * 64}") == 0.05
    assert cost(database, MODEL.title()) == 0.05


@pytest.mark.parametrize(
    "text", ["resolution", "=1080p", "resolution=", "a=1=2", "a=1,,b=2", "a=1, a=2", "a=" + "x" * 400]
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no condition"):
        conditions.parse(text)


def test_a_condition_is_written_in_one_way() -> None:
    assert conditions.written(conditions.parse(" b = 2 MP ,a=16:9")) == "a=16:9, b=2 MP"
    assert conditions.parse("  ") == {}


def test_the_table_is_kept_tidied(database: Database) -> None:
    rows = [
        Price(" Lumen/Moving-Picture ", "video second", 0.1, "20261101", "Resolution = 720p", " from the page "),
        Price("a/b", "run", 0, DAY),
    ]
    prices.save(database, rows, today=TODAY)
    assert prices.table(database) == [
        Price("a/b", "run", 0, DAY),
        Price(MODEL, "video second", 0.1, "2026-11-01", "Resolution=720p", "from the page"),
    ]
    prices.save(database, [], today=TODAY)
    assert prices.table(database) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Price("", "run", 1, DAY), "owner/name"),
        (Price("a/b:latest", "run", 1, DAY), "without a version"),
        (Price("a/b", "", 1, DAY), "paid for by"),
        (Price("a/b", "token", 1, DAY), "compute second"),
        (Price("a/b", "run", -0.1, DAY), "from 0 to 10,000"),
        (Price("a/b", "run", float("nan"), DAY), "from 0 to 10,000"),
        (Price("a/b", "run", float("inf"), DAY), "from 0 to 10,000"),
        (Price("a/b", "run", 1, ""), "YYYY-MM-DD"),
        (Price("a/b", "run", 1, "yesterday"), "YYYY-MM-DD"),
        (Price("a/b", "run", 1, "2026-12-24"), "yet to come"),
        (Price("a/b", "run", 1, DAY, "sound"), "input=value"),
        (Price("a/b", "run", 1, DAY, "", "x" * 500), "longer than"),
        (Price("a/b", "run", 1, DAY, "resolutoin=1080p"), "it has resolution, prompt"),
        (Price("a/b", "run", 1, DAY, "resolution=1080"), "one of 720p, 1080p"),
        (Price("z/z", "run", 2, DAY), "second price"),
    ],
)
def test_a_wrong_row_is_told_and_nothing_is_changed(database: Database, row: Price, words: str) -> None:
    kept = [Price("z/z", "run", 1, DAY)]
    prices.save(database, kept, today=TODAY)
    choices = {"a/b": {"resolution": ("720p", "1080p"), "prompt": ()}}
    with pytest.raises(InvalidInput) as refused:
        prices.save(database, [*kept, row], today=TODAY, choices=choices)
    sentence = refused.value.fields["2"]
    assert sentence.startswith("Row 2: ")
    assert sentence.endswith(".")
    assert words in sentence
    assert prices.table(database) == kept


def test_a_price_grows_old() -> None:
    assert not Price("a/b", "run", 1, "2026-08-24").is_old(TODAY)
    assert Price("a/b", "run", 1, "2026-08-23").is_old(TODAY)


def test_earlier_runs_tell_how_long_the_next_will_take(database: Database, now: datetime) -> None:
    priced(database, ("compute second", 0.01))
    for seconds in (2.0, 50.0, 4.0):
        ended(database, now, {"predict_time": seconds})
    ended(database, now, {"predict_time": 900}, model="other/model")
    ended(database, now, {"predict_time": "soon"})
    assert cost(database) == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("metrics", "kept", "images"),
    [
        ({"image_output_count": 3, "image_count": 5}, 1, 3),
        ({"image_count": 2}, 1, 2),
        ({}, 2, 2),
        ({}, 1, None),  # what did not come home may have been a picture too
        ({"image_count": 0}, 2, 2),
        ({"image_count": True}, 1, None),
        ({"image_count": float("inf")}, 1, None),
    ],
)
def test_the_providers_count_comes_first_then_what_came_home(
    database: Database, now: datetime, metrics: dict[str, Any], kept: int, images: int | None
) -> None:
    claim = ended(database, now, metrics, kept=kept)
    with database.read() as connection:
        assert yielded(connection, claim.id, metrics)["image"] == images


def test_what_was_not_yielded_is_unknown_not_nought(database: Database, now: datetime) -> None:
    claim = ended(database, now, {"predict_time": 2.5, "video_output_duration_seconds": 5}, kept=2)
    with database.read() as connection:
        amounts = yielded(connection, claim.id, {"predict_time": 2.5, "video_output_duration_seconds": 5})
        assert amounts == {"run": 1, "image": 2, "video second": 5, "audio second": None, "compute second": 2.5}
        assert asked(connection, "a/b", {})["audio second"] is None


@pytest.mark.parametrize(
    ("usd", "words"),
    [(0, "$0.00"), (0.00001, "less than $0.0001"), (0.0004, "$0.0004"), (0.003, "$0.003"), (0.0675, "$0.068"),
     (0.5, "$0.50"), (0.9999, "$1.00"), (1, "$1.00"), (1234.5, "$1,234.50")],
)  # fmt: skip
def test_amounts_in_words(usd: float, words: str) -> None:
    assert dollars(usd) == words


def test_suggestions_are_sound_and_never_applied_by_themselves(database: Database) -> None:
    rows = suggestions.suggested()
    assert prices.table(database) == []
    prices.save(database, rows, today=date(2026, 11, 24))
    assert sorted(prices.table(database), key=str) == sorted(rows, key=str)
    assert all(row.note for row in rows)
    assert suggestions.for_model(" Black-Forest-Labs/FLUX-dev ") == [
        row for row in rows if row.model.endswith("flux-dev")
    ]
