"""Who may come in. With a token or a log-in set up everything asks who is there, but what `OPEN` names."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.gate import page
from core.gate.keys import Keys
from core.gate.sessions import Sessions

OPEN: Final = ("/api/health", "/api/webhooks/replicate", "/_stcore/health")  # these say little, or check a signature
LARGEST_FORM: Final = 16 * 1024  # bytes
SCRIPT: Final = "script"  # the session of a program that sends the token itself
REFUSED: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
WRONG: Final = "This is not the token."
SLOWLY: Final = "Too many wrong tokens came from your address. Wait a minute, then try again."


class Accounts(Protocol):
    """Log-in with an account that people have elsewhere."""

    paths: tuple[str, ...]  # of the log-in itself, without the base: they have to be open
    leave: str  # where logging out goes, without the base

    def of(self, connection: HTTPConnection) -> str | None:
        """Who asks; None: nobody who may come in."""

    def links(self) -> Sequence[tuple[str, str]]:
        """Addresses, without the base, and words of the ways to log in."""


class VisitorGate:
    """Asks pages, websocket and API alike for a session, a token or an account.

    The token comes once as `?token=` or in the log-in form, or with every request as `Authorization: Bearer`.
    """

    def __init__(self, app: ASGIApp, token: str = "", accounts: Accounts | None = None, base: str = "") -> None:
        self._app = app
        self._keys = Keys(token) if token else None
        self._sessions = Sessions(token, base or "/") if token else None
        self._accounts = accounts
        self._base = base
        self._open = tuple(base + path for path in OPEN) + (
            tuple(base + at for at in accounts.paths) if accounts else ()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, let its sender in or out, or refuse it: 401, 429; a websocket is closed."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and scope["path"] in self._open):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif answer := await self._answer(Request(scope, receive)):
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """What is said instead of passing the request on; None: it is passed on."""
        path, method = request.scope["path"], request.method
        if self._keys and "token" in request.query_params and method == "GET" and _is_visit(request):
            return self._enter(request, request.query_params["token"], _here(request))
        if self._keys and path == f"{self._base}/login" and method == "POST":
            given = await _form(request)
            return self._enter(request, given.get("token", ""), given.get("back", ""))
        who = self._who(request)
        if path == f"{self._base}/logout" and method == "POST":
            return self._leave(who)
        return None if who else self._refusal(request, _here(request))

    def _who(self, connection: HTTPConnection) -> str | None:
        """The session, account or script that asks; None: nobody who may."""
        if self._sessions and (session := self._sessions.of(connection)):
            return session
        if self._accounts and (account := self._accounts.of(connection)):
            return account
        return SCRIPT if self._fits(connection, _bearer(connection)) else None

    def _fits(self, connection: HTTPConnection, token: str | None) -> bool:
        """Whether a token opens the studio; wrong ones are counted."""
        if not token or not self._keys or not self._keys.may_try(_address(connection)):
            return False
        if self._keys.fits(token):
            return True
        self._keys.missed(_address(connection))
        return False

    def _enter(self, request: Request, token: str, back: str) -> Response:
        """A session for who has the token, at the address without it."""
        if not self._sessions or not self._fits(request, token):
            return self._refusal(request, back, WRONG)
        answer = RedirectResponse(_local(back) or f"{self._base}/", 303, headers=page.HEADERS)
        self._sessions.begin(answer, secure=request.url.scheme == "https")
        return answer

    def _leave(self, who: str | None) -> Response:
        """End the session; an account logs out at its own address."""
        if self._accounts and not (self._sessions and self._sessions.is_session(who)):
            return RedirectResponse(self._base + self._accounts.leave, 303)
        answer = RedirectResponse(f"{self._base}/", 303, headers=REFUSED | {"Clear-Site-Data": '"cache"'})
        if self._sessions and who:
            self._sessions.end(who, answer)
        return answer

    def _refusal(self, request: Request, back: str, wrong: str = "") -> Response:
        """401, or 429; the log-in form leads on to `back`."""
        tried = wrong or _bearer(request)
        stopped = tried and self._keys and not self._keys.may_try(_address(request))
        status, told = (429, SLOWLY) if stopped else (401, wrong)
        answer = self._page(back, status, told) if _is_browser(request) else self._json(status, told)
        if status == 429 and self._keys:
            answer.headers["Retry-After"] = str(self._keys.wait)
        return answer

    def _page(self, back: str, status: int, told: str) -> HTMLResponse:
        parts = []
        if self._accounts:
            parts += [page.link(self._base + address, words) for address, words in self._accounts.links()]
        if self._keys:
            parts.append(page.form(f"{self._base}/login", back, told))
        return page.page('<p class="or">or</p>'.join(parts), status)

    def _json(self, status: int, told: str) -> JSONResponse:
        message = told or "This studio asks who is there. Send its token as 'Authorization: Bearer TOKEN', or log in."
        body = {"error": {"code": "too_many_tries" if status == 429 else "not_logged_in", "message": message}}
        return JSONResponse(body, status, headers=REFUSED | ({"WWW-Authenticate": "Bearer"} if status == 401 else {}))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a websocket on for as long as its session lasts."""
        who = self._who(HTTPConnection(scope))
        if who is None:
            await send({"type": "websocket.close", "code": 1008})
        elif self._sessions and self._sessions.is_session(who):
            with self._sessions.listening(who) as ended:
                await self._app(scope, _until(ended, receive, send), send)
        else:
            await self._app(scope, receive, send)


def _until(ended: asyncio.Event, receive: Receive, send: Send) -> Receive:
    """What a websocket receives, and its end as soon as the session ends."""

    async def next_message() -> Message:
        coming, ending = asyncio.ensure_future(_awaited(receive)), asyncio.ensure_future(ended.wait())
        try:
            await asyncio.wait((coming, ending), return_when=asyncio.FIRST_COMPLETED)
            if coming.done() and not (ended.is_set() and coming.result()["type"] == "websocket.receive"):
                return coming.result()
        finally:
            coming.cancel()
            ending.cancel()
        await send({"type": "websocket.close", "code": 1008})
        return {"type": "websocket.disconnect", "code": 1008}

    return next_message


async def _awaited(receive: Receive) -> Message:
    return await receive()


async def _form(request: Request) -> dict[str, str]:
    """The fields of a short form; {} for a longer one."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_FORM:
            return {}
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _here(request: Request) -> str:
    """The address that was asked for, without the token."""
    kept = [(name, value) for name, value in parse_qsl(request.url.query, keep_blank_values=True) if name != "token"]
    return str(request.scope["path"]) + (f"?{urlencode(kept)}" if kept else "")


def _local(address: str) -> str | None:
    """The address if it is one of this host; None for every other."""
    parts = urlsplit(address.replace("\\", "/"))
    local = address.startswith("/") and not address.startswith("//") and address.isprintable()
    return address if local and not parts.scheme and not parts.netloc and "\\" not in address else None


def _bearer(connection: HTTPConnection) -> str | None:
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""


def _is_browser(request: Request) -> bool:
    return "/api/" not in request.scope["path"] and "text/html" in request.headers.get("accept", "")


def _is_visit(request: Request) -> bool:
    """Whether somebody goes to this address: pictures in pages elsewhere must not use up this machine's tries."""
    return request.headers.get("sec-fetch-dest", "document") == "document"
