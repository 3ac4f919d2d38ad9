"""What a terminal may be sent, and how much of it fits there."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, TextIO

_USUAL_COLUMNS = 80  # of a terminal that does not tell


def is_terminal(stream: Any) -> bool:
    """Tell whether a stream is one; also of streams that are None, closed or of another make."""
    with suppress(AttributeError, ValueError):
        return bool(stream.isatty())
    return False


def is_live(stream: Any) -> bool:
    """Tell whether a stream is a terminal that may be sent colours and cursor movements."""
    unwanted = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not unwanted and is_terminal(stream)


def columns(stream: TextIO) -> int:
    """Return the width of a terminal."""
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_COLUMNS
    return _USUAL_COLUMNS


def write(stream: TextIO | None, text: str) -> None:
    """Write at once; that nobody reads it must not end a run that was paid for."""
    if stream is not None:
        with suppress(OSError, ValueError):
            stream.write(text)
            stream.flush()
