"""Helper processes with a memory limit and a deadline, for bytes that are not trusted and for heavy work.

A process that dies, hangs or outgrows its memory fails its own task; the next task gets a fresh one. Knows nothing
of what the tasks do. Tasks are functions of an importable module; arguments and results travel as pickles.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Final

from loky.backend.context import get_context
from pebble import ProcessExpired, ProcessPool

from core.errors import ProcessDied, ProcessFailed

TICK: Final = 0.25  # seconds between two beats of a waiting caller's pulse


class Sandbox:
    """Up to `workers` processes, each of `memory` bytes at most (None: no limit)."""

    def __init__(self, *, memory: int | None, workers: int = 1) -> None:
        self._memory = memory
        self._workers = workers
        self._pool: ProcessPool | None = None
        self._starting = threading.Lock()

    def start(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> "Task":
        """Begin a task that may take `seconds`."""
        future: Future[Any] = self._ready().schedule(function, args=arguments, timeout=seconds)
        return Task(future, seconds)

    def run(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        seconds: float,
        pulse: Callable[[], None] | None = None,
    ) -> Any:
        """The task's result; `pulse` is called now and then while it lasts and may raise to give up.

        Raises `ProcessFailed` when the process did not survive, else what the task raised.
        """
        task = self.start(function, *arguments, seconds=seconds)
        try:
            while not task.done(TICK):
                if pulse:
                    pulse()
            return task.result()
        except BaseException:
            task.stop()
            raise

    def warm(self) -> None:
        """Start a process now, so that the first task need not wait for it."""
        self.start(os.getpid, seconds=60)

    def close(self) -> None:
        """End all processes at once."""
        with self._starting:
            pool, self._pool = self._pool, None
        if pool:
            pool.stop()
            pool.join()

    def _ready(self) -> ProcessPool:
        with self._starting:
            if self._pool is None or not self._pool.active:
                self._pool = ProcessPool(
                    max_workers=self._workers,
                    initializer=_limit,
                    initargs=(self._memory, os.getpid()),
                    context=get_context("loky"),  # unlike "spawn" it does not run the main script, a page, again
                )
            return self._pool


class Task:
    """Work under way in a sandbox."""

    def __init__(self, future: "Future[Any]", seconds: float) -> None:
        self._future = future
        self._seconds = seconds

    def done(self, wait: float = 0.0) -> bool:
        """Whether the task has ended, waiting up to `wait` seconds for it."""
        try:
            self._future.exception(timeout=wait)
        except FutureTimeout:
            return self._future.done()
        except BaseException:  # cancelled
            return True
        return True

    def result(self) -> Any:
        """The result of an ended task; raises `ProcessFailed` when its process did not survive."""
        try:
            return self._future.result(timeout=0)
        except FutureTimeout:
            raise ProcessFailed(f"It took longer than {self._seconds:.0f} s and was stopped.") from None
        except ProcessExpired as error:
            raise ProcessDied("The helper process broke down on it.") from error
        except BrokenExecutor as error:
            raise ProcessDied("The helper processes were being stopped.") from error
        except MemoryError as error:
            raise ProcessFailed("It needs more memory than it is allowed to use.") from error

    def stop(self) -> None:
        """End the task now, with its process."""
        self._future.cancel()


def _limit(memory: int | None, parent: int) -> None:
    """Runs first in each process: cap its memory, and end it when the studio's process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the studio ends its helpers itself
    if memory is not None and os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy's; each would reserve address space, which is what is limited
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(TICK)
    os._exit(1)
