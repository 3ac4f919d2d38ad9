"""What is claimed of a run's end, true or not: pure functions of time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Mapping, Sequence, Union

Eta = Union[float, str, None]

AVERAGE = 3.0
"""The average of other runs, in seconds, which is claimed of a run whatever its own duration."""

HUGE = 1e9
"""Seconds that are claimed to be left of any run, where claims are huge."""

STUCK = 0.99
"""The fraction that sticks, or that is told while a run's work takes longer than its script."""

NODES = (1.0, 1.0, 6.0, 1.0, 1.0)
"""The shares of a run that its nodes take, where its script names none."""

# Seconds left, by the kind of claim: of the seconds since submit, those until the end, a factor.
_LEFT: Mapping[str, Callable[[float, float, float], float]] = {
    "scaled": lambda elapsed, end, factor: (end - elapsed) * factor,
    "countdown": lambda elapsed, end, factor: max(0.0, end * factor - elapsed),
    "average": lambda elapsed, _, factor: max(0.0, AVERAGE * factor - elapsed),
    "still": lambda _, end, factor: end * factor,
    "growing": lambda elapsed, end, factor: end * factor + elapsed,
    "zero": lambda *_: 0.0,
    "huge": lambda *_: HUGE,
    "negative": lambda elapsed, end, factor: (elapsed - end) * factor,
}

# The fraction told, by the kind of claim: of the true fraction, the nodes' shares, a factor.
_FRACTION: Mapping[str, Callable[[float, Sequence[float], float], float]] = {
    "linear": lambda fraction, *_: fraction,
    "nodes": lambda fraction, shares, _: _nodes_done(fraction, shares),
    "sticks": lambda fraction, _, factor: min(STUCK, fraction * factor),
    "absent": lambda *_: 0.0,
}


def time_left(eta: Eta, elapsed: float, end: float) -> float | None:
    """Return the seconds that are claimed to be left; None for no claim."""
    if eta is None:
        return None
    kind, factor = _parsed("eta", eta, *_LEFT) if isinstance(eta, str) else ("scaled", eta)
    return round(_LEFT[kind](elapsed, end, factor), 3)


def fraction_done(progress: str, fraction: float, shares: Sequence[float]) -> float:
    """Return the fraction that is claimed to be done, of a run that has not ended."""
    kind, factor = _parsed("progress", progress, *_FRACTION)
    return round(_FRACTION[kind](fraction, shares or NODES, factor), 4)


def check_eta(eta: Eta) -> None:
    """Raise ValueError or TypeError unless this is a way to tell the time left."""
    if isinstance(eta, bool) or not isinstance(eta, (int, float, str, type(None))):
        message = f"eta: a factor, the name of a claim, or None is wanted, not {eta!r}"
        raise TypeError(message)
    time_left(eta, 0.0, 1.0)


def check_progress(progress: str) -> None:
    """Raise ValueError or TypeError unless this is a way to tell the fraction done."""
    if not isinstance(progress, str):
        message = f"progress: the name of a claim is wanted, not {progress!r}"
        raise TypeError(message)
    fraction_done(progress, 0.0, ())


@lru_cache(maxsize=None)
def _parsed(what: str, text: str, *kinds: str) -> tuple[str, float]:
    """Return kind and factor of a claim such as `countdown`, `countdown*3` or `countdown/3`."""
    found = re.fullmatch(r"(\w+)(?:([*/])(\d+(?:\.\d+)?))?", text)
    if found is None or found[1] not in kinds or float(found[3] or 1) == 0:
        known = ", ".join(kinds)
        message = f"{what}: {text!r} is none of {known}, with a factor such as *3 or /3 if you like"
        raise ValueError(message)
    factor = float(found[3] or 1)
    return found[1], 1 / factor if found[2] == "/" else factor


def _nodes_done(fraction: float, shares: Sequence[float]) -> float:
    """Return the part of the nodes that are done, by their number."""
    whole, until, done = sum(shares), 0.0, 0
    for share in shares:
        until += share / whole
        done += fraction >= until
    return done / len(shares)
