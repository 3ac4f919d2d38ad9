"""How far a run is, and that step by step."""

from __future__ import annotations

from typing import Callable, Collection, Literal, Union

from attrs import field, frozen

from ..flow.drivers import Runner, next_news
from ..flow.effects import Flow

# The words that are known, for editors to complete; the service may learn others.
Status = Union[Literal["submitting", "waiting", "running", "succeeded", "failed", "cancelled"], str]  # noqa: PYI051
# The statuses that end a run without an output, in both spellings of the service.
UNSUCCESSFUL = frozenset(("failed", "cancelled", "canceled"))
ENDS = UNSUCCESSFUL | {"succeeded"}


@frozen
class Progress:
    """What the service last said of a run; None where it said nothing.

    Attributes:
        status: `waiting`, `running`, `succeeded`, `failed`, or what else the service says.
        fraction: the part done, 0 to 1.
        queue_length: runs ahead in the queue, while waiting.
        seconds_left: the service's estimate, while running.
        node: the workflow's node at work.
        step: the node's step at work.
        steps: the node's steps in all.
        message: what the service adds in words.
        current_image: the URL of a picture of what there is so far, a preview or the output
            itself; as a FileOutput, it can be saved.
        prediction_id: the run's id, known from the submit on.
        label: what the run is called; see `CreateOptions`.
    """

    status: Status | None = None
    fraction: float | None = None
    queue_length: int | None = None
    seconds_left: float | None = None
    node: str | None = None
    step: int | None = None
    steps: int | None = None
    message: str | None = None
    current_image: str | None = None
    # Whose it is, not what was said.
    prediction_id: str | None = field(default=None, eq=False)
    label: str | None = field(default=None, eq=False)


# What is told of a run's progress. What it returns plays no part, but that it can't be awaited by
# a blocking call: these are what functions return that are called for what they do.
Listener = Callable[[Progress], Union[float, Collection[object], None]]
AsyncListener = Callable[[Progress], object]  # a coroutine function, too


@frozen(eq=False, repr=False)
class ProgressStream:
    """The new progress of a run, step by step, for `for` and for `async for`."""

    _runner: Runner
    _flow: Flow[object]

    def __iter__(self) -> ProgressStream:
        return self

    def __next__(self) -> Progress:
        progress: Progress | None = self._runner.run(next_news(self._flow))
        if progress is None:
            raise StopIteration
        return progress

    def __aiter__(self) -> ProgressStream:
        return self

    async def __anext__(self) -> Progress:
        progress: Progress | None = await self._runner.async_run(next_news(self._flow))
        if progress is None:
            raise StopAsyncIteration
        return progress
