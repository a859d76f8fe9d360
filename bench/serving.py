"""The studio's own server beside nginx and Starlette's FileResponse: the same bytes, kept alive, in the same run.

wrk asks where there is one (`bench.load`); nginx has one process as the studio has. On two cores one serves, one asks.
"""

import http.client
import io
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import psutil
from websockets.sync.client import connect

from bench import servers
from bench.harness import Plan, Samples, interleaved
from bench.items import FOUND, MB, claimed, keep, studio
from bench.load import Load, Request, load
from core import library, search
from core.database import Database
from core.media import Inspection, Thumbnail
from core.scratch import Scratch
from tests.serving import Server

MEANINGS: Final = {
    "thumbs_vs_fileresponse": "thumbnails of 20 kB, 32 connections: our speed / FileResponse; bigger is better",
    "thumbs_vs_nginx": "the same beside nginx: our speed / nginx; bigger is better",
    "page60_vs_nginx": "60 thumbnails in one answer: our speed / nginx, 60 files, one client; bigger is better",
    "image2mb_vs_fileresponse": "2 MB, 16 connections: our speed / FileResponse; bigger is better",
    "image2mb_vs_nginx": "the same beside nginx: our speed / nginx; bigger is better",
    "video100mb_vs_nginx": "100 MB whole, 2 connections: our speed / nginx; bigger is better",
    "range1mib_vs_nginx": "1 MiB anywhere in 100 MB, 8 connections: our speed / nginx; bigger is better",
    "not_modified_vs_staticfiles": "304 on If-None-Match, 32 connections: our speed / StaticFiles; bigger is better",
    "ws_idle_ms": "longest answer of the studio's websocket in a run, nothing else asked; smaller is better",
    "ws_cold_ms": "the same while 4 videos stream that the system has not cached; smaller is better",
    "serving_memory_mib": "memory that the studio's process grew by since its start; smaller is better",
}
SECONDS: Final = 2.0  # of each side in each run
PAGE: Final = 60
Asked = Sequence[Request]

SHOWN: Final = "?v=0123abcd"  # what pages put behind addresses, so that the way they go is the one that is measured


@dataclass(frozen=True)
class Shelf:
    """The items, by number, and the sizes of their bytes."""

    thumbs: Sequence[int]
    images: Sequence[int]
    videos: Sequence[int]
    image: int
    video: int


@dataclass(frozen=True)
class Place:
    """Where everybody listens; None: not there. `seconds` is how long each is asked."""

    studio: Server
    files: int
    nginx: int | None
    folder: Path
    seconds: float

    def side(self, port: int, requests: Asked, connections: int, *, by_bytes: bool = False) -> Callable[[], float]:
        """Seconds for an answer, or for a byte."""

        def ask() -> float:
            found: Load = load(port, requests, connections, self.seconds, self.folder)
            return found.seconds / (found.bytes if by_bytes else found.answers)

        return ask


def space(plan: Plan) -> int:
    """Bytes of disk: everything twice, and the log."""
    return plan.size(1_200 * MB, 200 * MB)


def measure(scratch: Scratch, plan: Plan) -> Samples:
    """Ratios of speed, milliseconds and MiB; those beside a peer that cannot be had are left out with a sentence."""
    if not plan.quick:
        servers.install("nginx", "wrk")
    with scratch.room() as room, ExitStack() as stack:
        files = room / "files"
        shelf = _fill(room / "studio", files, plan)
        server = stack.enter_context(Server(room / "studio"))
        peer = stack.enter_context(servers.fileserver(files))
        nginx = stack.enter_context(servers.nginx(files, room)) if shutil.which("nginx") else None
        place = Place(server, peer, nginx, room, 0.1 if plan.quick else SECONDS)
        if nginx is None:
            print("nginx is not installed (apt-get install nginx): what is measured beside it is skipped.")
        if shutil.which("wrk") is None:
            print("wrk is not installed (apt-get install wrk): a slower client of our own asks, ratios are flatter.")
        before = _memory(server)
        found = _ratios(place, shelf, plan) | _answers(place, shelf, plan)
        found["serving_memory_mib"] = [max((_memory(server) - before) / 2**20, 0.01)]
    return {name: found[name] for name in MEANINGS if name in found}


def _ratios(place: Place, shelf: Shelf, plan: Plan) -> dict[str, list[float]]:
    """Our speed over each peer's, by figure."""
    found: dict[str, list[float]] = {}
    for names, ours, connections, peers, by_bytes in _workloads(place, shelf):
        there = {name: peer for name, peer in zip(names, peers, strict=True) if peer[0] is not None}
        if not there:
            continue
        sides = [place.side(port, asked, connections, by_bytes=by_bytes) for port, asked in there.values() if port]
        rows = interleaved(plan.runs, place.side(place.studio.port, ours, connections, by_bytes=by_bytes), *sides)
        scale = PAGE if names == ("page60_vs_nginx",) else 1
        for number, name in enumerate(there, 1):
            found[name] = [row[number] * scale / row[0] for row in rows]
    return found


def _workloads(
    place: Place, shelf: Shelf
) -> Iterator[tuple[Sequence[str], Asked, int, Sequence[tuple[int | None, Asked]], bool]]:
    """(figures, what we are asked, connections, what each figure's peer is asked, whether bytes count)."""
    small = [(f"/thumbs/{number}.webp", {}) for number in shelf.thumbs]
    images = [(f"/images/{number}.png", {}) for number in shelf.images]
    videos = [(f"/videos/{number}.mp4", {}) for number in shelf.videos]
    below = partial(_below, "/file")
    ours = [(f"/api/images/{number}/thumbnail{SHOWN}", {}) for number in shelf.thumbs]
    big = [(f"/api/images/{number}/data{SHOWN}", {}) for number in shelf.images]
    clips = [(f"/api/videos/{number}/data{SHOWN}", {}) for number in shelf.videos]
    both = (place.files, below(small)), (place.nginx, small)
    yield ("thumbs_vs_fileresponse", "thumbs_vs_nginx"), ours, 32, both, False
    pages = [_page(shelf.thumbs[first : first + PAGE]) for first in range(0, len(shelf.thumbs), PAGE)]
    yield ("page60_vs_nginx",), pages, 1, ((place.nginx, small),), False
    both = (place.files, below(images)), (place.nginx, images)
    yield ("image2mb_vs_fileresponse", "image2mb_vs_nginx"), big, 16, both, True
    yield ("video100mb_vs_nginx",), clips, 2, ((place.nginx, videos),), True
    ranges = (place.nginx, _ranges(videos, shelf.video))
    yield ("range1mib_vs_nginx",), _ranges(clips, shelf.video), 8, (ranges,), False
    known = [_known(place.studio.port, path) for path, _ in big]
    peer = place.files, [_known(place.files, path) for path, _ in _below("/static", images)]
    yield ("not_modified_vs_staticfiles",), known, 32, (peer,), False


def _below(folder: str, requests: Asked) -> Asked:
    return [(folder + path, headers) for path, headers in requests]


def _page(numbers: Sequence[int]) -> Request:
    return f"/api/thumbnails?ids={','.join(map(str, numbers))}", {}


def _ranges(requests: Asked, size: int) -> Asked:
    chance = random.Random(1)
    length = min(2**20, size // 2)
    starts = [chance.randrange(size - length) for _ in range(512)]
    spots = [(start, requests[number % len(requests)][0]) for number, start in enumerate(starts)]
    return [(path, {"Range": f"bytes={start}-{start + length - 1}"}) for start, path in spots]


def _known(port: int, path: str) -> Request:
    """A request of somebody who has it already."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return path, {"If-None-Match": answer.headers["etag"]}


def _answers(place: Place, shelf: Shelf, plan: Plan) -> dict[str, list[float]]:
    """How long the websocket takes, at rest and while videos stream from the disk."""
    idle = [_longest(place, lambda: None) for _ in range(plan.runs)]
    cold = [_longest(place, lambda: _forget(place.studio.database), shelf.videos) for _ in range(plan.runs)]
    return {"ws_idle_ms": idle, "ws_cold_ms": cold}


def _longest(place: Place, prepare: Callable[[], None], videos: Sequence[int] = ()) -> float:
    """Milliseconds of the longest answer to a ping, one after another, while each of the videos is read twice."""
    prepare()
    readers = [threading.Thread(target=_drain, args=(place.studio.port, number)) for number in [*videos] * 2]
    took: list[float] = []
    address = f"ws://127.0.0.1:{place.studio.port}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        stop = time.perf_counter() + place.seconds
        for reader in readers:
            reader.start()
        while not took or time.perf_counter() < stop or any(reader.is_alive() for reader in readers):
            began = time.perf_counter()
            socket.ping().wait(60)
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.002)
    return max(took)


def _drain(port: int, number: int) -> None:
    """Read a video whole, from any place on, so that two readers are not where the cache already is."""
    with _answer(port, f"/api/videos/{number}/data") as answer:
        while answer.read(2**20):
            pass


@contextmanager
def _answer(port: int, path: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    yield connection.getresponse()
    connection.close()


def _forget(file: Path) -> None:
    """Let the system forget what it has cached of a file."""
    with suppress(AttributeError), file.open("rb") as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _memory(server: Server) -> int:
    return int(psutil.Process(server.process.pid).memory_info().rss)


def _fill(folder: Path, files: Path, plan: Plan) -> Shelf:
    """A studio in `folder` and the same bytes as files."""
    for name in ("thumbs", "images", "videos"):
        (files / name).mkdir(parents=True)
    folder.mkdir()
    image, video = plan.size(2 * MB, MB // 2), plan.size(100 * MB, 8 * MB)
    with studio(folder) as database:
        thumbs = [_upload(database, files, 1_000) for _ in range(plan.size(240, PAGE))]
        images = [_upload(database, files, image) for _ in range(16)]
        for _ in range(2):
            keep(database, claimed(database), io.BytesIO(random.Random(video).randbytes(video)))
        videos = [number for number in search.items(database, limit=1_000) if number not in {*thumbs, *images}]
        for number in videos:
            (files / "videos" / f"{number}.mp4").write_bytes(random.Random(video).randbytes(video))
        database.seal()
    return Shelf(thumbs, images, videos, image, video)


def _upload(database: Database, files: Path, size: int) -> int:
    data, small = os.urandom(size), os.urandom(20_000)
    found: Inspection = replace(FOUND, kind="image", mime="image/png", thumbnail=Thumbnail(320, 180, small))
    number = library.add_upload(database, data, "bench.png", found, datetime.now(UTC))
    (files / "thumbs" / f"{number}.webp").write_bytes(small)
    (files / "images" / f"{number}.png").write_bytes(data)
    return number
