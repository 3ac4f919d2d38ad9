"""Run a workflow, ask for a run, wait for it, save its files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Sequence

import click

from ..connecting import connected, found
from ..inputs import input_of
from ..invocation import Invocation
from ..options import history_options, json_option, output_option, timeout_option
from ..output.documents import run_document
from ..output.lines import result_lines, value_lines
from ..output.terminal import say

if TYPE_CHECKING:
    from ... import Prediction

# Seconds between two polls when somebody looks on; else the SDK's own schedule is kept to.
_LIVE_INTERVAL = 1.0

_EXAMPLES = """\b
Examples:
  speedpix run WORKFLOW -i text=一幅画 -i image=@./input.jpg -i steps=20 -o out/
  speedpix run WORKFLOW --input - --json < input.json
"""


@click.command("run", epilog=_EXAMPLES)
@click.argument("workflow")
@click.option(
    "-i",
    "fields",
    multiple=True,
    metavar="KEY=VALUE",
    help="A field of the input: key=value (a number, true, false, null, else text), key=@file, "
    "key=@@text for a text that begins with @, key:=JSON. May be given many times.",
)
@click.option(
    "--input",
    "document",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="The input as a JSON object; - reads standard input. A field given with -i wins.",
)
@click.option("--alias", metavar="ALIAS", help="Version that an alias points to.  [default: main]")
@click.option("--version-id", metavar="VERSION", help="Fixed version, such as v1.")
@click.option("--resource", metavar="POOLS", help="Resource pools, separated by commas.")
@click.option("--no-wait", is_flag=True, help="Print the run's id, and do not wait for it.")
@output_option()
@timeout_option
@history_options
@json_option
@click.pass_obj
def run_workflow(
    invocation: Invocation,
    *,
    workflow: str,
    fields: Sequence[str],
    document: str | None,
    alias: str | None,
    version_id: str | None,
    resource: str | None,
    no_wait: bool,
    directory: Path | None,
    timeout: float | None,
    history: Path | None,
) -> None:
    """Run a workflow, wait for it, and save its files.

    Prints the files' paths. Without -o, it prints their URLs, which expire. An output without
    files is printed as JSON.
    """
    if no_wait and (directory or timeout is not None):
        message = "--no-wait goes with neither -o nor --timeout: `speedpix wait ID` takes them"
        raise click.UsageError(message)
    given = input_of(document, fields)
    invocation.directory = directory
    with connected(history) as client:
        uploads = [each for each in given.values() if isinstance(each, Path)]
        if uploads:
            say(f"uploading {', '.join(each.name for each in uploads)}")
        prediction = client.predictions.create(
            workflow,
            given,
            alias_id=alias,
            version_id=version_id,
            resource_config_id=resource,
        )
        invocation.prediction = prediction
        if no_wait:
            invocation.answer(run_document(prediction), [prediction.id])
            say(f"to wait for it: {invocation.resume()}")
            return
        say(f"submitted: run {prediction.id}")
        _wait(prediction, timeout)
        _deliver(invocation, prediction)


@click.command()
@click.argument("prediction_id", metavar="ID")
@output_option()
@timeout_option
@history_options
@json_option
@click.pass_obj
def wait(
    invocation: Invocation,
    *,
    prediction_id: str,
    directory: Path | None,
    timeout: float | None,
    history: Path | None,
) -> None:
    """Wait for a run, whoever submitted it, and save its files.

    Prints what `speedpix run` does.
    """
    invocation.directory = directory
    with connected(history) as client:
        invocation.prediction = found(client, prediction_id)
        _wait(invocation.prediction, timeout)
        _deliver(invocation, invocation.prediction)


@click.command()
@click.argument("prediction_id", metavar="ID")
@history_options
@json_option
@click.pass_obj
def status(invocation: Invocation, *, prediction_id: str, history: Path | None) -> None:
    """Ask once how a run is.

    Prints waiting, running, succeeded or failed. The exit code is 0 for a run that failed,
    too: the question was answered.
    """
    from ...display.progress_bar import describe

    with connected(history) as client:
        prediction = found(client, prediction_id)
    invocation.answer(run_document(prediction), [prediction.status or "unknown"])
    say(describe(prediction.progress) + (f": {prediction.error}" if prediction.error else ""))


@click.command()
@click.argument("prediction_id", metavar="ID")
@output_option(Path())
@history_options
@json_option
@click.pass_obj
def save(
    invocation: Invocation,
    *,
    prediction_id: str,
    directory: Path,
    history: Path | None,
) -> None:
    """Save the files of a run that has ended.

    Prints their paths.
    """
    invocation.directory = directory
    with connected(history) as client:
        invocation.prediction = found(client, prediction_id)
        invocation.prediction.wait(timeout=0)
        _deliver(invocation, invocation.prediction)


def _wait(prediction: Prediction, timeout: float | None) -> None:
    interval = _LIVE_INTERVAL if sys.stderr.isatty() else None
    prediction.wait(interval, timeout, progress=True)


def _deliver(invocation: Invocation, prediction: Prediction) -> None:
    """Save the files, where that is asked for, and answer."""
    output = prediction.output
    assert output is not None  # noqa: S101 - it has succeeded
    saved = None if invocation.directory is None else output.save_all(invocation.directory)
    for line in value_lines(output):
        say(line)
    invocation.answer(run_document(prediction, saved), result_lines(output, saved))
