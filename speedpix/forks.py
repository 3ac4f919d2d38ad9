"""Forks: a child process starts with locks that nobody holds, and with no connection of another's.

A fork copies locks as they are, and leaves behind the threads that would release them.
"""

from __future__ import annotations

import os
from weakref import WeakSet


class ForkAware:
    """Something with locks or connections, which are made anew in a forked child."""

    def before_fork(self) -> None:
        """Let go of what must not be copied; called in the thread that forks."""

    def after_fork_in_parent(self) -> None:
        """Take up again what was let go."""

    def after_fork_in_child(self) -> None:
        """Make anew what other threads of the parent may have been using."""


_known: WeakSet[ForkAware] = WeakSet()


def watch_forks(owner: ForkAware) -> None:
    """Tell an object, while it lives, of each fork of the process."""
    _known.add(owner)


def _before() -> None:
    for each in list(_known):
        each.before_fork()


def _in_parent() -> None:
    for each in list(_known):
        each.after_fork_in_parent()


def _in_child() -> None:
    for each in list(_known):
        each.after_fork_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
