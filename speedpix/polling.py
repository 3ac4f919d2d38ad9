"""Decide when to ask for progress next: pure functions of what is known."""

from __future__ import annotations

from .constants import SHORTEST_POLLING_INTERVAL

# A poll this much after the expected end finds the result there, rather than just before.
_MARGIN = 0.05
# While nothing is known, ask again after this part of the time waited so far: what a short
# run waits too long stays in proportion to it.
_PROPORTION = 0.25
# An estimate that keeps saying "now" is not believed more often than this.
_LEAST_PROPORTION = 0.05


def pause(interval: float, waited: float, seconds_left: float | None) -> float:
    """Return the seconds until the next poll.

    Args:
        interval: the longest gap between two polls that the caller allows.
        waited: seconds since the run was submitted.
        seconds_left: the service's estimate of the time to the end, if it gives one.
    """
    due = _PROPORTION * waited
    if seconds_left:
        due = max(_LEAST_PROPORTION * waited, seconds_left + _MARGIN)
    return min(interval, max(SHORTEST_POLLING_INTERVAL, due))
