"""What the SDK warns of is told on standard error, though nobody asked for its log."""

from __future__ import annotations

import signal

import pytest
from speedpix_emulator import http_status

from .conftest import end
from .test_interrupts import when

OUTAGE = http_status(503, retry_after="0")
MANY = 100_000


@pytest.fixture
def outage(emulator):
    """The service answers no poll any more."""
    emulator.faults.add("progress", OUTAGE, times=MANY)


def warning_of(process):
    """Return the first line of standard error that warns."""
    lines = (line.decode() for line in process.stderr)
    return next(line for line in lines if line.startswith(("Warning: ", "警告：")))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "no answer (the service answered with HTTP 503"),
        ({"LANG": "zh_CN.UTF-8"}, "将继续查询，最长 10 分钟\n"),
    ],
)
def test_an_outage(start, outage, changes, told):
    with start("run", "slow", **changes) as process:
        warning = warning_of(process)
        process.send_signal(signal.SIGINT)
        end(process)
    assert told in warning
    assert "\x1b" not in warning


def test_an_outage_is_told_once_for_all_runs(start, emulator, home, outage):
    (home / "rows.csv").write_text("n\n1\n2\n3\n")
    polls = emulator.count("progress")
    with start("batch", "slow", "rows.csv", "--manifest", "m") as process:
        warning = warning_of(process)
        when(lambda: emulator.count("progress") > polls + 3 * 8)
        process.send_signal(signal.SIGINT)
        done = end(process)
    assert "asking again for up to 10 minutes\n" in warning
    assert "Warning: " not in done.err


def test_the_log_has_it_already(start, emulator, outage):
    with start("run", "slow", SPEEDPIX_LOG="info") as process:
        lines = (line.decode() for line in process.stderr)
        told = next(line for line in lines if "no answer" in line)
        process.send_signal(signal.SIGINT)
        done = end(process)
    assert " speedpix WARNING prediction " in told
    assert "no answer" not in done.err


@pytest.mark.parametrize("command", [["run"], ["batch", "rows.csv", "--manifest", "m"]])
def test_above_a_display(terminal, home, outage, command):
    (home / "rows.csv").write_text("n\n1\n")
    with terminal(command[0], "slow", *command[1:]) as screen:
        screen.until("asking again for up to 10 minutes")
        [warning] = [line for line in screen.lines if "Warning" in line]
        assert warning.startswith("Warning: prediction ")
