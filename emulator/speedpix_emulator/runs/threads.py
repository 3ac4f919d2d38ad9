"""Threads that work on runs, and hold nobody up."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import Callable, TypeVar

T = TypeVar("T")


class Threads:
    """Up to so many threads, each there while there is work; a process ends without them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._tasks: deque[Callable[[], None]] = deque()
        self._running = 0

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Have a function called in a thread."""
        future: Future[T] = Future()

        def task() -> None:
            if future.set_running_or_notify_cancel():
                future.set_result(function())

        with self._lock:
            self._tasks.append(task)
            if self._running >= self._limit:
                return future
            self._running += 1
        threading.Thread(target=self._work, name="speedpix-work", daemon=True).start()
        return future

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._tasks:
                    self._running -= 1
                    return
                task = self._tasks.popleft()
            task()
