"""Ctrl-C and SIGTERM: what is said of the run, and that nothing is lost."""

from __future__ import annotations

import signal
import time

import pytest

from .conftest import end

PATIENCE = 20.0  # seconds after which a test fails instead of waiting on


def when(is_so):
    """Return once something is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_waiting(start, speedpix, clock, number):
    with start("run", "slow") as process:
        prediction_id = process.stderr.readline().decode().split()[-1]
        process.stderr.readline()  # it waits
        process.send_signal(number)
        done = end(process)
    assert (done.code, done.out) == (128 + number, "")
    word = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
    assert f"{word}; the run {prediction_id} goes on\n" in done.err
    assert f"to go on: speedpix wait {prediction_id}\n" in done.err
    assert "Traceback" not in done.err
    clock.advance(30)
    assert speedpix("wait", prediction_id).code == 0


def test_as_json(start):
    with start("run", "slow", "--json", "-o", "out") as process:
        prediction_id = process.stderr.readline().decode().split()[-1]
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        done = end(process)
    assert done.code == 130
    assert done.json["id"] == prediction_id
    assert done.json["error"]["type"] == "Interrupted"
    assert done.json["error"]["resume"] == f"speedpix wait {prediction_id} -o out"


def test_while_uploading(start, emulator):
    emulator.faults.add("put", "hang_before")
    submits = emulator.count("submit")
    with start("run", "copy", "-i", "file=@input.jpg") as process:
        when(lambda: emulator.faults.pending == 0)
        process.send_signal(signal.SIGINT)
        emulator.faults.release()
        done = end(process)
    assert (done.code, done.out) == (130, "")
    assert "interrupted; nothing was submitted\n" in done.err
    assert emulator.count("submit") == submits


def test_while_submitting(start, speedpix, emulator):
    emulator.faults.add("submit", "hang_after")
    with start("run", "echo") as process:
        when(lambda: emulator.faults.pending == 0)
        process.send_signal(signal.SIGINT)
        done = end(process)
    assert (done.code, done.out) == (130, "")
    assert "it is not known whether it was started" in done.err
    assert "look in the console" in done.err
    assert speedpix("list").lines[0].split("\t")[:3] == ["-", "submitting", "echo"]
