"""Draw how long a run is waited for after its end: polling once a second, and the SDK's schedule.

No time passes: the schedule is a pure function, and is asked as a run would ask it.
"""

from __future__ import annotations

import random
from pathlib import Path
from statistics import mean
from typing import Any

from plotting import COLOURS, figure, save
from worlds import (
    HONEST,
    SUBMIT_AND_RESULT,
    WORLDS,
    Outcome,
    Run,
    World,
    figures,
    fixed,
    followed,
    runs,
)

PICTURE = Path(__file__).with_name("overshoot.svg")
SHORTEST, LONGEST, POINTS = 0.2, 30.0, 1000  # durations, in seconds
HIGHEST = 2.2  # seconds waited, alike for all worlds
NEIGHBOURS = 25  # points that a line averages, as a single one depends on chance
JUDGED_BY = 5  # sets of runs by which the worst world is found


def chosen() -> dict[str, World]:
    """Return the worlds to draw, by title: from the best to the worst."""
    worst = max(WORLDS, key=_mean_wait)
    return {
        "claims true": World(HONEST, HONEST, "linear"),
        "a true estimate alone": World(HONEST, None, "absent"),
        "nothing told": World(None, None, "absent"),
        f"the worst of {len(WORLDS)}:\n{worst}": worst,
    }


def _mean_wait(world: World) -> float:
    return mean(figures(world, runs(seed), seed).mean for seed in range(JUDGED_BY))


def plot() -> None:
    """Draw the seconds waited too long, and the requests spent, against a run's duration."""
    steps = (LONGEST / SHORTEST) ** (1 / (POINTS - 1))
    durations = [SHORTEST * steps**number for number in range(POINTS)]
    chance = random.Random(0)
    worlds = chosen()
    chart, axes = figure(2, len(worlds))
    for column, (title, world) in enumerate(worlds.items()):
        above, below = axes[column], axes[column + len(worlds)]
        every_second = [fixed(each) for each in durations]
        _draw(above, below, "every second", COLOURS["published"], every_second)
        ours = [followed(Run(each), world, chance) for each in durations]
        _draw(above, below, "the SDK's schedule", COLOURS["ours"], ours)
        above.set_ylim(0, HIGHEST)
        above.set_title(title)
        below.set_xlabel("duration of the run, s")
    axes[0].set_ylabel("wait after the end, s")
    axes[len(worlds)].set_ylabel("requests a run")
    axes[0].legend()
    save(chart, PICTURE)


def _draw(above: Any, below: Any, label: str, colour: str, outcomes: list[Outcome]) -> None:
    durations = [each.duration for each in outcomes]
    waits = [each.wait for each in outcomes]
    requests = [each.polls + SUBMIT_AND_RESULT for each in outcomes]
    above.semilogx(durations, waits, ".", color=colour, alpha=0.25, markersize=3, rasterized=True)
    above.semilogx(durations, _averaged(waits), color=colour, label=label)
    below.loglog(durations, _averaged(requests), color=colour, label=label)


def _averaged(values: list[float]) -> list[float]:
    return [
        mean(values[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1]) for at in range(len(values))
    ]


if __name__ == "__main__":
    plot()
