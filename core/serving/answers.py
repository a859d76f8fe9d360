"""What is asked of an item's bytes or of thumbnails, answered as ASGI messages: headers, and bodies by `streams`."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from core import library
from core.conditional import Representation, decide
from core.database import Database
from core.errors import NotFound
from core.library import Item, Outline
from core.serving.pace import Pace
from core.serving.streams import Streams

MEDIA: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'",
}
ASKED: Final = frozenset(
    (b"range", b"if-range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since")
)
GROUP: Final = 15  # thumbnails read and sent at a time, 300 kB
BOUNDARY: Final = "onefile-thumbnails-4f6e6546"

Fields = list[tuple[bytes, bytes]]


class Serving:
    """The answers of one server, from the file that `database_of` gives at the time of a request."""

    def __init__(self, database_of: Callable[[], Database]) -> None:
        self._database_of = database_of
        self._pace = Pace()
        self._streams = Streams(self._pace)

    async def data(self, kind: str, number: int, disposition: str, scope: Scope, receive: Receive, send: Send) -> None:
        """The untouched bytes of an item by RFC 9110; raises `NotFound`, `BytesGone`, `ItemDamaged`, `StorageError`."""
        database = self._database_of()
        item = await self._pace.run(library.outline, database, kind, number)
        if item is None:
            item = await run_in_threadpool(_elsewhere, database, kind, number)
        asked = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"] if name in ASKED]
        decision = decide(scope["method"], asked, Representation(item.bytes, f'"{item.sha256}"', item.created_at))
        fields = _fields(decision.headers)
        if decision.status in (200, 206):
            fields += _fields({"Content-Type": item.mime, "Content-Disposition": disposed(item, disposition)})
        fields += _MEDIA
        if decision.start == decision.stop:
            await _whole(send, decision.status, fields)
        else:
            span, head = (decision.start, decision.stop), (decision.status, fields)
            await self._streams.send(database, item.id, span, head, receive, send)

    async def thumbnail(self, kind: str, number: int, _scope: Scope, _receive: Receive, send: Send) -> None:
        """A small WebP of an item; raises `NotFound`."""
        database = self._database_of()
        found = await self._pace.run(library.thumbnail_at, database, kind, number)
        if found is None:
            found = await run_in_threadpool(library.thumbnail_data, database, kind, number)
        mime, data = found
        length = b"content-length", b"%d" % len(data)
        await _whole(send, 200, [(b"content-type", mime.encode()), length, *_MEDIA], data)

    async def thumbnails(self, numbers: Sequence[int], _scope: Scope, _receive: Receive, send: Send) -> None:
        """The thumbnails of several items as one form (`formData()` in a browser reads it): a file for each, named by
        the item's id. Those that have none are left out.

        Read and sent group by group, so that little of it is in memory at a time.
        """
        database = self._database_of()
        groups = [numbers[first : first + GROUP] for first in range(0, len(numbers), GROUP)]
        body = await self._group(database, groups[0])
        await send({"type": "http.response.start", "status": 200, "headers": _PAGE})
        for group in groups[1:]:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            body = await self._group(database, group)
        await send({"type": "http.response.body", "body": body + _END})

    async def _group(self, database: Database, numbers: Sequence[int]) -> bytes:
        found = await self._pace.run(library.thumbnails, database, numbers)
        return b"".join(piece for number, mime, data in found for piece in (_part_head(number, mime), data, b"\r\n"))


def disposed(item: Item | Outline, kind: str) -> str:
    """A Content-Disposition with a readable name; `kind` is inline or attachment."""
    plain = item.filename.encode("ascii", "ignore").decode().lstrip("-") or f"{item.kind}-{item.id}"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(item.filename)}"


def _elsewhere(database: Database, kind: str, number: int) -> Outline:
    """The item by the number that it had in the earlier system; raises why there is none."""
    item = library.addressed(database, kind, number)
    library.require_bytes(database, item)
    found = library.outline(database, item.kind, item.id)
    if found is None:
        raise NotFound(f"Item {number} has just changed. Ask for it once more.")
    return found


def _part_head(number: int, mime: str) -> bytes:
    named = f'Content-Disposition: form-data; name="{number}"; filename="{number}.webp"'
    return f"--{BOUNDARY}\r\n{named}\r\nContent-Type: {mime}\r\n\r\n".encode()


async def _whole(send: Send, status: int, fields: Fields, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def _fields(headers: dict[str, str]) -> Fields:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


_MEDIA: Final = _fields(MEDIA)
_PAGE: Final = _fields(
    MEDIA | {"Cache-Control": "no-store", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
)
_END: Final = f"--{BOUNDARY}--\r\n".encode()
