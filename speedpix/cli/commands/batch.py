"""Run a workflow on every photo of a folder, or every row of a table."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence, cast

import attrs
import click

from ...exceptions import BatchStoppedError
from ...printable import printable
from ..batching.rows import Rows, opened
from ..batching.summary import end_line, exit_code_for, plan_line, progress_line
from ..batching.templates import Input, check_fields, inputs_of, makers_of
from ..connecting import connected
from ..exit_codes import ExitCode
from ..failures import told
from ..invocation import Invocation
from ..options import json_option, output_option
from ..output.documents import result_document
from ..output.language import translated
from ..output.lines import result_lines
from ..output.live_line import LiveLine
from ..output.terminal import Unwritten, say

if TYPE_CHECKING:
    from ... import Batch, Result

_MANIFEST = "batch.sqlite"
_MADE = "succeeded"
_EXAMPLES = """\b
Examples:
  speedpix batch WORKFLOW photos/ -i image=@{path} -i text={stem} -o out/
  speedpix batch WORKFLOW rows.csv -i text={title} --key sku -o out/ --name '{key}.{ext}'
  speedpix batch WORKFLOW rows.csv -i text={title} --key sku -o out/ --retry failed
"""


@click.command("batch", epilog=_EXAMPLES)
@click.argument("workflow")
@click.argument("source")
@click.option(
    "-i",
    "fields",
    multiple=True,
    metavar="KEY=VALUE",
    help="A field of each input, as for `run`, with {field} in it: of a folder's file {path}, "
    "{name}, {stem}, {index}; of a table its columns. Without -i, a row is its own input.",
)
@click.option(
    "--key",
    metavar="FIELD",
    help="The field that tells the rows apart from call to call.  "
    "[default: {name} of a folder's file, else what is sent]",
)
@output_option()
@click.option(
    "--name",
    metavar="NAME",
    help="Name of the files in the folder, with {key}, {index}, {field}, {stem}, {ext}.  "
    "[default: {stem}.{ext} for a folder, else {key}.{ext}]",
)
@click.option(
    "--manifest",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f"The file that remembers what is done.  [default: {_MANIFEST} in the output folder]",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a report when it ends: .html to look at, .csv for a spreadsheet, or .jsonl.",
)
@click.option(
    "--retry",
    type=click.Choice(["failed", "unknown", "all"]),
    help="Submit, and pay, again what an earlier call left so.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and ask nothing.")
@click.option("--max-runs", type=click.IntRange(min=0), metavar="N", help="Pay for N runs at most.")
@click.option(
    "--stop-after",
    type=click.IntRange(min=0),
    metavar="N",
    help="Stop after N failures in a row; 0 for never.  [default: 20]",
)
@click.option(
    "--concurrency", type=click.IntRange(min=1), metavar="N", help="Runs at once.  [default: 256]"
)
@click.option(
    "--csv-encoding", metavar="NAME", help="Of CSV.  [default: UTF-8 if it is that, else GB18030]"
)
@json_option
@click.pass_obj
def batch(
    invocation: Invocation,
    *,
    workflow: str,
    source: str,
    fields: Sequence[str],
    key: str | None,
    directory: Path | None,
    name: str | None,
    manifest: Path | None,
    report: Path | None,
    retry: str | None,
    dry_run: bool,
    max_runs: int | None,
    stop_after: int | None,
    concurrency: int | None,
    csv_encoding: str | None,
) -> int:
    """Run a workflow on all files of a folder or rows of a table.

    SOURCE is a folder with pictures, a .csv or .jsonl file, or - for one of these on standard
    input. The same command, started again, goes on where it ended: nothing is paid twice.
    Prints the files' paths; with --json, a line for each result.
    """
    if directory is None and manifest is None:
        message = "say -o, where the files and what is done are kept; or --manifest"
        raise click.UsageError(message)
    if directory is None and name is not None:
        message = "--name needs -o"
        raise click.UsageError(message)
    if report is not None and not dry_run:
        from ...batch.reports.report import probe_report

        probe_report(report)
    makers = makers_of(fields)
    with opened(source, csv_encoding) as rows:
        if rows.is_folder:
            key = key or "name"
            if not makers:
                message = "a folder needs -i, such as -i image=@{path}"
                raise click.UsageError(message)
        if rows.columns is not None:
            check_fields(rows.columns, fields, key)
        options: dict[str, Any] = {
            "key": None if key is None else _key_of,
            "save_to": directory and _template(directory, name, rows),
            "manifest": manifest or cast("Path", directory) / _MANIFEST,
            "retry": retry or (),
            "max_runs": max_runs,
        }
        if concurrency is not None:
            options["concurrency"] = concurrency
        if stop_after is not None:
            options["stop_after"] = stop_after or None
        with connected() as client:
            made = client.map(workflow, inputs_of(rows, makers, key), **options)  # type: ignore[arg-type]
            if dry_run:
                return _plan(invocation, made)
            invocation.again = invocation.words
            return _run(invocation, made, rows.total, report)


def _key_of(given: Any) -> object:
    return cast("Input", given).key


def _template(directory: Path, name: str | None, rows: Rows) -> str:
    folder = str(directory).replace("{", "{{").replace("}", "}}")
    return f"{folder}/{name or ('{stem}.{ext}' if rows.is_folder else '{key}.{ext}')}"


def _plan(invocation: Invocation, made: Batch) -> int:
    plan = made.plan()
    failures = list(map(result_document, plan.failures))
    document = {**attrs.asdict(plan, recurse=False), "failures": failures, "error": None}
    invocation.answer(document, [plan_line(plan)])
    if not invocation.as_json:
        for each in plan.failures:
            say(_failure(each))
        if plan.failed > len(failures):
            say(translated(f"and {plan.failed - len(failures):,} more"))
    return ExitCode.SUCCESS


def _run(invocation: Invocation, made: Batch, total: int, report: Path | None) -> int:
    """Make the runs, tell each result, and return how that ended."""
    began = time.monotonic()
    stopped: BatchStoppedError | None = None
    unwritten: Unwritten | None = None
    results = iter(made)
    line = LiveLine(lambda: progress_line(made.counts, total, time.monotonic() - began))
    # Whatever comes in between, those that are being submitted get their ids by `closing`.
    with line, closing(results):
        try:
            for result in results:
                with line.above():
                    try:
                        _tell(invocation, result)
                    except Unwritten as error:  # what was paid is brought home all the same
                        unwritten = error
        except BatchStoppedError as error:
            stopped = error
    if report is not None:
        made.report(report)
    say(end_line(made.counts, total))
    early = stopped or unwritten
    if early is not None:
        raise early
    code = exit_code_for(made.counts, made.stopped)
    if code is ExitCode.NOT_ENDED:
        why = made.stopped or "some are not at their end"
        say(translated(f"{why}; to go on: {invocation.resume()}"))
    return code


def _tell(invocation: Invocation, result: Result) -> None:
    if invocation.as_json:
        invocation.tell_document(result_document(result))
    elif result.error is not None:
        say(_failure(result))
    elif result.status == _MADE and result.output is not None:
        invocation.answer({}, result_lines(result.output, result.saved or None))


def _failure(result: Result) -> str:
    """Return why an item has no output; of one that could not be read, the error tells which."""
    name = printable(getattr(result.input, "name", ""))
    error = "" if result.error is None else told(result.error)
    return ": ".join(filter(None, (translated(result.status), name, error)))
