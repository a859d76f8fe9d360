"""Which requests go to an application of their own, ahead of Streamlit's layers."""

from starlette.types import ASGIApp, Receive, Scope, Send


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
