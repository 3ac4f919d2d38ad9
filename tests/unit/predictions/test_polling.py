"""When progress is asked for next: bounds that hold in every world, and runs followed on paper."""

from __future__ import annotations

import itertools
import random
from statistics import fmean

import pytest
from worlds import HONEST, WORLDS, Figures, Run, World, figures, fixed, followed, runs

from speedpix.constants import LONGEST_POLLING_INTERVAL, SHORTEST_POLLING_INTERVAL
from speedpix.predictions.polling import Heard, pause, remembered

SEEDS = (0, 1)
RUNS = {seed: runs(seed) for seed in SEEDS}
AGREEING = (World(HONEST, HONEST, "linear"), World(HONEST, None, "linear"))
TRUE_ESTIMATE_ALONE = (World(HONEST, HONEST, "absent"), World(HONEST, None, "absent"))


def found(world) -> list[Figures]:
    return [figures(world, RUNS[seed], seed) for seed in SEEDS]


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_no_world_is_worse_than_asking_once_a_second(world):
    sets = found(world)
    for each in sets:
        assert each.mean <= 0.6
        assert each.p95 <= 1.1
        assert each.excess <= 1.0
        assert each.requests <= 1.2 * each.requests_of_a_poll_a_second
    polls = fmean(each.polls for each in sets)
    assert polls <= 1.2 * fmean(each.fixed_polls for each in sets)


@pytest.mark.parametrize("world", AGREEING, ids=str)
def test_claims_that_agree_are_used(world):
    for each in found(world):
        assert each.mean <= 0.12
        assert each.p95 <= 0.3
        assert each.requests <= 5


@pytest.mark.parametrize("world", TRUE_ESTIMATE_ALONE, ids=str)
def test_a_true_estimate_alone_is_used(world):
    for each in found(world):
        assert each.mean <= 0.2


@pytest.mark.parametrize("world", WORLDS[::7], ids=str)
@pytest.mark.parametrize("duration", [60.0, 600.0, 3600.0])
@pytest.mark.parametrize("queue", [0.0, 40.0])
def test_long_runs_and_queues(world, duration, queue):
    run = Run(duration, [1.0, 2.0, 1.0], queue)
    outcome = followed(run, world, random.Random(1))
    assert outcome.wait <= min(0.11 * run.end, 1.05 * LONGEST_POLLING_INTERVAL)
    assert outcome.polls <= 1.2 * fixed(run.end).polls


def test_long_runs_are_not_pestered():
    outcome = followed(Run(3600.0), World(None, None, "absent"), random.Random(1))
    assert outcome.polls <= 3600 / LONGEST_POLLING_INTERVAL + 40


TOLD = [
    [Heard(0.0)],
    [Heard(0.0, left=0.0)],
    [Heard(0.0, left=-5.0)],
    [Heard(0.0, left=12.0)],
    [Heard(0.0, left=1e300)],
    [Heard(0.0, left=1e300), Heard(1.0, left=1e-300), Heard(2.0, left=1e-310)],
    [Heard(0.0, left=12.0), Heard(3.0, left=9.0, fraction=0.25)],
    [Heard(0.0, left=12.0), Heard(3.0, left=12.0), Heard(4.0, left=20.0)],
    [Heard(0.0), Heard(1.0, fraction=0.0), Heard(2.0, fraction=1.0)],
    [Heard(0.0, fraction=0.5), Heard(1.0, fraction=0.2), Heard(2.0, fraction=0.5)],
    [Heard(0.0), Heard(1.0, left=0.0), Heard(1.0, left=0.0), Heard(1.0, left=5.0)],
    [Heard(9.0, queued=True)],
]


@pytest.mark.parametrize("heard", TOLD, ids=range(len(TOLD)))
@pytest.mark.parametrize("longest", [SHORTEST_POLLING_INTERVAL, 1.0, 30.0])
def test_the_longest_gap_is_kept_and_no_loop_is_busy(heard, longest):
    for waited, sample in itertools.product((0.0, 0.1, 5.0, 3600.0), (0.0, 0.5, 0.999)):
        assert SHORTEST_POLLING_INTERVAL <= pause(heard, waited, longest, sample) <= longest


def test_many_clients_do_not_beat_in_time():
    gaps = {pause([Heard(0.0)], 5.0, 30.0, sample / 10) for sample in range(10)}
    assert len(gaps) == 10


def test_claims_made_in_the_queue_are_forgotten():
    heard = [Heard(0.0, left=5.0, fraction=0.0)]
    heard = remembered(heard, Heard(1.0, queued=True))
    heard = remembered(heard, Heard(2.0, left=30.0, fraction=0.0))
    assert heard == [Heard(2.0, left=30.0, fraction=0.0)]


def test_the_estimate_is_remembered_and_what_was_heard_last():
    heard = [Heard(0.0, left=5.0)]
    for at in range(1, 50):
        heard = remembered(heard, Heard(float(at)))
    assert (heard[0], heard[-1]) == (Heard(0.0, left=5.0), Heard(49.0))
    assert len(heard) < 10


def test_a_service_that_always_says_now_is_asked_ever_less_often():
    heard = [Heard(0.0, left=0.01)]
    gaps = []
    waited = 0.0
    while waited < 600:
        gaps.append(pause(heard, waited, 30.0, 0.5))
        waited += gaps[-1]
        heard = remembered(heard, Heard(waited, left=0.01))
    assert len(gaps) < 600  # fewer than by asking once a second
    assert gaps[-1] > 10 * gaps[0]
