"""Ask for a run that was submitted earlier, wait for it, save its files."""

from __future__ import annotations

from pathlib import Path

import click

from ...printable import printable
from ..connecting import connected, found
from ..delivery import deliver, wait_for
from ..invocation import Invocation
from ..options import (
    history_options,
    json_option,
    output_option,
    overwrite_option,
    polling_option,
    timeout_option,
)
from ..output.documents import run_document
from ..output.language import translated
from ..output.terminal import say


@click.command()
@click.argument("prediction_id", metavar="ID")
@output_option()
@overwrite_option
@timeout_option
@polling_option
@history_options
@json_option
@click.pass_obj
def wait(
    invocation: Invocation,
    *,
    prediction_id: str,
    directory: Path | None,
    overwrite: bool,
    timeout: float | None,
    polling_interval: float | None,
    history: Path | None,
) -> None:
    """Wait for a run, whoever submitted it, and save its files.

    Prints what `speedpix run` does.
    """
    invocation.save_to(directory, overwrite=overwrite)
    with connected(history) as client:
        invocation.prediction = found(client, prediction_id)
        wait_for(invocation.prediction, timeout, polling_interval)
        deliver(invocation, invocation.prediction)


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
    from ...display.progress_bar import describe, speak

    speak(translated)
    with connected(history) as client:
        prediction = found(client, prediction_id)
    invocation.answer(run_document(prediction), [printable(prediction.status or "unknown")])
    error = f": {printable(prediction.error)}" if prediction.error else ""
    say(f"{describe(prediction.progress)}{error}")


@click.command()
@click.argument("prediction_id", metavar="ID")
@output_option(Path())
@overwrite_option
@history_options
@json_option
@click.pass_obj
def save(
    invocation: Invocation,
    *,
    prediction_id: str,
    directory: Path,
    overwrite: bool,
    history: Path | None,
) -> None:
    """Save the files of a run that has ended.

    Prints their paths.
    """
    invocation.save_to(directory, overwrite=overwrite)
    with connected(history) as client:
        invocation.prediction = found(client, prediction_id)
        invocation.prediction.wait(timeout=0)
        deliver(invocation, invocation.prediction)
