"""One emulator for each test, on a clock that the test steps, and a client of its wire."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from speedpix_emulator import Emulator, SteppedClock

from .wire import Wire


@pytest.fixture
def clock():
    return SteppedClock()


@pytest.fixture
def serve(clock):
    """A function that starts an emulator with the options given, and returns its wire."""
    with contextlib.ExitStack() as stack:

        def start(**options):
            emulator = stack.enter_context(Emulator(**{"clock": clock, **options}))
            return Wire(emulator, stack.enter_context(httpx.Client()))

        yield start


@pytest.fixture
def wire(serve):
    return serve()


@pytest.fixture
def echo(wire):
    """A workflow that gives back what it is given, at once."""

    @wire.emulator.workflow("echo", outputs={"echo": "json"})
    def give_back(inputs):
        return {"echo": dict(inputs)}

    return wire
