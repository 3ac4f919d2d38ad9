"""An emulator of each world, and both ways to call the SDK, on one clock that is stepped."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from service_worlds import WORLDS

from speedpix import Client
from speedpix.testing import NoWaitClock


@pytest.fixture(scope="module")
def clock():
    return NoWaitClock()


@pytest.fixture(scope="module", params=WORLDS, ids=str)
def world(request):
    return request.param


@pytest.fixture(scope="module")
def emulator(world, clock):
    with world.emulator(clock) as running:
        yield running


@pytest.fixture
def client(emulator, clock):
    opened = Client(emulator.app_key, emulator.app_secret, endpoint=emulator.url, clock=clock)
    with opened:
        yield opened


@pytest.fixture
def another_client(emulator, clock):
    opened = Client(emulator.app_key, emulator.app_secret, endpoint=emulator.url, clock=clock)
    with opened:
        yield opened


@pytest.fixture(params=["sync", "async"])
def do(request):
    """A function that calls a method, or its asynchronous twin, to its end."""
    if request.param == "sync":
        yield lambda owner, name, *given, **options: getattr(owner, name)(*given, **options)
        return
    loop = asyncio.new_event_loop()

    def awaited(owner, name, *given, **options):
        return loop.run_until_complete(getattr(owner, f"async_{name}")(*given, **options))

    yield awaited
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.fixture
def run(client, do):
    """A function that runs the world's workflow."""
    return partial(do, client, "run", "echo")
