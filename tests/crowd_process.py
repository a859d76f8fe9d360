"""Many readers at once, all slow: `python -m tests.crowd_process PORT PATH FILE READERS`.

Each asks for a range of what FILE holds and takes a little of it. Once all of them are there it says `open` and waits
for a line; then they read on, in small bites with pauses, and it says how many had wrong bytes or none.
"""

import asyncio
import random
import socket
import sys
from pathlib import Path

from uvicorn.loops.auto import auto_loop_factory

AT_ONCE = 300  # connections being made at a time
SHORTEST, LONGEST = 64 * 1024, 512 * 1024
BITE = 16 * 1024


class Slow:
    """One reader."""

    def __init__(self, chance: random.Random, whole: bytes) -> None:
        length = chance.randint(SHORTEST, LONGEST)
        self.start = chance.randrange(len(whole) - length)
        self.expected = memoryview(whole)[self.start : self.start + length]
        self.pause = chance.uniform(0, 0.05)

    async def ask(self, port: int, path: str) -> None:
        """Ask, and take the head of the answer."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BITE)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        self.reader, self.writer = await asyncio.open_connection(sock=connection, limit=BITE)
        last = self.start + len(self.expected) - 1
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={self.start}-{last}\r\n\r\n".encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 206"):
            raise ValueError(head)

    async def read_on(self) -> bool:
        """Take the rest; whether it was right."""
        at = 0
        while at < len(self.expected):
            bite = await self.reader.read(BITE)
            if not bite or bite != self.expected[at : at + len(bite)]:
                return False
            at += len(bite)
            await asyncio.sleep(self.pause)
        self.writer.close()
        return True


async def main(port: str, path: str, file: str, number: str) -> None:
    """All of them."""
    chance, whole, gate = random.Random(31), Path(file).read_bytes(), asyncio.Semaphore(AT_ONCE)
    readers = [Slow(chance, whole) for _ in range(int(number))]

    async def ask(reader: Slow) -> None:
        async with gate:
            await reader.ask(int(port), path)

    await asyncio.gather(*(ask(reader) for reader in readers))
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    found = await asyncio.gather(*(reader.read_on() for reader in readers), return_exceptions=True)
    print(sum(each is not True for each in found), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main(*sys.argv[1:]))
