"""SpeedPix on the command line: a user of the public API, for the extra `cli`."""

from __future__ import annotations

import sys
from typing import Sequence

from ..version import install_hint

_INTERRUPTED = 130  # as the command line's own exit code, which can't be had without Click


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # before the command line could say more
        return _INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    try:
        import rich  # noqa: F401 - needed later, and better missed now

        from .app import run
    except ModuleNotFoundError as error:
        _say(f"the speedpix command needs {error.name}; {install_hint('cli')}")
        return 1
    except Exception as error:  # noqa: BLE001 - a traceback tells people nothing
        what = f"{type(error).__name__}: {error}"
        _say(f"the speedpix command can't start: {what}; install it again, {install_hint('cli')}")
        return 1
    return run(arguments)


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - there is nothing else to write with
