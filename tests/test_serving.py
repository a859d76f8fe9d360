"""How bytes get from the file to the socket: pieces, memory, disks that have to be waited for, readers that go away."""

import asyncio
import email.policy
import sqlite3.dbapi2
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from core import blobs, trash
from core.api import THUMBNAILS_AT_MOST, create_app
from core.database import Database, open_database
from core.errors import NotFound, StorageError
from core.migrations import migrate
from core.serving import Serving
from core.serving.pace import LONGEST_REST, REST, SLOW, STUCK, Pace, blocks_read
from core.serving.streams import ALL, CACHED, FEW, LEAST, MOST, Streams
from tests.factories import add

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MIB = 2**20
DATA = bytes(range(251)) * (5 * MIB // 251)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A file with a large picture 1, picture 2 and clip 3."""
    database = open_database(tmp_path_factory.mktemp("serving") / "studio.db")
    migrate(database, NOW)
    add(database, NOW, DATA)
    add(database, NOW)
    add(database, NOW, b"clip" * 1000, kind="video")
    yield database
    database.close()


class Reader:
    """Somebody at the other end, who takes `takes` messages and then no more until `go_on`."""

    def __init__(self, takes: int = 10**9) -> None:
        self.messages: list[Any] = []
        self.left = takes
        self.awaited = asyncio.Event()
        self.leaving = asyncio.Event()

    async def send(self, message: Any) -> None:
        if not self.left:
            await self.awaited.wait()
        self.left -= 1
        self.messages.append(message)

    async def receive(self) -> Any:
        await self.leaving.wait()
        return {"type": "http.disconnect"}

    def go_on(self) -> None:
        self.left = 10**9
        self.awaited.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


HEAD = (200, [(b"content-type", b"image/png")])


def in_the_loop() -> Pace:
    """Every read is quick."""
    return Pace(clock=lambda: 0.0)


def in_threads() -> Pace:
    """The last read was slow, and time stands still since."""
    disk, pace = paced()
    reads(disk, pace, (STUCK * 2, 0))
    return pace


@pytest.mark.parametrize(
    ("pace", "others", "largest"),
    [(in_the_loop, 0, MOST), (in_the_loop, 15, CACHED // 16), (in_the_loop, 99, FEW), (in_threads, 99, MOST)],
)
def test_a_body_comes_in_pieces_and_whole(
    served: Database, pace: Callable[[], Pace], others: int, largest: int
) -> None:
    """The more answers there are at a time, the smaller their pieces, as long as the loop reads."""
    streams, reader = Streams(pace()), Reader()
    streams.answers = others

    async def run() -> None:
        await streams.send(served, 1, (3, len(DATA) - 5), HEAD, reader.receive, reader.send)

    asyncio.run(run())
    assert reader.messages[0]["status"] == 200
    assert reader.body == DATA[3:-5]
    assert largest * 0.9 < max(len(message["body"]) for message in reader.messages[1:-1]) <= largest
    assert not reader.messages[-1].get("more_body")
    assert streams.held == 0


@pytest.mark.parametrize("pace", [in_the_loop, in_threads])
def test_many_slow_readers_hold_little_memory(served: Database, pace: Callable[[], Pace]) -> None:
    """Those that came first hold large pieces, those that come when much is held already get the smallest."""
    streams, length = Streams(pace()), 300_000

    async def run() -> None:
        readers = [Reader(takes=2) for _ in range(500)]
        sends = [
            asyncio.ensure_future(streams.send(served, 1, (0, length), HEAD, reader.receive, reader.send))
            for reader in readers
        ]
        while any(reader.left for reader in readers):
            await asyncio.sleep(0.01)
        assert ALL * 0.9 < streams.held < ALL + 2 * len(readers) * LEAST
        for reader in readers:
            reader.go_on()
        await asyncio.gather(*sends)
        assert {reader.body for reader in readers} == {DATA[:length]}

    asyncio.run(run())
    assert streams.held == 0


def test_a_reader_that_went_away_costs_no_more_reads(served: Database) -> None:
    async def run() -> None:
        reader, streams = Reader(takes=3), Streams(in_the_loop())
        sending = asyncio.ensure_future(streams.send(served, 1, (0, len(DATA)), HEAD, reader.receive, reader.send))
        await asyncio.sleep(0.05)
        reader.leaving.set()
        reader.go_on()
        await sending
        assert len(reader.body) <= 4 * MOST
        assert streams.held == 0

    asyncio.run(run())


def test_what_is_missing_is_told_before_the_answer_begins(served: Database) -> None:
    async def run() -> None:
        reader, streams = Reader(), Streams(Pace())
        with pytest.raises(StorageError, match="Bytes of item 9 are missing"):
            await streams.send(served, 9, (0, 10), HEAD, reader.receive, reader.send)
        assert reader.messages == []
        assert streams.held == 0

    asyncio.run(run())


class Disk:
    """A clock and a disk: reads take as long as they are told to."""

    exclusive = False

    def __init__(self) -> None:
        self.now = 100.0
        self.blocks: int | None = 7

    def read(self, _database: Any, seconds: float, blocks: int) -> str:
        self.now += seconds
        self.blocks = None if self.blocks is None else self.blocks + blocks
        return threading.current_thread().name


def reads(disk: Disk, pace: Pace, *asked: tuple[float, int]) -> list[bool]:
    """Whether each of some reads, of so many seconds and blocks, was made by the loop itself."""

    async def run() -> list[bool]:
        here = threading.current_thread().name
        return [await pace.run(disk.read, disk, *each) == here for each in asked]  # type: ignore[arg-type]

    return asyncio.run(run())


def paced() -> tuple[Disk, Pace]:
    disk = Disk()
    pace = Pace(clock=lambda: disk.now, blocks=lambda: disk.blocks)
    reads(disk, pace, (SLOW * 2, 0))  # from here on it knows what was fetched before
    disk.now += 1000
    return disk, pace


def test_after_a_slow_read_threads_read_for_a_while() -> None:
    disk, pace = paced()
    assert reads(disk, pace, (0.0001, 0), (SLOW * 2, 8), (0.0001, 0), (SLOW * 2, 8)) == [True, True, False, False]
    disk.now += REST
    assert reads(disk, pace, (0.0001, 0)) == [True]


def test_waiting_for_a_processor_is_no_slow_disk() -> None:
    disk, pace = paced()
    assert reads(disk, pace, (SLOW * 2, 0), (0.0001, 0)) == [True, True]
    assert reads(disk, pace, (STUCK * 2, 0), (0.0001, 0)) == [True, False]


def test_where_the_system_does_not_tell_a_slow_read_is_a_slow_disk() -> None:
    disk, pace = paced()
    disk.blocks = None
    assert reads(disk, pace, (SLOW * 2, 0), (0.0001, 0)) == [True, False]


def test_the_loop_tries_less_often_while_the_disk_stays_slow() -> None:
    """In a minute in which every read from the disk is slow, the loop makes a handful of them."""
    disk, pace = paced()
    made = reads(disk, pace, *[(0.02, 40)] * 3000)
    assert 5 <= sum(made) <= 5 + 60 / LONGEST_REST
    disk.now += 1000
    assert reads(disk, pace, (0.02, 40), (0.02, 40)) == [True, False]
    disk.now += REST
    assert reads(disk, pace, (0.0001, 0)) == [True]


def test_blocks_from_the_disk_are_counted() -> None:
    found = blocks_read()
    assert found is None or found >= 0


# Many thumbnails in one answer


def parts(answer: Any) -> dict[str, bytes]:
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    form = BytesParser(policy=email.policy.HTTP).parsebytes(head + answer.content)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in form.iter_parts()  # type: ignore[attr-defined]
    }


def test_thumbnails_of_a_page_come_as_one_form(served: Database) -> None:
    with TestClient(create_app(lambda: served)) as client:
        answer = client.get("/api/thumbnails?ids=3,1,99,2")
        single = {number: client.get(f"/api/{family}/{number}/thumbnail").content for number, family in
                  (("1", "images"), ("2", "images"), ("3", "videos"))}  # fmt: skip
        assert parts(answer) == single
        assert answer.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert answer.headers["cache-control"] == "no-store"
        assert parts(client.get("/api/thumbnails?ids=99")) == {}


@pytest.mark.parametrize("ids", ["", ",", "x", "1,-2", ",".join(map(str, range(1, THUMBNAILS_AT_MOST + 2)))])
def test_wrong_lists_are_refused_in_words(served: Database, ids: str) -> None:
    with TestClient(create_app(lambda: served)) as client:
        answer = client.get(f"/api/thumbnails?ids={ids}")
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


# Nothing is kept from one request to the next


def test_what_changes_is_seen_at_once(database: Database) -> None:
    gone, thin, harmed = (add(database, NOW) for _ in range(3))
    with TestClient(create_app(lambda: database), raise_server_exceptions=False) as client:
        for number in (gone, thin, harmed):
            assert client.get(f"/api/images/{number}/data").status_code == 200
            assert client.get(f"/api/images/{number}/thumbnail").status_code == 200
        trash.discard(database, [gone], NOW)
        assert client.get(f"/api/images/{gone}/data").status_code == 200
        trash.empty(database, NOW)
        with database.write() as connection:
            connection.execute(text("UPDATE media SET state = 'damaged' WHERE id = :id"), {"id": harmed})
        assert [client.get(f"/api/images/{gone}/{what}").status_code for what in ("data", "thumbnail")] == [404, 404]
        answer = client.get(f"/api/images/{harmed}/data")
        assert answer.status_code != 200
        assert "damaged" in answer.json()["error"]["message"]
        assert client.get(f"/api/images/{harmed}/thumbnail").status_code == 200
        with database.write() as connection:
            connection.execute(text("UPDATE media SET state = 'ready' WHERE id = :id"), {"id": harmed})
        assert client.get(f"/api/images/{harmed}/data").status_code == 200


def test_a_kind_that_is_not_the_items_is_told(served: Database) -> None:
    with TestClient(create_app(lambda: served)) as client:
        answer = client.get("/api/videos/1/data")
        assert (answer.status_code, "/api/images" in answer.json()["error"]["message"]) == (404, True)
        assert client.get("/api/videos/999999999999999999/data").status_code == 404
        assert client.get("/api/videos/99999999999999999999999/data").status_code == 404
        assert client.post("/api/images/1/data").status_code == 405


def test_on_an_affected_sqlite_all_goes_through_the_one_connection(tmp_path: Path) -> None:
    database = open_database(tmp_path / "studio.db", library=sqlite3.dbapi2)
    if not database.exclusive:
        pytest.skip("Python's own SQLite is not an affected one.")
    migrate(database, NOW)
    add(database, NOW, DATA)
    with TestClient(create_app(lambda: database)) as client:
        assert client.get("/api/images/1/data").content == DATA
        assert client.get("/api/images/1/thumbnail").status_code == 200
        assert set(parts(client.get("/api/thumbnails?ids=1"))) == {"1"}
    database.close()


def test_short_reads_leave_nothing_open(tmp_path: Path) -> None:
    database = open_database(tmp_path / "studio.db")
    migrate(database, NOW)
    add(database, NOW, DATA)
    crowd = [threading.Thread(target=lambda: list(blobs.read(database, 1, 0, len(DATA)))) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    with database.glance() as connection:  # still in use when the file is closed
        connection.execute("SELECT count(*) FROM media").fetchall()
        database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["studio.db"]


def test_a_failed_read_does_not_spoil_the_next(database: Database) -> None:
    with pytest.raises(StorageError, match="no such table"):
        database.rows("SELECT * FROM nowhere", ())
    with pytest.raises(ValueError, match="mine"), database.glance():
        raise ValueError("mine")
    assert database.rows("SELECT 1", ()) == [(1,)]
    with database.glance() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute("DELETE FROM meta")
    assert database.rows("SELECT count(*) > 0 FROM meta", ()) == [(1,)]


def test_an_item_that_is_nowhere_is_told_by_the_serving_itself(served: Database) -> None:
    async def run() -> None:
        reader = Reader()
        with pytest.raises(NotFound, match="There is no item 77"):
            await Serving(lambda: served).data("image", 77, "inline", {"headers": [], "method": "GET"},
                                               reader.receive, reader.send)  # fmt: skip
        assert reader.messages == []

    asyncio.run(run())


@pytest.mark.parametrize("query", ["", "?v=0123abcd", "?v=", "?v=zz", "?v=1&v=2", "?x=1", "?v=1&download=1"])
def test_a_query_behind_an_address_changes_no_byte(served: Database, query: str) -> None:
    with TestClient(create_app(lambda: served)) as client:
        answer = client.get(f"/api/images/1/data{query}")
        assert (answer.status_code, answer.content == DATA) == (200, True)
        kind = "attachment" if "download" in query else "inline"
        assert answer.headers["content-disposition"].startswith(kind)
        assert client.get(f"/api/images/1/thumbnail{query}").headers["content-type"] == "image/webp"
