"""A real Chromium under Playwright: found on this machine, or a failure that says what to install."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000  # milliseconds for what is to come, on a busy machine too
DESKTOP, PHONE = (1440, 900), (390, 844)


def executable() -> str:
    """The path of a Chromium or Chrome; raises with a sentence when there is none."""
    asked = os.environ.get("STUDIO_TEST_BROWSER")
    found = asked or next((path for name in NAMES if (path := shutil.which(name))), None)
    found = found or next((path for path in PLACES if os.path.exists(path)), None)
    if not found:
        raise RuntimeError(
            "The browser tests need Chromium or Chrome and found none. Install one (Debian: apt install chromium) "
            "or name it in STUDIO_TEST_BROWSER."
        )
    return found


expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser, closed in the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(QUIET))
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, *, scheme: str = "dark", size: tuple[int, int] = DESKTOP) -> Iterator[Page]:
    """A page of its own, with its errors collected in `page.errors`."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=size == PHONE,
        accept_downloads=True,
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()
