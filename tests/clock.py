"""A clock for tests: only sleeping moves it, at once."""

from __future__ import annotations

import asyncio

from speedpix_emulator import SteppedClock


class ManualClock(SteppedClock):
    """Serve a client and an emulator alike; remember every sleep, in seconds."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        super().__init__(start)
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let the time pass without waiting for it."""
        self.sleeps.append(seconds)
        self.advance(seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Let the time pass, and other tasks run."""
        self.sleep(seconds)
        await asyncio.sleep(0)
