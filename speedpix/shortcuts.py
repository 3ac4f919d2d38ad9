"""Runs without a client of one's own: `speedpix.run`, `speedpix.async_run`, `speedpix.map`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Literal, overload

from .batch.map_options import MAP_DEFAULTS, MapOptions
from .client import Client, default_client
from .predictions.options import AsyncRunOptions, BackgroundForm, Input, RunOptions, takes
from .values.output import Output
from .values.prediction import Prediction

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .batch.batch import Batch


@overload
def run(  # type: ignore[overload-overlap]
    workflow_id: str,
    input: BackgroundForm,
    *,
    client: Client | None = ...,
    **options: Unpack[RunOptions],
) -> Prediction: ...


@overload
def run(
    workflow_id: str,
    input: Input,
    *,
    wait: Literal[False],
    client: Client | None = ...,
    **options: Unpack[RunOptions],
) -> Prediction: ...


@overload
def run(
    workflow_id: str,
    input: Input,
    *,
    wait: Literal[True] = ...,
    client: Client | None = ...,
    **options: Unpack[RunOptions],
) -> Output: ...


@overload
def run(
    workflow_id: str,
    input: Input,
    *,
    wait: bool,
    client: Client | None = ...,
    **options: Unpack[RunOptions],
) -> Output | Prediction: ...


@takes(RunOptions, wait="bool")
def run(
    workflow_id: str,
    input: Input,
    *,
    client: Client | None = None,
    **options: Any,
) -> Output | Prediction:
    """Run a workflow with the client given, or with one configured by the environment.

    Arguments, result and errors are those of `Client.run`.
    """
    return (client or default_client()).run(workflow_id, input, **options)  # type: ignore[no-any-return]


@overload
async def async_run(  # type: ignore[overload-overlap]
    workflow_id: str,
    input: BackgroundForm,
    *,
    client: Client | None = ...,
    **options: Unpack[AsyncRunOptions],
) -> Prediction: ...


@overload
async def async_run(
    workflow_id: str,
    input: Input,
    *,
    wait: Literal[False],
    client: Client | None = ...,
    **options: Unpack[AsyncRunOptions],
) -> Prediction: ...


@overload
async def async_run(
    workflow_id: str,
    input: Input,
    *,
    wait: Literal[True] = ...,
    client: Client | None = ...,
    **options: Unpack[AsyncRunOptions],
) -> Output: ...


@overload
async def async_run(
    workflow_id: str,
    input: Input,
    *,
    wait: bool,
    client: Client | None = ...,
    **options: Unpack[AsyncRunOptions],
) -> Output | Prediction: ...


@takes(AsyncRunOptions, wait="bool")
async def async_run(
    workflow_id: str,
    input: Input,
    *,
    client: Client | None = None,
    **options: Any,
) -> Output | Prediction:
    """Run a workflow, as `run` does."""
    return await (client or default_client()).async_run(workflow_id, input, **options)  # type: ignore[no-any-return]


@takes(MapOptions, MAP_DEFAULTS)
def map(
    workflow_id: str,
    inputs: Iterable[Input],
    *,
    client: Client | None = None,
    **options: Unpack[MapOptions],
) -> Batch:
    """Run a workflow on many inputs, with the client given or with the environment's.

    Arguments, result and errors are those of `Client.map`.
    """
    return (client or default_client()).map(workflow_id, inputs, **options)
