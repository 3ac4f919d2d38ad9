"""SpeedPix on the command line: a user of the public API, for the extra `cli`."""

from __future__ import annotations

import sys
from typing import Sequence

from ..version import install_hint


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code."""
    try:
        import rich  # noqa: F401 - needed later, and better missed now

        from .app import run
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        print(  # noqa: T201 - there is nothing else to write with
            f"the speedpix command needs {error.name}; {install_hint('cli')}",
            file=sys.stderr,
        )
        return 1
    return run(arguments)
