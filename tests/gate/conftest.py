"""An emulator on a stepped clock, which counts what a client does; no wait takes real time."""

from __future__ import annotations

import pytest
from speedpix_emulator import Emulator

from speedpix import Client
from speedpix.testing import NoWaitClock


@pytest.fixture
def clock():
    return NoWaitClock()


@pytest.fixture
def emulator(clock):
    """An emulator of its own for each test, so that its counts are the test's."""
    with Emulator(clock=clock) as running:

        @running.workflow("echo", outputs={"label": "text"})
        def echo(inputs):
            return {"label": str(inputs.get("label"))}

        yield running


@pytest.fixture
def client(emulator, clock):
    with Client(emulator.app_key, emulator.app_secret, emulator.url, clock=clock) as opened:
        yield opened
