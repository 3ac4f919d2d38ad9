"""One run of a workflow."""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Callable, Sequence, TypeVar, cast

from attrs import Factory, define, field

from ..constants import LONGEST_POLLING_INTERVAL
from ..flow.clock import Instant
from .file_output import FileOutput
from .link import Link, tied
from .output import Output
from .progress import ENDS, AsyncListener, Listener, Progress, ProgressStream, Status

F = TypeVar("F", bound=Callable[..., Any])


def _gap_by_position(method: F) -> F:
    """Refuse a number by position that is too long for a gap: in other SDKs it is the timeout."""

    def check(times: tuple[object, ...], options: dict[str, Any]) -> None:
        gap = times[0] if len(times) == 1 and options.get("timeout") is None else None
        if isinstance(gap, (int, float)) and gap > LONGEST_POLLING_INTERVAL:
            name = method.__name__
            message = (
                f"{name}({gap!r}) is unclear: {name}(timeout={gap!r}) waits no longer than that, "
                f"{name}(polling_interval={gap!r}) makes it the longest gap between two polls"
            )
            raise TypeError(message)

    @wraps(method)
    def blocking(self: Prediction, *times: Any, **options: Any) -> Any:
        check(times, options)
        return method(self, *times, **options)

    @wraps(method)
    async def awaited(self: Prediction, *times: Any, **options: Any) -> Any:
        check(times, options)
        return await method(self, *times, **options)

    return cast("F", awaited if iscoroutinefunction(method) else blocking)


class Record(int):
    """The number of a run's row in one history; a prediction that is pickled goes without it.

    Where it is unpickled, another history may have another run under the same number.
    """

    def __copy__(self) -> Record:
        return self

    def __deepcopy__(self, _memo: Any) -> Record:
        return self

    def __reduce__(self) -> Any:
        return type(None), ()


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
        label: what the caller calls it, else the name of its first input file.

    One whose submit was interrupted has no id (""): whether it was started is not known.

    A prediction pickles without the client: unpickled, it works with the environment's
    credentials. One that a program makes by hand belongs to no client: its methods raise
    RuntimeError.
    """

    id: str
    status: Status | None = None
    input: dict[str, Any] | None = field(default=None, repr=False)
    output: Output | None = field(default=None, repr=False)
    error: str | None = None
    error_code: str | None = None
    invoke_id: str | None = None
    progress: Progress = field(
        default=Factory(lambda self: Progress(prediction_id=self.id or None), takes_self=True),
        repr=False,
    )
    begin: datetime | None = field(default=None, repr=False)
    end: datetime | None = field(default=None, repr=False)
    duration: float | None = field(default=None, repr=False)
    workflow_id: str | None = None
    estimated_duration: float | None = field(default=None, repr=False)
    submitted_at: float | None = field(default=None, repr=False)
    temp_files: Sequence[FileOutput] = field(default=(), repr=False)
    info: Any = field(default=None, repr=False)
    parameters: Any = field(default=None, repr=False)
    label: str | None = field(default=None, repr=False)
    submitted_instant: Instant | None = field(default=None, repr=False, kw_only=True)
    record: Record | None = field(default=None, repr=False, kw_only=True)
    link: Link | None = field(default=None, repr=False, kw_only=True)

    @property
    def done(self) -> bool:
        """Tell whether the run had ended when it was last asked for; this asks for nothing."""
        return self.status in ENDS

    @_gap_by_position
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
                follow the service's estimates, and are 10 s at most.
            timeout: seconds to wait; None waits as long as it takes.
            on_progress: called with the progress as it is known, and with each new one; what it
                raises ends the wait, not the run.
            progress: show a bar in the terminal or notebook; see `Client.run`.

        Raises:
            PredictionError: the run failed.
            PredictionTimeoutError: it did not end in time; it goes on, and can be waited for.
            TypeError: a number above 10 by position, which might be meant as either.
        """
        link = tied(self.link)
        link.run(
            link.wait(
                self, polling_interval, timeout, on_progress, progress=progress, blocking=True
            )
        )
        return self

    @_gap_by_position
    async def async_wait(
        self,
        polling_interval: float | None = None,
        timeout: float | None = None,
        *,
        on_progress: AsyncListener | None = None,
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

    @_gap_by_position
    def result(
        self,
        polling_interval: float | None = None,
        timeout: float | None = None,
        *,
        on_progress: Listener | None = None,
        progress: bool = False,
    ) -> Output:
        """Wait until the run has ended, and return its output; arguments and errors are `wait`'s.

        Examples:
            >>> client.run("workflow-id", {"text": "一幅画"}, wait=False).result(timeout=60)
            {'images': {'url': 'https://…'}}
        """
        self.wait(polling_interval, timeout, on_progress=on_progress, progress=progress)
        return cast("Output", self.output)  # it has succeeded

    @_gap_by_position
    async def async_result(
        self,
        polling_interval: float | None = None,
        timeout: float | None = None,
        *,
        on_progress: AsyncListener | None = None,
        progress: bool = False,
    ) -> Output:
        """Wait until the run has ended, and return its output, as `result` does."""
        await self.async_wait(polling_interval, timeout, on_progress=on_progress, progress=progress)
        return cast("Output", self.output)  # it has succeeded

    @_gap_by_position
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


def name_of(prediction: Prediction) -> str:
    """Return what a run is called in a log: `prediction 01j5t2 (cup.jpg)`."""
    label = f" ({prediction.label})" if prediction.label else ""
    return f"prediction {prediction.id}{label}"
