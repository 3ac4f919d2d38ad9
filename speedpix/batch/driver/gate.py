"""What lets the submits of a batch pass, a few at a time, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import AsyncIterator, Callable


class ClosedError(Exception):
    """Nothing may pass any more."""


class Gate:
    """A gate that lets `width` pass at a time, each when `may_pass` agrees, first come first.

    `changed` is to be called when `may_pass` may have another answer.
    """

    def __init__(self, width: int, may_pass: Callable[[], bool]) -> None:
        self.within = 0
        self._width = width
        self._may_pass = may_pass
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.is_closed = False

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Wait for one's turn, and pass; ClosedError when nothing may pass any more."""
        if self.is_closed:
            raise ClosedError
        if self._waiting or not self._has_room():
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled() and turn.exception() is None:
                    self._leave()  # the turn came just when the wait was given up
                raise
        else:
            self.within += 1
        try:
            yield
        finally:
            self._leave()

    def close(self) -> None:
        """Let nothing pass any more."""
        self.is_closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(ClosedError())

    def changed(self) -> None:
        """Let pass who may."""
        while self._waiting and self._has_room():
            turn = self._waiting.popleft()
            if not turn.done():
                self.within += 1
                turn.set_result(None)

    def _leave(self) -> None:
        self.within -= 1
        self.changed()

    def _has_room(self) -> bool:
        return self.within < self._width and self._may_pass()
