"""Make one run with a history, in a process that is killed on the way."""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from attrs import frozen

from speedpix import Client

POLLING_INTERVAL = 0.05  # seconds


@frozen
class Errand:
    """Say what a process is to do: which run, with which files, on whose behalf."""

    endpoint: str
    app_key: str
    app_secret: str
    marker: str
    directory: Path

    @property
    def source(self) -> Path:
        return self.directory / f"{self.marker}.in"

    @property
    def target(self) -> Path:
        return self.directory / f"{self.marker}.out"

    def client(self) -> Client:
        history = self.directory / f"{self.marker}.history"
        return Client(self.app_key, self.app_secret, endpoint=self.endpoint, history=history)

    def run(self, client: Client) -> None:
        given = {"file": self.source, "marker": self.marker}
        output = client.run("echo", given, polling_interval=POLLING_INTERVAL)
        output["copy"].save(self.target)


class _Countdown:
    """Count function calls, Python's and C's, and kill the process at one of them."""

    def __init__(self, last: float) -> None:
        self.count = 0
        self._last = last

    def __call__(self, _frame: object, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            self.count += 1
            if self.count >= self._last:
                _die()


def run_and_die(errand: Errand, calls: int) -> None:
    """Make the run, and be killed after so many calls of it, or right after its end."""
    _counted(errand, calls)
    _die()


def run_and_count(errand: Errand, answer: Connection) -> None:
    """Make the run undisturbed, and send how many calls it took."""
    answer.send(_counted(errand, float("inf")))


def _counted(errand: Errand, last: float) -> int:
    with errand.client() as client:
        # What every process does first, imports and a connection, is not what is looked at.
        client.files.create(b"warm-up")
        countdown = _Countdown(last)
        sys.setprofile(countdown)
        try:
            errand.run(client)
        finally:
            sys.setprofile(None)
    return countdown.count


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
