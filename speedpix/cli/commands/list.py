"""List the runs that the history remembers."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Sequence

import click

from ...display.terminal import is_live
from ...printable import printable
from ..connecting import connected
from ..invocation import Invocation
from ..options import history_options, json_option
from ..output.documents import run_document
from ..output.language import translated
from ..output.terminal import say, tell

if TYPE_CHECKING:
    from ... import Prediction

_COLUMNS = ("ID", "STATUS", "WORKFLOW", "SUBMITTED", "LABEL")
_DEFAULT_LIMIT = 20  # as many as a terminal shows at once


@click.command("list")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=_DEFAULT_LIMIT,
    show_default=True,
    help="How many, newest first; the history gives at most 1,000.",
)
@history_options
@json_option
@click.pass_obj
def list_runs(invocation: Invocation, *, limit: int, history: Path | None) -> None:
    """List the runs that the history remembers.

    Newest first, each with the status that was last heard: `speedpix status ID` asks anew.
    A run without an id was being submitted when something went wrong: it may or may not exist.
    What `speedpix batch` ran is in its manifest instead: `--report` tells of each.
    Into a pipe, the columns are separated by tabs, without a header.
    """
    with connected(history) as client:
        runs = client.predictions.list()[:limit]
    if invocation.as_json:
        invocation.answer({"runs": [run_document(each) for each in runs], "error": None}, ())
    elif not runs:
        say(translated("no runs are remembered of this endpoint and app key"))
    elif is_live(sys.stdout):
        _tell_table(runs)
    else:
        for each in runs:
            tell("\t".join(_row(each)))


def _tell_table(runs: Sequence[Prediction]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*map(translated, _COLUMNS), box=None, pad_edge=False)
    for each in runs:
        table.add_row(*_row(each))
    Console(markup=False, highlight=False).print(table)


def _row(prediction: Prediction) -> tuple[str, ...]:
    moment = prediction.submitted_at
    submitted = "" if moment is None else f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M:%S}"  # noqa: DTZ006 - local time is meant
    cells = (prediction.id, prediction.status, prediction.workflow_id, submitted, prediction.label)
    return tuple(printable(each or "-") for each in cells)
