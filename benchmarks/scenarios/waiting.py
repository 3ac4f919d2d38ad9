"""How long after a task's end its run returns, and how many requests that costs."""

from __future__ import annotations

import math
import random
from statistics import NormalDist, mean
from typing import Any, Iterator

from attrs import frozen
from clients import Client
from rows import Row, Unit, within, within_share
from service import RUN_CALLS, Service
from setting import Setting

SHORTEST = 0.4  # seconds
# A lognormal distribution for which a poll a second takes 5.4 requests a run.
MEDIAN, SIGMA = 1.8, 1.0
SEED = 0
STARTS = 3.0  # seconds over which the starts are spread, lest all polls come at once


@frozen
class Case:
    """What the service tells of a run's end, and what is required: mean, p95, requests."""

    what: str
    workflows: tuple[str, ...]
    mean: float = 0.6
    p95: float = 1.1
    requests: float | None = None  # by default, so many times the published client's:


SHARE_OF_REQUESTS = 1.2

CASES = (
    Case("honest ETA", ("honest",), mean=0.12, p95=0.3, requests=5.0),
    Case("a true estimate alone", ("estimate-alone",), mean=0.2),
    Case("no ETA", ("no-eta",), mean=0.40, requests=7.0),
    Case("neither ETA nor fraction", ("nothing-told",), requests=7.0),
    Case("ETA × 3 and ÷ 3", ("eta-times-3", "eta-third"), mean=0.45, requests=8.0),
    Case(
        "ETA × 3 and ÷ 3, no fraction",
        ("eta-times-3-no-fraction", "eta-third-no-fraction"),
        mean=0.45,
        requests=8.0,
    ),
    Case("ETA counting down to three times the duration", ("countdown-times-3",)),
    Case("ETA of an average run, fraction by nodes", ("average-nodes",)),
    Case("ETA 0, fraction soon stuck at 0.99", ("zero-sticks",)),
    Case("ETA and fraction both claiming two thirds", ("both-too-early",)),
)


def waits(setting: Setting) -> Iterator[Row]:
    durations = _durations(setting.sizes.tasks, setting.sizes.longest_task)
    for case in CASES:
        tasks = _tasks(durations, case)
        with Service() as service:
            measured = {
                client.name: _measure(client, service, tasks)
                for client in (setting.published, setting.ours)
            }
        yield from _rows(f"{len(durations)} tasks, {case.what}", case, measured)


def _measure(client: Client, service: Service, tasks: list[dict[str, Any]]) -> dict[str, float]:
    labelled = [{**task, "label": f"{client.name} {task['label']}"} for task in tasks]
    before = service.counts()
    returned = client.drive("waits", **service.address, tasks=labelled)["ends"]
    spent, ended = service.counts() - before, service.ends()
    waited = sorted(returned[label] - ended[label] for label in returned)
    return {
        "mean": mean(waited),
        "p95": waited[math.ceil(0.95 * len(waited)) - 1],
        "requests": sum(spent[call] for call in RUN_CALLS) / len(tasks),
    }


def _rows(work: str, case: Case, measured: dict[str, dict[str, float]]) -> Iterator[Row]:
    for name, what, unit, limit in (
        ("mean", "mean wait after the end", Unit.SECONDS, 0.0),
        ("p95", "p95 of it", Unit.SECONDS, 0.0),
        ("requests", "requests a run", Unit.COUNT, len(RUN_CALLS)),
    ):
        figures = {client: found[name] for client, found in measured.items()}
        most = getattr(case, name)
        row = Row(f"{work}: {what}", unit, **figures, limit=limit)
        yield within_share(row, SHARE_OF_REQUESTS) if most is None else within(row, most)


def _durations(count: int, longest: float) -> list[float]:
    """Return durations that lie evenly in the distribution, between the shortest and longest."""
    logarithm = NormalDist(math.log(MEDIAN), SIGMA)
    low, high = (logarithm.cdf(math.log(seconds)) for seconds in (SHORTEST, longest))
    parts = (low + (high - low) * (number + 0.5) / count for number in range(count))
    return [round(math.exp(logarithm.inv_cdf(part)), 3) for part in parts]


def _tasks(durations: list[float], case: Case) -> list[dict[str, Any]]:
    chance = random.Random(SEED)
    return [
        {
            "workflow": workflow,
            "label": f"{workflow} {number}",
            "seconds": seconds,
            "start": chance.uniform(0, STARTS),
        }
        for workflow in case.workflows
        for number, seconds in enumerate(durations)
    ]
