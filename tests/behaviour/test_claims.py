"""How long real runs are waited for after their end, whatever the service claims of it."""

from __future__ import annotations

import pytest
from worlds import HONEST, WORLDS, fixed

from speedpix import PredictionTimeoutError
from speedpix.testing import NoWaitClock

DURATIONS = (0.7, 2.6, 7.3)  # seconds


class WrongWallClock(NoWaitClock):
    """A clock that goes with another, but for the wall's time, which somebody sets."""

    def __init__(self, clock):
        super().__init__()
        self.ahead = 0.0
        self._clock = clock

    def time(self):
        return self._clock.time() + self.ahead

    def monotonic(self):
        return self._clock.monotonic()

    def sleep(self, seconds):
        self._clock.sleep(seconds)


def followed(emulator, clock, client, duration, **claims):
    """Return the seconds from the end of a run to the return of `run`, and its polls."""
    emulator.next_run("echo", duration=duration, **claims)
    polls, begin = emulator.count("progress"), clock.monotonic()
    client.run("echo", {})
    return clock.monotonic() - begin - duration, emulator.count("progress") - polls


@pytest.mark.parametrize("world", [each for each in WORLDS if each.estimate == each.eta], ids=str)
def test_no_claim_lets_a_run_wait_longer_than_a_poll_a_second(emulator, clock, client, world):
    spent, allowed = 0, 0.0
    for duration in DURATIONS:
        claims = {"eta": world.eta, "progress": world.progress}
        wait, polls = followed(emulator, clock, client, duration, **claims)
        assert wait <= 1.2
        spent += polls
        allowed += fixed(duration).polls
    assert spent <= 1.2 * allowed + len(DURATIONS)


@pytest.mark.parametrize("duration", DURATIONS)
def test_claims_that_agree_are_used(emulator, clock, client, duration):
    wait, polls = followed(emulator, clock, client, duration, eta=HONEST)
    assert wait <= 0.3
    assert polls <= 3


def test_a_wait_asks_at_its_deadline_whatever_the_estimate(emulator, clock, run):
    emulator.next_run("echo", duration=2, estimate=600, eta="huge", progress="absent")
    begin = clock.monotonic()
    assert run("echo", {"a": 1}, wait_timeout=2.5) == {"given": {"a": 1}}
    assert clock.monotonic() - begin <= 2.5


def test_a_wait_without_time_gives_what_is_there(emulator, clock, client):
    emulator.next_run("echo", duration=5)
    prediction = client.run("echo", {"a": 1}, wait=False)
    with pytest.raises(PredictionTimeoutError):
        prediction.wait(timeout=0)
    clock.advance(5)
    assert prediction.wait(timeout=0).output == {"given": {"a": 1}}


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_wall_clock_that_steps_changes_nothing(emulator, clock, make_client, step):
    wall = WrongWallClock(clock)
    client = make_client(clock=wall)
    emulator.next_run("echo", duration=4)
    polls, begin = emulator.count("progress"), clock.monotonic()
    prediction = client.run("echo", {}, wait=False)
    wall.ahead = step
    prediction.wait()
    assert clock.monotonic() - begin - 4 <= 0.3
    assert emulator.count("progress") - polls <= 4  # one is refused for its date
