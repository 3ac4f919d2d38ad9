"""One line of standard error that changes in its place, while results are told above it."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import Callable, Iterator

from ...display.terminal import columns, is_live
from ...printable import cut
from .terminal import clearing, say

# Seconds from one look to the next: of a person, and in a log.
_LIVE, _LOGGED = 0.25, 60.0


class LiveLine:
    """A line that says how far something is, for as long as its `with` block lasts.

    Where standard error is no terminal it is written now and then.
    """

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text
        self._is_live = is_live(sys.stderr)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="speedpix-line", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._clear()

    @contextmanager
    def above(self) -> Iterator[None]:
        """Let lines be written above it."""
        with self._lock:
            self._clear()
            yield

    def _keep(self) -> None:
        while not self._ended.wait(_LIVE if self._is_live else _LOGGED):
            with self._lock:
                if self._is_live:
                    width = columns(sys.stderr) - 1  # a full line would wrap
                    say(f"{clearing()}{cut(self._text(), width)}", ends=False)
                else:
                    say(self._text())

    def _clear(self) -> None:
        say(clearing(), ends=False)
