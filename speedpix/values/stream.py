"""Iterate over a run's progress: what `stream` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ..flow.drivers import next_news
from ..flow.effects import Flow
from .progress import Progress

if TYPE_CHECKING:
    from ..session import Engine


@frozen(eq=False, repr=False)
class ProgressStream:
    """Be the new progress of a run, step by step, for `for` and for `async for`."""

    _engine: Engine
    _flow: Flow[object]

    def __iter__(self) -> ProgressStream:
        return self

    def __next__(self) -> Progress:
        progress: Progress | None = self._engine.run(next_news(self._flow))
        if progress is None:
            raise StopIteration
        return progress

    def __aiter__(self) -> ProgressStream:
        return self

    async def __anext__(self) -> Progress:
        progress: Progress | None = await self._engine.async_run(next_news(self._flow))
        if progress is None:
            raise StopAsyncIteration
        return progress
