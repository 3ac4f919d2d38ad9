"""Serve an assistant over standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import click

from ...version import install_hint
from ..connecting import connected
from ..options import history_options, json_option


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="[FOLDER]...",
)
@click.option(
    "--workflows",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A TOML file that describes workflows, each of which becomes a tool.",
)
@click.option(
    "--max-runs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Allow this many paid runs without asking, and no more.  [default: ask for each]",
)
@history_options
@json_option
def mcp(
    *,
    folders: Sequence[Path],
    workflows: Path | None,
    max_runs: int | None,
    history: Path | None,
) -> None:
    """Serve workflows to an assistant, over MCP.

    It speaks over standard input and output, until they end. Files are read and written below
    each FOLDER only; a relative path begins at the first. Needs the extra `mcp` and Python 3.10.
    """
    try:
        from ...agents.server import serve
    except ModuleNotFoundError as error:
        missing = (error.name or "more").partition(".")[0]
        message = f"the server needs {missing}, on Python 3.10 or newer; {install_hint('mcp')}"
        raise click.ClickException(message) from error
    serve(connected(history), folders, workflows, max_runs)
