"""Upload a file, to use it in many runs."""

from __future__ import annotations

from pathlib import Path

import click

from ..connecting import connected
from ..invocation import Invocation
from ..options import json_option
from ..output.documents import file_document
from ..output.language import translated
from ..output.terminal import say


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def upload(invocation: Invocation, file: Path) -> None:
    """Upload a file, to use it in many runs.

    Prints the URL that goes into an input.
    """
    with connected() as client:
        uploaded = client.files.create(file)
    invocation.answer(file_document(uploaded), [uploaded.access_url])
    if uploaded.expire_time is not None:
        moment = f"{uploaded.expire_time.astimezone():%Y-%m-%d %H:%M:%S %z}"
        say(translated(f"it expires at {moment}"))
