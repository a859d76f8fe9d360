"""Which sites may show the studio's pages within their own: none, or a click there could be one here."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = "content-security-policy"


class FrameGate:
    """Tells browsers to show pages in frames of the studio itself alone. A page that has a policy keeps its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and what is answered with the header."""

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(POLICY, "frame-ancestors 'self'")
            await send(message)

        await self._app(scope, receive, with_policy if scope["type"] == "http" else send)
