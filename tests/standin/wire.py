"""Answers that no honest server gives, written to the socket itself: cut, stalled, with a false length."""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

Step = bytes | float | str  # bytes to send, seconds to wait, or one of "cut", "close", "hang"


class Wire(H11Protocol):
    """uvicorn's protocol, with the connection laid open in `scope["transport"]` and `scope["flow"]`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["transport"], scope["flow"] = self.transport, self.flow
            await inner(scope, receive, send)

        self.app = app


class Raw(Response):
    """Plays steps on the bare connection; "cut" drops it at once, "close" after all is sent, "hang" waits."""

    def __init__(self, *steps: Step) -> None:
        super().__init__()
        self.steps = steps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Play, then wait until the connection is gone, so that uvicorn adds nothing of its own."""
        transport: asyncio.Transport = scope["transport"]
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await self._play(transport, scope["flow"], gone)
            await gone
        finally:
            gone.cancel()

    async def _play(self, transport: asyncio.Transport, flow: FlowControl, gone: "asyncio.Future[None]") -> None:
        for step in self.steps:
            if gone.done() or transport.is_closing():
                return
            if isinstance(step, bytes):
                transport.write(step)
                await flow.drain()
            elif isinstance(step, (int, float)):
                await asyncio.wait([gone], timeout=step)
            elif step == "cut":
                transport.abort()
            elif step == "close":
                transport.close()
            else:
                await gone


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def head(status: int, headers: Sequence[tuple[str, str]], reason: str = "OK") -> bytes:
    """The first lines of an HTTP answer, exactly as given."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
