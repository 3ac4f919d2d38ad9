"""A clock on which waiting takes no real time, and what puts it in the machine's clock's place."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any, Iterator, Union, cast

from attrs import field, frozen

from ..flow.clock import DEFAULT_CLOCK

Sleeper = Union[threading.Thread, "asyncio.Task[Any]"]

# Times are whole numbers of this part of a second, so that sums and differences of them are exact:
# who steps the clock by a run's 60 s is certain to find it ended.
_PARTS = 2.0**20

# Real seconds that one who has woken is given to sleep again before the clock goes on without it:
# a poll on this machine takes a few milliseconds.
_GRACE = 0.02
# Real seconds between two looks of a sleeper at whether all is quiet: many together look often.
_LOOK = 0.02

# Real seconds for which nothing need happen in a test that steps the clock by itself.
_PATIENCE = 5.0


@frozen(eq=False)
class _Nap:
    """A sleep: its end, in the clock's monotonic time, and `over`, which is done then."""

    end: float
    over: Future[None] = field(factory=Future)


class NoWaitClock:
    """A clock that waits in no real time: sleeping moves it, and nothing else does but `advance`.

    Threads and tasks that sleep at the same time wake one after another, each when the clock has
    reached its end. The clock goes on to the next end when all who woke sleep again, are over, or
    have been busy for 0.02 real seconds; so time passes once for all, not once for each.

    Args:
        start: seconds since the epoch; by default the machine's time.
        patience: real seconds for which the clock stands still when nobody steps it; then it goes
            on as the machine's does, so that a program that sleeps by other means than the SDK's,
            and asks again, does not do so for ever. Endless by default.

    Attributes:
        sleeps: how long each wait was that took no time, in seconds.

    Examples:
        >>> clock = NoWaitClock()
        >>> before = clock.time()
        >>> clock.advance(20)
        >>> clock.sleep(40)
        >>> clock.time() - before
        60.0
    """

    def __init__(self, start: float | None = None, *, patience: float = math.inf) -> None:
        self.sleeps: list[float] = []
        self._patience = patience
        self._lock = threading.RLock()
        self._stepped_at = time.monotonic()  # real time
        self._now = _whole(self._stepped_at)  # monotonic time
        self._epoch = _whole(time.time() if start is None else start) - self._now
        self._naps: dict[Sleeper, _Nap] = {}
        self._woken: dict[Sleeper, float] = {}  # who may sleep again, and when it woke: real time

    def time(self) -> float:
        """Return the time since the epoch."""
        return self._epoch + self.monotonic()

    def monotonic(self) -> float:
        """Return a time that never goes back."""
        with self._lock:
            idle = time.monotonic() - self._stepped_at
            return self._now + max(0.0, idle - self._patience)

    def advance(self, seconds: float) -> None:
        """Move the clock forward, and wake who sleeps no longer than that.

        Raises:
            ValueError: the time is negative.
        """
        if not seconds >= 0:
            message = f"a clock can't go back: {seconds!r} seconds"
            raise ValueError(message)
        with self._lock:
            self._move(self.monotonic() + _whole(seconds))

    def sleep(self, seconds: float) -> None:
        """Block until the clock has moved on by some time, which takes no real time."""
        with self._napping(threading.current_thread(), seconds) as nap:
            self._step()
            while not nap.over.done():
                wait([nap.over], timeout=_LOOK)
                self._step()

    async def async_sleep(self, seconds: float) -> None:
        """Suspend the task until the clock has moved on by some time; let others run."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())  # only tasks await
        with self._napping(task, seconds) as nap:
            await asyncio.sleep(0)  # who is about to sleep, too, does so
            self._step()
            over = asyncio.wrap_future(nap.over)
            while not nap.over.done():
                await asyncio.wait([over], timeout=_LOOK)
                self._step()

    @contextmanager
    def _napping(self, sleeper: Sleeper, seconds: float) -> Iterator[_Nap]:
        with self._lock:
            self.sleeps.append(seconds)
            nap = _Nap(self.monotonic() + _whole(seconds))
            self._naps[sleeper] = nap
            self._woken.pop(sleeper, None)
            self._move(self._now)  # a wait of no time is over
        try:
            yield nap
        finally:
            with self._lock:
                self._naps.pop(sleeper, None)

    def _step(self) -> None:
        """Move on to the next end of a nap, unless somebody has just woken and is still busy.

        Any sleeper does this for all, as the one to wake may be in a thread that is held up.
        """
        with self._lock:
            since = time.monotonic() - _GRACE
            busy = (at > since and not _is_over(each) for each, at in self._woken.items())
            if self._naps and not any(busy):
                self._woken.clear()
                self._move(min(nap.end for nap in self._naps.values()))

    def _move(self, to: float) -> None:
        self._now = max(to, _whole(self.monotonic()))
        self._stepped_at = time.monotonic()
        for sleeper in [each for each, nap in self._naps.items() if nap.end <= self._now]:
            self._woken[sleeper] = self._stepped_at
            self._naps.pop(sleeper).over.set_result(None)


@contextmanager
def no_waiting(clock: NoWaitClock | None = None) -> Iterator[NoWaitClock]:
    """Let no client of this process wait for real time: neither between polls nor before retries.

    It holds for all clients that were given no `clock=`, also for those made before. Their time,
    and that of an emulator of `speedpix.testing`, is the clock's that this gives: it stands still
    but for what is slept, and for `advance`. All that counts in time, such as `wait_timeout`,
    counts in it; only the timeouts of HTTP exchanges are real.

    Within another `no_waiting`, the clock is the other's. Leave it when no run is under way: the
    machine's time is earlier than the clock's.

    Args:
        clock: the clock to use; by default one that begins at the machine's time, and after five
            real seconds in which nobody steps it goes on as the machine's does.

    Examples:
        >>> with no_waiting() as clock:
        ...     prediction = client.run("a-minute-long", {}, wait=False)
        ...     clock.advance(30)
        ...     print(prediction.reload().progress.fraction)
        0.5
    """
    if clock is None:
        current = DEFAULT_CLOCK.current
        clock = current if isinstance(current, NoWaitClock) else NoWaitClock(patience=_PATIENCE)
    with DEFAULT_CLOCK.replaced(clock):
        yield clock


def _is_over(sleeper: Sleeper) -> bool:
    return not sleeper.is_alive() if isinstance(sleeper, threading.Thread) else sleeper.done()


def _whole(seconds: float) -> float:
    """Return a time as a whole number of parts, not less than it is."""
    return math.ceil(seconds * _PARTS) / _PARTS
