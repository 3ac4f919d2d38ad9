"""Prepare the service for the blocks that show what happens then."""

from __future__ import annotations

from typing import Callable

import pytest
from speedpix_emulator import Emulator, Failure, Node

from speedpix.testing import NoWaitClock

Scene = Callable[[Emulator, pytest.MonkeyPatch], None]


def _no_credentials(_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPEEDPIX_APP_KEY")


def _run_fails(emulator: Emulator, _monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.next_run(failure=Failure("out of memory"))


def _run_takes_minutes(emulator: Emulator, _monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.next_run(duration=300, queue=[(20, 2)], nodes=[Node("KSampler", steps=20)])


def _fault(*planned: tuple[str, str, int]) -> Scene:
    """Return a scene in which operations meet faults, each so many times."""

    def prepare(emulator: Emulator, _monkeypatch: pytest.MonkeyPatch) -> None:
        for operation, fault, times in planned:
            emulator.faults.add(operation, fault, times)

    return prepare


def _interrupted(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ctrl-C come while a run of some minutes is waited for."""
    _run_takes_minutes(emulator, monkeypatch)

    def sleep(_clock: NoWaitClock, _seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(NoWaitClock, "sleep", sleep)


_OUTAGE = 350  # more than is asked in ten minutes, and less than in twenty
_ALWAYS = 1000  # times; more than anything is repeated

SCENES: dict[str, Scene] = {
    "no credentials are set": _no_credentials,
    "the run fails": _run_fails,
    "the run takes minutes": _run_takes_minutes,
    "the quota is used up": _fault(("submit", "quota_exhausted", 1)),
    "there are too many calls": _fault(("submit", "throttled", _ALWAYS)),
    "the service is down": _fault(("progress", "unavailable", _ALWAYS)),
    "the service does not answer": _fault(("progress", "hang_before", 1)),
    "the answer to the submit is lost": _fault(("submit", "drop_after", 1)),
    "the line drops now and then": _fault(
        *(
            (operation, "drop_after", 1)
            for operation in ("sign", "put", "progress", "result", "get")
        )
    ),
    "the line stays down while waiting": _fault(("progress", "drop_before", _OUTAGE)),
    "somebody presses Ctrl-C while waiting": _interrupted,
    "the store is down": _fault(
        ("put", "store_unavailable", _ALWAYS), ("get", "store_unavailable", _ALWAYS)
    ),
}
