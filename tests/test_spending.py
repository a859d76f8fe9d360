"""Charges and budgets with the real worker: what is known of each request, and that no budget is passed."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from core import Settings, Studio, charges, intents, jobs, library, prices, search, spending
from core.away import at_once
from core.database import Database, open_database
from core.errors import BudgetReached, ProviderUnreachable
from core.jobs import Claim, Run
from core.media import Inspector
from core.models import charge
from core.preferences import Preferences, prefer
from core.prices import Price
from core.providers import Prediction, Request
from core.scratch import Scratch
from core.spending import Day, Spent, spent
from core.worker import BUDGET_WAIT, Worker
from tests.standin import StandIn
from tests.test_worker import Scripted, row, steps

MODEL = "lumen/moving-picture"
DAY = timedelta(days=1)


class Hosted(Scripted):
    """The scripted provider as one that is paid for, and that counts what it makes."""

    name = "replicate"

    def __init__(
        self, folder: Path, *script: Any, unbilled: bool = False, passing: bool = False, **metrics: Any
    ) -> None:
        super().__init__(folder, *script, repeatable=False)
        self.metrics: Mapping[str, Any] = metrics
        self.unbilled, self.passing = unbilled, passing
        self.refusals: list[Exception] = []

    def submit(self, request: Request) -> Prediction:
        if self.refusals:
            raise self.refusals.pop(0)
        return super().submit(request)

    def poll(self, handle: str) -> Prediction:
        found = super().poll(handle)
        ended = found.state in ("succeeded", "failed", "canceled")
        return replace(found, metrics=self.metrics if ended else {}, unbilled=self.unbilled,
                       passing=self.passing and found.state == "failed")  # fmt: skip


@pytest.fixture
def work(database: Database, inspector: Inspector, tmp_path: Path) -> Iterator[Callable[[Hosted], Worker]]:
    scratch = Scratch(tmp_path)
    yield lambda provider: Worker(database, {"replicate": provider}, inspector, scratch, away=at_once)
    scratch.close()


def priced(database: Database, unit: str = "run", usd: float = 0.5, dated: str = "2026-11-22") -> None:
    prices.save(database, [Price(MODEL, unit, usd, dated)], today=date(2026, 11, 30))


def enqueue(database: Database, now: datetime, number: int = 1, **request: Any) -> list[int]:
    run = Run("replicate", MODEL, "1", "image", {"prompt": "hills"} | request, None, {})
    return jobs.enqueue(database, "batch", [run] * number, now)


def sent(database: Database, now: datetime) -> Claim:
    """A run whose request goes out now."""
    enqueue(database, now)
    claim = jobs.claim(database, "tests", now)
    assert claim is not None
    return intents.intend(database, claim, now)


def kept(database: Database) -> list[tuple[float | None, float | None]]:
    """(estimate, cost) of every charge."""
    with database.read() as connection:
        query = select(charge.c.estimate, charge.c.cost).order_by(charge.c.id)
        return [(found.estimate, found.cost) for found in connection.execute(query)]


Work = Callable[[Hosted], Worker]


def test_a_run_that_ended_well_cost_what_it_yielded(
    database: Database, now: datetime, work: Work, tmp_path: Path
) -> None:
    priced(database, "image", 0.01)
    enqueue(database, now, num_outputs=2)
    steps(work(Hosted(tmp_path, "succeeded", image_output_count=4)), now)
    assert kept(database) == [(0.02, 0.04)]
    assert (row(database)["cost_estimate"], row(database)["cost"]) == (0.02, 0.04)
    (hit,) = search.page(database).hits
    assert spending.of_item(database, hit.id) == pytest.approx(0.04)
    assert spent(database, now) == Spent(0.04, 0.0, 1, 0)


def test_without_a_price_a_run_counts_as_unknown(database: Database, now: datetime, work: Work, tmp_path: Path) -> None:
    enqueue(database, now)
    steps(work(Hosted(tmp_path)), now)
    assert row(database)["status"] == "succeeded"
    assert spent(database, now) == Spent(0.0, 0.0, 1, 1)
    (hit,) = search.page(database).hits
    assert spending.of_item(database, hit.id) is None


@pytest.mark.parametrize(
    ("unit", "state", "unbilled", "cost"),
    [
        ("run", "failed", False, None),
        ("compute second", "failed", False, None),
        ("run", "canceled", False, None),
        ("image", "canceled", False, None),
        ("compute second", "canceled", False, 2.0),
        ("run", "canceled", True, 0.0),
        ("compute second", "canceled", True, 0.0),
    ],
)
def test_what_did_not_end_well_costs_only_what_is_known(
    database: Database, now: datetime, work: Work, tmp_path: Path, unit: str, state: str, unbilled: bool, cost: Any
) -> None:
    priced(database, unit, 0.5)
    enqueue(database, now)
    steps(work(Hosted(tmp_path, state, unbilled=unbilled, predict_time=4.0)), now)
    assert row(database)["status"] == state
    assert row(database)["cost"] == cost
    with database.read() as connection:
        assert '"predict_time": 4.0' in str(connection.execute(text("SELECT metrics FROM generation")).scalar())


def test_a_failed_run_keeps_its_estimate_in_what_may_be_spent(
    database: Database, now: datetime, work: Work, tmp_path: Path
) -> None:
    priced(database)
    enqueue(database, now)
    steps(work(Hosted(tmp_path, "failed")), now)
    assert spent(database, now) == Spent(0.0, 0.5, 1, 0)


def test_a_request_that_created_nothing_is_no_charge(
    database: Database, now: datetime, work: Work, tmp_path: Path
) -> None:
    priced(database)
    enqueue(database, now)
    provider = Hosted(tmp_path)
    provider.refusals = [ProviderUnreachable("Not just now."), ProviderUnreachable("Not just now.")]
    worker = work(provider)
    worker.step(now)
    assert kept(database) == []
    steps(worker, now)
    assert kept(database) == [(0.5, 0.5)]


def test_each_prediction_of_a_run_is_a_charge(database: Database, now: datetime, work: Work, tmp_path: Path) -> None:
    priced(database)
    prefer(database, Preferences(retries=1))
    enqueue(database, now)
    steps(work(Hosted(tmp_path, "failed", "succeeded", passing=True)), now)
    assert row(database)["status"] == "succeeded"
    assert kept(database) == [(0.5, None), (0.5, 0.5)]
    assert row(database)["cost"] is None  # nobody knows whether the first one was billed
    assert spent(database, now) == Spent(0.5, 0.5, 2, 0)


def test_what_a_person_lets_go_out_twice_is_charged_twice(database: Database, now: datetime) -> None:
    priced(database)
    claim = sent(database, now)
    intents.ask(database, claim)
    intents.decide(database, claim.id, pay=True, now=now)
    again = jobs.claim(database, "tests", now + DAY)
    assert again is not None
    intents.withdraw(database, intents.intend(database, again, now))
    assert kept(database) == [(0.5, None)]
    third = jobs.claim(database, "tests", now + 2 * DAY)
    assert third is not None
    intents.intend(database, third, now)
    assert kept(database) == [(0.5, None), (0.5, None)]


def test_a_known_cost_stays_when_prices_change(database: Database, now: datetime) -> None:
    priced(database, usd=0.5)
    claim = sent(database, now)
    charges.settle(database, claim)
    priced(database, usd=0.9)
    charges.settle(database, claim)
    assert kept(database) == [(0.5, 0.5)]


def test_a_price_found_later_counts_from_its_day_on(
    database: Database, now: datetime, work: Work, tmp_path: Path
) -> None:
    worker = work(Hosted(tmp_path, "succeeded", "succeeded", "failed"))
    for moment in (now - 2 * DAY, now, now + timedelta(minutes=1)):
        enqueue(database, moment)
        steps(worker, moment, 6)
    priced(database, usd=0.5, dated="2026-11-22")
    assert charges.settle_later(database) == 1
    assert kept(database) == [(None, None), (None, 0.5), (None, None)]
    assert charges.settle_later(database) == 0


def test_spending_outlives_its_run(database: Database, now: datetime) -> None:
    priced(database)
    sent(database, now)
    with database.write() as connection:
        connection.execute(text("DELETE FROM generation"))
    assert spent(database, now) == Spent(0.0, 0.5, 1, 0)


def test_days_are_those_of_utc(database: Database, now: datetime) -> None:
    priced(database)
    for moment in ("2026-11-21T23:59:59.999+00:00", "2026-11-22T00:30:00+01:00", "2026-11-22T00:00:00+00:00"):
        sent(database, datetime.fromisoformat(moment))
    days = spending.by_day(database, now, days=3)
    nothing = Spent(0.0, 0.0, 0, 0)
    assert days == [
        Day(date(2026, 11, 20), nothing),
        Day(date(2026, 11, 21), Spent(0.0, 1.0, 2, 0)),
        Day(date(2026, 11, 22), Spent(0.0, 0.5, 1, 0)),
    ]
    assert len(spending.by_day(database, now)) == 30


# --- budgets


def test_runs_under_way_count_against_the_budget(database: Database, now: datetime, work: Work, tmp_path: Path) -> None:
    priced(database, usd=0.5)
    prefer(database, Preferences(budget_day=1.2))
    provider = Hosted(tmp_path, *[0.1] * 1000)
    provider.capabilities = replace(provider.capabilities, concurrency=8)
    enqueue(database, now, 5)
    steps(work(provider), now)
    assert len(provider.submitted) == 2
    assert jobs.counts(database)["queued"] == 3
    waiting = [found["waiting"] for found in jobs.recent(database) if found["status"] == "queued"]
    assert all("would go over the budget of $1.20 a day; about $1.00 went out today" in why for why in waiting)
    assert all("tomorrow (UTC)" in why for why in waiting)


def test_a_long_queue_that_waits_is_not_claimed_run_by_run(
    database: Database, now: datetime, work: Work, tmp_path: Path
) -> None:
    priced(database, usd=0.5)
    prefer(database, Preferences(budget_day=0.1))
    enqueue(database, now, 40)
    steps(work(Hosted(tmp_path)), now, int(BUDGET_WAIT.total_seconds()) + 3)
    with database.read() as connection:
        assert connection.execute(text("SELECT sum(fence) FROM job")).scalar() == 2
    assert all("whole budget" in found["waiting"] for found in jobs.recent(database))


def test_a_raised_budget_lets_runs_go_on_at_the_next_step(
    settings: Settings, now: datetime, work: Work, tmp_path: Path, inspector: Inspector
) -> None:
    with_studio = Studio(settings)
    database, provider = with_studio.database, Hosted(tmp_path)
    worker = Worker(database, {"replicate": provider}, inspector, with_studio.scratch, away=at_once)
    priced(database, usd=5.0)
    with_studio.prefer(Preferences(budget_month=4.0), now=now)
    enqueue(database, now)
    later = steps(worker, now, 3)
    assert provider.submitted == []
    assert "costs more than the whole budget of $4.00 a month" in row(database)["waiting"]
    with_studio.prefer(Preferences(budget_month=5.0), now=later)
    assert row(database)["waiting"] is None
    worker.step(later)
    assert len(provider.submitted) == 1
    with_studio.close()


def test_a_run_of_unknown_price_waits_while_there_is_a_budget(
    settings: Settings, now: datetime, tmp_path: Path, inspector: Inspector
) -> None:
    studio = Studio(settings)
    provider = Hosted(tmp_path)
    worker = Worker(studio.database, {"replicate": provider}, inspector, studio.scratch, away=at_once)
    studio.prefer(Preferences(budget_day=4.0), now=now)
    enqueue(studio.database, now)
    later = steps(worker, now, 2)
    assert provider.submitted == []
    why = row(studio.database)["waiting"]
    assert "nobody knows what this run will cost" in why
    assert f"no price for {MODEL}" in why
    assert "remove the budget" in why
    studio.set_prices([Price(MODEL, "run", 0.5, "2026-11-22")], now=later)
    worker.step(later)
    assert len(provider.submitted) == 1
    studio.close()


@pytest.mark.parametrize(
    ("earlier", "usd", "wanted", "goes"),
    [
        (0.0, 0.5, Preferences(), True),
        (0.0, 0.5, Preferences(budget_day=0.5), True),
        (0.0, 0.5, Preferences(budget_day=0.49), False),
        (0.2, 0.1, Preferences(budget_day=0.3), True),  # 0.2 + 0.1 is more than 0.3 in binary
        (0.2, 0.1, Preferences(budget_day=0.2999), False),
        (0.3, 0.0, Preferences(budget_day=0.1), True),
        (0.0, 0.1, Preferences(budget_day=0.0), False),
        (0.3, 0.3, Preferences(budget_day=0.5, budget_month=9.0), False),
        (0.3, 0.3, Preferences(budget_day=9.0, budget_month=0.5), False),
        (0.3, 0.3, Preferences(budget_day=9.0, budget_month=9.0), True),
    ],
)
def test_a_budget_is_never_passed(
    database: Database, now: datetime, earlier: float, usd: float, wanted: Preferences, goes: bool
) -> None:
    priced(database, usd=earlier)
    sent(database, now)
    priced(database, usd=usd)
    prefer(database, wanted)
    if goes:
        sent(database, now)
    else:
        with pytest.raises(BudgetReached, match="by itself"):
            sent(database, now)
    assert len(kept(database)) == 1 + goes


@pytest.mark.parametrize(
    ("wanted", "before", "after"),
    [
        (Preferences(budget_day=0.6), datetime(2026, 11, 22, 23, 59, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        (Preferences(budget_month=0.6), datetime(2026, 11, 30, 23, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_paused_run_goes_on_with_the_next_day_or_month(
    database: Database, work: Work, tmp_path: Path, wanted: Preferences, before: datetime, after: datetime
) -> None:
    priced(database)
    prefer(database, wanted)
    sent(database, before)
    enqueue(database, before)
    provider = Hosted(tmp_path, *[0.1] * 100)
    worker = work(provider)
    steps(worker, before, 2)
    assert provider.submitted == []
    worker.step(after)
    worker.step(after + BUDGET_WAIT)
    assert len(provider.submitted) == 1
    assert spent(database, after).requests == 1  # it counts on the day on which it went out


def test_a_month_without_room_does_not_promise_tomorrow(database: Database, now: datetime) -> None:
    priced(database)
    sent(database, now)
    prefer(database, Preferences(budget_day=0.6, budget_month=0.6))
    with pytest.raises(BudgetReached, match="next month") as refused:
        sent(database, now)
    assert "tomorrow" not in refused.value.sentence


def test_a_paused_run_can_be_canceled_at_once(database: Database, now: datetime, work: Work, tmp_path: Path) -> None:
    priced(database)
    prefer(database, Preferences(budget_day=0.1))
    (run,) = enqueue(database, now)
    later = steps(work(Hosted(tmp_path)), now, 2)
    assert (row(database)["status"], row(database)["started_at"]) == ("queued", None)
    jobs.cancel(database, run, later)
    assert (row(database)["status"], row(database)["waiting"]) == ("canceled", None)


def test_two_processes_cannot_pass_a_budget_together(database: Database, now: datetime) -> None:
    priced(database)
    prefer(database, Preferences(budget_day=1.0))
    enqueue(database, now, 8)
    claims = [jobs.claim(database, "tests", now) for _ in range(8)]
    others = [open_database(database.path), open_database(database.path)]
    refused: list[BudgetReached] = []

    def send(number: int) -> None:
        for claim in claims[number::2]:
            assert claim is not None
            try:
                intents.intend(others[number], claim, now)
            except BudgetReached as error:
                refused.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert len(kept(database)) == 2
    assert len(refused) == 6


# --- with a real server


@pytest.fixture
def hosted(settings: Settings) -> Iterator[tuple[Studio, StandIn]]:
    with StandIn(speed=1000) as standin:
        studio = Studio(
            replace(
                settings,
                replicate_token=standin.token,
                replicate_base=standin.base,
                local_deliveries=(standin.delivery.removeprefix("http://"),),
            )
        )
        studio.worker.away = at_once
        yield studio, standin
        studio.close()


def ended(studio: Studio, seconds: float = 30) -> None:
    """Step until nothing is under way."""
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    while studio.worker.step(datetime.now(UTC)):
        assert datetime.now(UTC) < deadline


def test_the_account_is_never_billed_past_the_budget(hosted: tuple[Studio, StandIn]) -> None:
    studio, standin = hosted
    now = datetime.now(UTC)
    studio.set_prices([Price("atelier/swift-still", "image", 0.01, now.date().isoformat())], now=now)
    studio.prefer(Preferences(budget_day=0.05), now=now)
    studio.generate("atelier/swift-still", {"prompt": "hills", "num_outputs": 2}, now=now, n=4)
    ended(studio)
    assert standin.report()["billed"] == 2
    assert jobs.counts(studio.database)["queued"] == 2
    studio.prefer(Preferences(budget_day=0.08), now=datetime.now(UTC))
    ended(studio)
    assert standin.report()["billed"] == 4
    total = spent(studio.database, now - DAY)
    assert (round(total.usd, 6), total.expected, total.requests, total.unknown) == (0.08, 0.0, 4, 0)
    item = library.item(studio.database, search.page(studio.database).hits[0].id)
    assert item.recipe is not None
    assert item.recipe.cost == pytest.approx(0.02)
    assert spending.of_item(studio.database, item.id) == pytest.approx(0.01)


def test_a_condition_is_held_against_the_models_own_inputs(hosted: tuple[Studio, StandIn]) -> None:
    studio, _ = hosted
    now = datetime.now(UTC)
    today = now.date().isoformat()
    studio.describe("atelier/grand-still")
    rows = [
        Price("atelier/grand-still", "image", 0.04, today),
        Price("atelier/grand-still", "image", 0.08, today, "resolution=2 MP"),
    ]
    studio.set_prices(rows, now=now)
    studio.generate("atelier/grand-still", {"prompt": "hills"}, now=now)
    studio.generate("atelier/grand-still", {"prompt": "hills", "resolution": "2 MP"}, now=now)
    ended(studio)
    assert sorted(found["cost"] for found in jobs.recent(studio.database)) == [0.04, 0.08]
    with pytest.raises(Exception, match="never '3 MP'"):
        studio.set_prices([replace(rows[1], condition="resolution=3 MP")], now=now)
    assert prices.table(studio.database) == rows
