"""The stand-in as a thread with two ports: the API and the delivery host."""

import asyncio
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tests.standin import app, delivery
from tests.standin.control import Controls, looked, obey
from tests.standin.state import State
from tests.standin.webhooks import Postman
from tests.standin.wire import Wire

TOKEN = "r8_standin_0123456789abcdefghijklmnopqrs"
QUICK = {"speed": 200.0, "scenes": False, "edge": 192}


class StandIn(Controls):
    """Serves from entering to leaving; `port` 0 takes two free ports. Switches are those of `switches.SWITCHES`.

    Tests get quick predictions and plain small pictures; `python -m tests.standin` asks for slower and finer ones.
    """

    def __init__(self, port: int = 0, *, seed: int | None = None, **switches: Any) -> None:
        self._sockets = [_listening(port), _listening(port + 1 if port else 0)]
        numbers = [one.getsockname()[1] for one in self._sockets]
        self.base, self.delivery = (f"http://127.0.0.1:{number}" for number in numbers)
        self.token = TOKEN
        self.state = State(self.base, self.delivery, seed, **{**QUICK, **switches})
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="standin", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def obey(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a control document; raises `ValueError`."""
        return obey(self.state, order)

    def look(self, what: str) -> list[dict[str, Any]]:
        """Requests or webhooks seen."""
        return looked(self.state, what)

    def start(self) -> "StandIn":
        """Serve; returns when both ports answer."""
        self._thread.start()
        if not self._ready.wait(20):
            raise RuntimeError("The stand-in did not start.")
        return self

    def stop(self) -> None:
        """Drop every connection and end the thread."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(20)
        for listener in self._sockets:
            listener.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.state.pulse.bind(self._loop)
        postman = Postman(self.state)
        servers = [await _started(app.application(self.state), self._sockets[0])]
        servers.append(await _started(delivery.application(self.state), self._sockets[1]))
        following = asyncio.create_task(postman.run())
        self._ready.set()
        await self._stop.wait()
        following.cancel()
        postman.close()
        await asyncio.gather(*(_stopped(server) for server in servers))
        self.state.pulse.bind(None)

    def __enter__(self) -> "StandIn":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None and self.state.crashes:
            raise RuntimeError("The stand-in broke down:\n" + "\n".join(self.state.crashes))


def _listening(port: int) -> socket.socket:
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves TCP_NODELAY off: 40 ms an answer
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(256)
    return listener


async def _started(application: ASGIApp, listener: socket.socket) -> uvicorn.Server:
    """A server that answers; its signal handlers and its ticking loop are left out."""
    config = uvicorn.Config(
        application,
        http=Wire,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    return server


async def _stopped(server: uvicorn.Server) -> None:
    server.force_exit = True
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    await server.shutdown()
