"""Draw how long a run is waited for after its end: polling once a second, and the SDK's schedule.

No time passes: the schedule is a pure function, and is asked as a run would ask it.
"""

from __future__ import annotations

import math
import random
from pathlib import Path
from statistics import mean

from attrs import frozen
from plotting import COLOURS, figure, save

from speedpix.constants import LONGEST_POLLING_INTERVAL
from speedpix.predictions.polling import Heard, pause

PICTURE = Path(__file__).with_name("overshoot.svg")
SHORTEST, LONGEST, POINTS = 0.2, 60.0, 1000  # durations, in seconds
NEIGHBOURS = 25  # points that a line averages, as a single one depends on chance
FIXED_INTERVAL = 1.0  # seconds, the published client's
SUBMIT_AND_RESULT = 2  # requests a run besides its polls

# What came of a run: seconds waited after its end, and polls.
Outcome = tuple[float, int]


@frozen
class Telling:
    """What the service tells of a run: its time left times `factor`, and the fraction done."""

    what: str
    factor: float | None
    fraction: bool

    def heard(self, at: float, duration: float) -> Heard:
        left = None if self.factor is None else (duration - at) * self.factor
        return Heard(at, left, at / duration if self.fraction else None)


TELLINGS = (
    Telling("honest ETA", 1.0, True),
    Telling("neither ETA nor fraction", None, False),
    Telling("ETA × 3, no fraction", 3.0, False),
    Telling("ETA ÷ 3, no fraction", 1 / 3, False),
)


def fixed(duration: float) -> Outcome:
    """Poll at a fixed interval."""
    polls = max(1, math.ceil(duration / FIXED_INTERVAL))
    return polls * FIXED_INTERVAL - duration, polls


def scheduled(duration: float, telling: Telling, chance: random.Random) -> Outcome:
    """Poll as the SDK does."""
    estimate = telling.heard(0.0, duration).left
    heard, now = [Heard(0.0, left=estimate)], 0.0
    while True:
        now += pause(heard, now, LONGEST_POLLING_INTERVAL, chance.random())
        if now >= duration:
            return now - duration, len(heard)
        heard.append(telling.heard(now, duration))


def plot() -> None:
    """Draw the seconds waited too long, and the requests spent, against a run's duration."""
    steps = (LONGEST / SHORTEST) ** (1 / (POINTS - 1))
    durations = [SHORTEST * steps**number for number in range(POINTS)]
    chance = random.Random(0)
    chart, axes = figure(2, len(TELLINGS))
    for column, telling in enumerate(TELLINGS):
        above, below = axes[column], axes[column + len(TELLINGS)]
        for label, colour, outcomes in (
            ("every second", COLOURS["published"], [fixed(each) for each in durations]),
            (
                "the SDK's schedule",
                COLOURS["ours"],
                [scheduled(each, telling, chance) for each in durations],
            ),
        ):
            waits = [wait for wait, _ in outcomes]
            requests = [polls + SUBMIT_AND_RESULT for _, polls in outcomes]
            above.semilogx(
                durations, waits, ".", color=colour, alpha=0.25, markersize=3, rasterized=True
            )
            above.semilogx(durations, _averaged(waits), color=colour, label=label)
            below.loglog(durations, _averaged(requests), color=colour, label=label)
        above.set_ylim(bottom=0)
        above.set_title(telling.what)
        below.set_xlabel("duration of the run, s")
    axes[0].set_ylabel("wait after the end, s")
    axes[len(TELLINGS)].set_ylabel("requests a run")
    axes[0].legend()
    save(chart, PICTURE)


def _averaged(values: list[float]) -> list[float]:
    return [
        mean(values[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1]) for at in range(len(values))
    ]


if __name__ == "__main__":
    plot()
