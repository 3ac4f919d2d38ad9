"""When progress is asked for next."""

from __future__ import annotations

import pytest

from speedpix.constants import SHORTEST_POLLING_INTERVAL
from speedpix.polling import pause

ESTIMATES = (None, 0.0, 0.2, 3.0, 1e9)


@pytest.mark.parametrize("estimate", ESTIMATES)
@pytest.mark.parametrize("waited", [0.0, 0.1, 5.0, 3600.0])
@pytest.mark.parametrize("interval", [SHORTEST_POLLING_INTERVAL, 1.0, 30.0])
def test_the_callers_interval_is_the_longest_gap_and_no_loop_is_busy(interval, waited, estimate):
    assert SHORTEST_POLLING_INTERVAL <= pause(interval, waited, estimate) <= interval


def test_a_short_run_is_not_kept_waiting():
    assert pause(30.0, 0.0, None) < 0.1
    assert pause(30.0, 4.0, None) <= 1.0


def test_the_poll_after_an_estimate_comes_soon_after_the_end():
    assert 3.0 < pause(30.0, 1.0, 3.0) < 3.2


def test_an_estimate_that_keeps_saying_now_is_asked_ever_less_often():
    assert pause(30.0, 100.0, 0.001) > pause(30.0, 10.0, 0.001) > SHORTEST_POLLING_INTERVAL


def test_a_run_of_unknown_length_is_asked_ever_less_often():
    gaps = [pause(1000.0, waited, None) for waited in (1, 10, 100)]
    assert gaps == sorted(gaps)
    assert gaps[0] < gaps[-1]
