"""When progress is asked for next: bounds that always hold, and runs followed on paper."""

from __future__ import annotations

import itertools
import random
from statistics import fmean

import pytest

from speedpix.constants import SHORTEST_POLLING_INTERVAL
from speedpix.predictions.polling import Heard, pause

TOLD = [
    [Heard(0.0)],
    [Heard(0.0, left=0.0)],
    [Heard(0.0, left=12.0)],
    [Heard(0.0, left=1e9)],
    [Heard(0.0, left=12.0), Heard(3.0, left=9.0, fraction=0.25)],
    [Heard(0.0, left=12.0), Heard(3.0, left=12.0), Heard(4.0, left=20.0)],
    [Heard(0.0), Heard(1.0, fraction=0.0), Heard(2.0, fraction=1.0)],
    [Heard(0.0), Heard(1.0, left=0.0), Heard(1.0, left=0.0), Heard(1.0, left=5.0)],
]


@pytest.mark.parametrize("heard", TOLD, ids=range(len(TOLD)))
@pytest.mark.parametrize("longest", [SHORTEST_POLLING_INTERVAL, 1.0, 30.0])
def test_the_longest_gap_is_kept_and_no_loop_is_busy(heard, longest):
    for waited, sample in itertools.product((0.0, 0.1, 5.0, 3600.0), (0.0, 0.5, 0.999)):
        assert SHORTEST_POLLING_INTERVAL <= pause(heard, waited, longest, sample) <= longest


def test_many_clients_do_not_beat_in_time():
    gaps = {pause([Heard(0.0)], 5.0, 30.0, sample / 10) for sample in range(10)}
    assert len(gaps) == 10


# 60 runs of 0.4 to 20 s, of which short ones are the most.
_RANDOM = random.Random(7)
DURATIONS = [min(20.0, max(0.4, _RANDOM.lognormvariate(1.0, 0.9))) for _ in range(60)]


def followed(duration, estimate, tell, longest=10.0):
    """Return the seconds waited after a run's end, and the requests that following it took."""
    heard, samples = [Heard(0.0, left=estimate)], random.Random(1)
    waited, requests = 0.0, 2  # the submit, and the result
    while waited < duration:
        if waited:
            heard.append(tell(waited))
        waited += pause(heard, waited, longest, samples.random())
        requests += 1
    return waited - duration, requests


def all_followed(factor, *, with_fraction=True):
    """Follow every run, told the time left times a factor, or nothing of it."""
    overshoots, requests = [], []
    for duration in DURATIONS:

        def tell(at, duration=duration):
            left = None if factor is None else factor * (duration - at)
            return Heard(at, left, at / duration if with_fraction else None)

        estimate = None if factor is None else factor * duration
        overshoot, count = followed(duration, estimate, tell)
        overshoots.append(overshoot)
        requests.append(count)
    return sorted(overshoots), requests


def test_honest_estimates_are_used():
    overshoots, requests = all_followed(1.0)
    assert fmean(overshoots) <= 0.12
    assert overshoots[56] <= 0.3  # the 95th percentile
    assert fmean(requests) <= 5.0


@pytest.mark.parametrize("factor", [3.0, 1 / 3])
@pytest.mark.parametrize("with_fraction", [True, False])
def test_wrong_estimates_do_little_harm(factor, with_fraction):
    overshoots, requests = all_followed(factor, with_fraction=with_fraction)
    assert fmean(overshoots) <= 0.45
    assert fmean(requests) <= 8


def test_without_estimates_the_fraction_tells():
    overshoots, requests = all_followed(None)
    assert fmean(overshoots) <= 0.40
    assert fmean(requests) <= 7


def test_knowing_nothing_the_wait_stays_in_proportion_to_the_run():
    for duration in (*DURATIONS, 600.0):
        overshoot, _ = followed(duration, None, Heard, longest=1e9)
        assert overshoot <= 0.4 + 0.35 * duration


def test_a_service_that_always_says_now_is_asked_ever_less_often():
    heard = [Heard(0.0, left=0.01)]
    gaps = []
    waited = 0.0
    while waited < 600:
        gaps.append(pause(heard, waited, 30.0, 0.5))
        waited += gaps[-1]
        heard = [*heard[-6:], Heard(waited, left=0.01)]
    assert len(gaps) < 600  # fewer than by asking once a second
    assert gaps[-1] > 10 * gaps[0]
