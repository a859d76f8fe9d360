"""Lets a closing server end answers that a slow or paused reader would keep open for ever.

A web server waits for open answers before it shuts down, and a paused video is one. On the first signal to end,
the answers held here are cut off.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from anyio import CancelScope

_open: set[CancelScope] = set()


@contextmanager
def cut_off_when_closing() -> Iterator[None]:
    """What runs inside, in a task of the event loop, ends early when the process is told to end."""
    with CancelScope() as scope:
        _open.add(scope)
        try:
            yield
        finally:
            _open.discard(scope)


@contextmanager
def watching_signals() -> Iterator[None]:
    """Within it, SIGINT and SIGTERM cut answers off before whoever was to handle them does so."""
    if threading.current_thread() is not threading.main_thread():  # as under a test client
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(_cut_off)
        handler = before[signal.Signals(number)]
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


def _cut_off() -> None:
    for scope in list(_open):
        scope.cancel()
