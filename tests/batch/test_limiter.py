"""How throttling is met: few refusals, little time lost, no item's failure."""

from __future__ import annotations

import math
import threading

import pytest
from speedpix_emulator import Emulator, FaultPlan
from speedpix_emulator.exchanges.faults import SUBMIT
from speedpix_emulator.fault_catalogue import CATALOGUE

from speedpix import Client, RateLimitError

from .conftest import labels, publish
from .throttled_world import World

RUNS, AT_ONCE = 800, 256


@pytest.mark.parametrize("duration", [0.1, 1, 3, 10, 30])
def test_a_limit_of_calls_a_second(duration):
    world = World(calls_per_second=50, duration=duration)
    seconds = world.run(RUNS, AT_ONCE)
    one_after_another = math.ceil(RUNS / AT_ONCE)
    assert seconds <= 1.3 * max(3 * RUNS / 50 + duration, one_after_another * duration)
    assert world.refused <= 0.03 * world.calls


@pytest.mark.parametrize("duration", [1, 3, 10, 30, 60])
def test_a_limit_of_runs(duration):
    world = World(running_jobs=40, duration=duration)
    seconds = world.run(RUNS, AT_ONCE)
    assert seconds <= 1.3 * (RUNS / 40 * duration)
    assert world.refused <= 0.03 * world.calls


@pytest.mark.parametrize("seed", [1, 5])
@pytest.mark.parametrize("duration", [1, 3, 10, 30])
def test_both_limits(duration, seed):
    world = World(calls_per_second=50, running_jobs=40, duration=duration, seed=seed)
    seconds = world.run(RUNS, AT_ONCE)
    assert seconds <= 1.3 * max(3 * RUNS / 50, RUNS / 40 * duration)
    assert world.refused <= 0.03 * world.calls


def test_without_throttling_nothing_waits():
    world = World(duration=0)
    assert world.run(RUNS, AT_ONCE) < 10
    assert world.refused == 0


class Throttling(FaultPlan):
    """Refuse submits while so many of the emulator's jobs have not ended."""

    def __init__(self, emulator, most):
        super().__init__(CATALOGUE)
        self._emulator = emulator
        self._most = most
        self._counting = threading.Lock()
        self._taken = []
        self.refused = 0

    def take(self, operation):
        if operation != SUBMIT:
            return super().take(operation)
        with self._counting:
            now = self._emulator.clock.time()
            self._taken = [each for each in self._taken if each > now]
            if len(self._taken) < self._most:
                self._taken.append(now + 0.5)
                return super().take(operation)
            self.refused += 1
            return CATALOGUE[SUBMIT]["throttled"]


def test_a_throttle_is_no_items_failure(collect):
    emulator = Emulator()
    emulator.faults = throttling = Throttling(emulator, 10)
    publish(emulator)
    inputs = [{**each, "seconds": 0.5} for each in labels(40)]
    with emulator, Client(emulator.app_key, emulator.app_secret, endpoint=emulator.url) as client:
        results = collect(client.map("echo", inputs))
        assert len(emulator.jobs) == 40
    assert throttling.refused
    assert {result.status for result in results} == {"succeeded"}


@pytest.mark.parametrize("name", ["throttled", "throttled_legacy", "backend_throttled"])
def test_any_code_of_a_throttle_is_one(make_client, collect, clean, jobs, name):
    clean.faults.add("submit", name, times=3)
    clean.faults.add("progress", name, times=3)
    results = collect(make_client(max_retries=1).map("echo", labels(4)))
    assert {result.status for result in results} == {"succeeded"}
    assert len(jobs()) == 4


def test_the_days_limit_stops_the_batch(client, collect, clean, jobs, manifest):
    clean.faults.add("submit", "throttled_by_domain", times=100)
    with pytest.raises(RateLimitError):
        collect(client.map("echo", labels(4), manifest=manifest))
    clean.faults.clear()
    results = collect(client.map("echo", labels(4), manifest=manifest))
    assert [result.status for result in results] == ["succeeded"] * 4
