"""How far transfers are, told while they go on."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial
from typing import Callable, Optional, Tuple

from ..flow.effects import Flow, Gather, Join, Tell
from ..values.file import File

# Bytes that were moved, and those in all, where they are known.
News = Tuple[int, Optional[int]]
Listener = Callable[[News], object]


class Meter:
    """The bytes of an upload so far: written by whatever thread moves them, told by its own flow.

    What a slow listener misses is not kept for it: it hears the latest.
    """

    def __init__(self, total: int | None) -> None:
        self._lock = threading.Lock()
        self._total = total
        self._done: int | None = None
        self._ended = False
        self._moved: Future[None] = Future()

    def at(self, done: int) -> None:
        """Take down how many bytes have been moved."""
        with self._lock:
            self._done = done
            self._wake()

    def end(self) -> None:
        """Take down that no more will be."""
        with self._lock:
            self._ended = True
            self._wake()

    def tell(self, listener: Callable[[int, int | None], object]) -> Flow[None]:
        """Tell a listener of each change until the end."""
        while True:
            yield Join(self._moved)
            with self._lock:
                done, self._done = self._done, None
                ended, self._moved = self._ended, Future()
            if done is not None:
                yield Tell([lambda now: listener(*now)], (done, self._total))
            if ended:
                return

    def _wake(self) -> None:
        if not self._moved.done():
            self._moved.set_result(None)


def metered(
    flow: Flow[File], meter: Meter, listener: Callable[[int, int | None], object]
) -> Flow[File]:
    """Run an upload, and tell a listener meanwhile how far it is."""

    def moving() -> Flow[File]:
        try:
            file = yield from flow
            meter.at(file.size)
            return file
        finally:
            meter.end()

    found: list[File] = yield Gather([moving(), meter.tell(listener)])
    return found[0]


class Tally:
    """The bytes of several files that are fetched at the same time, told as one."""

    def __init__(self, count: int, listener: Listener | None) -> None:
        self._known: list[News | None] = [None] * count
        self._listener = listener
        self._lock = threading.Lock()

    def of(self, number: int) -> Listener | None:
        """Return the listener for one of the files."""
        return None if self._listener is None else partial(self._tell, number, self._listener)

    def _tell(self, number: int, listener: Listener, news: News) -> object:
        with self._lock:
            self._known[number] = news
            told = [(0, None) if each is None else each for each in self._known]
            totals = [total for _, total in told if total is not None]
            total = sum(totals) if len(totals) == len(told) else None
            return listener((sum(done for done, _ in told), total))
