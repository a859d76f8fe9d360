"""Long runs, behind `make torture`: a crowd of slow readers."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from core.database import open_database
from core.migrations import migrate
from tests.factories import add
from tests.serving import ROOT, Server

resource = pytest.importorskip("resource", reason="This system has no limit of open files to raise.")

pytestmark = pytest.mark.torture
READERS = int(os.environ.get("STUDIO_TORTURE_READERS", "10000"))
MIB = 2**20


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for all connections at both ends; processes that are started inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = READERS + 1000
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), max(hard, wanted)))
    except (ValueError, OSError):
        pytest.skip(f"This account may not open {wanted} files at once (ulimit -n).")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, max(hard, wanted)))


class Watch:
    """Pings the studio's websocket without a pause and looks at its memory; `slowest` in seconds, `peak` in bytes."""

    def __init__(self, server: Server, socket: ClientConnection) -> None:
        self._process = psutil.Process(server.process.pid)
        self._socket = socket
        self._stopped = threading.Event()
        self.before = self.peak = self._process.memory_info().rss
        self.slowest = 0.0
        self.pings = 0

    def run(self) -> None:
        """Until it is stopped."""
        while not self._stopped.is_set():
            began = time.monotonic()
            answered = self._socket.ping().wait(60)
            self.slowest = max(self.slowest, time.monotonic() - began if answered else 60.0)
            self.pings += 1
            self.peak = max(self.peak, self._process.memory_info().rss)
            time.sleep(0.01)

    def stop(self) -> None:
        """Let it end."""
        self._stopped.set()


@contextmanager
def watching(server: Server) -> Iterator[Watch]:
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
        watch = Watch(server, socket)
        thread = threading.Thread(target=watch.run)
        thread.start()
        try:
            yield watch
        finally:
            watch.stop()
            thread.join()


def test_ten_thousand_slow_readers(tmp_path: Path, many_files: None) -> None:
    """Row 31: the right bytes, 400 MB of memory at most, and the page's own websocket answers within a second."""
    whole = random.Random(31).randbytes(64 * MIB)
    copy = tmp_path / "whole"
    copy.write_bytes(whole)
    server = Server(tmp_path)
    database = open_database(server.database)
    migrate(database, datetime.now(UTC))
    number = add(database, datetime.now(UTC), whole, kind="video")
    database.close()
    with server:
        server.fetch(f"/api/videos/{number}/thumbnail")
        command = [sys.executable, "-m", "tests.crowd_process", str(server.port), f"/api/videos/{number}/data"]
        with watching(server) as watch:
            crowd = subprocess.Popen(
                [*command, str(copy), str(READERS)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert crowd.stdout is not None
            assert crowd.stdout.readline() == "open\n"
            assert server.json("/api/health")["status"]
            wrong, _ = crowd.communicate("go on\n", timeout=1800)
        grown = watch.peak - watch.before
        print(f"{READERS} readers, {watch.pings} pings, slowest {watch.slowest:.2f} s, memory +{grown / 1e6:.0f} MB")
        assert int(wrong) == 0
        assert watch.slowest <= 1
        assert grown <= 400e6
