"""The delivery host: a port of its own, no token, right headers; or wrong ones where a rule says so."""

import asyncio
import base64
import gzip
import re
from collections.abc import Callable
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.standin import catalogue
from tests.standin.edge import seen
from tests.standin.media import Spec, crc32c, md5
from tests.standin.rules import Rule, taken
from tests.standin.state import State
from tests.standin.wire import Raw, Step, head

PAGE = b"<!DOCTYPE html>\n<html><head><title>Something went wrong</title></head><body><p>Try again</p></body></html>\n"
INSIDE = "http://169.254.169.254/latest/meta-data/"
HOUR = 3600


def application(state: State) -> Starlette:
    """The delivery host."""

    async def cover(request: Request) -> Response:
        _note(state, request, "cover")
        model = catalogue.everything().get("{owner}/{name}".format(**request.path_params))
        if model is None:
            return _missing(404)
        scenes = bool(state.switches["scenes"])
        spec = Spec("still", "webp", model.description, len(model.full_name), 384, 240, scenes=scenes)
        data = await asyncio.to_thread(state.studio.make, spec)
        return Response(data, media_type="image/webp", headers={"cache-control": f"public,max-age={HOUR}"})

    async def file(request: Request) -> Response:
        path = request.url.path
        _note(state, request, "file")
        held = state.media.get(path.removeprefix("/moved"))
        if held is None or (status := _gone(state, held.prediction)):
            return _missing(404 if held is None else status)
        rule = _rule(state, request, held.prediction, held.spec)
        data = state.studio.made(held.spec)
        if data is None:
            data = await asyncio.to_thread(state.studio.make, held.spec)
        if rule is None:
            return honest(request, data, held.spec.content_type)
        return spoiled(state, request, rule, data, held.spec.content_type)

    async def crashed(request: Request, error: Exception) -> Response:
        state.crashed(error)
        return _missing(500)

    return Starlette(
        routes=[
            Route("/covers/{owner}/{name}.webp", cover, methods=["GET", "HEAD"]),
            Route("/{path:path}", file, methods=["GET", "HEAD"]),
        ],
        exception_handlers={500: crashed},
    )


def _note(state: State, request: Request, route: str) -> None:
    path = request.url.path
    state.note(seen("delivery", route, request, b"", state.clock.now()))
    with state.lock:
        state.fetches[path] += 1
        if "authorization" in request.headers:
            state.leaks.append(path)


def _gone(state: State, identifier: str | None) -> int:
    """The status to refuse with, or 0: files come with the end of a run and go with its hour."""
    if identifier is None:
        return 0
    prediction = state.find(identifier)
    if prediction is None:
        return 404
    if prediction.removed:
        return int(state.switches["gone_status"])
    there = prediction.shown_output(state.clock.now())
    return 0 if there is not None else 404


def _rule(state: State, request: Request, identifier: str | None, spec: Spec) -> Rule | None:
    prediction = state.predictions.get(identifier or "")
    subject = {
        "path": request.url.path,
        "type": spec.content_type,
        "prediction": identifier,
        "model": prediction.model.full_name if prediction else None,
    }
    with state.lock:
        rule = taken(state.deliveries, subject)
        return rule or (taken(prediction.deliveries, subject) if prediction else None)


def facts(data: bytes, content_type: str) -> dict[str, str]:
    """The headers of the bucket behind the delivery host."""
    return {
        "content-type": content_type,
        "etag": f'"{md5(data)}"',
        "accept-ranges": "bytes",
        "access-control-allow-origin": "*",
        "age": "0",
        "cache-control": f"public,max-age={HOUR}",
        "date": formatdate(usegmt=True),
        "last-modified": formatdate(usegmt=True),
        "server": "UploadServer",
        "via": "1.1 google",
        "x-goog-hash": ",".join(_hashes(data)),
        "x-goog-storage-class": "STANDARD",
        "x-goog-stored-content-encoding": "identity",
        "x-goog-stored-content-length": str(len(data)),
    }


def _hashes(data: bytes) -> list[str]:
    """Both checksums; of large files the quick one alone."""
    md5_ = base64.b64encode(bytes.fromhex(md5(data))).decode()
    return [*([f"crc32c={crc32c(data)}"] if len(data) < 2**19 else []), f"md5={md5_}"]


def honest(request: Request, data: bytes, content_type: str) -> Response:
    """The file, or the part of it that was asked for."""
    headers = facts(data, content_type)
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    condition = request.headers.get("if-range")
    if match and (match[1] or match[2]) and condition in (None, headers["etag"]):
        first, end = _span(match[1], match[2], len(data))
        if first >= end:
            return Response(status_code=416, headers={"content-range": f"bytes */{len(data)}"})
        part = data[first:end]
        return Response(part, 206, headers | {"content-range": f"bytes {first}-{end - 1}/{len(data)}"})
    return Response(data, 200, headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)


def spoiled(state: State, request: Request, rule: Rule, data: bytes, content_type: str) -> Response:
    """The file as a rule spoils it."""
    kind, args = rule.kind, rule.args
    if kind in ("redirect", "loop", "elsewhere"):
        moved = f"{state.delivery}/moved{request.url.path}"
        target = {"redirect": moved, "loop": f"{state.delivery}{request.url.path}", "elsewhere": INSIDE}[kind]
        if kind == "redirect" and request.url.path.startswith("/moved"):
            return honest(request, data, content_type)
        return Response(status_code=int(args.get("status", 302)), headers={"location": str(args.get("to", target))})
    if kind == "status":
        return _missing(int(args.get("status", 404)))
    if kind == "needs_token":
        return honest(request, data, content_type) if "authorization" in request.headers else _missing(403)
    if kind == "html":
        return Response(PAGE, 200, media_type="text/html")
    if kind == "garbage":
        return honest(request, b"\x00garbage" * (len(data) // 8 + 1), content_type)
    if kind == "wrong_type":
        return honest(request, data, str(args.get("content_type", "text/plain")))
    if kind == "gzip":
        headers = facts(data, content_type) | {"content-encoding": "gzip"}
        return Response(gzip.compress(data), 200, headers)
    if kind == "no_range":
        return Response(data, 200, facts(data, content_type))
    if kind == "padded":
        return honest(request, data + bytes(int(args.get("bytes", 2**20))), content_type)
    if kind == "changed":
        return honest(request, data + b"\0" * (rule.hits % 7 + 1), content_type)
    return Raw(*_steps(rule, data, content_type))


def _steps(rule: Rule, data: bytes, content_type: str) -> list[Step]:
    """What is written to the bare connection."""
    args, size = rule.args, len(data)
    cut = int(args.get("at", size // 2))
    facts_ = list(facts(data, content_type).items())
    length, closing = ("content-length", str(size)), ("connection", "close")
    chunked = ("transfer-encoding", "chunked")
    drops = [data[start : start + max(1, size // 20)] for start in range(0, size, max(1, size // 20))]
    wait = float(args.get("seconds", 0.5))
    plans: dict[str, Callable[[], list[Step]]] = {
        "chunked": lambda: [head(200, [*facts_, chunked]), *(_chunk(drop) for drop in drops), _chunk(b""), "close"],
        "no_length": lambda: [head(200, [*facts_, closing]), data, "close"],
        "no_length_cut": lambda: [head(200, [*facts_, closing]), data[:cut], "close"],
        "truncated": lambda: [head(200, [*facts_, length]), data[:cut], "close"],
        "cut": lambda: [head(200, [*facts_, length]), data[:cut], 0.05, "cut"],
        "long": lambda: [head(200, [*facts_, length, closing]), data + b"\0" * 1000, "close"],
        "doubled": lambda: [head(200, [*facts_, length, ("content-length", str(2 * size))]), data, "close"],
        "stall": lambda: [head(200, [*facts_, length]), data[:cut], "hang"],
        "slow": lambda: [head(200, [*facts_, length]), *(step for drop in drops for step in (drop, wait)), "close"],
        "endless": lambda: [head(200, [*facts_, chunked]), *[_chunk(bytes(2**18))] * 40_000, "cut"],
        "hang": lambda: ["hang"],
        "refused": lambda: ["cut"],
    }
    return plans[rule.kind]()


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _missing(status: int) -> Response:
    words = {403: "AccessDenied", 404: "NoSuchKey", 410: "Gone"}.get(status, "InternalError")
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{words}</Code></Error>"
    return PlainTextResponse(body, status, media_type="application/xml")
