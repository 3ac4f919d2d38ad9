"""A file that worker threads use, and that a task closes which does not wait for them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from operator import methodcaller
from typing import Callable, Generic, Iterator, TypeVar

S = TypeVar("S")


class OpenFile(Generic[S]):
    """A file that is opened when it is first used, and closed for good.

    A task that is cancelled does not wait for its worker thread, which may still be about to open
    the file, or be writing to it. Were it closed then, its descriptor could be another's by the
    time that the thread writes: a picture would go into a connection. So who uses it last closes.
    """

    def __init__(
        self, opener: Callable[[], S], closer: Callable[[S], object] = methodcaller("close")
    ) -> None:
        self._opener = opener
        self._closer = closer
        self._opening = threading.Lock()
        self._state = threading.Lock()  # never held while the file is waited for
        self._stream: S | None = None
        self._users = 0
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Tell whether the file has been opened, and not closed."""
        return self._stream is not None and not self._closed

    @contextmanager
    def used(self) -> Iterator[S]:
        """Return the file, opened if it is not, which stays open meanwhile.

        Raises:
            ValueError: it was closed.
        """
        with self._state:
            if self._closed:
                message = "the file was closed"
                raise ValueError(message)
            self._users += 1
        try:
            with self._opening:
                if self._stream is None:
                    self._stream = self._opener()
            yield self._stream
        finally:
            with self._state:
                self._users -= 1
                self._close_if_unused()

    def close(self) -> None:
        """Close the file, at once or when nobody uses it any more; it is not opened again."""
        with self._state:
            self._closed = True
            self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._closed and not self._users and self._stream is not None:
            stream, self._stream = self._stream, None
            self._closer(stream)
