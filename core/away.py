"""Work that may take long, done away from the thread that asks for it. Knows nothing of what is done."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

Away = Callable[[Callable[[], Any]], "Future[Any]"]


def in_thread(work: Callable[[], Any]) -> "Future[Any]":
    """Begin `work` in a thread of its own, which does not hold up the end of the process."""
    future: Future[Any] = Future()
    threading.Thread(target=_into, args=(work, future), name="away", daemon=True).start()
    return future


def at_once(work: Callable[[], Any]) -> "Future[Any]":
    """Do `work` here and now: for those who step through a run by hand."""
    future: Future[Any] = Future()
    _into(work, future)
    return future


def _into(work: Callable[[], Any], future: "Future[Any]") -> None:
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)
