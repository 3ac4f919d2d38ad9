"""SIGTERM while a batch is iterated over: it ends as by Ctrl-C, with no submit in doubt."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from types import FrameType
from typing import Iterator


def _is_to_be_handled(number: int, default: object = signal.SIG_DFL) -> bool:
    """Tell whether a signal does what it does by default, and this thread can change that."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    return in_main_thread and signal.getsignal(number) is default


@contextmanager
def raised_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise SystemExit within the block, unless the program handles it itself."""
    if not _is_to_be_handled(signal.SIGTERM):
        yield
        return
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def cancelled_by_sigterm() -> Iterator[None]:
    """Let SIGTERM cancel the current task and then exit, unless the program handles it itself.

    Ctrl-C does likewise where `asyncio.run` does not see to that: before Python 3.11.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    came: list[int] = []

    def cancel(number: int) -> None:
        came.append(number)
        if task is not None:
            task.cancel()

    defaults = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    handled = [each for each, default in defaults.items() if _is_to_be_handled(each, default)]
    try:
        for number in handled:
            loop.add_signal_handler(number, cancel, number)
    except NotImplementedError:  # Windows' loop has none
        handled = []
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
        if came:
            raise KeyboardInterrupt if came[0] == signal.SIGINT else SystemExit(128 + came[0])
