"""How many connections many runs at once may open."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from speedpix import Client
from speedpix.constants import MAX_CALLS

RUNS = 120
MOST = 60  # connections: what the client lets out at a time, and some for transfers
TURN = 0.01  # seconds between two looks at what has arrived


@pytest.fixture
def held(emulator):
    """An event, and a workflow of whose runs the service says nothing until it is set."""
    event = threading.Event()

    @emulator.workflow("held", outputs={"label": "text"})
    def wait(label):
        event.wait()
        return {"label": label}

    yield event
    event.set()


def are_waiting(emulator):
    """Tell whether as many calls wait for an answer as the client lets out at a time."""
    return emulator.count("progress") >= MAX_CALLS


def test_many_calls_with_await_share_few_connections(emulator, clock, held):
    async def main():
        async with Client(
            emulator.app_key, emulator.app_secret, emulator.url, clock=clock
        ) as client:
            run = await client.async_run("held", {"label": "a"}, wait=False)
            calls = [asyncio.create_task(run.async_reload()) for _ in range(RUNS)]
            while not are_waiting(emulator):
                await asyncio.sleep(TURN)
            held.set()
            await asyncio.gather(*calls)

    asyncio.run(main())
    assert emulator.count("progress") == RUNS
    assert emulator.connections <= MOST


def test_threads_share_few_connections(emulator, client, held):
    run = client.run("held", {"label": "a"}, wait=False)
    with ThreadPoolExecutor(RUNS) as threads:
        calls = [threads.submit(run.reload) for _ in range(RUNS)]
        while not are_waiting(emulator):
            time.sleep(TURN)
        held.set()
    assert [call.exception() for call in calls] == [None] * RUNS
    assert emulator.connections <= MOST


def test_runs_one_after_another_use_one_connection(emulator, client):
    for number in range(10):
        client.run("echo", {"label": number})
    assert emulator.connections == 1
