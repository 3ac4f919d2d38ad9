"""How far a run should be between two reports of it, in time that is stepped."""

from __future__ import annotations

from itertools import groupby

import pytest

from speedpix import Progress
from speedpix.display.expected import Report, expected, remembered
from speedpix.display.progress_bar import describe


def reported(*told, status="running"):
    """The reports of `(at, fraction, seconds_left)`."""
    reports = ()
    for at, fraction, left in told:
        news = Report(at, Progress(status, fraction, seconds_left=left))
        reports = remembered(reports, news)
    return reports


def shown(reports, now):
    """The part done and the seconds left that are shown, rounded."""
    progress = expected(reports, now)
    values = (progress.fraction, progress.seconds_left)
    return tuple(value if value is None else round(value, 3) for value in values)


def test_both_go_on_as_they_have_begun():
    reports = reported((1, 0.1, 9), (2, 0.2, 8))
    assert [shown(reports, now) for now in (2, 2.5, 5, 9)] == [
        (0.2, 8),
        (0.25, 7.5),
        (0.5, 5),
        (0.9, 1),
    ]


@pytest.mark.parametrize("now", [10, 10.5, 1000])
def test_after_the_estimate_nothing_counts_down_and_the_end_is_not_reached(now):
    assert shown(reported((1, 0.1, 9), (2, 0.2, 8)), now) == (0.99, None)


@pytest.mark.parametrize(
    ("told", "later"),
    [
        # The first report, with nothing to compare it with.
        ([(1, 0.1, 9)], (0.1, 9)),
        # Two of the part done alone: a jump, for all that is known.
        ([(1, 0, None), (2, 0.25, None)], (0.25, None)),
        # Two alike, after a jump and before the next.
        ([(1, 0, None), (2, 0.25, None), (3, 0.25, None)], (0.25, None)),
        # Backwards.
        ([(1, 0.3, 5), (2, 0.2, 6)], (0.2, 6)),
        # An estimate that stands still.
        ([(1, 0.1, 9), (2, 0.1, 9)], (0.1, 9)),
        # Nothing told.
        ([(1, None, None), (2, None, None)], (None, None)),
    ],
)
def test_what_was_not_seen_to_move_stands_still(told, later):
    assert shown(reported(*told), 4) == later


@pytest.mark.parametrize(
    ("told", "later"),
    [
        # The last step was slower than the one before, or faster.
        ([(1, 0.1, None), (2, 0.2, None), (3, 0.21, None)], (0.22, None)),
        ([(1, 0.1, None), (2, 0.11, None), (3, 0.2, None)], (0.21, None)),
        # The time left allows for less than the pace, or for more.
        ([(1, 0.1, 19), (2, 0.2, 16)], (0.25, 15)),
        ([(1, 0.1, 4.5), (2, 0.2, 4)], (0.3, 3.5)),
    ],
)
def test_of_several_claims_the_slowest_counts(told, later):
    assert shown(reported(*told), told[-1][0] + 1) == later


def test_what_was_told_while_waiting_does_not_count():
    reports = reported((0, 0, 20), (1, 0.1, 18), status="waiting")
    assert expected(reports, 5) is reports[-1].progress
    running = remembered(reports, Report(2, Progress("running", 0.2, seconds_left=8.0)))
    assert shown(running, 5) == (0.2, 8)


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled", "warming up", None])
def test_nothing_but_a_running_run_moves(status):
    reports = reported((1, 0.1, 9), (2, 0.2, 8), status=status)
    assert expected(reports, 5) is reports[-1].progress


def test_a_clock_that_stands_still_is_no_pace():
    assert shown(reported((1, 0.1, 9), (1, 0.2, 8)), 2) == (0.2, 8)


# Runs of a minute that are polled three times, and then left alone for most of it.
POLLS = (1.0, 2.0, 3.1, 31.0, 58.0)
FRACTIONS = {
    "linear": lambda at: at / 60,
    "in nodes": lambda at: int(at / 15) / 4,
    "too fast": lambda at: min(1.0, at / 20),
    "none": lambda at: None,
}
TIMES_LEFT = {
    "true": lambda at: 60 - at,
    "too long": lambda at: 3 * (60 - at),
    "too short": lambda at: max(0, 20 - at),
    "standing": lambda at: 60.0,
    "none": lambda at: None,
}


@pytest.mark.parametrize("fraction", FRACTIONS)
@pytest.mark.parametrize("left", TIMES_LEFT)
def test_no_report_takes_back_what_was_shown_before_it(fraction, left):
    reports = ()
    for poll in POLLS:
        told = Progress("running", FRACTIONS[fraction](poll), seconds_left=TIMES_LEFT[left](poll))
        if reports:
            before = expected(reports, poll)
            assert (before.fraction or 0) <= (told.fraction or 0) + 1e-9
            if before.seconds_left is not None:
                assert before.seconds_left >= (told.seconds_left or 0) - 1e-9
        reports = remembered(reports, Report(poll, told))


@pytest.mark.parametrize("left", TIMES_LEFT)
def test_neither_the_whole_nor_no_time_is_shown_before_the_end(left):
    reports = ()
    for poll in POLLS:
        told = Progress("running", poll / 58, seconds_left=TIMES_LEFT[left](poll))
        reports = remembered(reports, Report(poll, told))
        for tenth in range(600):
            text = describe(expected(reports, poll + tenth / 10))
            assert "100%" not in text
            assert " 0:00" not in text


def test_a_minute_never_stands_still_for_long():
    reports, texts = (), []
    for tenth in range(10, 600):
        now = tenth / 10
        if now in POLLS:
            told = Progress("running", now / 60, seconds_left=60 - now)
            reports = remembered(reports, Report(now, told))
        texts.append(describe(expected(reports, now)))
    longest = max(len(list(same)) for _, same in groupby(texts))
    assert longest <= 12  # tenths of a second
