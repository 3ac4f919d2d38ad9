"""Limits beyond which the gateway sends requests away."""

from __future__ import annotations

from collections import deque

from attrs import field, frozen

from ..clock import Clock
from ..runs.jobs import Jobs
from .authentication import RefusalError


@frozen
class Throttle:
    """The calls a second, and the runs at a time, that are let through; None for any number."""

    calls_per_second: int | None
    running_jobs: int | None
    _clock: Clock
    _calls: deque[float] = field(factory=deque, init=False)

    def count_call(self) -> None:
        """Take note of a call; RefusalError when there were too many in the last second."""
        if self.calls_per_second is None:
            return
        now = self._clock.monotonic()
        while self._calls and now - self._calls[0] >= 1:
            self._calls.popleft()
        if len(self._calls) >= self.calls_per_second:
            raise _throttled()
        self._calls.append(now)

    def check_jobs(self, jobs: Jobs) -> None:
        """Raise RefusalError when as many runs are under way as there may be."""
        if self.running_jobs is not None and jobs.running >= self.running_jobs:
            raise _throttled()


def _throttled() -> RefusalError:
    return RefusalError(429, "T429UN", "Throttled by USER Flow Control")
