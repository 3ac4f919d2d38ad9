"""Clocks: the system's, and one that a test steps."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """A source of time, in seconds. Everything that the emulator times reads one of these."""

    def time(self) -> float:
        """Return the seconds since the epoch."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""


class SystemClock:
    """The system's clock."""

    def time(self) -> float:
        """Return the seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()


class SteppedClock:
    """A clock that only moves when told to.

    >>> clock = SteppedClock()
    >>> before = clock.time()
    >>> clock.advance(20)
    >>> clock.time() - before
    20.0
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._lock = threading.Lock()
        self._epoch = start
        self._elapsed = 0.0

    def time(self) -> float:
        """Return the seconds since the epoch."""
        with self._lock:
            return self._epoch + self._elapsed

    def monotonic(self) -> float:
        """Return the seconds that have been stepped."""
        with self._lock:
            return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`; ValueError when negative."""
        if seconds < 0:
            message = f"a clock can't go back, and {seconds} is negative"
            raise ValueError(message)
        with self._lock:
            self._elapsed += seconds
