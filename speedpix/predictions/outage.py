"""How long a wait goes on while the service says nothing of use."""

from __future__ import annotations

import math

from ..constants import BACKOFF_BASE, OUTAGE_PATIENCE
from ..exceptions import SpeedPixException
from ..flow.clock import Clock
from ..logs import logger

# Gaps are this part of the time that the outage has lasted: as it goes on, it is asked less often.
_GAP_PART = 0.25
_MINUTE = 60


class Outage:
    """The time since the service last said something of use about a run.

    It is given ten minutes, or all the time that the caller named: the run was paid for, and most
    likely goes on.
    """

    def __init__(self, clock: Clock, name: str, *, bounded: bool) -> None:
        self._clock = clock
        self._name = name
        self._patience = OUTAGE_PATIENCE if bounded else math.inf
        self._begin: float | None = None

    @property
    def end(self) -> float:
        """Return the monotonic time until which the service is asked, as things stand."""
        begin = self._clock.monotonic() if self._begin is None else self._begin
        return begin + self._patience

    @property
    def seconds(self) -> float | None:
        """Return how long it has lasted; None when there is none."""
        return None if self._begin is None else self._clock.monotonic() - self._begin

    def endure(self, error: SpeedPixException, begin: float) -> float:
        """Return the seconds until the next poll, after one that began at some time and failed.

        Raises:
            SpeedPixException: the error, when there was no answer for too long.
        """
        if self._begin is None:
            self._begin = begin
            minutes = self._patience / _MINUTE
            patience = (
                "until the timeout" if math.isinf(minutes) else f"for up to {minutes:g} minutes"
            )
            logger.warning("%s: no answer (%s); asking again %s", self._name, error, patience)
        lasted = self._clock.monotonic() - self._begin
        if lasted >= self._patience:
            error.message = f"{error.message}; for {lasted:.0f} s there was no answer"
            raise error
        logger.debug("%s: no answer for %.1f s: %s", self._name, lasted, error)
        return min(max(BACKOFF_BASE, _GAP_PART * lasted), self._patience - lasted)

    def over(self) -> None:
        """Take note that the service has answered."""
        if self._begin is not None:
            logger.info("%s: answered again after %.1f s", self._name, self.seconds)
            self._begin = None
