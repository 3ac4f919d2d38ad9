"""How many requests a run may cost."""

from __future__ import annotations

import asyncio

import pytest

from speedpix import Client

RUN_CALLS = ("submit", "progress", "result")
DURATIONS = (0.4, 0.9, 1.7, 3.1, 6.5, 20.0)  # seconds, of the stepped clock


def requests(emulator):
    return {call: emulator.count(call) for call in RUN_CALLS}


def test_a_run_that_ended_by_the_first_poll_takes_one_request_of_each_kind(emulator, client):
    client.run("echo", {"label": "a"})
    assert requests(emulator) == {"submit": 1, "progress": 1, "result": 1}


def test_the_same_with_await(emulator, clock):
    async def main():
        async with Client(
            emulator.app_key, emulator.app_secret, emulator.url, clock=clock
        ) as client:
            await client.async_run("echo", {"label": "a"})

    asyncio.run(main())
    assert requests(emulator) == {"submit": 1, "progress": 1, "result": 1}


# Asking once a second takes 7.8 requests a run. Where independent claims agree, 5 are enough;
# elsewhere, no more than a fifth above that.
@pytest.mark.parametrize(
    ("told", "most"),
    [
        ({"eta": 1.0}, 5),
        ({"eta": None}, 9.4),
        ({"eta": 3.0, "progress": "absent"}, 9.4),
        ({"eta": 1 / 3, "progress": "absent"}, 9.4),
        ({"eta": "zero", "progress": "absent"}, 9.4),
    ],
    ids=[
        "honest ETA",
        "no ETA",
        "ETA three times too long",
        "ETA three times too short",
        "ETA zero",
    ],
)
def test_requests_of_runs_that_take_a_while(emulator, client, told, most):
    for duration in DURATIONS:
        emulator.next_run(duration=duration, **told)
        client.run("echo", {"label": "a"})
    spent = sum(requests(emulator).values()) / len(DURATIONS)
    assert spent <= most, f"{spent:.1f} requests a run, where {most} are enough: see polling.py"
