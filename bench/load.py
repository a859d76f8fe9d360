"""Many keep-alive connections that ask in turn: wrk where there is one, else a client of our own on uvloop.

wrk costs a small part of what any server does. Ours is the bottleneck beside nginx: its ratios are too good there.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.settings import ROOT

SCRIPT: Final = Path(__file__).with_name("load.lua")
Request = tuple[str, dict[str, str]]  # path, headers


def raw(requests: Sequence[Request]) -> str:
    """Requests as they go over the wire, one after another, each behind its length."""
    texts = [_text(path, headers) for path, headers in requests]
    return "".join(f"{len(text)}\n{text}" for text in texts)


@dataclass(frozen=True)
class Load:
    """What came: whole answers, bytes (those of answers cut off at the end too), and the seconds that it took."""

    answers: int
    bytes: int
    seconds: float


def load(port: int, requests: Sequence[Request], connections: int, seconds: float, folder: Path) -> Load:
    """Ask for `seconds`; raises when any answer was not what it should be."""
    asked = folder / "requests"
    asked.write_text(raw(requests), newline="")
    if seconds >= 1 and shutil.which("wrk"):  # which counts whole seconds
        url = f"http://127.0.0.1:{port}/"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s", "-s", str(SCRIPT), url, str(asked)]
    else:
        command = [sys.executable, "-m", "bench.load", str(port), str(asked), str(connections), str(seconds)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 60, check=True)
    answers, size, microseconds, errors = map(int, answer.stdout.split("measured ")[1].split())
    if errors or not size:
        raise RuntimeError(f"{errors} errors beside {answers} answers: {requests[0]}")
    return Load(answers, size, microseconds / 1e6)


def _text(path: str, headers: dict[str, str]) -> str:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n{lines}\r\n"


def _read(file: Path) -> list[bytes]:
    found, left = [], file.read_bytes()
    while left:
        length, _, left = left.partition(b"\n")
        found.append(left[: int(length)])
        left = left[int(length) :]
    return found


def main(port: str, file: str, connections: str, seconds: str) -> None:
    """The client of our own, in a process of its own."""
    import asyncio

    from uvicorn.loops.auto import auto_loop_factory

    requests = _read(Path(file))
    turn = answers = size = errors = 0

    class Client(asyncio.Protocol):
        """One connection: a request, its answer, the next request."""

        def connection_made(self, transport: Any) -> None:
            self.transport, self.head, self.tail = transport, b"", b""
            self.left: int | None = None  # bytes of the answer under way
            self.ask()

        def ask(self) -> None:
            nonlocal turn
            turn += 1
            self.transport.write(requests[turn % len(requests)])

        def data_received(self, data: bytes) -> None:
            nonlocal size
            size += len(data)
            if self.left is None:
                self.head += data
                head, end, data = self.head.partition(b"\r\n\r\n")
                if end:
                    self.begin(head.lower())
            if self.left is not None:
                self.left -= len(data)
                self.tail = (self.tail + data[-5:])[-5:]
                if self.left == 0 or (self.left < 0 and self.tail == b"0\r\n\r\n"):  # below 0: in chunks
                    self.end()

        def begin(self, head: bytes) -> None:
            nonlocal errors
            errors += head[9:10] not in (b"2", b"3")
            length = head.partition(b"content-length:")[2].split(b"\r\n")[0].strip()
            self.head, self.left = b"", 0 if head[9:12] == b"304" else int(length or b"-1")

        def end(self) -> None:
            nonlocal answers
            answers += 1
            self.left, self.tail = None, b""
            self.ask()

    async def run() -> float:
        loop, began = asyncio.get_running_loop(), time.perf_counter()
        made = [await loop.create_connection(Client, "127.0.0.1", int(port)) for _ in range(int(connections))]
        await asyncio.sleep(float(seconds))
        while not answers and time.perf_counter() - began < 30:
            await asyncio.sleep(0.01)
        took = time.perf_counter() - began
        for transport, _ in made:
            transport.abort()
        return took

    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        took = runner.run(run())
    print(f"measured {answers} {size} {round(took * 1e6)} {errors}")


if __name__ == "__main__":
    main(*sys.argv[1:])
