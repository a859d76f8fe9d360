"""What a person sees of hosted runs, in a real Chromium against a real server and the stand-in for the provider."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import Settings, Studio
from core.errors import DownloadFailed
from tests import hosted
from tests.browser import PHONE, window
from tests.serving import Server
from tests.standin import StandIn
from tests.standin.catalogue import everything

pytestmark = pytest.mark.browser
ONE = everything()["shapes/one-url"]
AHEAD = "const real = Date.now; Date.now = () => real() + 5 * 3600 * 1000;"  # a browser whose clock is wrong


@dataclass
class House:
    """A studio beside its provider, and the numbers of the runs that it begins with."""

    server: Server
    standin: StandIn
    runs: dict[str, int]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("hosted")
    with StandIn() as standin:
        standin.deliver("garbage", path="out-1", times=2)
        delivery = standin.delivery.removeprefix("http://")
        server = Server(
            folder,
            REPLICATE_API_TOKEN=standin.token,
            REPLICATE_BASE_URL=standin.base,
            STUDIO_DELIVERY_HOSTS=delivery,
        )
        settings = Settings(
            server.database, temporary=server.temporary, replicate_token=standin.token, replicate_base=standin.base
        )
        runs = enqueue(settings)
        with server:
            yield House(server, standin, runs)


def enqueue(settings: Settings) -> dict[str, int]:
    """Two uncertain runs, one whose lost output the provider will soon delete, and one of four pictures to begin."""
    studio, now = Studio(settings), datetime.now(UTC)
    short, version = timedelta(minutes=1), ONE.version_ids[0]
    lost = {1: DownloadFailed("The connection broke.")}
    runs = {
        "risk": hosted.finished(studio.database, now - timedelta(minutes=52), 2, lost, prompt="nearly gone"),
        "pay": hosted.uncertain(studio.database, now - short, prompt="an owl", model=ONE.full_name, version=version),
        "give up": hosted.uncertain(
            studio.database, now - short, prompt="a heron", model=ONE.full_name, version=version
        ),
        "four": studio.generate("shapes/growing", {"prompt": "four seasons"}, now=now)[0],
    }
    studio.close()
    return runs


def row(page: Page, number: int) -> Locator:
    return page.locator(f'.job[data-id="{number}"]')


def test_a_lost_output_is_fetched_again_and_comes_home(browser: Browser, house: House) -> None:
    number = house.runs["four"]
    with window(browser) as page:
        page.goto(house.server.url + "/jobs")
        job = row(page, number)
        expect(job.locator(".pill")).to_have_text("3 of 4 home", timeout=30_000)
        expect(job.locator(".job-error")).to_contain_text("1 of 4 outputs did not come home.")
        expect(job.locator(".job-ends")).to_contain_text(re.compile(r"Replicate deletes its copy in 5\d:\d\d"))
        job.locator(".job-head").click()
        expect(job.get_by_role("listitem").filter(has_text="Output 2")).to_contain_text("Open it where it is")
        expect(job.locator(".logs")).not_to_be_empty()
        link = job.locator(".page-link")
        assert link.get_attribute("rel") == "noopener noreferrer"
        assert link.get_attribute("target") == "_blank"
        page.wait_for_timeout(800)  # a button that has just changed its meaning takes no click
        job.get_by_role("button", name="Fetch again", exact=True).click()
        expect(page.get_by_text("The provider is asked once more.")).to_be_visible()
        expect(job.locator(".pill")).to_have_text("Done", timeout=15_000)
        expect(job.locator(".thumb")).to_have_count(4)
        expect(job.locator(".job-lost")).to_be_hidden()
        assert house.standin.report()["created"] == 1
        page.goto(house.server.url)
        expect(page.locator(".tile.media").get_by_role("button", name="four seasons")).to_have_count(4)


def test_an_uncertain_run_waits_for_a_decision(browser: Browser, house: House) -> None:
    before = house.standin.report()["created"]
    with window(browser, scheme="light", size=PHONE) as page:
        page.goto(house.server.url)
        page.get_by_role("button", name="Decide on Jobs").first.click()
        first = page.locator(".job").first
        expect(first).to_have_attribute("data-status", "uncertain")
        expect(first).to_contain_text("cannot tell whether it was started")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        row(page, house.runs["give up"]).get_by_role("button", name="Give it up").click()
        expect(row(page, house.runs["give up"])).to_have_attribute("data-status", "canceled")
        pay = row(page, house.runs["pay"])
        pay.get_by_role("button", name="Run it (may cost twice)").dblclick()
        sure = pay.get_by_role("button", name="Press again to run it")
        expect(sure).to_be_visible()
        expect(pay).to_have_attribute("data-status", "uncertain")
        page.wait_for_timeout(800)  # a press just after the first does not count
        sure.click()
        expect(pay).to_have_attribute("data-status", "succeeded", timeout=15_000)
    assert house.standin.report()["created"] == before + 1


def test_the_countdown_goes_by_the_servers_clock(browser: Browser, house: House) -> None:
    with window(browser) as page:
        page.add_init_script(AHEAD)
        page.goto(house.server.url + "/jobs")
        ends = row(page, house.runs["risk"]).locator(".job-ends")
        expect(ends).to_have_class(re.compile("risk"))
        expect(ends).to_have_text(re.compile(r"At risk: Replicate deletes its copy in [67]:\d\d"))
        shown = ends.inner_text()
        expect(ends).not_to_have_text(shown, timeout=3_000)
