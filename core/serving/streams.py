"""A body in pieces, each read when the one before has gone out; bounded in memory however many readers are slow."""

import asyncio
import time
from typing import Final

from starlette.types import Receive, Send

from core import blobs
from core.database import Database
from core.serving.pace import Pace

QUICK: Final = 256 * 1024  # bytes of a piece that the loop reads: they stay in the processor's cache
MOST: Final = blobs.CHUNK  # of one that a thread reads, where the way there counts
LEAST: Final = 16 * 1024
TURN: Final = 0.001  # seconds that an answer whose reader keeps up may have the loop to itself
ALL: Final = 64 * 2**20  # bytes on their way in all answers together

Head = tuple[int, list[tuple[bytes, bytes]]]  # status and header fields


class Streams:
    """The bodies that are being sent by one server."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._open = 0

    async def send(
        self, database: Database, media_id: int, span: tuple[int, int], head: Head, receive: Receive, send: Send
    ) -> None:
        """Send the bytes of an item from `span[0]` up to, not including, `span[1]`.

        Raises `StorageError` before anything was sent if the first of them are missing.
        """
        self._open += 1
        try:
            await self._send(database, media_id, *span, head, receive, send)
        finally:
            self._open -= 1

    async def _send(
        self, database: Database, media_id: int, start: int, stop: int, head: Head, receive: Receive, send: Send
    ) -> None:
        piece = await self._piece(database, media_id, start, stop)
        await send({"type": "http.response.start", "status": head[0], "headers": head[1]})
        start += len(piece)
        if start == stop:
            await send({"type": "http.response.body", "body": piece})
            return
        gone: asyncio.Future[None] | None = None
        since = time.perf_counter()
        try:
            while gone is None or not gone.done():
                await send({"type": "http.response.body", "body": piece, "more_body": start < stop})
                if start == stop:
                    return
                if time.perf_counter() - since > TURN:
                    gone = gone or asyncio.ensure_future(_gone(receive))
                    await asyncio.sleep(0)
                    since = time.perf_counter()
                piece = await self._piece(database, media_id, start, stop)
                start += len(piece)
        finally:
            if gone:
                gone.cancel()

    async def _piece(self, database: Database, media_id: int, start: int, stop: int) -> bytes:
        share = max(LEAST, ALL // self._open)
        size = min(QUICK if self._pace.quick else MOST, share)
        return await self._pace.run(blobs.read_piece, database, media_id, start, min(stop, start + size))


async def _gone(receive: Receive) -> None:
    """Until nobody reads any more: uvicorn takes what is sent then without a word."""
    while (await receive())["type"] != "http.disconnect":
        pass
