"""The options that several commands share."""

from __future__ import annotations

import math
from functools import wraps
from pathlib import Path
from typing import Any, Callable, TypeVar

import click

from .connecting import history_file

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

JSON_FLAG = "--json"


def json_flag(help_text: str) -> Callable[[F], F]:
    """Return what adds `--json`, which is looked for before all else: every error is JSON too."""
    return click.option(JSON_FLAG, is_flag=True, expose_value=False, help=help_text)


json_option = json_flag("Answer with one JSON document, on errors too.")


def history_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add `--history FILE` and `--no-history`; the function gets what was chosen as `history`."""

    @click.option(
        "--history",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Remember runs in this file.  [default: SPEEDPIX_HISTORY, else the platform's place]",
    )
    @click.option("--no-history", is_flag=True, help="Neither read nor write a history.")
    @wraps(function)
    def chosen(*values: Any, history: Path | None, no_history: bool, **options: Any) -> R:
        return function(*values, history=history_file(history, wanted=not no_history), **options)

    return chosen


overwrite_option = click.option(
    "--overwrite",
    is_flag=True,
    help="Replace files that are there, rather than number new ones.",
)


def output_option(
    default: Path | None = None,
    help_text: str = "Save the output's files there, each named after the run's label and its "
    "field.",
) -> Callable[[F], F]:
    """Return what adds `-o DIRECTORY`."""
    return click.option(
        "-o",
        "--output",
        "directory",
        type=click.Path(file_okay=False, writable=True, path_type=Path),
        metavar="DIRECTORY",
        default=default,
        show_default=default is not None,
        help=help_text,
    )


def seconds(
    _context: click.Context, _parameter: click.Parameter, value: float | None
) -> float | None:
    """Check a number of seconds, as an option's callback: FloatRange lets NaN pass."""
    if value is not None and not value >= 0:
        message = "must be 0 seconds or more"
        raise click.BadParameter(message)
    return value


timeout_option = click.option(
    "--timeout",
    type=float,
    callback=seconds,
    metavar="SECONDS",
    help="Wait no longer than this; the run goes on.",
)


def _gap(_context: click.Context, _parameter: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        message = "must be more than 0 seconds"
        raise click.BadParameter(message)
    return value


polling_option = click.option(
    "--polling-interval",
    type=float,
    callback=_gap,
    metavar="SECONDS",
    help="Longest gap between two polls; by default as the service's estimates suggest.",
)
