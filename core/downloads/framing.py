"""The body of an HTTP/1.1 answer, read exactly as it is framed: by its length, in chunks, or to the connection's end.

Knows neither sockets nor files. A body that is cut, or that its headers lie about, never ends well. One thing cannot
be told: without length and chunks, a body ends wherever the connection does.
"""

import re
from http.client import HTTPMessage
from io import BufferedReader
from typing import Final

from core.errors import DownloadFailed

CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
LENGTH: Final = re.compile(r"[0-9]{1,15}")
LONGEST_LINE: Final = 4096  # of a chunk's size or of a trailer, in bytes
MOST_TRAILERS: Final = 100


class Interrupted(DownloadFailed):
    """What another try may mend, at once or after `retry_after` seconds."""

    def __init__(self, sentence: str, status: int | None = None, retry_after: float = 0.0) -> None:
        super().__init__(sentence, status)
        self.retry_after = retry_after


class Body:
    """What follows the headers; `length` is in bytes, None when it is not known beforehand."""

    def __init__(self, source: BufferedReader, head: HTTPMessage, version: int) -> None:
        self._source = source
        self._chunked = _is_chunked(head, version)
        self.length = None if self._chunked else _length(head)
        self._left = 0 if self._chunked else self.length  # of the chunk or of the body
        self._ended = False

    def read(self, most: int) -> bytes:
        """What has arrived, up to `most` bytes; b"" at the end.

        Raises `Interrupted` when the body is cut, `DownloadFailed` when it is not framed as it should be.
        """
        if self._chunked and not self._left and not self._ended:
            self._next_chunk()
        if self._left == 0:
            return b""
        data = self._source.read1(most if self._left is None else min(most, self._left))
        if self._left is not None:
            self._take(len(data))
        return data

    def overruns(self) -> bool:
        """Whether bytes follow a body that has ended; waits for the connection to end."""
        return self._left is not None and bool(self._source.read(1))

    def _take(self, count: int) -> None:
        if not count:
            raise Interrupted("The connection ended before the whole file had arrived. Try again in a moment.")
        self._left = (self._left or 0) - count
        if self._chunked and not self._left and self._line() != b"\r\n":
            raise _false()

    def _next_chunk(self) -> None:
        size = CHUNK_SIZE.fullmatch(self._line())
        if not size:
            raise _false()
        self._left = int(size[1], 16)
        if not self._left:
            self._skip_trailers()
            self._ended = True

    def _skip_trailers(self) -> None:
        for _ in range(MOST_TRAILERS):
            if self._line() == b"\r\n":
                return
        raise _false()

    def _line(self) -> bytes:
        line = self._source.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            if len(line) == LONGEST_LINE:
                raise _false()
            raise Interrupted("The connection ended before the whole file had arrived. Try again in a moment.")
        return line


def _is_chunked(head: HTTPMessage, version: int) -> bool:
    encodings = head.get_all("Transfer-Encoding", [])
    if not encodings:
        return False
    if version < 11 or "Content-Length" in head or [name.strip().lower() for name in encodings] != ["chunked"]:
        raise _false()
    return True


def _length(head: HTTPMessage) -> int | None:
    lengths = head.get_all("Content-Length", [])
    if not lengths:
        return None
    if len(lengths) > 1 or not LENGTH.fullmatch(lengths[0].strip(" \t")):
        raise _false()
    return int(lengths[0])


def _false() -> DownloadFailed:
    return DownloadFailed(
        "The file's host contradicts itself about how long the file is, so it was not kept. Run it again."
    )
