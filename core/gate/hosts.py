"""Which host names are answered, and whose pages may ask for a change."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_MORE: Final = re.compile(r"[/?#@\\\s]")  # what an address may have beside its host name and port


class HostGate:
    """Refuses requests for a host name that is not ours, so that no web page can reach the studio by rebinding."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str]) -> None:
        self._app = app
        self._allowed = {host.strip("[]").lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400; a websocket is closed."""
        if scope["type"] == "lifespan" or "*" in self._allowed or self._host(scope) in self._allowed:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._refusal(scope)(scope, receive, send)

    def _host(self, scope: Scope) -> str | None:
        named = headers(scope, b"host")
        plain = len(named) == 1 and not _MORE.search(named[0])
        return _hostname(f"//{named[0]}") if plain else None

    def _refusal(self, scope: Scope) -> JSONResponse:
        message = (
            f"The studio does not answer to the host name '{self._host(scope) or ''}'. "
            "If it is yours, add it to STUDIO_ALLOWED_HOSTS and start the studio again."
        )
        return JSONResponse({"error": {"code": "unknown_host", "message": message}}, 400)


class OriginGate:
    """Refuses changes that another site's page asks for: everything but GET and HEAD, and websockets.

    Browsers tell by `Sec-Fetch-Site` who asks; where they do not (plain http to another machine), `Origin` must be one
    of our host names. Programs that are no browsers send neither. `exempt` paths are signed by their senders instead.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str], exempt: Sequence[str] = ()) -> None:
        self._app = app
        self._allowed = {host.strip("[]").lower() for host in allowed_hosts}
        self._exempt = tuple(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403; a websocket is closed."""
        if scope["type"] == "lifespan" or self._harmless(scope) or self._ours(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            message = "This request came from another site's page, so it was refused. Open the studio itself."
            body = {"error": {"code": "cross_site", "message": message}}
            await JSONResponse(body, 403)(scope, receive, send)

    def _harmless(self, scope: Scope) -> bool:
        return scope["type"] == "http" and (scope["method"] in ("GET", "HEAD") or scope["path"] in self._exempt)

    def _ours(self, scope: Scope) -> bool:
        site, origin = headers(scope, b"sec-fetch-site"), headers(scope, b"origin")
        if site:
            return site in (["same-origin"], ["none"])
        return not origin or "*" in self._allowed or (len(origin) == 1 and _hostname(origin[0]) in self._allowed)


def headers(scope: Scope, wanted: bytes) -> list[str]:
    """Every value of a header; its name in lower case."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
