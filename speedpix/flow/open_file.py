"""A file opened in one thread and closed in another, whichever of them comes first."""

from __future__ import annotations

import threading
from typing import Callable, Generic, TypeVar, cast

S = TypeVar("S")


class OpenFile(Generic[S]):
    """A file that is opened once and closed for good.

    A task that is cancelled does not wait for its worker thread, which may still be about to
    open the file: it is closed then all the same, so that none is left open.
    """

    def __init__(self, opener: Callable[[], S], closer: Callable[[S], object]) -> None:
        self._opener = opener
        self._closer = closer
        self._lock = threading.Lock()
        self._stream: S | None = None
        self._closed = False

    @property
    def stream(self) -> S:
        """Return the file, which has been opened."""
        return cast("S", self._stream)

    @property
    def is_open(self) -> bool:
        """Tell whether the file has been opened, and not closed."""
        return self._stream is not None and not self._closed

    def open(self) -> None:
        """Open the file, unless it is open, or was closed already."""
        with self._lock:
            if self._stream is None and not self._closed:
                self._stream = self._opener()

    def close(self) -> None:
        """Close the file, or see to it that it is not opened any more."""
        with self._lock:
            self._closed = True
            if self._stream is not None:
                self._closer(self._stream)
