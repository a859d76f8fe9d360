"""The Library page in a real headless Chromium, until every thumbnail in sight is painted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from playwright.sync_api import Page
from sqlalchemy import func, select

from bench.items import studio
from core.images import thumbnail_of
from core.models import media, thumbnail
from tests.browser import chromium, window
from tests.serving import Server

SHOWN: Final = 240  # items that get a thumbnail: the first pages

# Resolves with milliseconds, at the frame after the one in which all pictures in sight are there and decoded.
PAINTED: Final = """async (address) => {
  const whole = (root, found = []) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.matches(".tile")) found.push(each);
      if (each.shadowRoot) whole(each.shadowRoot, found);
    }
    return found;
  };
  const inSight = (tile) => {
    const box = tile.getBoundingClientRect();
    return box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  };
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const links = address ? [...document.querySelectorAll("a[href]")] : [];
  const link = links.find((each) => new URL(each.href).pathname === address);
  const began = link ? performance.now() : 0; // 0: when the address was opened
  link?.click();
  for (;;) {
    if (performance.now() - began > 60_000) throw new Error("The gallery was not painted within a minute.");
    await frame();
    const pictures = whole(document).filter(inSight).map((tile) => tile.querySelector("img")).filter(Boolean);
    if (pictures.length < 6 || !pictures.every((each) => each.complete && each.naturalWidth)) continue;
    await Promise.all(pictures.map((each) => each.decode()));
    await frame();
    await frame();
    return performance.now() - began;
  }
}"""


def with_thumbnails(folder: Path) -> None:
    """Give the newest items of a library in `folder` pictures of the usual size, about 20 kB each."""
    chance = np.random.default_rng(5)
    with studio(folder) as database:
        with database.read() as connection:
            wide, high = (
                func.coalesce(media.c.width, 600),
                func.coalesce(media.c.height, 200),
            )  # those of a sound's wave
            wanted = select(media.c.id, wide, high).where(media.c.state == "ready", media.c.trashed_at.is_(None))
            rows = connection.execute(wanted.order_by(media.c.id.desc()).limit(SHOWN)).all()
        with database.write() as connection:
            for number, width, height in rows:
                coarse = Image.fromarray(chance.integers(0, 256, (48, 48, 3), dtype=np.uint8))
                wide, high, data = thumbnail_of(coarse.resize((width, height), Image.Resampling.BICUBIC))
                values = {"media_id": number, "mime": "image/webp", "width": wide, "height": high, "data": data}
                connection.execute(thumbnail.insert(), values)
        database.seal()


def painted(folder: Path, runs: int) -> dict[str, Sequence[float]]:
    """Seconds until the gallery is painted, in each of `runs` after one to warm up: by the link from another page of
    the studio (`click`), and by opening the address in a browser that has been there before (`open`)."""
    with Server(folder) as server, chromium() as browser, window(browser) as page:
        clicks = [_clicked(page, server.url) for _ in range(runs + 1)]
        opens = [_opened(page, server.url) for _ in range(runs + 1)]
    return {"click": clicks[1:], "open": opens[1:]}


def _clicked(page: Page, url: str) -> float:
    page.goto(f"{url}/jobs")
    page.get_by_role("heading", name="Jobs").wait_for()
    page.wait_for_load_state("networkidle")
    return float(page.evaluate(PAINTED, "/library")) / 1000


def _opened(page: Page, url: str) -> float:
    page.goto(f"{url}/library", wait_until="commit")
    return float(page.evaluate(PAINTED, None)) / 1000
