"""Forks: a child process starts with locks that nobody holds, and with no connection of another's.

A fork copies locks as they are, and leaves behind the threads that would release them.
"""

from __future__ import annotations

import logging  # noqa: F401 (forks take its lock, after ours if it was registered before)
import os
import threading
from contextlib import suppress
from typing import Callable, Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")


class ForkAware:
    """Something that is told of the forks of its process, from the end of its construction on."""

    def __init__(self) -> None:
        with _registration:
            _known.add(self)

    def before_fork(self) -> None:
        """Let go of what must not be copied; called in the thread that forks."""

    def after_fork_in_parent(self) -> None:
        """Take up again what was let go."""

    def after_fork_in_child(self) -> None:
        """Make anew what other threads of the parent may have been using."""


class PerProcess(ForkAware, Generic[T]):
    """Something that each process has for itself, such as a lock: made anew in a forked child.

    Attributes:
        value: this process's.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self.value = make()
        super().__init__()

    def after_fork_in_child(self) -> None:
        self.value = self._make()


def leave(inherited: object) -> None:
    """Keep what is the parent's until this process is no more, its interpreter's end included.

    SQLite forbids to use or close a connection that a fork copied: it takes the parent's locks
    for its own, and removes the log that the parent goes on to write.
    """
    import ctypes  # the one way: whatever a variable holds is let go at the end

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(inherited))


_known: WeakSet[ForkAware] = WeakSet()
# Held while a fork goes on: those that are told before it are told after it.
_registration = threading.RLock()

# To be held while modules are imported at their first use, which a fork waits for: a child could
# not release the locks of an import that another thread has begun.
importing = PerProcess(threading.RLock)
# Seconds that a fork waits: the thread that imports may wait for a lock that whoever forks holds.
_PATIENCE = 10


def _before() -> None:
    importing.value.acquire(timeout=_PATIENCE)  # first, as what is imported may register
    _registration.acquire()
    for each in list(_known):
        each.before_fork()


def _in_parent() -> None:
    for each in list(_known):
        each.after_fork_in_parent()
    _registration.release()
    with suppress(RuntimeError):  # this thread was not given it in time
        importing.value.release()


def _in_child() -> None:
    for each in list(_known):
        each.after_fork_in_child()
    _registration.release()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
