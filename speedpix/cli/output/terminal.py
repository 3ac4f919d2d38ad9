"""Write to the two streams: results to standard output, talk to standard error."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from typing import Any, Sequence, TextIO

import click

from ...display.terminal import is_live


class Unwritten(Exception):  # noqa: N818 - it is a state of the stream
    """A result that could not be written to standard output; `__cause__` tells why."""


def prepare() -> None:
    """Let no character end the program that a terminal's encoding does not have.

    A stream that was closed leads nowhere: else what is opened next would take its place.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str) -> None:
    """Write a line of a result.

    Raises:
        Unwritten: it can't be; nothing else will be written there.
    """
    try:
        click.echo(text, color=is_live(sys.stdout))
    except OSError as error:
        _abandon(sys.stdout)
        raise Unwritten from error


def say(text: str, *, ends: bool = True) -> None:
    """Write a line of talk; that nobody can read it must not end a run that was paid for."""
    try:
        click.echo(text, err=True, color=is_live(sys.stderr), nl=ends)
    except OSError:
        _abandon(sys.stderr)


def clearing() -> str:
    """Return what clears the line of standard error that a display may have begun."""
    return "\r\x1b[K" if is_live(sys.stderr) else ""


def lost() -> OSError | None:
    """Return why what was written to standard output does not get there, if it does not."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _abandon(sys.stdout)
        return error
    return None


def _abandon(stream: TextIO) -> None:
    """Let what a stream holds, and all that follows, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def tell_json(document: Any, indent: int | None = 2) -> None:
    """Write a result as JSON, in characters that the stream's encoding has."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(document, indent=indent)
    tell(text)


def command_line(words: Sequence[str]) -> str:
    """Return words as a line that can be pasted into a shell."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
