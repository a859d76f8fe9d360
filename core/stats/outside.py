"""Reads a database file that is in use, from a process of its own.

A process that closes a file loses every lock that SQLite has on it there; so neither the file nor the index of its log
is ever opened in ours.
"""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from core.errors import StorageError
from core.stats.log import State

HEADER: Final = 48  # bytes of the index's header, which stands there twice; https://sqlite.org/walformat.html
PROGRAM: Final = """
import sys
path, size, header = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for line in sys.stdin:
    if line == "index\\n":
        try:
            with open(path + "-shm", "rb", buffering=0) as index:
                told = index.read(header)
        except FileNotFoundError:
            told = b""
        sys.stdout.buffer.write(told.ljust(header, b"\\0"))
    else:
        with open(path, "rb", buffering=0) as file:
            for page in map(int, line.split()):
                file.seek((page - 1) * size)
                sys.stdout.buffer.write(file.read(size).ljust(size, b"\\0"))
    sys.stdout.buffer.flush()
"""


class Outside:
    """The process, from entering to leaving; raises `StorageError` when it cannot read."""

    def __init__(self, path: Path, page_size: int) -> None:
        self._name, self._size = path.name, page_size
        arguments = [str(path.resolve()), str(page_size), str(2 * HEADER)]
        self._command = [sys.executable, "-I", "-S", "-c", PROGRAM, *arguments]

    def __enter__(self) -> Self:
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise self._unreadable() from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def log(self) -> State | None:
        """Where readers that begin now find the log's end; None while that is being changed."""
        told = self._ask("index", 2 * HEADER)
        one, other = told[:HEADER], told[HEADER:]
        return State(one[32:40], int.from_bytes(one[16:20], sys.byteorder)) if one == other else None

    def pages(self, numbers: list[int]) -> list[bytes]:
        """Pages as the file itself has them; what is beyond its end is empty."""
        told = self._ask(" ".join(map(str, numbers)), len(numbers) * self._size) if numbers else b""
        return [told[start : start + self._size] for start in range(0, len(told), self._size)]

    def _ask(self, line: str, expected: int) -> bytes:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{line}\n".encode())
            process.stdin.flush()
            told = process.stdout.read(expected)
        except OSError as error:
            raise self._unreadable() from error
        if len(told) < expected:
            raise self._unreadable()
        return told

    def _unreadable(self) -> StorageError:
        return StorageError(
            f"{self._name} could not be read to count its pages. Check the disk, then try again; nothing was changed."
        )
