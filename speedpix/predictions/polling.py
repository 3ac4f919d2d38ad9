"""Decide when to ask for progress next: pure functions of what has been heard.

Nobody knows what the service's claims are worth: the time left may be off by a factor, count down
to a wrong end, stand still; the fraction done may jump. So a run is asked for about once a second,
or less often as it takes long, and besides whenever a claim says that it ends, as long as that
claim has not been wrong. Only where independent claims have agreed more than once is the time up
to their end slept through.
"""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from attrs import frozen

from ..constants import REMEMBERED_POLLS, SHORTEST_POLLING_INTERVAL

# The usual gap: about a second, and for long runs this part of the time waited beyond some
# seconds. A little less than a second, lest runs of whole seconds are always just missed.
_USUAL, _USUAL_PART, _SHORT_RUN = 0.94, 0.1, 10.0
# Where no end was ever claimed, no poll is spent on one: the gaps may be shorter.
_UNTOLD = 0.83
# A poll this long after a claimed end, in seconds and as a part of the time until then, finds the
# result there rather than just before.
_MARGIN, _MARGIN_PART = 0.04, 0.01
# A claimed end nearer than this part of the usual gap waits until then: were it wrong, the poll
# would cost more than it saves. What is left is cut to a quarter by each source that was wrong.
_NEAR, _DOUBT = 0.47, 0.25
# A claimed end just beyond the usual gap is gone to in two halves, rather than in one gap and one
# that is too short: up to this multiple of the usual gap.
_HALVED = 1.25
# Two ends agree when they differ by less than this part of the later one.
_TOLERANCE = 0.02
# Claims that agreed once are asked for again after this part of the time since the run began: the
# golden ratio, so that a fraction that goes up in stairs is not met on the same place of its steps.
_GOLDEN = 0.618
_ENOUGH = 2  # times that independent claims must agree before they are trusted
# A fraction this near to 1 tells nothing: it is where many stick.
_ALMOST_DONE = 0.98
# Gaps are stretched at random by up to this part, so that many clients do not beat in time.
_JITTER = 0.02

# The ends that were claimed at one moment, by source: the first claim of the time left, the pace
# at which the time left passes, the fraction done.
_Ends = Tuple[Optional[float], Optional[float], Optional[float]]


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


def remembered(heard: Sequence[Heard], news: Heard) -> list[Heard]:
    """Return what counts of all that was heard: the first since the run began, and the latest."""
    if news.queued or heard[-1].queued:
        return [news]
    return [heard[0], *heard[1:][-REMEMBERED_POLLS:], news]


def pause(heard: Sequence[Heard], waited: float, longest: float, sample: float) -> float:
    """Return the seconds until the next poll.

    Args:
        heard: what was heard so far, oldest first; the estimate at submit is the first.
        waited: seconds since the run was submitted.
        longest: the longest gap between two polls that is allowed.
        sample: a random number in [0, 1).
    """
    gap = _gap(heard, waited) * (1 + _JITTER * sample)
    return min(longest, max(SHORTEST_POLLING_INTERVAL, gap))


def _gap(heard: Sequence[Heard], waited: float) -> float:
    claimed = [_ends(heard[: number + 1]) for number in range(len(heard))]
    any_end = any(end is not None for ends in claimed for end in ends)
    usual = max(_USUAL if any_end else _UNTOLD, _USUAL_PART * (waited - _SHORT_RUN))
    wrong = [any(end is not None and end <= waited for end in told) for told in zip(*claimed)]
    believed = [_without(ends, wrong) for ends in claimed]
    ahead = [end for end in believed[-1] if end is not None] if believed else []
    if not ahead:
        return usual
    gap = _MARGIN + (1 + _MARGIN_PART) * (min(ahead) - waited)
    agreements = _agreements(believed)
    if agreements >= _ENOUGH:
        return gap
    if gap <= usual:
        return max(gap, usual * (1 - _NEAR * _DOUBT ** sum(wrong)))
    if agreements:
        return min(usual, _GOLDEN * (waited - heard[0].at))
    return gap / 2 if gap <= _HALVED * usual else usual


def _ends(heard: Sequence[Heard]) -> _Ends:
    """Return when the run should end, in seconds since its submit, by each source of claims."""
    claims = [each for each in heard if each.left and each.left > 0]
    first = claims[0].at + (claims[0].left or 0.0) if claims else None
    return first, _by_pace(claims[-2:]), _by_fraction(heard)


def _by_pace(claims: Sequence[Heard]) -> float | None:
    """Return the end by how fast the time left passed between two claims of it, if it did."""
    if len(claims) < 2:  # noqa: PLR2004 - two claims make a pace
        return None
    earlier, later = claims
    left = later.left or 0.0
    passed = (earlier.left or 0.0) - left
    return later.at + left * (later.at - earlier.at) / passed if passed > 0 else None


def _by_fraction(heard: Sequence[Heard]) -> float | None:
    """Return the end by the fraction done since the first was told, if it has just moved."""
    told = [(each.at, each.fraction) for each in heard if each.fraction is not None]
    if len(told) < 2:  # noqa: PLR2004 - as above
        return None
    (begun, before), (at, fraction) = told[0], told[-1]
    if not max(before, told[-2][1]) < fraction < _ALMOST_DONE:
        return None
    return at + (1 - fraction) * (at - begun) / (fraction - before)


def _without(ends: _Ends, wrong: Sequence[bool]) -> _Ends:
    first, pace, fraction = (None if bad else end for end, bad in zip(ends, wrong))
    return first, pace, fraction


def _agreements(claimed: Sequence[_Ends]) -> int:
    """Return at how many of the latest moments, without a gap, time and fraction agreed."""
    count = 0
    for first, pace, fraction in reversed(claimed):
        if not any(_agree(fraction, end) for end in (first, pace)):
            break
        count += 1
    return count


def _agree(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one - other) <= _TOLERANCE * max(one, other)
