"""Whether a failed call is sent again, and when: tables."""

from __future__ import annotations

import pytest

from speedpix.gateway.retry import Outcome, backoff, may_repeat


@pytest.mark.parametrize(
    ("outcome", "submit", "poll"),
    [
        (Outcome.NOT_TAKEN, True, True),
        (Outcome.REFUSED, False, True),
        (Outcome.UNKNOWN, False, True),
        (Outcome.FINAL, False, False),
    ],
)
def test_what_may_be_sent_again(outcome, submit, poll):
    assert may_repeat(outcome, repeatable=False) is submit
    assert may_repeat(outcome, repeatable=True) is poll


def test_every_outcome_is_in_the_table():
    assert len(Outcome) == 4


@pytest.mark.parametrize(
    ("attempt", "window"), [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 8), (6, 8), (10_000, 8)]
)
def test_backoff_doubles_to_its_cap_with_full_jitter(attempt, window):
    assert backoff(attempt, None, 0.0) == 0
    assert backoff(attempt, None, 0.5) == window / 2
    assert backoff(attempt, None, 1.0) == window


@pytest.mark.parametrize(
    ("asked", "sample", "seconds"),
    [(0, 0, 0), (3, 0, 3), (3, 0.5, 3.25), (60, 0, 60), (3600, 0, 60), (3600, 1.0, 60.5)],
)
def test_what_the_server_asks_for_is_obeyed_up_to_a_cap(asked, sample, seconds):
    for attempt in (1, 5):
        assert backoff(attempt, asked, sample) == seconds
