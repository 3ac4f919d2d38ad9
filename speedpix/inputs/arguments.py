"""What callers give beside an input, checked: texts, functions, times."""

from __future__ import annotations

import math
from inspect import iscoroutinefunction
from typing import Callable

from ..exceptions import InputError
from ..gateway.settings import is_number


def check_text(name: str, value: object, *, ascii_only: bool = False) -> None:
    """Raise InputError unless a value is printable text with something in it."""
    if not (isinstance(value, str) and value.strip() and value.isprintable()):
        message = f"{name} must be a string of printable characters, not {value!r}"
        raise InputError(message)
    if ascii_only and not value.isascii():
        message = f"{name} goes into an HTTP header, so it must be ASCII, not {value!r}"
        raise InputError(message)


def check_switch(name: str, value: object, hint: str = "") -> None:
    """Raise InputError unless a value is True, False or None; most others would count as True."""
    if value is not None and not isinstance(value, bool):
        message = f"{name} must be True or False, not {value!r}{hint}"
        raise InputError(message)


def check_listener(listener: Callable[..., object] | None, *, blocking: bool) -> None:
    """Raise InputError unless a listener is None or can be called; a blocking call awaits none."""
    if listener is None:
        return
    if not callable(listener):
        message = f"on_progress must be a function, not {listener!r}"
        raise InputError(message)
    called = (listener, type(listener).__call__)  # a function, or an object that is called as one
    if blocking and any(map(iscoroutinefunction, called)):
        message = (
            "on_progress is a coroutine function, which a blocking call can't await; use the "
            "call that begins with async_, such as async_run or async_wait, or give it a plain "
            "function"
        )
        raise InputError(message)


def checked_timeout(value: float | None, *, zero: bool = True) -> float:
    """Return a timeout in seconds, endless for None, or raise InputError; `zero` permits 0."""
    if value is None:
        return math.inf
    if not (is_number(value) and (value > 0 or (zero and value == 0))):
        kind = "number" if zero else "positive number"
        message = f"timeout must be a {kind} of seconds or None, not {value!r}"
        raise InputError(message)
    return float(value)
