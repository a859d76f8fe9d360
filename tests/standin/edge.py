"""What stands before every answer of the API: the token, the faults that were set, and the edge's own headers."""

import asyncio
import gzip
import json
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standin.models import Model
from tests.standin.rules import Rule
from tests.standin.state import Seen, State
from tests.standin.wire import Raw, head

Handler = Callable[[State, Request, bytes], Awaitable[Response]]
Target = Callable[[Request, bytes], Model | None]
EDGE = {
    "cf-cache-status": "DYNAMIC",
    "server": "cloudflare",
    "strict-transport-security": "max-age=15552000",
    "via": "1.1 google",
}
UNAUTHENTICATED = "You did not pass a valid authentication token"
CREDIT = (
    "You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase "
    "credit. Once you purchase credit, please wait a few minutes before trying again."
)
LOW_CREDIT = (
    "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst "
    "of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~{seconds}s."
)


def problem(status: int, detail: str, title: str | None = None, kind: str = "application/problem+json") -> Response:
    """An error in the service's form."""
    body = {**({"title": title} if title else {}), "detail": detail, "status": status}
    return JSONResponse(body, status, media_type=kind)


def endpoint(
    state: State,
    path: str,
    name: str,
    method: str,
    handler: Handler,
    *,
    token: bool = True,
    target: Target | None = None,
) -> Route:
    """A route behind the edge; `target` finds the model that a create is for."""

    async def answer(request: Request) -> Response:
        body = b"" if name == "file_create" else await request.body()
        state.note(seen("api", name, request, body, state.clock.now()))
        if token and not state.authorised(request.headers.get("authorization", "")):
            return finished(state, request, name, problem(401, UNAUTHENTICATED, "Unauthenticated"))
        model = target(request, body) if target else None
        subject = {"route": name, "path": request.url.path, "model": model.full_name if model else None}
        rule = state.fault(subject, model)
        response = None
        if rule is None or rule.args.get("when") == "after" or rule.kind in ("delay", "half"):
            if rule is not None and rule.kind == "delay" and rule.args.get("when") != "after":
                await asyncio.sleep(float(rule.args.get("seconds", 1)))
            response = await handler(state, request, body)
        if rule is not None:
            response = await spoiled(rule, response)
        assert response is not None
        return finished(state, request, name, response)

    return Route(path, answer, methods=[method], name=name)


def seen(host: str, route: str, request: Request, body: bytes, at: float) -> Seen:
    """A request to keep; of long bodies the beginning."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Seen(host, route, request.method, request.url.path, request.url.query, headers, body[:8_000], at)


async def spoiled(rule: Rule, response: Response | None) -> Response:
    """What comes in place of an answer, or of it; `response` is None where nothing was done."""
    kind, args = rule.kind, rule.args
    if kind == "delay":
        if args.get("when") == "after":
            await asyncio.sleep(float(args.get("seconds", 1)))
        assert response is not None
        return response
    if kind == "half":
        whole = bytes(response.body) if response is not None else b"{}"
        headers = [("content-type", "application/json"), ("content-length", str(len(whole)))]
        return Raw(head(200, headers), whole[: len(whole) // 2], "close")
    made: dict[str, Callable[[], Response]] = {
        "status": lambda: _status(int(args.get("status", 500)), str(args.get("form", "json"))),
        "throttle": lambda: throttle(str(args.get("form", "body")), float(args.get("seconds", 1))),
        "no_credit": no_credit,
        "unauthenticated": lambda: problem(401, UNAUTHENTICATED, "Unauthenticated"),
        "not_found": lambda: problem(404, "The requested resource could not be found."),
        "cut": lambda: Raw("cut"),
        "hang": lambda: Raw("hang"),
        "garbage": lambda: Response(b'{"id": "abc", "status": ', 200, media_type="application/json"),
        "list": lambda: JSONResponse(["not", "an", "object"], int(args.get("status", 200))),
        "redirect": lambda: Response(status_code=302, headers={"location": str(args.get("to", "http://127.0.0.2/"))}),
    }
    return made[kind]()


def no_credit() -> Response:
    """402."""
    return problem(402, CREDIT, "Insufficient credit", "application/json")


def throttle(form: str, seconds: float) -> Response:
    """429 in one of the forms in which it has been seen or is looked for."""
    whole = max(1, round(seconds))
    plain = "Request was throttled."
    about = f"{plain} Your rate limit resets in ~{whole}s."
    expected = f"{plain} Expected available in {whole} second{'s' * (whole > 1)}."
    documents: dict[str, Any] = {
        "header": {"detail": plain, "status": 429},
        "date": {"detail": plain, "status": 429},
        "body": {"detail": LOW_CREDIT.format(seconds=whole), "status": 429, "retry_after": whole},
        "about": {"detail": about},
        "second": {"detail": expected},
        "bare": {"detail": plain},
    }
    waits = {"header": str(whole), "date": formatdate(time.time() + whole, usegmt=True)}
    return JSONResponse(documents[form], 429, {"retry-after": waits[form]} if form in waits else None)


def _status(status: int, form: str) -> Response:
    names = {403: "Forbidden", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
    title = names.get(status, "Error")
    if form == "html":
        words = f"{status} {title}"
        page = f"<html>\n<head><title>{words}</title></head>\n<body>\n<center><h1>{words}</h1></center>\n<hr>"
        return Response(f"{page}<center>cloudflare</center>\n</body>\n</html>\n", status, media_type="text/html")
    if form == "empty":
        return Response(b"", status)
    if form == "list":
        return JSONResponse([title], status)
    return problem(status, title, title, "application/problem+json" if form == "problem" else "application/json")


def finished(state: State, request: Request, name: str, response: Response) -> Response:
    """The answer with the headers that the edge puts on, packed where the client asked for that."""
    if isinstance(response, Raw):
        return response
    extra = dict(EDGE) | {"date": formatdate(usegmt=True)}
    if response.status_code != 401:
        left = {"create": "599", "model_create": "599", "get": "59999"}.get(name, "2999")
        extra |= {"ratelimit-remaining": left, "ratelimit-reset": "1"}
    for header, value in extra.items():
        response.headers.setdefault(header, value)
    wanted = "gzip" in request.headers.get("accept-encoding", "") and state.switches["gzip"]
    if wanted and len(response.body) > 500:
        packed = gzip.compress(bytes(response.body), 1)
        response.body = packed
        response.headers["content-encoding"] = "gzip"
        response.headers["content-length"] = str(len(packed))
        response.headers["vary"] = "Accept-Encoding"
    return response


def read_json(body: bytes) -> Any:
    """The JSON of a body; raises `ValueError`."""
    return json.loads(body.decode("utf-8"))
