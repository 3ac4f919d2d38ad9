"""Clients that do not wait, of whatever kind, and the emulator's time with theirs."""

from __future__ import annotations

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from isolation import forbid_sleep

import speedpix
from speedpix import Client, PredictionTimeoutError
from speedpix.flow.clock import DEFAULT_CLOCK, SystemClock
from speedpix.testing import NoWaitClock, clock as module, emulator, no_waiting

MINUTE = 60.0


@pytest.fixture
def service():
    """An emulator whose runs take a minute each."""
    with emulator(duration=MINUTE) as running:

        @running.workflow("echo", outputs={"given": "json"})
        def echo(inputs):
            return {"given": dict(inputs)}

        yield running


@pytest.fixture
def passed(service):
    """A function that tells the seconds that have passed on the clock since the test began."""
    begin = service.clock.monotonic()
    return lambda: service.clock.monotonic() - begin


def test_a_minute_passes_at_once(service, passed, monkeypatch):
    forbid_sleep(monkeypatch)
    with Client() as client:
        prediction = client.run("echo", {"a": 1}, wait=False).wait()
    assert prediction.output == {"given": {"a": 1}}
    assert prediction.duration == MINUTE
    assert MINUTE <= passed() < MINUTE + 5


def test_progress_is_told_in_between(service):
    told = []
    with Client() as client:
        client.run("echo", {}, on_progress=lambda progress: told.append(progress.fraction or 0))
    assert told[-1] == 1
    assert sum(0 < each < 1 for each in told[:-1]) >= 3
    assert told == sorted(told)


def test_async_clients_do_not_wait_either(service, passed):
    async def main():
        async with Client() as client:
            return await client.async_run("echo", {"a": 1})

    assert asyncio.run(main()) == {"given": {"a": 1}}
    assert MINUTE <= passed() < MINUTE + 5


def test_a_timeout_passes_at_once_too(service, passed):
    with Client() as client, pytest.raises(PredictionTimeoutError) as caught:
        client.run("echo", {}, wait_timeout=10)
    assert passed() == pytest.approx(10, abs=1e-3)
    assert caught.value.prediction.wait().status == "succeeded"


def test_backing_off_takes_no_time(service):
    service.faults.add("submit", "throttled", times=2)
    with Client() as client:
        client.run("echo", {}, wait=False)
    assert len(service.clock.sleeps) == 2
    assert service.count("submit") == 3


def test_the_default_client_does_not_wait(service, passed):
    assert speedpix.run("echo", {"a": 1}) == {"given": {"a": 1}}
    assert MINUTE <= passed() < MINUTE + 5


def test_a_prediction_that_was_pickled_does_not_wait(service, passed):
    with Client() as client:
        pickled = pickle.dumps(client.run("echo", {"a": 1}, wait=False))
    assert pickle.loads(pickled).wait().output == {"given": {"a": 1}}
    assert MINUTE <= passed() < MINUTE + 5


def test_many_threads_wait_at_the_same_time(service):
    def run(client, number):
        return client.run("echo", {"n": number}, wait_timeout=5 * MINUTE)["given"]["n"]

    with Client() as client, ThreadPoolExecutor(20) as threads:
        assert list(threads.map(partial(run, client), range(20))) == list(range(20))
    assert [job.status for job in service.jobs] == ["succeeded"] * 20


def test_many_tasks_wait_at_the_same_time(service):
    async def run(client, number):
        output = await client.async_run("echo", {"n": number}, wait_timeout=5 * MINUTE)
        return output["given"]["n"]

    async def main():
        async with Client() as client:
            return await asyncio.gather(*(run(client, number) for number in range(20)))

    assert asyncio.run(main()) == list(range(20))
    assert [job.status for job in service.jobs] == ["succeeded"] * 20


def test_who_sleeps_by_other_means_is_not_left_waiting_for_ever(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    with emulator(duration=0.01) as running:
        running.workflow("echo")(lambda inputs: {})
        with Client() as client:
            prediction = client.run("echo", {}, wait=False)
            while prediction.reload().status != "succeeded":
                pass


# Which clients, and how long -----------------------------------------------------------------


def test_it_holds_for_clients_made_before_and_ends_with_the_block():
    with emulator(no_wait=False, duration=MINUTE) as running, Client() as client:
        running.workflow("echo")(lambda inputs: {})
        with no_waiting() as clock:
            client.run("echo", {})
            assert sum(clock.sleeps) >= MINUTE
            slept = list(clock.sleeps)
        prediction = client.run("echo", {}, wait=False)
        with pytest.raises(PredictionTimeoutError):
            prediction.wait(timeout=0.01)
        assert clock.sleeps == slept


def test_a_client_with_a_clock_of_its_own_keeps_it(service):
    service.faults.add("submit", "throttled")
    own = NoWaitClock()
    with Client(clock=own) as client:
        client.run("echo", {}, wait=False)
    assert len(own.sleeps) == 1
    assert service.clock.sleeps == []


def test_one_within_another_is_the_same():
    with no_waiting() as outer:
        with no_waiting() as inner:
            assert inner is outer
        with no_waiting() as again:
            assert again is outer


def test_a_clock_can_be_given():
    clock = NoWaitClock(start=1_800_000_000.0)
    with no_waiting(clock) as used, emulator() as running:
        assert used is running.clock is clock
        client = Client()
        assert client.files.create(b"x").expire_time.timestamp() == 1_800_003_600


def test_the_machines_clock_is_back_even_after_an_error():
    with pytest.raises(KeyError), no_waiting():
        raise KeyError
    assert isinstance(DEFAULT_CLOCK.current, SystemClock)


@no_waiting()
def test_it_decorates_a_function():
    assert isinstance(DEFAULT_CLOCK.current, NoWaitClock)
