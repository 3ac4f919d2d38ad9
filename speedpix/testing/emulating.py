"""An emulator for the length of a test: running, scripted, and named by the environment."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Iterator, Mapping, Sequence, Tuple, Union

from ..flow.clock import DEFAULT_CLOCK
from ..version import install_hint
from .clock import no_waiting

if TYPE_CHECKING:
    from speedpix_emulator import Emulator, Failure, Fault
    from speedpix_emulator.runs.claims import Eta
    from speedpix_emulator.runs.script import Duration

# What FaultPlan.add takes: the operation, the fault, then how often, and after how many.
FaultArguments = Union[
    Tuple[str, Union[str, "Fault"]],
    Tuple[str, Union[str, "Fault"], int],
    Tuple[str, Union[str, "Fault"], int, int],
]


@contextmanager
def emulator(
    *,
    no_wait: bool = True,
    duration: Duration | None = None,
    queue: Sequence[tuple[float, int]] | None = None,
    failure: str | Failure | None = None,
    eta: Eta = 1.0,
    progress: str = "linear",
    faults: Sequence[FaultArguments] = (),
) -> Iterator[Emulator]:
    """Run an emulator, and let the environment name it, so that `Client()` is a client of it.

    The environment is restored at the end. Until then it has SPEEDPIX_APP_KEY, SPEEDPIX_APP_SECRET
    and SPEEDPIX_ENDPOINT, no SPEEDPIX_HISTORY, and no proxy for this machine.

    `duration`, `queue`, `failure`, `eta` and `progress` are for all runs of all workflows, in place
    of what a workflow says for itself; `next_run` of the emulator still changes single runs.

    Args:
        no_wait: let waiting take no real time; see `no_waiting`, whose clock is the emulator's, so
            that `emulator.clock.advance(30)` moves it. False lets waiting be as it is.
        duration: how long each run takes, in seconds; or a function of its inputs that says so.
        queue: pairs (seconds, runs ahead) that each run waits through before it begins.
        failure: how each run fails: the service's message, or a `speedpix_emulator.Failure`.
        eta: how the time left is told: a factor, or a name such as "countdown*3"; None tells none.
        progress: how the fraction done is told: "linear", "nodes", "sticks*1.5" or "absent".
        faults: what goes wrong with the exchanges, each a tuple (operation, fault), with how many
            times (1), and after how many exchanges that go well (0), if you like:
            `("progress", "unavailable", 2)`. See `FaultPlan.add` of the emulator.

    Raises:
        ImportError: the emulator's extra is not installed.
        TypeError, ValueError: an argument makes no sense.

    Examples:
        >>> with emulator(duration=60, faults=[("progress", "unavailable")]) as running:
        ...     speedpix.run("white-background", {"image": "./photo.jpg", "text": "一杯好咖啡"})
        ...     print(running.count("progress"))
    """
    try:
        from .scripted import ScriptedEmulator, script_changes
    except ImportError as error:
        message = f"the emulator is not installed ({error}); {install_hint('testing')}"
        raise ImportError(message) from error
    changes = script_changes(
        duration=duration, queue=queue, failure=failure, eta=eta, progress=progress
    )
    with ExitStack() as stack:
        clock = stack.enter_context(no_waiting()) if no_wait else DEFAULT_CLOCK
        running = ScriptedEmulator(clock=clock, changes=changes)
        for each in faults:
            running.faults.add(*_checked(each))
        stack.enter_context(running)
        stack.enter_context(_environment(running))
        yield running


def _checked(fault: FaultArguments) -> FaultArguments:
    if isinstance(fault, tuple) and len(fault) in (2, 3, 4):
        counts: tuple[object, ...] = fault[2:]
        if all(isinstance(each, int) for each in counts):
            return fault
    message = f"faults: each is a tuple (operation, fault[, times[, after]]), not {fault!r}"
    raise TypeError(message)


@contextmanager
def _environment(running: Emulator) -> Iterator[None]:
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    no_proxy = ",".join(filter(None, [direct, running.host]))
    values = {
        "SPEEDPIX_APP_KEY": running.app_key,
        "SPEEDPIX_APP_SECRET": running.app_secret,
        "SPEEDPIX_ENDPOINT": running.url,
        "SPEEDPIX_HISTORY": None,
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,  # programs differ in which of the two they look at first
    }
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
