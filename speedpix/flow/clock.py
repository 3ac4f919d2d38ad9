"""The time, and how it passes, in a way that tests can step."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Callable, Iterator, Protocol

from attrs import frozen


class Clock(Protocol):
    """What the SDK takes the time from and sleeps by; all values in seconds."""

    def time(self) -> float:
        """Return the time since the epoch."""

    def monotonic(self) -> float:
        """Return a time that never goes back."""

    def sleep(self, seconds: float) -> None: ...

    async def async_sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def async_sleep(self, seconds: float) -> None:
        import asyncio  # blocking programs do without it

        await asyncio.sleep(seconds)


@frozen
class Instant:
    """A moment on the monotonic clock of this process.

    It means nothing to another process: unpickled, it is None.
    """

    seconds: float

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        """Pickle as None."""
        return type(None), ()


class DefaultClock:
    """The machine's clock, or the one that a test has put in its place."""

    def __init__(self) -> None:
        self.current: Clock = SystemClock()

    @contextmanager
    def replaced(self, clock: Clock) -> Iterator[None]:
        """Put another clock in its place, for all that use this one."""
        before, self.current = self.current, clock
        try:
            yield
        finally:
            self.current = before

    def time(self) -> float:
        return self.current.time()

    def monotonic(self) -> float:
        return self.current.monotonic()

    def sleep(self, seconds: float) -> None:
        self.current.sleep(seconds)

    async def async_sleep(self, seconds: float) -> None:
        await self.current.async_sleep(seconds)


# The clock of every client that was given none, so that a test reaches those of its program.
DEFAULT_CLOCK = DefaultClock()
