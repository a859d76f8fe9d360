"""The process: started as the README says, ended by signals, killed, refused in words."""

import asyncio
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from core import jobs
from core.database import open_database
from core.migrations import migrate
from tests.factories import add, picture, run
from tests.serving import ROOT, Server

pytestmark = pytest.mark.alone

CLIP = run("sketch/clip", "a long clip", size=512, duration=8, fps=30)
STILL = run("sketch/still", "a short still", size=256)


def prepare(server: Server, *runs: jobs.Run) -> None:
    """Enqueue before or beside the server, as another process would."""
    database = open_database(server.database)
    migrate(database, datetime.now(UTC))
    jobs.enqueue(database, "batch", runs, datetime.now(UTC))
    database.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    database = open_database(folder / "studio.db")
    migrate(database, datetime.now(UTC))
    add(database, datetime.now(UTC), picture(300, 200))
    database.close()
    with Server(folder) as started:
        yield started


def test_it_listens_on_loopback_alone(server: Server) -> None:
    listening = psutil.Process(server.process.pid).net_connections(kind="tcp")
    assert {at.laddr.ip for at in listening if at.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


@pytest.mark.parametrize("path", ["/", "/library", "/item?id=1"])
def test_pages_are_served_and_other_hosts_are_not(server: Server, path: str) -> None:
    _, headers, shown = server.fetch(path)
    assert b"<title>Streamlit</title>" in shown
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    status, _, body = server.fetch(path, Host="evil.example")
    assert status == 400
    assert b"STUDIO_ALLOWED_HOSTS" in body


def test_the_websocket_is_refused_to_other_hosts(server: Server) -> None:
    def upgrade(host: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        headers = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw=="}  # fmt: skip
        connection.request("GET", "/_stcore/stream", headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status

    assert upgrade(f"127.0.0.1:{server.port}") == 101
    assert upgrade("evil.example") == 403


@pytest.mark.parametrize("path", ["/api/images/1/data", "/api/images/1/thumbnail"])
def test_streamlits_gzip_does_not_touch_media(server: Server, path: str) -> None:
    _, plain_headers, plain = server.fetch(path)
    _, headers, body = server.fetch(path, Accept_Encoding="gzip, br")
    assert "content-encoding" not in headers
    assert (body, headers.get("etag")) == (plain, plain_headers.get("etag"))
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", ["/api/images/1/data", "/api/images/1/thumbnail"])
def test_redbot_has_no_bad_note(server: Server, path: str) -> None:
    """Row 29: REDbot asks with and without gzip, Range and conditions."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.redbot_process", server.url + path]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    notes = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(notes) > 5, answer.stderr
    assert [note for note in notes if note[0] in ("bad", "warning", "error")] == []


def test_unknown_paths_below_api_never_reach_the_page(server: Server) -> None:
    for path in ("/api", "/api/", "/api/typo", "/api/images/abc/data", "/api/webhooks/replicate"):
        status, headers, body = server.fetch(path)
        assert (status, headers["content-type"]) == (404, "application/json"), path
        assert b"<html" not in body


def test_an_items_address_may_be_guessed(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/item/1")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["location"]) == (307, "/item?id=1")
    connection.close()


def test_the_font_comes_from_us(server: Server) -> None:
    status, headers, body = server.fetch("/assets/inter.woff2")
    assert (status, headers["content-type"]) == (200, "font/woff2")
    assert body[:4] == b"wOF2"


def test_a_second_process_may_serve_the_same_file_alone(server: Server, tmp_path: Path) -> None:
    from tests.serving import free_port

    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "core.api:app", "--port", str(port), "--log-level", "warning"]
    environment = {**os.environ, "STUDIO_DATABASE": str(server.database)}
    alone = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        other = Server(tmp_path)
        other.port, other.url, other.process = port, f"http://127.0.0.1:{port}", alone
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                found = other.fetch("/api/images/1/data")
                break
            except OSError:
                time.sleep(0.05)
        assert found[2] == server.fetch("/api/images/1/data")[2]
    finally:
        alone.terminate()
        alone.wait(10)


def test_below_a_base_path(tmp_path: Path) -> None:
    prepare(server := Server(tmp_path, STREAMLIT_SERVER_BASE_URL_PATH="studio"), STILL)
    server.spawn()
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if server.json("/studio/api/jobs")["counts"]["succeeded"]:
                    break
            except (OSError, ValueError):
                pass
            time.sleep(0.05)
        assert server.fetch("/studio/api/images/1/thumbnail")[1]["content-type"] == "image/webp"
        assert server.fetch("/studio/assets/inter.woff2")[0] == 200
        assert server.fetch("/studio/api/typo")[0] == 404
    finally:
        server.kill()


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_within_three_seconds_with_a_job_running(tmp_path: Path, with_signal: signal.Signals) -> None:
    server = Server(tmp_path)
    prepare(server, CLIP, CLIP, CLIP)
    server.start()
    server.wait(lambda answer: any(job["progress"] for job in answer["jobs"]))
    children = psutil.Process(server.process.pid).children(recursive=True)
    assert server.stop(with_signal) < 3
    _, alive = psutil.wait_procs(children, timeout=2)
    assert alive == []
    assert server.files() == ["studio.db"]
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_fails_no_run(tmp_path: Path, with_signal: signal.Signals) -> None:
    """Ctrl-C in a terminal and systemd's stop reach the helper processes as well."""
    server = Server(tmp_path)
    prepare(server, CLIP, CLIP)
    server.start()
    server.wait(lambda answer: any(job["progress"] for job in answer["jobs"]))
    os.killpg(server.process.pid, with_signal)
    server.process.wait(5)
    database = open_database(server.database)
    assert {row["status"] for row in jobs.recent(database)} <= {"running", "queued"}
    database.close()
    assert server.files() == ["studio.db"]


def test_a_paused_reader_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    """A paused video is an answer that its reader does not take."""
    server = Server(tmp_path)
    database = open_database(server.database)
    migrate(database, datetime.now(UTC))
    add(database, datetime.now(UTC), bytes(60 * 2**20))
    database.close()
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/api/images/1/data")
    answer = connection.getresponse()
    assert len(answer.read(1000)) == 1000
    assert server.stop() < 3
    connection.close()
    assert server.files() == ["studio.db"]


def test_kill_9_loses_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    """Row 2, once: what was done is whole, what ran runs to its end, once."""
    server = Server(tmp_path)
    prepare(server, STILL, run("sketch/clip", "short", size=256, duration=2), STILL)
    server.start()
    server.wait(lambda answer: any(job["status"] == "running" for job in answer["jobs"]))
    children = psutil.Process(server.process.pid).children(recursive=True)
    server.kill()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    started = time.monotonic()
    server.start()
    server.wait(lambda answer: answer["counts"]["succeeded"] == 3)
    assert time.monotonic() - started < 30
    assert [len(job["media"]) for job in server.json("/api/jobs")["jobs"]] == [1, 1, 1]
    for job in server.json("/api/jobs")["jobs"]:
        kind, number = job["media"][0]["kind"], job["media"][0]["id"]
        recorded = server.json(f"/api/{kind}s/{number}")
        assert len(server.fetch(f"/api/{kind}s/{number}/data")[2]) == recorded["bytes"]
    server.stop()
    assert server.files() == ["studio.db"]


def test_it_is_quick_to_start_again(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.stop()
    started = time.monotonic()
    with server:
        assert time.monotonic() - started < 10


def broken() -> dict[str, tuple[Callable[[Path], object], str]]:
    def foreign(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE songs (title)")
        connection.commit()
        connection.close()

    def newer(path: Path) -> None:
        database = open_database(path)
        migrate(database, datetime.now(UTC))
        with database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        database.close()

    def locked_away(path: Path) -> None:
        path.write_text("a file where the folder should be")

    return {
        "a folder": (lambda path: path.mkdir(), "is a folder"),
        "text": (lambda path: path.write_text("hello " * 100), "is not a SQLite file"),
        "empty": (lambda path: path.touch(), "is empty"),
        "foreign": (foreign, "not a studio's"),
        "newer": (newer, "newer version of the studio"),
        "below a file": (locked_away, "is a file, so no studio can be made below it"),
    }


@pytest.mark.parametrize("name", sorted(broken()))
def test_a_bad_database_path_is_one_sentence_and_a_failure(tmp_path: Path, name: str) -> None:
    act, words = broken()[name]
    server = Server(tmp_path)
    act(server.database)
    if name == "below a file":
        server.environment["STUDIO_DATABASE"] = str(server.database / "studio.db")
    before = server.database.stat()
    server.spawn()
    assert server.process.wait(30) != 0
    said = server.log.read_text()
    assert words in said
    assert "Traceback" not in said
    assert server.database.stat().st_mtime_ns == before.st_mtime_ns or name == "newer"


def test_a_bad_setting_is_one_sentence_and_a_failure(tmp_path: Path) -> None:
    server = Server(tmp_path, STUDIO_ALLOWED_HOSTS="http://x")
    server.spawn()
    assert server.process.wait(30) != 0
    assert "STUDIO_ALLOWED_HOSTS: 'http://x' is not a host name" in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize(
    ("environment", "words"),
    [({"STUDIO_DATABASE": "nowhere/studio.db"}, "no studio file at"), ({"STUDIO_ALLOWED_HOSTS": "a b"}, "host name")],
)
def test_the_endpoint_alone_refuses_in_words(environment: dict[str, str], words: str) -> None:
    command = [sys.executable, "-m", "uvicorn", "core.api:app", "--port", "0"]
    answer = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=30
    )
    assert answer.returncode != 0
    assert words in answer.stderr
    assert "File " not in answer.stderr


def test_many_readers_at_once_get_the_right_bytes(server: Server) -> None:
    whole = server.fetch("/api/images/1/data")[2]

    async def one(number: int) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        start = number * 37 % (len(whole) - 10)
        request = f"GET /api/images/1/data HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={start}-{start + 9}\r\n"
        writer.write(f"{request}Connection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer.endswith(whole[start : start + 10])

    async def all_of_them() -> list[bool]:
        return await asyncio.gather(*(one(number) for number in range(300)))

    assert all(asyncio.run(all_of_them()))
