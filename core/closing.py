"""Lets a closing server end answers that a slow or paused reader would keep open for ever.

uvicorn waits for open connections before it shuts down, and a paused video is one. Some time after the first signal
to end, connections that are still open are cut off.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

GRACE: Final = 1.0  # seconds that answers under way get


@contextmanager
def watching_signals() -> Iterator[None]:
    """Within it, SIGINT and SIGTERM go to whoever was to handle them, and connections end in time."""
    if threading.current_thread() is not threading.main_thread():  # as under a test client
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        handler = before[signal.Signals(number)]
        loop.call_soon_threadsafe(loop.call_later, GRACE, _cut_off, getattr(handler, "__self__", None))
        if callable(handler):
            handler(number, frame)
        elif handler == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cut_off(server: Any) -> None:
    """Abort what is left of a `uvicorn.Server`'s connections; the handler of its signals is a method of it."""
    state = getattr(server, "server_state", None)
    for connection in list(getattr(state, "connections", ())):
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()
