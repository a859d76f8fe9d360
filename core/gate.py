"""ASGI middleware before everything else: which host names are answered, and which requests go below a prefix."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


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
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1:
            return None
        try:
            return urlsplit(f"//{named[0]}").hostname
        except ValueError:
            return None

    def _refusal(self, scope: Scope) -> JSONResponse:
        message = (
            f"The studio does not answer to the host name '{self._host(scope) or ''}'. "
            "If it is yours, add it to STUDIO_ALLOWED_HOSTS and start the studio again."
        )
        return JSONResponse({"error": {"code": "unknown_host", "message": message}}, 400)


class Below:
    """Hands requests below `prefix` to an application of their own, ahead of Streamlit's session and gzip layers."""

    def __init__(self, app: ASGIApp, base: str, prefix: str, inner: ASGIApp) -> None:
        self._app = app
        self._base = base
        self._prefix = base + prefix
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by path; `base` is cut off before `inner` sees it."""
        path: str = scope.get("path", "")
        if scope["type"] == "http" and (path == self._prefix or path.startswith(self._prefix + "/")):
            scope = {**scope, "path": path[len(self._base) :], "root_path": ""}
            await self._inner(scope, receive, send)
        else:
            await self._app(scope, receive, send)
