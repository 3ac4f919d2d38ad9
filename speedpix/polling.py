"""Decide when to ask for progress next: pure functions of what is known."""

from __future__ import annotations

from .constants import SHORTEST_POLLING_INTERVAL

# A poll this much after the expected end finds the result there, rather than just before.
_MARGIN = 0.05
# While nothing is known, ask again after this part of the time waited so far: what a short
# run waits too long stays in proportion to it.
_PROPORTION = 0.25


def pause(interval: float, waited: float, seconds_left: float | None) -> float:
    """Return the seconds until the next poll.

    Args:
        interval: the longest gap between two polls that the caller allows.
        waited: seconds since the run was submitted.
        seconds_left: the service's estimate of the time to the end, if it gives one.

    """
    due = max(SHORTEST_POLLING_INTERVAL, _PROPORTION * waited)
    if seconds_left is not None:
        due = max(SHORTEST_POLLING_INTERVAL, seconds_left + _MARGIN)
    return min(interval, due)
