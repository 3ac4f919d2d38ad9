"""Decide when to ask for progress next: pure functions of what has been heard.

The end of a run is extrapolated from what the service said at different moments. Its claims may
be off by any constant factor: two of them tell how fast the claimed time really passes. The first
poll therefore comes at a part of the estimate, and the second, as a rule, just after the end.
While nothing is known, the gaps grow with the time waited.
"""

from __future__ import annotations

from typing import Sequence

from attrs import frozen

from ..constants import SHORTEST_POLLING_INTERVAL

# Without an estimate, a run is asked for after this many seconds, and again after as many and
# this part of the time waited: a short run is not kept waiting, and a long one not pestered.
_UNTOLD, _UNTOLD_PART = 0.6, 0.05
# With one, the first poll comes after this part of it: early enough that even an estimate three
# times too long does not keep the caller waiting.
_FIRST_PART = 0.25
# After a queue, of what is then claimed to be left.
_SECOND_PART = 0.5
# In a queue, of the time waited: nobody says how long it takes.
_QUEUE_PART = 0.3
# A poll this long after the expected end, in seconds and as a part of the time since the last
# poll, finds the result there rather than just before.
_MARGIN, _MARGIN_PART = 0.04, 0.01
# Under this part of the time waited, gaps would be a busy loop; each poll that came too early
# doubles it.
_LEAST_PART = 0.02
# How many of the latest claims count: a run may be held up, or speed up.
_RECENT = 2
_ESTIMATE_AND_ONE = 2  # what was heard at submit, and at the first poll
# Gaps are stretched at random by up to this part, so that many clients do not beat in time.
_JITTER = 0.02


@frozen
class Heard:
    """What was heard at one moment, in seconds since the run was submitted.

    `left` is the time to the end that the service claims, `fraction` the part done; either may
    be unknown. While `queued`, the run had not begun.
    """

    at: float
    left: float | None = None
    fraction: float | None = None
    queued: bool = False


def pause(heard: Sequence[Heard], waited: float, longest: float, sample: float) -> float:
    """Return the seconds until the next poll.

    Args:
        heard: what was heard so far, oldest first; the estimate at submit is the first.
        waited: seconds since the run was submitted.
        longest: the longest gap between two polls that is allowed.
        sample: a random number in [0, 1).
    """
    least = max(SHORTEST_POLLING_INTERVAL, _LEAST_PART * 2.0 ** _misses(heard) * waited)
    gap = max(least, _gap(heard, waited))
    return min(longest, gap * (1 + _JITTER * sample))


def _gap(heard: Sequence[Heard], waited: float) -> float:
    end, last = expected_end(heard), heard[-1] if heard else Heard(0.0)
    claimed = None if last.left is None else last.left - (waited - last.at)
    if end is not None:
        gap = (end - waited) * (1 + _MARGIN_PART) + _MARGIN
        if claimed is not None and len(heard) == _ESTIMATE_AND_ONE:
            # Time that passes slowly may have been a queue that went unseen: ask in between.
            gap = min(gap, claimed + _MARGIN)
        return gap
    if claimed is not None:
        # One claim alone is not trusted: another on the way to its end tells how it passes.
        return claimed - (1 - (_SECOND_PART if last.at else _FIRST_PART)) * (last.left or 0.0)
    if last.queued:
        return max(_UNTOLD, _QUEUE_PART * waited)
    return _UNTOLD + _UNTOLD_PART * waited


def expected_end(heard: Sequence[Heard]) -> float | None:
    """Return when the run should end, in seconds since its submit; None while that is open.

    By the latest claims of the time left, which tell how fast it passes; else by the part done
    since the run began, or since the first of the latest moments that told it. What was claimed
    while the run was queued does not count.
    """
    queued = max((index for index, each in enumerate(heard) if each.queued), default=None)
    since = heard if queued is None else heard[queued + 1 :]
    claims = [each for each in since if each.left][-_RECENT:]
    if len(claims) > 1:
        first, last = claims[0], claims[-1]
        passed = (first.left or 0.0) - (last.left or 0.0)
        if passed > 0 and last.at > first.at:
            return last.at + (last.left or 0.0) * (last.at - first.at) / passed
    parts = [each for each in since if each.fraction][-_RECENT:]
    if queued is None:
        parts = [Heard(0.0, fraction=0.0), *parts] if len(parts) == 1 else parts
    if len(parts) > 1:
        first, last = parts[0], parts[-1]
        done = (last.fraction or 0.0) - (first.fraction or 0.0)
        if done > 0 and last.at > first.at:
            return last.at + (1 - (last.fraction or 0.0)) * (last.at - first.at) / done
    return None


def _misses(heard: Sequence[Heard]) -> int:
    """Return how many polls came although the end was expected before them."""
    return sum(
        (expected_end(heard[:index]) or each.at + 1) < each.at
        for index, each in enumerate(heard)
        if index
    )
