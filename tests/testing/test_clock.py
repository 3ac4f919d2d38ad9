"""The clock on which waiting takes no real time."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from hypothesis import given, strategies as st
from isolation import forbid_sleep

from speedpix.testing import NoWaitClock, clock as module

LONG = 30  # seconds, of real time: nothing that is tested here takes as long


@pytest.fixture
def patient(monkeypatch):
    """Let the clock wait for who has woken for as long as that takes, on any machine."""
    monkeypatch.setattr(module, "_GRACE", LONG)


def test_sleeping_moves_it_at_once(monkeypatch):
    forbid_sleep(monkeypatch)
    clock = NoWaitClock(start=1_000.0)
    begin = clock.monotonic()
    clock.sleep(60)
    asyncio.run(clock.async_sleep(30))
    clock.sleep(0)
    assert clock.time() == 1_090
    assert clock.monotonic() - begin == 90
    assert clock.sleeps == [60, 30, 0]


def test_it_stands_still_otherwise():
    clock = NoWaitClock()
    before = clock.time(), clock.monotonic()
    time.sleep(0.001)
    assert (clock.time(), clock.monotonic()) == before


def test_it_begins_at_the_machines_time():
    before = time.time()
    assert before <= NoWaitClock().time() <= time.time() + 0.001  # it is rounded up


def test_it_can_be_stepped_but_not_back():
    clock = NoWaitClock(start=1_000.0)
    clock.advance(20)
    clock.advance(0)
    assert clock.time() == 1_020
    for seconds in (-1, float("nan")):
        with pytest.raises(ValueError, match="can't go back"):
            clock.advance(seconds)
    assert clock.time() == 1_020


@given(st.lists(st.floats(0, 1e4)), st.integers(0, 1_000_000))
def test_a_whole_number_of_seconds_is_exact_whatever_was_slept_before(sleeps, seconds):
    clock = NoWaitClock()
    for each in sleeps:
        clock.sleep(each)
    before = clock.monotonic()
    clock.advance(seconds)
    assert clock.monotonic() - before == seconds


@given(st.floats(0, 1e6))
def test_no_sleep_is_shorter_than_asked_for(seconds):
    clock = NoWaitClock()
    before = clock.monotonic()
    clock.sleep(seconds)
    assert seconds <= clock.monotonic() - before < seconds + 1e-5


# Several sleepers ----------------------------------------------------------------------------


def test_threads_wake_in_the_order_of_their_ends(patient):
    clock = NoWaitClock(start=0.0)
    woken = []

    def sleep(name, seconds, times):
        for _ in range(times):
            clock.sleep(seconds)
            woken.append((name, clock.time()))

    clock.sleep(0)  # this thread is awake, so the clock waits for it
    threads = [
        threading.Thread(target=sleep, args=arguments)
        for arguments in (("often", 1, 5), ("once", 3.5, 1), ("late", 10, 1))
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(clock.sleeps) == 1 + len(threads))
    clock.sleep(100)
    for thread in threads:
        thread.join()
    assert woken == [
        *(("often", at) for at in (1, 2, 3)),
        ("once", 3.5),
        *(("often", at) for at in (4, 5)),
        ("late", 10),
    ]
    assert clock.time() == 100


def test_tasks_wake_in_the_order_of_their_ends(patient):
    clock = NoWaitClock(start=0.0)
    woken = []

    async def sleep(name, seconds, times):
        for _ in range(times):
            await clock.async_sleep(seconds)
            woken.append((name, clock.time()))

    async def main():
        await asyncio.gather(sleep("late", 4, 1), sleep("often", 1, 3), sleep("once", 2.5, 1))

    asyncio.run(main())
    assert woken == [("often", 1), ("often", 2), ("once", 2.5), ("often", 3), ("late", 4)]


def test_threads_and_event_loops_share_one_time(patient):
    clock = NoWaitClock(start=0.0)
    clock.sleep(0)
    thread = threading.Thread(target=lambda: asyncio.run(clock.async_sleep(5)))
    thread.start()
    until(lambda: len(clock.sleeps) == 2)
    clock.sleep(8)
    thread.join()
    assert clock.time() == 8


def test_a_step_wakes_who_sleeps_no_longer(patient):
    clock = NoWaitClock(start=0.0)
    clock.sleep(0)
    thread = threading.Thread(target=clock.sleep, args=(5,))
    thread.start()
    until(lambda: len(clock.sleeps) == 2)
    clock.advance(5)
    thread.join()
    assert clock.time() == 5


def test_who_is_busy_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(module, "_GRACE", 0.001)
    clock = NoWaitClock(start=0.0)
    clock.sleep(0)
    thread = threading.Thread(target=clock.sleep, args=(5,))
    thread.start()
    thread.join()  # this thread has woken, and does not sleep again
    assert clock.time() == 5


def test_a_task_whose_event_loop_is_held_up_does_not_stop_the_others():
    clock = NoWaitClock(start=0.0)

    async def main():
        task = asyncio.create_task(clock.async_sleep(5))
        await asyncio.sleep(0)
        clock.sleep(8)  # blocks the loop, so that the task cannot run when its time has come
        await task

    asyncio.run(main())
    assert clock.time() == 8


def test_a_cancelled_task_sleeps_no_more(patient):
    clock = NoWaitClock(start=0.0)

    async def main():
        await clock.async_sleep(0)
        task = asyncio.create_task(clock.async_sleep(3))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        await clock.async_sleep(5)

    asyncio.run(main())
    assert clock.time() == 5


# Patience ------------------------------------------------------------------------------------


def test_after_its_patience_it_goes_on_as_the_machines_clock_does():
    clock = NoWaitClock(patience=0.0)
    begin = clock.monotonic()
    until(lambda: clock.monotonic() > begin)
    seen = clock.monotonic()
    clock.advance(20)
    assert clock.monotonic() - seen >= 20


def until(condition):
    """Wait, in real time, for what other threads are about to do."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)
