"""The HTTP face: media with Range, thumbnails, recipes, jobs, statistics and health below /api. Knows neither
Streamlit nor how providers work.

Part of the studio's server, or alone: `uvicorn core.api:app` serves the file that STUDIO_DATABASE names.
"""

import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core import blobs, copies, exporting, jobs, library, prices, stats, webhooks
from core.closing import watching_signals
from core.database import Database, open_database
from core.errors import (
    BytesGone,
    DiskFailed,
    DiskFull,
    ExportRefused,
    InvalidInput,
    MediaRefused,
    NotFound,
    StorageBusy,
    StorageError,
    StudioError,
    WebhookRefused,
)
from core.gate import gates, hush
from core.health import Health, examine
from core.library import FAMILIES, Item
from core.migrations import migrate
from core.models import stamp
from core.preflight import preflight
from core.serving import MEDIA, Serving
from core.serving.answers import disposed
from core.settings import Settings, from_environment

PRIVATE: Final = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
FRESH: Final = PRIVATE | {"Cache-Control": "no-store"}
STATUS: Final[dict[type[StudioError], int]] = {
    NotFound: 404,
    BytesGone: 410,
    InvalidInput: 400,
    MediaRefused: 422,
    StorageBusy: 503,
    DiskFailed: 503,
    DiskFull: 507,
    ExportRefused: 409,
}
KIND_OF: Final = {family: kind for kind, family in FAMILIES.items()}
JOBS_AT_MOST: Final = 1_000
THUMBNAILS_AT_MOST: Final = 240
TEXT_SHOWN: Final = 2_000  # characters of a run's words in a list, if not all are asked for
VERSIONED: Final = re.compile(rb"(v=[0-9a-f]{1,16})?")  # the query that pages put behind addresses of media
PLAIN: Final = re.compile(rf"/api/({'|'.join(KIND_OF)})/([0-9]{{1,18}})/(data|thumbnail)")
JOB: Final = (
    "id", "kind", "provider", "model", "version", "prompt", "status", "progress", "waiting", "error", "error_code",
    "error_fields", "cancel_requested", "width", "height", "seed", "media", "lost", "awaited", "url", "deletes_at",
    "cost", "cost_estimate", "created_at", "started_at", "finished_at", "logs",
)  # fmt: skip


class Hook(Protocol):
    """Takes a provider's message; raises `WebhookRefused`."""

    def receive(self, headers: Mapping[str, str], body: bytes, nonce: str, now: datetime) -> None:
        """See `core.webhooks.Receiver`."""


def create_app(
    database_of: Callable[[], Database],
    lifespan: Any = None,
    hook_of: Callable[[], Hook] | None = None,
    middleware: Sequence[Middleware] = (),
    health_of: Callable[[datetime], Health] | None = None,
    **options: Any,
) -> Starlette:
    """The Starlette application; `database_of` gives the open file at the time of a request, `hook_of` who takes
    webhooks (None: they are not taken), `health_of` looks whether all is well (None: at the file alone)."""
    hooks = [Route("/api/webhooks/replicate", webhook, methods=["POST"])] if hook_of else []
    serving = Serving(database_of)
    app = Starlette(
        routes=[
            *hooks,
            Route("/api/health", health),
            Route("/api/jobs", jobs_json),
            Route("/api/storage", storage_json),
            Route("/api/thumbnails", thumbnails),
            Route("/api/exports/{form}", export),
            Route("/api/{family}/{id}", item_json),
            Route("/api/{family}/{id}/data", data),
            Route("/api/{family}/{id}/copy", copy),
            Route("/api/{family}/{id}/thumbnail", thumbnail),
        ],
        exception_handlers={HTTPException: http_error, StudioError: studio_error, Exception: other_error},
        lifespan=lifespan,
        middleware=[*middleware, Middleware(Shortcut, serving=serving)],
        **options,
    )
    app.router.redirect_slashes = False  # an unknown address is a 404, not a hint
    app.state.database_of = database_of
    app.state.serving = serving
    app.state.hook_of = hook_of
    app.state.health_of = health_of or (lambda now: examine(database_of(), now))
    return app


class Shortcut:
    """Answers plain requests for bytes and thumbnails without the way through the routes."""

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self._app = app
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Anything out of the ordinary goes to the routes."""
        plain = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        found = PLAIN.fullmatch(scope["path"]) if plain and VERSIONED.fullmatch(scope["query_string"]) else None
        if found is None:
            await self._app(scope, receive, send)
            return
        kind, number = KIND_OF[found[1]], int(found[2])
        try:
            if found[3] == "data":
                await self._serving.data(kind, number, "inline", scope, receive, send)
            else:
                await self._serving.thumbnail(kind, number, scope, receive, send)
        except StudioError as error:
            response = await studio_error(Request(scope), error)
            await response(scope, receive, send)


async def data(request: Request) -> ASGIApp:
    """The untouched bytes of a picture, video or sound, by RFC 9110; `?download=1` makes it an attachment.

    `?damaged=1` gives what is left of a damaged item, as an attachment.
    """
    if request.query_params.get("damaged"):
        return await _remains(request)
    kind = "attachment" if request.query_params.get("download") else "inline"
    return partial(_serving(request).data, *_address(request), kind)


async def _remains(request: Request) -> Response:
    """The bytes of a damaged item as they are now, as many as there are."""
    database, item = await _item(request, damaged=True)
    headers = MEDIA | FRESH | {"Content-Type": item.mime, "Content-Disposition": disposed(item, "attachment")}
    pieces = (data for _, data in blobs.chunks(database, item.id)) if request.method == "GET" else ()
    return StreamingResponse(pieces, headers=headers)


async def copy(request: Request) -> Response:
    """The item with its recipe written into it, as an attachment."""
    database, item = await _item(request)
    made = await run_in_threadpool(copies.copy_of, database, item)
    headers = MEDIA | FRESH | {"Content-Type": made.mime, "Content-Length": str(made.size)}
    headers |= {"Content-Disposition": disposed(item, "attachment")}
    return StreamingResponse(made.pieces if request.method == "GET" else (), headers=headers)


async def thumbnail(request: Request) -> ASGIApp:
    """A small WebP of the item."""
    return partial(_serving(request).thumbnail, *_address(request))


async def thumbnails(request: Request) -> ASGIApp:
    """The thumbnails of the items that `ids` names, a page of them in one answer."""
    ids = [_number(part) for part in request.query_params.get("ids", "").split(",") if part]
    if not 0 < len(ids) <= THUMBNAILS_AT_MOST:
        raise InvalidInput({"ids": f"ids must name 1 to {THUMBNAILS_AT_MOST} items, with commas between them."})
    return partial(_serving(request).thumbnails, ids)


async def item_json(request: Request) -> Response:
    """Measures and recipe of an item."""
    _, item = await _item(request)
    return JSONResponse(_readable(item), headers=FRESH)


async def jobs_json(request: Request) -> Response:
    """The newest runs (`limit`), or those that `ids` names, with counts by status; `text=whole` cuts no words."""
    database = _database(request)
    asked = request.query_params.get("ids")
    ids = [_number(part) for part in asked.split(",")][:JOBS_AT_MOST] if asked else None
    limit = JOBS_AT_MOST if asked else _limit(request.query_params.get("limit", "50"))
    rows = await run_in_threadpool(jobs.recent, database, limit=limit, ids=ids)
    counts = await run_in_threadpool(jobs.counts, database)
    most = None if request.query_params.get("text") == "whole" else TEXT_SHOWN
    answer = {"now": stamp(datetime.now(UTC)), "counts": counts, "jobs": [_job(row, most) for row in rows]}
    return JSONResponse(answer, headers=FRESH)


async def storage_json(request: Request) -> Response:
    """What the file holds and consists of, as the frames of `core.stats`; counted anew at most every few seconds."""
    found = await run_in_threadpool(stats.recent, _database(request), datetime.now(UTC))
    return Response(await run_in_threadpool(found.json), media_type="application/json", headers=FRESH)


async def export(request: Request) -> Response:
    """Items as a ZIP, or as a smaller studio file: `?ids=1,2,3`, or the parameters of a Library address."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise HTTPException(403, "Exports are not given to other sites. Open the address itself.")
    now, form = datetime.now(UTC), request.path_params["form"]
    name = exporting.name_of(form, now)
    asked = exporting.from_params({name: request.query_params.getlist(name) for name in request.query_params})
    headers = MEDIA | FRESH | {"Content-Disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return Response(headers=headers)
    made = await run_in_threadpool(exporting.sent, _database(request), asked, form, now)
    headers |= {"Content-Type": made.mime} | ({} if made.size is None else {"Content-Length": str(made.size)})
    return await _sent(made.pieces, 200, headers)


async def health(request: Request) -> Response:
    """Whether all is well: 200, or 503 with the checks that say what is wrong."""
    found: Health = await run_in_threadpool(request.app.state.health_of, datetime.now(UTC))
    checks = {check.name: {"good": check.good, "says": check.says} for check in found.checks}
    body = {"status": "ok" if found.good else "failing", "schema": found.schema, "checks": checks}
    return JSONResponse(body, 200 if found.good else 503, headers=FRESH)


async def webhook(request: Request) -> Response:
    """A signed hint from the provider that there is news of a run; read up to its cap and no further."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > webhooks.LARGEST:
            break
    hook = request.app.state.hook_of()
    nonce = request.query_params.get("nonce", "")[:100]
    await run_in_threadpool(hook.receive, request.headers, body, nonce, datetime.now(UTC))
    return Response(status_code=204, headers=FRESH)


async def http_error(_request: Request, error: Exception) -> Response:
    """Starlette's own refusals as JSON."""
    assert isinstance(error, HTTPException)
    sentences = {
        404: "There is nothing at this address below /api.",
        405: "This address does not take this method.",
    }
    message = sentences.get(error.status_code, str(error.detail))
    return _refusal(error.status_code, "not_found" if error.status_code == 404 else "http", message, error.headers)


async def studio_error(_request: Request, error: Exception) -> Response:
    """Our own errors with their sentence."""
    assert isinstance(error, StudioError)
    if isinstance(error, WebhookRefused):
        return _refusal(error.status, error.code, error.sentence)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return _refusal(status, error.code, error.sentence, {"Retry-After": "1"} if status == 503 else None)


async def other_error(_request: Request, _error: Exception) -> Response:
    """Anything else: logged in full by the server, shown as one calm sentence."""
    return _refusal(500, "internal", "Something went wrong inside the studio; its log has the details.")


async def _sent(pieces: Generator[bytes], status: int, headers: dict[str, str]) -> Response:
    first = await run_in_threadpool(next, pieces)  # what is missing is told before the answer begins

    async def body() -> AsyncIterator[bytes]:
        try:
            yield first
            while piece := await run_in_threadpool(next, pieces, b""):
                yield piece
        finally:
            pieces.close()

    return StreamingResponse(body(), status, headers)


async def _item(request: Request, *, damaged: bool = False) -> tuple[Database, Item]:
    kind, number = _address(request)
    database = _database(request)
    return database, await run_in_threadpool(partial(library.addressed, database, kind, number, damaged=damaged))


def _address(request: Request) -> tuple[str, int]:
    kind = KIND_OF.get(request.path_params["family"])
    if kind is None:
        raise HTTPException(404)
    return kind, _number(request.path_params["id"])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= library.ID_LIMIT):
        raise NotFound(f"'{text[:40]}' is not the number of an item or run.")
    return int(text)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 5):
        raise InvalidInput({"limit": f"limit must be a number from 0 to {JOBS_AT_MOST}."})
    return min(int(text), JOBS_AT_MOST)


def _serving(request: Request) -> Serving:
    serving: Serving = request.app.state.serving
    return serving


def _database(request: Request) -> Database:
    database_of: Callable[[], Database] = request.app.state.database_of
    return database_of()


def _readable(item: Item) -> dict[str, Any]:
    base = f"/api/{FAMILIES[item.kind]}/{item.id}"
    return _moments(asdict(item)) | {"data": f"{base}/data", "thumbnail": f"{base}/thumbnail"}


def _moments(row: dict[str, Any]) -> dict[str, Any]:
    """The same with every moment as text, also one level down."""
    shown = {key: stamp(value) if isinstance(value, datetime) else value for key, value in row.items()}
    return {key: _moments(value) if isinstance(value, dict) else value for key, value in shown.items()}


def _job(row: dict[str, Any], most: int | None) -> dict[str, Any]:
    """A run as the pages follow it; `paid` tells that a second prediction would cost a second time."""
    words = row["text"] or ""
    told = {
        "text": words[:most],
        "text_length": len(words),
        "paid": row["provider"] not in prices.FREE,
        "cost_words": prices.cost_words(row["cost"], row["cost_estimate"]),
    }
    return _moments({name: row[name] for name in JOB}) | told


def _refusal(status: int, code: str, message: str, headers: Any = None) -> Response:
    body = {"error": {"code": code, "message": message}}
    return JSONResponse(body, status, headers={**FRESH, **(headers or {})})


def _alone(settings: Settings) -> Starlette:
    """The endpoint without a studio around it."""
    opened: list[Database] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            opened.append(await run_in_threadpool(_open, settings))
        except StudioError as error:
            sys.tracebacklimit = 0  # the server prints what it catches: the sentence alone helps
            raise SystemExit(error.sentence) from None
        try:
            with watching_signals():
                yield
        finally:
            await run_in_threadpool(opened.pop().close)

    hush()
    return create_app(lambda: opened[0], lifespan, middleware=gates(settings))


def _open(settings: Settings) -> Database:
    if not preflight(settings.database):
        raise StorageError(f"There is no studio file at {settings.database}. Set STUDIO_DATABASE to one.")
    database = open_database(settings.database, accept_lost_wal=settings.accept_lost_wal)
    migrate(database, datetime.now(UTC))
    return database


def __getattr__(name: str) -> Starlette:
    """`app`, made when an ASGI server asks for it; a wrong setting ends the process with its sentence."""
    if name != "app":
        raise AttributeError(name)
    try:
        return _alone(from_environment(os.environ))
    except StudioError as error:
        raise SystemExit(error.sentence) from None
