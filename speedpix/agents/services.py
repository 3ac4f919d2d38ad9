"""What the tools of one server share, and how they end a call that failed."""

from __future__ import annotations

import asyncio
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Coroutine, Mapping, TypeVar

from attrs import define, field
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from ..exceptions import PredictionTimeoutError, SpeedPixException, SubmitOutcomeUnknownError
from ..printable import printable
from .folders import Folders
from .payment import Budget

if TYPE_CHECKING:
    from .. import Batch, Client, Prediction

T = TypeVar("T")


@define(eq=False)
class UnderWay:
    """A batch that this server drives, and what has come of it so far."""

    batch: Batch
    total: int
    task: asyncio.Task[None]
    lines: list[Mapping[str, Any]] = field(factory=list)


@define(eq=False)
class Services:
    """The client, what it may touch and spend, and what goes on beyond a call."""

    client: Client
    folders: Folders
    budget: Budget
    batches: dict[str, UnderWay] = field(factory=dict)
    _submits: set[asyncio.Task[Any]] = field(factory=set)

    async def submit(
        self, workflow_id: str, fields: dict[str, Any], options: dict[str, Any]
    ) -> Prediction:
        """Start a run.

        A call that is cancelled while files are uploaded submits nothing; once the run is being
        submitted, that is brought to its end, so that its id is known to `list_runs`.
        """
        fields = await self._uploaded(self.folders.with_files(fields))
        task = asyncio.ensure_future(self._create(workflow_id, fields, options))
        self._submits.add(task)
        task.add_done_callback(self._submits.discard)
        return await asyncio.shield(task)

    async def _uploaded(self, value: Any) -> Any:
        """Return an input with its files replaced by their uploads."""
        if isinstance(value, dict):
            return {key: await self._uploaded(item) for key, item in value.items()}
        if isinstance(value, list):
            return [await self._uploaded(item) for item in value]
        return await self.client.files.async_create(value) if isinstance(value, Path) else value

    async def _create(
        self, workflow_id: str, fields: dict[str, Any], options: dict[str, Any]
    ) -> Prediction:
        self.budget.take(1)
        try:
            return await self.client.predictions.async_create(workflow_id, fields, **options)
        except SubmitOutcomeUnknownError:
            raise
        except SpeedPixException:
            self.budget.give_back(1)
            raise

    async def find(self, prediction_id: str) -> Prediction:
        """Return a run as it is now, with what the history knows of it beside."""
        known = await asyncio.to_thread(self.client.predictions.list)
        for each in known:
            if each.id == prediction_id:
                return await each.async_reload()
        return await self.client.predictions.async_get(prediction_id)

    async def end(self) -> None:
        """Let what is being submitted get its id, and leave the batches so."""
        for each in self.batches.values():
            each.task.cancel()
        tasks = [*self._submits, *(each.task for each in self.batches.values())]
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.client.aclose()


def services_of(context: Context[Any, Any]) -> Services:
    """Return what the server of a call shares."""
    services: Services = context.request_context.lifespan_context
    return services


def reported(tool: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Awaitable[T]]:
    """Return a tool whose errors tell the assistant what happened, and what not to do."""

    @wraps(tool)
    async def call(*given: Any, **named: Any) -> T:
        try:
            return await tool(*given, **named)
        except SpeedPixException as error:
            raise ToolError(printable(explained(error))) from error

    return call


def explained(error: SpeedPixException) -> str:
    """Return an error for an assistant, who knows tools and no Python."""
    if isinstance(error, SubmitOutcomeUnknownError):
        return (
            f"{error}. Do not repeat it: it may have been started, and paid. Tell the user to look "
            "in the SpeedPix console"
        )
    prediction = getattr(error, "prediction", None)
    if prediction is None or not prediction.id or isinstance(error, PredictionTimeoutError):
        return str(error)
    return f"{error}. The run {prediction.id} is there: take it up again with wait_run"
