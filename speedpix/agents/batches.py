"""The tools for many runs, over the manifests that `client.map` keeps."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Mapping

import attrs
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult
from pydantic import Field

from ..batch.batch import Batch
from ..exceptions import SpeedPixException
from .answers import answer
from .payment import Answer, Consent, consent, require
from .runs import DEFAULT_WAIT, ConfirmPaid, WaitSeconds
from .services import Services, UnderWay, explained, reported, services_of

_LISTED = 50  # lines of each kind in an answer; the report has all
_ENDED = 4  # batches that are told as this server saw them; others as their manifests have them
_LOOK = 1.0  # seconds between two reports to the host

Inputs = Annotated[
    "list[dict[str, Any]]",
    Field(min_length=1, description='One object of fields for each run; files are "@path".'),
]
MaxRuns = Annotated[
    "int | None", Field(ge=1, description="The paid runs of this call at most; by default all.")
]
ManifestPath = Annotated[
    str,
    Field(description="The SQLite file that remembers, below the folders of this server."),
]


def consent_to_runs(
    context: Context[Any, Any],
    workflow_id: str,
    inputs: Inputs,
    max_runs: MaxRuns,
    confirm_paid: bool,
) -> Elicit[Consent] | Consent:
    """Ask whether a batch may be paid."""
    most = min(len(inputs), max_runs or len(inputs))
    question = f"Run {workflow_id} on {len(inputs)} inputs, which is at most {most} paid runs?"
    return consent(context, services_of(context).budget, question, confirm_paid=confirm_paid)


@reported
async def run_batch(
    context: Context[Any, Any],
    *,
    workflow_id: Annotated[str, Field(description="The published workflow.")],
    inputs: Inputs,
    manifest: ManifestPath,
    agreed: Annotated[Answer, Resolve(consent_to_runs)],
    key: Annotated[
        str | None,
        Field(description="The field that tells the inputs apart, which is not sent."),
    ] = None,
    folder: Annotated[str | None, Field(description="Where the files are saved.")] = None,
    max_runs: MaxRuns = None,
    retry_failed: Annotated[bool, Field(description="Pay again for what failed.")] = False,
    wait_seconds: WaitSeconds = DEFAULT_WAIT,
    confirm_paid: ConfirmPaid = False,  # noqa: ARG001 - the resolver's
) -> CallToolResult:
    """Run a workflow on many inputs; what the manifest has as done is neither run nor paid."""
    require(agreed)
    services = services_of(context)
    path = services.folders.inside(manifest)
    before = services.batches.get(str(path))
    if before is not None and not before.task.done():
        message = f"the batch of {manifest} is under way: call get_batch"
        raise ToolError(message)
    most = min(len(inputs), max_runs or len(inputs))
    if services.budget.left is not None:
        most = min(most, services.budget.left)
    batch = services.client.map(
        workflow_id,
        services.folders.with_files(inputs),
        key=key,
        manifest=path,
        save_to=None if folder is None else _target(services, folder),
        max_runs=most,
        retry=["failed"] if retry_failed else (),
    )
    services.budget.take(most)
    lines: list[Mapping[str, Any]] = []
    task = asyncio.ensure_future(_drive(services, batch, most, lines))
    under_way = UnderWay(batch, len(inputs), task, lines)
    ended = [each for each, known in services.batches.items() if known.task.done()]
    for each in ended[:-_ENDED]:
        del services.batches[each]
    services.batches[str(path)] = under_way
    await _watch(context, under_way, wait_seconds)
    return _answer(manifest, under_way)


@reported
async def get_batch(
    context: Context[Any, Any], manifest: ManifestPath, wait_seconds: WaitSeconds = 0.0
) -> CallToolResult:
    """Tell how a batch is, whoever drives it; this pays for nothing."""
    services = services_of(context)
    path = services.folders.inside(manifest)
    under_way = services.batches.get(str(path))
    if under_way is not None:
        await _watch(context, under_way, wait_seconds)
        return _answer(manifest, under_way)
    if not path.is_file():
        message = f"there is no manifest {manifest!r}"
        raise ToolError(message)
    lines = await asyncio.to_thread(_reported, services, path)
    counts = Counter(line["status"] for line in lines)
    return answer(
        {
            "manifest": manifest,
            "state": "not driven by this server; run_batch with the same inputs goes on",
            "counts": dict(counts),
            **_sorted(lines),
        }
    )


async def _drive(
    services: Services, batch: Batch, reserved: int, lines: list[Mapping[str, Any]]
) -> None:
    try:
        async for result in batch:
            error = result.error
            lines.append(
                {
                    "index": result.index,
                    "key": result.key,
                    "status": result.status,
                    "prediction_id": result.prediction_id,
                    "error": None if error is None else explained(error),
                    "saved": [str(path) for path in result.saved],
                }
            )
    finally:
        services.budget.give_back(reserved - batch.counts.submitted)


async def _watch(context: Context[Any, Any], under_way: UnderWay, seconds: float) -> None:
    """Wait a while for a batch's end, and pass on how many of its inputs are done."""
    loop, told = asyncio.get_running_loop(), 0
    end = loop.time() + seconds
    while not under_way.task.done() and loop.time() < end:
        await asyncio.wait({under_way.task}, timeout=min(_LOOK, end - loop.time()))
        done = len(under_way.lines)
        if done > told:
            told = done
            await context.report_progress(done, under_way.total, f"{done} of {under_way.total}")


def _answer(manifest: str, under_way: UnderWay) -> CallToolResult:
    task, batch = under_way.task, under_way.batch
    error = task.exception() if task.done() and not task.cancelled() else None
    document = {
        "manifest": manifest,
        "state": "ended" if task.done() else "running: call get_batch, do not run it again",
        "counts": attrs.asdict(batch.counts),
        **_sorted(under_way.lines),
    }
    if error is not None:
        told = explained(error) if isinstance(error, SpeedPixException) else type(error).__name__
        document["error"] = told
    elif task.done() and batch.stopped:
        document["stopped"] = batch.stopped
    return answer(document, is_error=error is not None)


def _sorted(lines: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what an assistant has to know of the lines: files, and what has none."""
    troubled = [line for line in lines if line["error"]]
    saved = [path for line in lines for path in line["saved"]]
    return {"saved": saved[:_LISTED], "saved_in_all": len(saved), "troubled": troubled[:_LISTED]}


def _target(services: Services, folder: str) -> str:
    path = str(services.folders.inside(folder))
    if "{" in path or "}" in path:
        message = f"the folder {folder!r} has braces in its path, which mean something else here"
        raise ToolError(message)
    return f"{path}/{{key}}-{{field}}.{{ext}}"


def _reported(services: Services, manifest: Path) -> list[Mapping[str, Any]]:
    """Return a line for each input of a manifest's last call, whoever made it."""
    with tempfile.TemporaryDirectory() as folder:
        report = services.client.map("-", (), manifest=manifest).report(Path(folder, "r.jsonl"))
        return [json.loads(line) for line in report.read_text("utf-8").splitlines()]
