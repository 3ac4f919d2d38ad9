"""Tell how far a run should be between two reports of it: pure functions of what was reported.

A claim is worth nothing until it is seen to hold, so nothing moves by the first report alone; and
of several claims the slowest counts, lest the next report take back what was shown.
"""

from __future__ import annotations

from itertools import islice
from typing import Callable, Sequence, Tuple

from attrs import evolve, frozen

from ..values.progress import Progress

# The part done that is shown at most before a run has succeeded.
ALMOST_DONE = 0.99

# The latest reports that count: the paces between three tell a steady advance from a jump, as when
# a node of the workflow ends.
_REPORTS = 3
# Claims of the pace that must be there before the part done goes on by itself.
_ENOUGH = 2


@frozen
class Report:
    """What was said of a run, and when, in seconds of a clock that never goes back."""

    at: float
    progress: Progress


Reports = Tuple[Report, ...]  # of one run, oldest first


def remembered(reports: Reports, news: Report) -> Reports:
    """Return what counts of all reports: the latest ones, since the status last changed."""
    if reports and reports[-1].progress.status != news.progress.status:
        return (news,)
    return (*reports, news)[-_REPORTS:]


def expected(reports: Reports, now: float) -> Progress:
    """Return the progress as it should be at a time, by the reports of the run until then.

    The time left counts down to the end that was claimed, and is unknown beyond it. The part done
    goes on as slowly as the reports and the time left allow for, and never to the end.
    """
    at, progress = reports[-1].at, reports[-1].progress
    if progress.status != "running":
        return progress
    passed = max(0.0, now - at)
    return evolve(
        progress,
        fraction=_fraction(reports, progress.fraction, passed),
        seconds_left=_seconds_left(reports, progress.seconds_left, passed),
    )


def _fraction(reports: Reports, told: float | None, passed: float) -> float | None:
    if told is None:
        return None
    claims = _paces(reports, lambda progress: progress.fraction)
    left = reports[-1].progress.seconds_left
    if left:
        claims.append((1 - told) / left)
    pace = max(0.0, min(claims)) if len(claims) >= _ENOUGH else 0.0
    return max(told, min(ALMOST_DONE, told + pace * passed))


def _seconds_left(reports: Reports, told: float | None, passed: float) -> float | None:
    if told is None:
        return None
    claims = _paces(reports, lambda progress: progress.seconds_left)
    pace = min(1.0, *(max(0.0, -each) for each in claims)) if claims else 0.0
    return told - pace * passed if told > pace * passed else None


def _paces(reports: Sequence[Report], value: Callable[[Progress], float | None]) -> list[float]:
    """Return how fast a value changed from each report to the next, per second."""
    paces = []
    for earlier, later in zip(reports, islice(reports, 1, None)):
        before, after = value(earlier.progress), value(later.progress)
        if before is not None and after is not None and later.at > earlier.at:
            paces.append((after - before) / (later.at - earlier.at))
    return paces
