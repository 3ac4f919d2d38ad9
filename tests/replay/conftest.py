"""Clients whose HTTP comes from a cassette, or, while recording, goes into one."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from isolation import forbid_network
from speedpix_emulator import Emulator

from speedpix import Client
from speedpix.flow.clock import SystemClock
from speedpix.gateway.settings import read_settings
from speedpix.testing import NoWaitClock

from .cassettes import CASSETTES, PLACEHOLDERS, RECORDING, Source, cassette

# When the cassettes' URLs were made, in seconds since the epoch: they expire.
RECORDED_AT = 1_800_000_000.0
REAL = RECORDING and "SPEEDPIX_APP_KEY" in os.environ


@pytest.fixture(scope="session")
def clock():
    """The clock of client and emulator; only the real service takes real time."""
    return SystemClock() if REAL else NoWaitClock(RECORDED_AT)


@pytest.fixture(scope="session")
def source(clock):
    """Where recordings come from, or what stands for it."""
    if REAL:
        settings = read_settings()
        yield Source(
            settings.endpoint,
            settings.app_key,
            settings.app_secret.reveal(),
            os.environ["SPEEDPIX_WORKFLOW_ID"],
        )
    elif RECORDING:
        with Emulator(clock=clock) as emulator:
            yield Source(
                emulator.url, emulator.app_key, emulator.app_secret, PLACEHOLDERS.workflow_id
            )
    else:
        yield PLACEHOLDERS


@pytest.fixture
def client(request, clock, source, monkeypatch):
    """A client that plays the test's own cassette with the network blocked, or records it."""
    path = CASSETTES / f"{request.node.name.removeprefix('test_')}.yaml"
    with ExitStack() as stack:
        if not RECORDING:
            forbid_network(monkeypatch)
        stack.enter_context(cassette(path, source))
        # No retries: an answer that is not on the cassette is a mistake, not bad luck.
        yield stack.enter_context(
            Client(
                source.app_key,
                source.app_secret,
                endpoint=source.endpoint,
                clock=clock,
                max_retries=0,
            )
        )


@pytest.fixture(scope="session")
def photo() -> Path:
    """A product photo of a few hundred bytes: a dark disc on a light ground."""
    return Path(__file__).parents[1] / "data" / "product.png"
