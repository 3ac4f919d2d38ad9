"""How fast a service may be called: found out by its throttling, and shared by all its callers.

Additive increase, multiplicative decrease, as in TCP: of the calls a second, and of the runs that
batches have under way. The service says neither, nor which of the two a throttle is about. A
refused submit of a batch counts for whichever is nearer to what was too much before; every other
refusal counts for the pace. Where more runs are then accepted than were too many, before any of
them ends, it was the pace after all.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import Tuple
from weakref import WeakValueDictionary

from ..constants import (
    LEAST_PACE,
    THROTTLE_DECREASE,
    THROTTLE_DOUBT,
    THROTTLE_PAUSE,
    THROTTLE_PERIOD,
)
from ..flow.clock import Clock
from ..flow.effects import Flow, Sleep
from ..forks import ForkAware, PerProcess
from .settings import Settings

_AVERAGED = 0.1  # the part that the latest run has in the average
_CLOCK_SLACK = 60.0  # seconds: a clock that falls back by more is another
_INSTANT = 1e-6  # seconds: what rounding leaves of a wait is none


class Ceiling:
    """A limit that is found by running into it.

    It falls below what was too much, is back there after a period, and grows the faster the
    longer nothing is refused.
    """

    def __init__(self) -> None:
        self.level = math.inf  # what was too much
        self.since = -math.inf  # when that was

    def at(self, now: float, period: float = THROTTLE_PERIOD) -> float:
        """Return the limit now; periods in seconds."""
        grown = 2.0 ** min(64.0, max(0.0, now - self.since) / period) - 1
        found: float = self.level * (THROTTLE_DECREASE + (1 - THROTTLE_DECREASE) * grown)
        return found

    def hit(self, level: float, now: float) -> None:
        """Take note of what was too much."""
        self.level, self.since = level, now


class Pace:
    """The calls a second; all times are the clock's monotonic ones, in seconds."""

    def __init__(self) -> None:
        self.ceiling = Ceiling()
        self._next = -math.inf
        self._latest: deque[float] = deque()

    def reserve(self, now: float) -> float:
        """Return when a call may begin that is to begin now."""
        begins = max(now, self._next)
        if self.ceiling.level < math.inf:
            self._next = begins + 1 / self.ceiling.at(begins)
        self._latest.append(begins)
        while self._latest[0] <= now - 1:
            self._latest.popleft()
        return begins

    def counted(self, now: float) -> int:
        """Return the calls that began in the last second."""
        return sum(now - 1 < each <= now for each in self._latest)

    def nearness(self, now: float) -> float:
        """Return what part of too many calls a second there are; 0 where none were too many."""
        return self.counted(now) / self.ceiling.level

    def refused(self, begun: float, now: float, pause: float) -> bool:
        """Slow down, once a round, and let nobody begin for a while; tell whether it is a round."""
        fresh = begun >= self.ceiling.since
        if fresh:
            level = min(self.ceiling.at(now), self.counted(now))
            self.ceiling.hit(max(LEAST_PACE, level), now + pause)
        self._next = max(self._next, now + pause)
        return fresh


class Window:
    """The runs that batches may have under way at once."""

    def __init__(self) -> None:
        self.running = 0
        self._ceiling = Ceiling()
        self._duration = 0.0  # of a run, on average, in seconds
        self._exceeded = math.inf  # since when more run than were too many, though none ended
        self._any_ended = False
        self._tries_again = -math.inf  # when one more is tried, though too many run

    def size(self, now: float) -> float:
        """Return how many runs may be under way."""
        return max(1.0, self._ceiling.at(now, max(THROTTLE_PERIOD, self._duration)))

    @property
    def nearness(self) -> float:
        """Return what part of too many runs there are; some where none were too many."""
        level = self._ceiling.level
        return self.running / level if level < math.inf else THROTTLE_DECREASE**2

    def has_room(self, submits: int, now: float) -> bool:
        """Tell whether there may be one more; beyond what was too much, one submit tries it."""
        under_way = self.running + submits
        if submits and under_way >= self._ceiling.level:
            return False
        in_doubt = not self._any_ended and now >= self._tries_again
        return under_way < self.size(now) or (in_doubt and not submits)

    def refused(self, begun: float, now: float, pause: float) -> None:
        """Make it smaller, once a round, and unless more are under way than it lets in.

        Until a run has ended it is in doubt, and tried again: less and less often.
        """
        if begun >= self._ceiling.since and self.running <= self.size(now):
            self._ceiling.hit(self.running, now)
            self._exceeded = math.inf
        self._tries_again = now + max(pause, now - self._ceiling.since)

    def is_disproved(self, now: float) -> bool:
        """Tell whether the service has more runs than were too many, for long enough.

        A run that has just ended there may not be known to have ended.
        """
        return now - self._exceeded >= THROTTLE_DOUBT

    def began(self, now: float) -> None:
        """Take note that a run was accepted."""
        self.running += 1
        if self.running > self._ceiling.level and not self._any_ended:
            self._exceeded = min(self._exceeded, now)

    def forget(self) -> None:
        """Take back what was learned."""
        self._ceiling, self._exceeded = Ceiling(), math.inf

    def ended(self, seconds: float) -> None:
        """Take note that a run ended that took so long."""
        self.running = max(0, self.running - 1)
        self._exceeded, self._any_ended = math.inf, True
        self._duration += (seconds - self._duration) * (_AVERAGED if self._duration else 1.0)


class Limiter(ForkAware):
    """The limits of one endpoint and app key, as far as this process has met them.

    It is shared by threads and event loops: nobody waits in it, callers are told how long to.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._start()
        super().__init__()

    def after_fork_in_child(self) -> None:
        """Begin anew: the runs that were counted are the parent's."""
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._pace = Pace()
        self._window = Window()
        self._round = 0
        self._blamed = 0  # the calls in the second before the runs were blamed
        self._seen = -math.inf

    def admitted(self, patience: float = math.inf) -> Flow[float]:
        """Wait until a call may begin, at most so many seconds; return when that is."""
        while True:
            with self._lock:
                now = self._clock.monotonic()
                if now < self._seen - _CLOCK_SLACK:  # another clock: what was learned is void
                    self._start()
                self._seen = now
                begins, started = self._pace.reserve(now), self._round
            if begins - now <= _INSTANT:
                return now
            yield Sleep(min(begins - now, patience))
            patience -= begins - now
            with self._lock:
                if self._round == started or patience <= 0:
                    return self._clock.monotonic()

    def refused(self, begun: float, pause: float, *, submit: bool) -> float:
        """Take note that a call was throttled; return the seconds for which all should pause."""
        with self._lock:
            now = self._clock.monotonic()
            pause = max(pause, THROTTLE_PAUSE)
            window = self._window
            if submit and window.running and window.nearness >= self._pace.nearness(now):
                self._blamed = self._pace.counted(now)
                window.refused(begun, now, pause)
                return pause
            self._round += self._pace.refused(begun, now, pause)
            return pause

    def has_room(self, submits: int) -> bool:
        """Tell whether one more run may be begun, beside the submits that are under way."""
        with self._lock:
            now = self._clock.monotonic()
            if self._window.is_disproved(now):
                self._window.forget()
                level = min(self._blamed, self._pace.ceiling.at(now))
                self._pace.ceiling.hit(max(LEAST_PACE, level), now)
            return self._window.has_room(submits, now)

    def began(self) -> float:
        """Take note that a run of a batch was accepted; return when."""
        with self._lock:
            now = self._clock.monotonic()
            self._window.began(now)
            return now

    def ended(self, began: float) -> None:
        """Take note that a run of a batch is over, or not followed any more."""
        with self._lock:
            self._window.ended(self._clock.monotonic() - began)


_Key = Tuple[str, str, int]
_limiters: WeakValueDictionary[_Key, Limiter] = WeakValueDictionary()
_making = PerProcess(threading.Lock)


def limiter_of(settings: Settings, clock: Clock) -> Limiter:
    """Return the one limiter of an endpoint and app key in this process."""
    key = (settings.endpoint, settings.app_key, id(clock))  # the limiter keeps the clock alive
    with _making.value:
        found = _limiters.get(key)
        if found is None:
            found = _limiters[key] = Limiter(clock)
        return found
