"""A body in pieces, each read when the one before has gone out; bounded in memory however many readers are slow."""

import asyncio
import time
from typing import Final

from starlette.types import Receive, Send

from core import blobs
from core.database import Database
from core.serving.pace import Pace

MOST: Final = blobs.CHUNK  # bytes of a piece: each costs a turn of the loop, whatever its size
CACHED: Final = 8 * 2**20  # bytes of all pieces together that stay in the processor's cache, or nearly
FEW: Final = 256 * 1024  # of a piece the loop reads, when that would make it smaller
LEAST: Final = 8 * 1024  # of one when much is on its way to slow readers
ALL: Final = 48 * 2**20  # bytes on their way in all answers together, before pieces are that small
TURN: Final = 0.001  # seconds that an answer whose reader keeps up may have the loop to itself

Head = tuple[int, list[tuple[bytes, bytes]]]  # status and header fields


class Streams:
    """The bodies that one server sends, `answers` at a time; `held` bytes of them may still be in this process."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.answers = 0
        self.held = 0

    async def send(
        self, database: Database, media_id: int, span: tuple[int, int], head: Head, receive: Receive, send: Send
    ) -> None:
        """Send the bytes of an item from `span[0]` up to, not including, `span[1]`.

        Raises `StorageError` before anything was sent if the first of them are missing.
        """
        body = _Body(self, database, media_id, *span)
        gone: asyncio.Future[None] | None = None
        self.answers += 1
        try:
            piece = await body.read()
            if self.held > ALL // 2:
                _little_ahead(receive)
            await send({"type": "http.response.start", "status": head[0], "headers": head[1]})
            since = time.perf_counter()
            while piece and not (gone and gone.done()):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                body.went_out_but(len(piece))
                if time.perf_counter() - since > TURN:
                    gone = gone or asyncio.ensure_future(_gone(receive))
                    await asyncio.sleep(0)
                    since = time.perf_counter()
                piece = await body.read()
            if not piece:  # returns once the reader has nearly all
                await send({"type": "http.response.body"})
        finally:
            self.answers -= 1
            body.went_out_but(0)
            if gone:
                gone.cancel()

    def size(self) -> int:
        """Bytes that the next piece may have."""
        quick = max(FEW, CACHED // max(self.answers, 1)) if self._pace.quick else MOST
        return min(quick, MOST, max(LEAST, (ALL - self.held) // 8))

    async def read(self, database: Database, media_id: int, start: int, stop: int) -> bytes:
        """A piece, from `start` to the end of its chunk or `stop`."""
        return await self._pace.run(blobs.read_piece, database, media_id, start, stop)


class _Body:
    """One body, and what of it is on its way."""

    def __init__(self, streams: Streams, database: Database, media_id: int, start: int, stop: int) -> None:
        self._streams = streams
        self._database = database
        self._media_id = media_id
        self._start = start
        self._stop = stop
        self._held = 0

    async def read(self) -> bytes:
        """The next piece, empty at the end."""
        if self._start == self._stop:
            return b""
        size = min(self._streams.size(), self._stop - self._start)
        self._hold(size)  # from now on, for it may have to wait for a thread
        piece = await self._streams.read(self._database, self._media_id, self._start, self._start + size)
        self._hold(len(piece) - size)
        self._start += len(piece)
        return piece

    def went_out_but(self, left: int) -> None:
        """A server takes a piece when those before it have gone out, but for a little."""
        self._hold(left - self._held)

    def _hold(self, more: int) -> None:
        self._held += more
        self._streams.held += more


def _little_ahead(receive: Receive) -> None:
    """Let uvicorn buffer no more than a small piece for a connection; eight of them by itself."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.set_write_buffer_limits(high=LEAST)


async def _gone(receive: Receive) -> None:
    """Until nobody reads any more: uvicorn takes what is sent then without a word."""
    while (await receive())["type"] != "http.disconnect":
        pass
