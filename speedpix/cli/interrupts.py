"""Let SIGTERM end a command as Ctrl-C does: with a word on how to go on."""

from __future__ import annotations

import signal
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM: a request that the process end."""


def watch_for_sigterm() -> None:
    """Raise Terminated in the main thread when SIGTERM comes."""
    signal.signal(signal.SIGTERM, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
