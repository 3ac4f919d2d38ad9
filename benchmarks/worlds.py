"""Runs followed on paper, in every world: what the service claims of the end, and what it is worth.

The claims are the emulator's own; no time passes, as the schedule is a pure function.
"""

from __future__ import annotations

import math
import random
from statistics import mean
from typing import Callable, Iterable, Sequence

from attrs import field, frozen
from speedpix_emulator.runs.claims import Eta, fraction_done, time_left

from speedpix.constants import LONGEST_POLLING_INTERVAL
from speedpix.predictions.polling import Heard, pause, remembered

FACTORS = ("/10", "/3", "/1.5", "*1.25", "*1.5", "*3", "*10")
HONEST = "scaled"
ETAS: tuple[Eta, ...] = (
    HONEST,
    *(f"scaled{factor}" for factor in FACTORS),
    *(f"countdown{factor}" for factor in FACTORS),
    *("average", "still", "still/10", "growing", "growing/10", "zero", None, "huge", "negative"),
)
PROGRESSES = ("linear", "nodes", "sticks*1.5", "sticks*10", "absent")

# 60 runs of 0.4 to 20 s, of which short ones are the most.
TASKS, SHORTEST, LONGEST, MEDIAN, SIGMA = 60, 0.4, 20.0, 3.0, 0.8
MOST_NODES = 12
FIXED_INTERVAL = 1.0  # seconds, the published client's
SUBMIT_AND_RESULT = 2  # requests a run besides its polls


@frozen
class World:
    """What is claimed: the time left at the submit and at each poll, and the fraction done."""

    estimate: Eta
    eta: Eta
    progress: str

    def __str__(self) -> str:
        estimate = "" if self.estimate == self.eta else f"estimate {self.estimate}, "
        return f"{estimate}eta {self.eta}, progress {self.progress}"


WORLDS = (
    *(World(eta, eta, progress) for eta in ETAS for progress in PROGRESSES),
    *(World(HONEST, None, progress) for progress in PROGRESSES),
    *(World(None, HONEST, progress) for progress in PROGRESSES),
)


@frozen
class Run:
    """One run: its duration in seconds, the shares of it that its nodes take, its queue."""

    duration: float
    shares: Sequence[float] = ()
    queue: float = 0.0

    @property
    def end(self) -> float:
        """Return the seconds from its submit to its end."""
        return self.queue + self.duration

    def heard(self, world: World, at: float) -> Heard:
        """Return what a poll hears, as the SDK understands it."""
        if at < self.queue:
            return Heard(at, queued=True)
        left = time_left(world.eta, at, self.end)
        fraction = fraction_done(world.progress, (at - self.queue) / self.duration, self.shares)
        return Heard(at, left if left is None else max(0.0, left), fraction)


@frozen
class Outcome:
    """What came of a run: seconds waited after its end, and polls; and the run's duration."""

    wait: float
    polls: int
    duration: float


@frozen
class Figures:
    """What came of many runs, in seconds and a run."""

    outcomes: Sequence[Outcome] = field(repr=False)

    @property
    def mean(self) -> float:
        return mean(each.wait for each in self.outcomes)

    @property
    def p95(self) -> float:
        waits = sorted(each.wait for each in self.outcomes)
        return waits[math.ceil(0.95 * len(waits)) - 1]

    @property
    def excess(self) -> float:
        """Return the longest wait, as a part of 1.2 s or, for long runs, of 11 % of them."""
        return max(each.wait / max(1.2, 0.11 * each.duration) for each in self.outcomes)

    @property
    def polls(self) -> float:
        return mean(each.polls for each in self.outcomes)

    @property
    def fixed_polls(self) -> float:
        """Return the polls that asking once a second takes."""
        return mean(fixed(each.duration).polls for each in self.outcomes)

    @property
    def requests(self) -> float:
        return self.polls + SUBMIT_AND_RESULT

    @property
    def requests_of_a_poll_a_second(self) -> float:
        return self.fixed_polls + SUBMIT_AND_RESULT


def runs(seed: int, count: int = TASKS) -> list[Run]:
    """Return runs of durations, and with nodes, that are drawn by chance."""
    chance = random.Random(seed)
    return [
        Run(
            min(LONGEST, max(SHORTEST, chance.lognormvariate(math.log(MEDIAN), SIGMA))),
            _shares(chance),
        )
        for _ in range(count)
    ]


def _shares(chance: random.Random) -> list[float]:
    """Return the shares of some nodes: of every second run equal, of others uneven."""
    spread = chance.choice((0.0, 1.0))
    return [chance.lognormvariate(0, spread) for _ in range(chance.randint(2, MOST_NODES))]


def fixed(duration: float) -> Outcome:
    """Poll at a fixed interval."""
    polls = max(1, math.ceil(duration / FIXED_INTERVAL))
    return Outcome(polls * FIXED_INTERVAL - duration, polls, duration)


def followed(
    run: Run,
    world: World,
    chance: random.Random,
    longest: float = LONGEST_POLLING_INTERVAL,
    schedule: Callable[..., float] = pause,
) -> Outcome:
    """Poll as the SDK does."""
    heard = [Heard(0.0, time_left(world.estimate, 0.0, run.end), 0.0)]
    now, polls = 0.0, 0
    while True:
        now += schedule(heard, now, longest, chance.random())
        polls += 1
        if now >= run.end:
            return Outcome(now - run.end, polls, run.duration)
        heard = remembered(heard, run.heard(world, now))


def figures(world: World, followed_runs: Iterable[Run], seed: int = 0, **how: object) -> Figures:
    """Follow runs in one world."""
    chance = random.Random(seed)
    return Figures([followed(run, world, chance, **how) for run in followed_runs])  # type: ignore[arg-type]
