"""One run of a workflow."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Sequence

from attrs import define, field

from .files import FileOutput
from .link import Link, tied
from .output import Output
from .progress import Listener, Progress, ProgressStream


@define(eq=False)
class Prediction:
    """One run of a workflow, as the service last described it.

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
        temp_files: with `return_temp_files`, the files that came beside the output fields.
        info: what the service adds to the result, as it came; web addresses in it are files.
        parameters: likewise.

    One whose submit was interrupted has no id (""): whether it was started is not known.

    A prediction pickles without the client: unpickled, it works with the environment's
    credentials. One that a program makes by hand belongs to no client: its methods raise
    RuntimeError.
    """

    id: str
    status: str | None = None
    input: dict[str, Any] | None = field(default=None, repr=False)
    output: Output | None = field(default=None, repr=False)
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
    temp_files: Sequence[FileOutput] = field(default=(), repr=False)
    info: Any = field(default=None, repr=False)
    parameters: Any = field(default=None, repr=False)
    record: int | None = field(default=None, repr=False, kw_only=True)
    link: Link | None = field(default=None, repr=False, kw_only=True)

    def wait(
        self,
        polling_interval: float | None = None,
        timeout: float | None = None,
        *,
        on_progress: Listener | None = None,
        progress: bool = False,
    ) -> Prediction:
        """Wait until the run has ended, and return this prediction, with its output.

        Args:
            polling_interval: the longest gap between two polls, in seconds; by default the gaps
                follow the service's estimates.
            timeout: seconds to wait; None waits as long as it takes.
            on_progress: called with the progress as it is known, and with each new one; what it
                raises ends the wait, not the run.
            progress: show a bar in the terminal or notebook; see `Client.run`.

        Raises:
            PredictionError: the run failed.
            PredictionTimeoutError: it did not end in time; it goes on, and can be waited for.
        """
        link = tied(self.link)
        link.run(
            link.wait(
                self, polling_interval, timeout, on_progress, progress=progress, blocking=True
            )
        )
        return self

    async def async_wait(
        self,
        polling_interval: float | None = None,
        timeout: float | None = None,
        *,
        on_progress: Listener | None = None,
        progress: bool = False,
    ) -> Prediction:
        """Wait until the run has ended, as `wait` does; `on_progress` may be a coroutine function.

        A coroutine function is awaited before the wait goes on.
        """
        link = tied(self.link)
        await link.async_run(
            link.wait(
                self, polling_interval, timeout, on_progress, progress=progress, blocking=False
            )
        )
        return self

    def stream(
        self, polling_interval: float | None = None, timeout: float | None = None
    ) -> ProgressStream:
        """Iterate over the run's progress, with `for` or with `async for`, until it has ended.

        The progress as it is known comes first, then each new one. The loop ends when the run has
        succeeded, and `output` is there. It may be left early: the run goes on, nothing is left
        open, and another stream or `wait` takes it up again.

        Args:
            polling_interval: as for `wait`.
            timeout: seconds from the first step until the run has ended, the loop's body included.

        Raises:
            PredictionError: the run failed.
            PredictionTimeoutError: it did not end in time; it goes on, and can be waited for.

        Examples:
            >>> for progress in prediction.stream():
            ...     print(progress.status, progress.fraction)
            >>> prediction.output["images"].save("output.png")
        """
        link = tied(self.link)
        return ProgressStream(link, link.stream(self, polling_interval, timeout))

    def reload(self) -> Prediction:
        """Ask the service once how the run is, and return this prediction, updated.

        A failed run is no error here: see `status` and `error`.
        """
        link = tied(self.link)
        link.run(link.reload(self))
        return self

    async def async_reload(self) -> Prediction:
        """Ask the service once how the run is, as `reload` does."""
        link = tied(self.link)
        await link.async_run(link.reload(self))
        return self
