"""A real studio server in a process of its own, as `make run` starts it, on a free port and a file of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from core.room import ballast_of

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """Started on entering; killed with all its children on leaving, if it still runs."""

    script = "studio.py"

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.folder = folder
        self.database = folder / "studio.db"
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.options = options
        self.environment = environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"

    def start(self) -> "Server":
        """Start and wait until it answers; raises with its words when it does not."""
        self.spawn()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.json("/api/health")
                return self
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")

    def spawn(self) -> None:
        """Start without waiting."""
        environment = {
            **os.environ,
            "STUDIO_DATABASE": str(self.database),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT),
            "STREAMLIT_SERVER_PORT": str(self.port),
            **self.environment,
        }
        command = [sys.executable, "-m", "streamlit", "run", self.script, *self.options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a group of its own, as a terminal or a supervisor would make
            )

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> float:
        """Ask it to end; returns the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(with_signal)
        self.process.wait(30)
        return time.monotonic() - started

    def kill(self) -> None:
        """As a crash would: no farewell."""
        self.process.kill()
        self.process.wait(30)

    def json(self, path: str) -> Any:
        """The JSON at a path."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def fetch(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """(status, headers in lower case, body) of a GET."""
        request = urllib.request.Request(self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def wait(self, done: Any, seconds: float = 60) -> Any:
        """The job list once `done(list)` is true; raises when that takes too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.json("/api/jobs")
            if done(answer):
                return answer
            time.sleep(0.05)
        raise TimeoutError(f"{answer['counts']}\n{self.log.read_text()[-3000:]}")

    def files(self) -> list[str]:
        """Every file in its folder but its log and the ballast, by name."""
        apart = (self.log, ballast_of(self.database))
        found = (path for path in self.folder.rglob("*") if path.is_file() and path not in apart)
        return sorted(str(path.relative_to(self.folder)) for path in found)

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.kill()
