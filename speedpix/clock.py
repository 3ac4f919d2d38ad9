"""Tell the time and let it pass, in a way that tests can step."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Be what the SDK takes the time from and sleeps by; all values in seconds."""

    def time(self) -> float:
        """Return the time since the epoch."""

    def monotonic(self) -> float:
        """Return a time that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Block for some time."""

    async def async_sleep(self, seconds: float) -> None:
        """Suspend the task for some time."""


class SystemClock:
    """Be the machine's own clock."""

    def time(self) -> float:
        """Return the time since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return a time that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block for some time."""
        time.sleep(seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Suspend the task for some time."""
        import asyncio  # blocking programs do without it

        await asyncio.sleep(seconds)
