"""Run a workflow, wait for it, and save its files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Sequence

import click

from ...exceptions import InvalidRequestError, add_note
from ..connecting import connected
from ..delivery import deliver, wait_for
from ..inputs import input_of, meant
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
@click.option(
    "--encoding",
    type=click.Choice(["url", "base64"]),
    default="url",
    show_default=True,
    help="Upload files, or put them, up to 1 MiB each, into the request itself.",
)
@click.option("--randomise-seeds", is_flag=True, help="New random seeds: no cached result.")
@click.option("--temp-files", is_flag=True, help="Also return previews and other temporary files.")
@click.option("--label", metavar="TEXT", help="What to call the run.  [default: its first file]")
@click.option("--no-wait", is_flag=True, help="Print the run's id, and do not wait for it.")
@output_option()
@overwrite_option
@timeout_option
@polling_option
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
    encoding: Literal["url", "base64"],
    randomise_seeds: bool,
    temp_files: bool,
    no_wait: bool,
    directory: Path | None,
    overwrite: bool,
    label: str | None,
    timeout: float | None,
    polling_interval: float | None,
    history: Path | None,
) -> None:
    """Run a workflow, wait for it, and save its files.

    Prints the files' paths. Without -o, it prints their URLs, which expire. An output without
    files is printed as JSON.
    """
    if no_wait and (directory or timeout is not None or polling_interval is not None):
        message = (
            "--no-wait goes without -o, --timeout and --polling-interval: `speedpix wait ID` "
            "takes them"
        )
        raise click.UsageError(message)
    given = input_of(document, fields)
    invocation.save_to(directory, overwrite=overwrite)
    with connected(history) as client:
        uploads = [each for each in given.values() if isinstance(each, Path)]
        if uploads and encoding == "url":
            say(translated(f"uploading {', '.join(each.name for each in uploads)}"))
        try:
            prediction = client.predictions.create(
                workflow,
                given,
                alias_id=alias,
                version_id=version_id,
                resource_config_id=resource,
                file_encoding_strategy=encoding,
                randomise_seeds=randomise_seeds or None,
                return_temp_files=temp_files or None,
                label=label,
            )
        except InvalidRequestError as error:
            for option in meant(given, error.message):
                add_note(error, f"did you mean `{option}`?")
            raise
        invocation.prediction = prediction
        if no_wait:
            invocation.answer(run_document(prediction), [prediction.id])
            say(translated(f"to wait for it: {invocation.resume()}"))
            return
        say(translated(f"submitted: run {prediction.id}"))
        wait_for(prediction, timeout, polling_interval)
        deliver(invocation, prediction)
