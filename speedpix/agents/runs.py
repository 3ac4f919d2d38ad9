"""The tools for single runs and files."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any, Mapping

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult
from pydantic import Field

from ..display.progress_bar import describe
from ..exceptions import InputError, PredictionError, PredictionTimeoutError
from ..values.prediction import Prediction
from ..values.progress import Progress
from .answers import answer, previews, run_answer, run_document
from .payment import Answer, Consent, consent, require
from .services import reported, services_of

# Hosts end a call after a minute, some earlier; a wait is over before that.
DEFAULT_WAIT, LONGEST_WAIT = 25.0, 50.0  # seconds
_STEP = 1e-6  # the protocol wants each progress to be greater than the one before
_SHOWN = 300  # characters of an input that the user is shown with the question

PredictionId = Annotated[str, Field(description="The run's id.")]
WaitSeconds = Annotated[
    float,
    Field(
        ge=0,
        le=LONGEST_WAIT,
        description="How long to wait for the end; then the id and the state are returned.",
    ),
]
ConfirmPaid = Annotated[
    bool,
    Field(description="True only if the user has agreed to pay for exactly this."),
]


def consent_to_run(
    context: Context[Any, Any],
    workflow_id: str,
    input: dict[str, Any],
    confirm_paid: bool,
) -> Elicit[Consent] | Consent:
    """Ask whether a run may be paid."""
    return consent(
        context,
        services_of(context).budget,
        question(workflow_id, input),
        confirm_paid=confirm_paid,
    )


def question(name: str, fields: Mapping[str, Any]) -> str:
    """Return what the user is asked before a run."""
    shown = ", ".join(f"{key}={value}" for key, value in fields.items())
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return f"Run {name} once, which is paid, with {shown or 'no input'}?"


@reported
async def run_workflow(
    context: Context[Any, Any],
    *,
    workflow_id: Annotated[str, Field(description="The published workflow.")],
    input: Annotated[
        dict[str, Any],
        Field(
            description='Its fields. A file is "@path", below the folders of this server; '
            '"@@…" is a text that begins with @.'
        ),
    ],
    agreed: Annotated[Answer, Resolve(consent_to_run)],
    alias_id: Annotated[str | None, Field(description="Its version; main by default.")] = None,
    version_id: Annotated[str | None, Field(description="A fixed version, such as v1.")] = None,
    wait_seconds: WaitSeconds = DEFAULT_WAIT,
    confirm_paid: ConfirmPaid = False,  # noqa: ARG001 - the resolver's
) -> CallToolResult:
    """Run a workflow, which is paid, and wait a while for its end."""
    require(agreed)
    options = {"alias_id": alias_id, "version_id": version_id}
    return await run(context, workflow_id, input, options, wait_seconds)


async def run(
    context: Context[Any, Any],
    workflow_id: str,
    fields: dict[str, Any],
    options: dict[str, Any],
    wait_seconds: float,
) -> CallToolResult:
    """Submit a run that may be paid, and wait a while for its end."""
    prediction = await services_of(context).submit(workflow_id, fields, options)
    return await _waited(context, prediction, wait_seconds)


@reported
async def wait_run(
    context: Context[Any, Any], id: PredictionId, wait_seconds: WaitSeconds = DEFAULT_WAIT
) -> CallToolResult:
    """Wait for a run's end; when that does not come in time, its state is returned: call again."""
    prediction = await services_of(context).find(id)
    return await _waited(context, prediction, wait_seconds)


@reported
async def get_run(context: Context[Any, Any], id: PredictionId) -> CallToolResult:
    """Tell how a run is, without waiting."""
    return answer(run_document(await services_of(context).find(id)))


@reported
async def list_runs(
    context: Context[Any, Any],
    limit: Annotated[int, Field(ge=1, le=100, description="How many, newest first.")] = 20,
) -> CallToolResult:
    """List the runs that are remembered, as they were last heard of."""
    known = await asyncio.to_thread(services_of(context).client.predictions.list)
    return answer({"runs": [run_document(each) for each in known[:limit]]})


@reported
async def save_outputs(
    context: Context[Any, Any],
    id: PredictionId,
    folder: Annotated[
        str, Field(description="Where; the files go into a folder in it with the run's id.")
    ] = ".",
) -> CallToolResult:
    """Save the files of a run that has succeeded, and show its pictures, reduced."""
    services = services_of(context)
    prediction = await services.find(id)
    if prediction.output is None:
        message = f"the run {id} has no output: it is {prediction.status}"
        raise InputError(message)
    # Each run has a folder of its own, so that no file of the user's is replaced.
    target = services.folders.inside(f"{folder}/{id}")
    saved = await prediction.output.async_save_all(target)
    pictures = await asyncio.to_thread(previews, saved)
    return answer({"id": id, "saved": [str(path) for path in saved]}, pictures)


@reported
async def upload_file(
    context: Context[Any, Any],
    path: Annotated[str, Field(description="A file below the folders of this server.")],
) -> CallToolResult:
    """Upload a file once, to use its URL in the inputs of many runs; this is not paid."""
    services = services_of(context)
    file = await services.client.files.async_create(services.folders.file(path))
    expires = file.expire_time
    return answer(
        {
            "url": file.access_url,
            "name": file.name,
            "size": file.size,
            "expires": expires and expires.isoformat(),
        }
    )


async def _waited(
    context: Context[Any, Any], prediction: Prediction, seconds: float
) -> CallToolResult:
    with suppress(PredictionTimeoutError, PredictionError):  # its state is the answer
        if seconds:
            await prediction.async_wait(timeout=seconds, on_progress=_Reporter(context))
    return run_answer(prediction)


class _Reporter:
    """A run's progress, passed on to the host."""

    def __init__(self, context: Context[Any, Any]) -> None:
        self._context = context
        self._told = 0.0

    async def __call__(self, progress: Progress) -> None:
        self._told = max(progress.fraction or 0.0, self._told + _STEP)
        await self._context.report_progress(self._told, 1.0, describe(progress))
