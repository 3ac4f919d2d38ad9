"""A service that throttles, and a batch of it, on a clock that is stepped: no network, no time."""

from __future__ import annotations

import heapq
import random
from itertools import count

from speedpix.constants import BACKOFF_BASE, MAX_SUBMITS
from speedpix.flow.effects import Sleep
from speedpix.gateway.limiter import Limiter

MAX_CALLS = 32
LATENCY = 0.02  # seconds a call takes


class World:
    """So many runs through a limiter, at a service that refuses what is above its limits."""

    def __init__(self, *, calls_per_second=None, running_jobs=None, duration=1.0, seed=1):
        self.now = 0.0
        self.calls = self.refused = self.done = 0
        self.finished = None
        self._limiter = Limiter(self)
        self._calls_per_second = calls_per_second
        self._running_jobs = running_jobs
        self._duration = duration
        self._second, self._in_second = -1, 0
        self._ends = []  # of the jobs at the service
        self._random = random.Random(seed)
        self._submits = self._free = 0
        self._events, self._order = [], count()

    def monotonic(self):
        return self.now

    def run(self, runs, concurrency):
        """Make the runs; return the seconds that takes."""
        waiting = [self._one() for _ in range(runs)]
        for flow in waiting[:concurrency]:
            self._at(0.0, flow)
        rest = iter(waiting[concurrency:])
        while self._events:
            self.now, _, flow = heapq.heappop(self._events)
            try:
                self._at(self.now + next(flow), flow)
            except StopIteration:
                self.done += 1
                following = next(rest, None)
                if following is not None:
                    self._at(self.now, following)
        assert self.done == runs
        return self.now

    def _at(self, moment, flow):
        heapq.heappush(self._events, (moment, next(self._order), flow))

    def _one(self):
        """One run, as the driver makes it; yields seconds to wait."""
        submitted = False
        while not submitted:
            while not (self._submits < MAX_SUBMITS and self._limiter.has_room(self._submits)):
                yield 0.02 + self._duration / 100
            self._submits += 1
            submitted = yield from self._call(submit=True)
            self._submits -= 1
        began = self._limiter.began()
        end = self.now + self._duration
        while True:
            yield max(0.1, end - self.now)
            yield from self._call(submit=False)
            if self.now >= end:
                break
        yield from self._call(submit=False)
        self._limiter.ended(began)

    def _call(self, *, submit):
        attempt = 0
        while True:
            admitted = self._limiter.admitted()
            while True:
                try:
                    effect = next(admitted)
                except StopIteration as found:
                    begun = found.value
                    break
                assert isinstance(effect, Sleep)
                yield effect.seconds
            self.calls += 1
            yield LATENCY * self._random.uniform(0.5, 1.5)
            if self._accepts(submit):
                return True
            self.refused += 1
            attempt += 1
            pause = BACKOFF_BASE * 2 ** min(attempt - 1, 4) * self._random.random()
            shared = self._limiter.refused(begun, pause, submit=submit)
            if submit:
                return False
            yield shared

    def _accepts(self, submit):
        self._in_second = self._in_second + 1 if int(self.now) == self._second else 1
        self._second = int(self.now)
        if self._calls_per_second and self._in_second > self._calls_per_second:
            return False
        if submit and self._running_jobs:
            while self._ends and self._ends[0] <= self.now:
                heapq.heappop(self._ends)
            if len(self._ends) >= self._running_jobs:
                return False
            heapq.heappush(self._ends, self.now + self._duration)
        return True
