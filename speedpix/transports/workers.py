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
    """Up to so many threads, each there while there is work; a process ends without them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._tasks: deque[tuple[Future[Any], Task]] = deque()
        self._running = 0

    def submit(self, task: Task) -> Future[Any]:
        """Have something done in a thread, or, where none can be started any more, at once."""
        future: Future[Any] = Future()
        with self._lock:
            self._tasks.append((future, task))
            if self._running >= self._limit:
                return future
            self._running += 1
        try:
            threading.Thread(target=self._work, name="speedpix", daemon=True).start()
        except RuntimeError:  # the interpreter is ending, or there are too many threads
            self._work()
        return future

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._tasks:
                    self._running -= 1
                    return
                future, task = self._tasks.popleft()
            if future.set_running_or_notify_cancel():
                _do(task, future)
            del future, task  # what they hold need not outlive them


def _do(task: Task, future: Future[Any]) -> None:
    try:
        found = task()
    except BaseException as error:  # noqa: BLE001 - for whoever waits for it
        future.set_exception(error)
    else:
        future.set_result(found)
