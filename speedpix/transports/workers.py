"""Threads for work that blocks.

The standard library's executors, asyncio's own too, take no work any more once the main thread
has ended, though other threads go on; and a process that is to end waits for theirs.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import Any, Callable

Task = Callable[[], Any]


class Workers:
    """Up to so many threads; each stays so many seconds after work; a process ends without them."""

    def __init__(self, limit: int, patience: float = 0.0) -> None:
        self._limit = limit
        self._patience = patience
        self._changed = threading.Condition(threading.Lock())
        self._tasks: deque[tuple[Future[Any], Task]] = deque()
        self._running = 0
        self._idle = 0

    def submit(self, task: Task) -> Future[Any]:
        """Have something done in a thread, or, where none can be started any more, at once."""
        future: Future[Any] = Future()
        with self._changed:
            self._tasks.append((future, task))
            if self._idle >= len(self._tasks):
                self._changed.notify()
                return future
            if self._running >= self._limit:
                return future
            self._running += 1
        try:
            threading.Thread(target=self._work, name="speedpix", daemon=True).start()
        except RuntimeError:  # the interpreter is ending, or there are too many threads
            self.close()
            self._work()
        return future

    def close(self) -> None:
        """Let each thread end with its work."""
        with self._changed:
            self._patience = 0.0
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._tasks and self._patience:
                    self._idle += 1
                    self._changed.wait(self._patience)
                    self._idle -= 1
                if not self._tasks:
                    self._running -= 1
                    return
                future, task = self._tasks.popleft()
            if future.set_running_or_notify_cancel():
                _do(task, future)
            del future, task  # what they hold need not outlive them


def _do(task: Task, future: Future[Any]) -> None:
    try:
        future.set_result(task())
    except BaseException as error:  # noqa: BLE001 - for whoever waits for it
        future.set_exception(error)
        del task, future  # the error's traceback would keep them, and they the error
