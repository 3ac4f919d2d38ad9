"""Run a workflow on every photo of a folder, or every row of a table."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Sequence, cast

import attrs
import click

from ...exceptions import BatchStoppedError
from ..batching.resuming import AS_GIVEN, WayOn, ways_on
from ..batching.rows import Rows, named, opened
from ..batching.summary import end_line, exit_code_for, plan_line, progress_line
from ..batching.templates import Input, check_fields, inputs_of, makers_of
from ..batching.troubles import trouble
from ..connecting import connected
from ..exit_codes import ExitCode
from ..invocation import Invocation
from ..options import json_flag, output_option
from ..output.documents import result_document
from ..output.language import joined, translated
from ..output.lines import result_lines
from ..output.live_line import LiveLine
from ..output.terminal import Unwritten, command_line, say

if TYPE_CHECKING:
    from ... import Batch, Result

_MANIFEST = "batch.sqlite"
_MADE, _FAILED = "succeeded", "failed"
_DRY_RUN = "--dry-run"
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
@output_option(help_text="Save the output's files there, named as --name tells.")
@click.option(
    "--name",
    metavar="NAME",
    help="Name of the files in the folder, with {key}, {index}, {field}, {stem}, {ext}; without "
    "{field}, several files of a run get -{field} before the dot.  "
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
@click.option(_DRY_RUN, is_flag=True, help="Tell what would be done, and ask nothing.")
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
@json_flag("Answer with a line of JSON for each result, and for the error that ends it.")
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
    with opened(source, csv_encoding, directory) as rows:
        if rows.is_folder:
            key = key or "name"
            if not makers:
                message = "a folder needs -i, such as -i image=@{path}"
                raise click.UsageError(message)
        if rows.columns is not None:
            check_fields(rows.columns, fields, key)
        template = None if directory is None else _template(directory, name, rows)
        _remark(source, rows, template, key)
        options: dict[str, Any] = {
            "key": None if key is None else _key_of,
            "save_to": template,
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
                return _plan(invocation, made, rows)
            invocation.again = invocation.words
            return _run(invocation, made, rows, report)


def _key_of(given: Any) -> object:
    return cast("Input", given).key


def _template(directory: Path, name: str | None, rows: Rows) -> str:
    folder = str(directory).replace("{", "{{").replace("}", "}}")
    return f"{folder}/{name or ('{stem}.{ext}' if rows.is_folder else '{key}.{ext}')}"


def _remark(source: str, rows: Rows, template: str | None, key: str | None) -> None:
    """Tell what people may not expect of a command, before it does anything."""
    if rows.folders:
        say(translated(f"folders in {source!r} are not looked into: {named(rows.folders)}"))
    if template and "{key" in template and key is None:
        message = (
            "without --key, files are called after digests of what is sent; --key names a column "
            "to call them after, --name another name"
        )
        say(translated(message))


def _plan(invocation: Invocation, made: Batch, rows: Rows) -> int:
    plan = made.plan()
    failures = list(map(result_document, plan.failures))
    document = {**attrs.asdict(plan, recurse=False), "failures": failures, "error": None}
    invocation.answer(document, [plan_line(plan)])
    if not invocation.as_json:
        for each in plan.failures:
            say(trouble(each, rows))
        if plan.failed > len(failures):
            say(translated(f"and {plan.failed - len(failures):,} more"))
    if not plan.to_run + plan.to_fetch:
        words = [word for word in invocation.words if word != _DRY_RUN]
        may_succeed = any(not isinstance(each.error, AS_GIVEN) for each in plan.failures)
        _tell_ways(ways_on(words, failed=may_succeed, unknown=plan.unknown > 0))
    return ExitCode.SUCCESS


def _run(invocation: Invocation, made: Batch, rows: Rows, report: Path | None) -> int:
    """Make the runs, tell each result, and return how that ended."""
    total, may_succeed = rows.total, False
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
                        _tell(invocation, result, rows)
                    except Unwritten as error:  # what was paid is brought home all the same
                        unwritten = error
                if result.status == _FAILED and not isinstance(result.error, AS_GIVEN):
                    may_succeed = True
        except BatchStoppedError as error:
            stopped = error
    if report is not None:
        made.report(report)
    counts = made.counts
    say(end_line(counts, total))
    left = counts.open > 0 or counts.ended < total
    ways = list(
        ways_on(invocation.words, left=left, failed=may_succeed, unknown=counts.unknown > 0)
    )
    if stopped is not None:
        again = ways if not isinstance(stopped.__cause__, AS_GIVEN) else ()
        invocation.again = next((way.words for way in again), ())
        raise stopped
    if unwritten is not None:
        raise unwritten
    why = made.stopped or ("some are not at their end" if left else "")
    _tell_ways(ways, why)
    return exit_code_for(counts, made.stopped)


def _tell_ways(ways: Iterable[WayOn], why: str = "") -> None:
    """Tell the commands that go on, and why there is something to go on with."""
    for words, caution in ways:
        way = f"to go on: {command_line(['speedpix', *words])}"
        say(joined(map(translated, filter(None, (why, caution, way)))))


def _tell(invocation: Invocation, result: Result, rows: Rows) -> None:
    if invocation.as_json:
        invocation.tell_document(result_document(result))
    elif result.error is not None:
        say(trouble(result, rows))
    elif result.status == _MADE and result.output is not None:
        invocation.answer({}, result_lines(result.output, result.saved or None))
