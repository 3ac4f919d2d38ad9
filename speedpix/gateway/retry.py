"""Whether and when a failed call is tried again: pure functions over values."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from ..constants import BACKOFF_BASE, BACKOFF_CAP, RETRY_AFTER_CAP
from ..exceptions import SpeedPixException


class Outcome(Enum):
    """What a failure leaves known about the request."""

    NOT_TAKEN = "certainly not acted on: may be sent again, even if it costs money"
    REFUSED = "not acted on, and may be acted on later: a repeatable request is sent again"
    UNKNOWN = "may have been acted on: only a repeatable request is sent again"
    FINAL = "would be refused again"


@frozen
class Failure:
    """Why an attempt failed, and what follows.

    Attributes:
        error: what the caller gets if this was the last attempt.
        outcome: what is known about the request.
        clock_offset: seconds that the server's clock is ahead, when that was the trouble.
    """

    error: SpeedPixException
    outcome: Outcome
    clock_offset: float | None = None


def may_repeat(outcome: Outcome, *, repeatable: bool) -> bool:
    """Tell whether a request may be sent again after a failure.

    A submit is not repeatable: it starts a paid run, and the service has no idempotency key.
    """
    if outcome is Outcome.NOT_TAKEN:
        return True
    return repeatable and outcome is not Outcome.FINAL


def backoff(attempt: int, retry_after: float | None, sample: float) -> float:
    """Return the seconds to wait before the next attempt.

    Args:
        attempt: how many attempts have failed, from 1.
        retry_after: seconds the server asked for; obeyed up to a cap, plus some jitter.
        sample: a random number in [0, 1); full jitter keeps many clients from beating in time.
    """
    window = min(BACKOFF_CAP, BACKOFF_BASE * 2.0 ** min(attempt - 1, 16))
    if retry_after is not None:
        return min(retry_after, RETRY_AFTER_CAP) + sample * BACKOFF_BASE
    return window * sample
