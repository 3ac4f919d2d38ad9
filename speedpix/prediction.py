"""Represent one run of a workflow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import define, field

from .engine import Link
from .flow import Flow
from .options import checked_interval, checked_timeout
from .progress import Progress
from .reloading import reload
from .waiting import carrying, wait


@define(eq=False)
class Prediction:
    """Represent one run of a workflow, as the service last described it.

    Attributes:
        id: the service's id of the run.
        status: `waiting`, `running`, `succeeded`, `failed`, or what else the service says.
        input: what was submitted, with local files replaced by their URLs; None when unknown.
        output: the result, once it has succeeded.
        error: why it failed, in the service's words.
        error_code: the service's code for that.
        invoke_id: the service's id of the call that told the end, or submitted the run.
        progress: how far it is.
        begin: when it began, once it has ended; with time zone.
        end: when it ended; with time zone.
        duration: how long it ran, in seconds.
        workflow_id: the workflow, when it is known.
        estimated_duration: seconds that the service expected it to take, when it was submitted.
        submitted_at: when it was submitted, in seconds since the epoch, when it is known.

    One whose submit was interrupted has no id (""): whether it was started is not known.

    A prediction pickles without the client: unpickled, it works with the environment's
    credentials.
    """

    id: str
    status: str | None = None
    input: dict[str, Any] | None = field(default=None, repr=False)
    output: dict[str, Any] | None = field(default=None, repr=False)
    error: str | None = None
    error_code: str | None = None
    invoke_id: str | None = None
    progress: Progress = field(factory=Progress, repr=False)
    begin: datetime | None = field(default=None, repr=False)
    end: datetime | None = field(default=None, repr=False)
    duration: float | None = field(default=None, repr=False)
    workflow_id: str | None = None
    estimated_duration: float | None = field(default=None, repr=False)
    submitted_at: float | None = field(default=None, repr=False)
    record: int | None = field(default=None, repr=False, kw_only=True)
    link: Link = field(factory=Link, repr=False, kw_only=True)

    def wait(
        self,
        polling_interval: float | None = None,
        timeout: float | None = None,
    ) -> Prediction:
        """Wait until the run has ended, and return this prediction, with its output.

        Args:
            polling_interval: the longest gap between two polls, in seconds; by default the gaps
                follow the service's estimates.
            timeout: seconds to wait; None waits as long as it takes.

        Raises:
            PredictionError: the run failed.
            PredictionTimeoutError: it did not end in time; it goes on, and can be waited for.
        """
        return self.link.engine().run(self._wait(polling_interval, timeout))

    async def async_wait(
        self,
        polling_interval: float | None = None,
        timeout: float | None = None,
    ) -> Prediction:
        """Wait until the run has ended, as `wait` does."""
        return await self.link.engine().async_run(self._wait(polling_interval, timeout))

    def reload(self) -> Prediction:
        """Ask the service once how the run is, and return this prediction, updated.

        A failed run is no error here: see `status` and `error`.
        """
        return self.link.engine().run(self._reload())

    async def async_reload(self) -> Prediction:
        """Ask the service once how the run is, as `reload` does."""
        return await self.link.engine().async_run(self._reload())

    def _wait(self, polling_interval: float | None, timeout: float | None) -> Flow[Prediction]:
        interval, limit = checked_interval(polling_interval), checked_timeout(timeout)
        return carrying(self, wait(self.link.engine(), self, interval, limit))

    def _reload(self) -> Flow[Prediction]:
        return carrying(self, reload(self.link.engine(), self))
