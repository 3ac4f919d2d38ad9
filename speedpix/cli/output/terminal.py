"""Write to the two streams: results to standard output, talk to standard error."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from typing import Any, Sequence

import click


def prepare() -> None:
    """Let no character end the program that a terminal's encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_live(stream: Any) -> bool:
    """Return whether a stream is a terminal that may be sent colours and cursor movements."""
    unwanted = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not unwanted and bool(stream) and stream.isatty()


def tell(text: str) -> None:
    """Write a line of a result."""
    click.echo(text, color=is_live(sys.stdout))


def say(text: str) -> None:
    """Write a line of talk."""
    click.echo(text, err=True, color=is_live(sys.stderr))


def tell_json(document: Any) -> None:
    """Write a result as JSON, in characters that the stream's encoding has."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2)
    tell(text)


def command_line(words: Sequence[str]) -> str:
    """Return words as a line that can be pasted into a shell."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
