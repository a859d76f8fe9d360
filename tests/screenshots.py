"""Makes the README's pictures from the running product: `make screenshots`.

Starts a studio on an empty file, creates a small library with the built-in painter, and photographs each page
in Chromium: WebP into docs/screenshots/, the same as PNG into build/screenshots/.
"""

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import Page, expect

from core import Settings, Studio
from tests.browser import DESKTOP, PHONE, chromium, window
from tests.notebooks import executed
from tests.serving import ROOT, Server

PICTURES, COPIES = ROOT / "docs" / "screenshots", ROOT / "build" / "screenshots"
STILLS = (
    ("snowy mountains at night with aurora", "3:2", 12),
    ("a cabin by a lake, autumn, warm lights", "3:2", 12),
    ("red planet, two moons, stars", "2:3", 12),
    ("hot air balloons over a canyon at dawn", "16:9", 12),
    ("neon city in the rain", "3:2", 12),
    ("a sailboat at sunset", "1:1", 12),
    ("pine forest in morning mist", "4:5", 12),
    ("desert dunes at noon", "16:9", 3),
    ("golden hour over lavender hills with birds", "3:2", 12),
    ("volcano with embers at midnight", "2:3", 12),
    ("stormy ocean, lightning", "3:2", 12),
    ("pastel dreamy beach", "16:9", 12),
    ("a castle on a hill, purple dusk", "9:16", 4),
    ("whales under the stars", "3:2", 8),
)
CLIP = "a lighthouse at dusk, fog over a calm sea"
NEXT = "lanterns over a river at dusk, coral and indigo"


def fill(folder: Path) -> None:
    """A library worth looking at, made by the studio itself without its pages."""
    studio = Studio(Settings(database=folder / "studio.db", temporary=folder / "temporary"))
    for prompt, ratio, seed in STILLS:
        values = {"prompt": prompt, "aspect_ratio": ratio, "seed": seed}
        studio.generate("sketch/still", values, now=datetime.now(UTC))
    values = {"prompt": CLIP, "aspect_ratio": "16:9", "seed": 12}
    studio.generate("sketch/clip", values, now=datetime.now(UTC))
    while studio.worker.step(datetime.now(UTC)):
        pass
    studio.close()


def keep(page: Page, name: str) -> None:
    """Photograph the window once all its pictures are there."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(900)
    COPIES.mkdir(parents=True, exist_ok=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=COPIES / f"{name}.png")
    with Image.open(COPIES / f"{name}.png") as picture:
        picture.convert("RGB").save(PICTURES / f"{name}.webp", quality=86, method=6)


def create(page: Page) -> None:
    """Create with results, and some under way."""
    page.get_by_role("textbox", name="Prompt").fill(NEXT)
    page.get_by_role("radio", name="3", exact=True).or_(page.get_by_role("button", name="3", exact=True)).click()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".tile.pending [role=progressbar]").first).to_be_visible()


def library(page: Page) -> None:
    """Library with a selection."""
    page.get_by_role("option").nth(1).click(modifiers=["Control"])
    page.get_by_role("option").nth(4).click(modifiers=["Control"])
    expect(page.get_by_text("2 selected")).to_be_visible()


def lightbox(page: Page) -> None:
    """A picture alone."""
    page.get_by_role("option").nth(9).click()
    expect(page.locator("dialog .lb-full.loaded")).to_be_visible()


def more(page: Page) -> None:
    """Every input of the clip model."""
    page.get_by_text("More settings").click()


def expand(page: Page) -> None:
    """A job's log."""
    page.locator(".job-head").first.click()


def wait(page: Page) -> None:
    """Nothing more to do."""
    expect(page.get_by_role("heading").first).to_be_visible()


SHOTS: tuple[tuple[str, str, str, tuple[int, int], Callable[[Page], None]], ...] = (
    ("create-dark", "/?kind=Image", "dark", DESKTOP, create),
    ("jobs-dark", "/jobs", "dark", DESKTOP, expand),
    ("library-dark", "/library", "dark", DESKTOP, library),
    ("library-light", "/library", "light", DESKTOP, wait),
    ("lightbox-dark", "/library", "dark", DESKTOP, lightbox),
    ("item-image-dark", "/item?id=1", "dark", DESKTOP, wait),
    ("item-video-light", "/item?id=15", "light", DESKTOP, wait),
    ("create-video-light", "/?kind=Video", "light", DESKTOP, more),
    ("jobs-light", "/jobs", "light", DESKTOP, wait),
    ("compare-dark", "/compare?ids=2,13", "dark", DESKTOP, wait),
    ("storage-dark", "/storage", "dark", DESKTOP, wait),
    ("storage-light", "/storage", "light", DESKTOP, wait),
    ("rules-dark", "/storage?section=Rules", "dark", DESKTOP, wait),
    ("storage-phone", "/storage", "dark", PHONE, wait),
    ("create-phone", "/?kind=Image", "dark", PHONE, wait),
    ("library-phone", "/library", "dark", PHONE, wait),
    ("item-phone", "/item?id=15", "light", PHONE, wait),
    ("jobs-phone", "/jobs", "light", PHONE, wait),
)


NOTEBOOKS = (  # picture, notebook, theme, the cell to begin with, how many cells
    ("notebook-first-steps", "first-steps", "light", 3, 3),
    ("notebook-sweep", "comparing-models-with-a-sweep", "dark", 5, 2),
    ("notebook-frame", "your-library-with-sql-and-pandas", "light", 1, 1),
    ("notebook-retention", "storage-and-retention", "dark", 7, 2),
)
NARROW = (920, 560)  # of a notebook's pictures: two stand beside each other


def notebook(page: Page, shot: str, name: str, theme: str, first: int, cells: int) -> None:
    """Photograph some cells of a notebook that has just been run."""
    with tempfile.TemporaryDirectory() as folder:
        shown = executed(name, Path(folder))
        shown.cells = shown.cells[first : first + cells]
        html, _ = HTMLExporter(theme=theme).from_notebook_node(shown)
        path = Path(folder) / "shown.html"
        path.write_text(html, encoding="utf-8")
        page.goto(path.as_uri())
        keep(page, shot)


def main() -> None:
    """Make all pictures; with names, those that begin so."""
    with chromium() as browser:
        for shot, *how in NOTEBOOKS:
            if not sys.argv[1:] or shot.startswith(tuple(sys.argv[1:])):
                with window(browser, scheme=how[1], size=NARROW) as page:
                    notebook(page, shot, *how)
                    print(shot)
    if sys.argv[1:]:
        return
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        server = Server(Path(name))
        fill(server.folder)
        with server:
            for shot, path, scheme, size, act in SHOTS:
                with window(browser, scheme=scheme, size=size) as page:
                    page.goto(server.url + path)
                    wait(page)
                    page.wait_for_timeout(1500)
                    act(page)
                    keep(page, shot)
                    print(shot)


if __name__ == "__main__":
    main()
