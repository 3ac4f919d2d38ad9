"""`progress=True`: what is seen in a terminal and elsewhere."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from functools import partial

import pytest
from attrs import evolve
from command_line.terminal import Terminal
from speedpix_emulator import Emulator, Failure, Node

from speedpix import AuthenticationError, PredictionError, PredictionTimeoutError
from speedpix.display.progress_bar import describe

from .screen import Screen

SCRIPT = {
    "queue": [(10, 4)],
    "duration": 40,
    "nodes": [Node("加载器"), Node("KSampler", steps=20, weight=3)],
}


def without_rich(patch):
    """Let `import rich` fail, as where it is not installed."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        patch.delitem(sys.modules, name)
    patch.setitem(sys.modules, "rich", None)


@pytest.fixture(params=["rich", "plain"])
def look(request, monkeypatch):
    """Whether Rich is there."""
    if request.param == "plain":
        without_rich(monkeypatch)
    return request.param


@pytest.fixture
def screen(look, monkeypatch):
    """A terminal, that standard error is within its block."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Screen()


def test_a_bar_tells_the_story_and_leaves_its_last_line(run, emulator, screen):
    told = []
    emulator.next_run("echo", **SCRIPT)
    with screen:
        run("echo", {}, progress=True, on_progress=told.append, polling_interval=2)
    rest = screen.text
    for progress in told:
        _, found, rest = rest.partition(describe(progress))
        assert found, describe(progress)
    assert len(screen.lines) == 1
    assert screen.lines[0].endswith("succeeded")
    screen.assert_clean()


def test_a_bar_while_waiting_for_a_run(client, screen):
    prediction = client.predictions.create("echo", {})
    with screen:
        prediction.wait(progress=True)
    assert screen.lines[0].endswith("succeeded")
    screen.assert_clean()


def test_a_bar_grows(run, emulator, screen, look):
    emulator.next_run("echo", duration=40)
    with screen:
        run("echo", {}, progress=True, polling_interval=10)
    full = {"rich": "━", "plain": "#"}[look]
    assert full * 10 in screen.text
    assert screen.lines[0].count(full) == 20


@pytest.mark.parametrize("look", ["rich"], indirect=True)
def test_a_bar_moves_between_the_polls(run, emulator, clock, screen):
    running = []

    def listen(progress):
        running.append(progress.status == "running")
        if sum(running) == 2:  # from now on its pace is known
            for seconds in (10, 20):
                clock.advance(10)
                left, done = progress.seconds_left - seconds, progress.fraction + seconds / 60
                screen.until(describe(evolve(progress, fraction=done, seconds_left=left)))

    emulator.next_run("echo", duration=60)
    with screen:
        run("echo", {}, progress=True, on_progress=listen)
    assert sum(running) >= 2
    assert "100%" not in screen.text
    screen.assert_clean()


def test_a_failed_run_leaves_the_terminal_clean(run, emulator, screen):
    emulator.next_run("echo", duration=10, failure=Failure("node 3 failed", at=0.5))
    with screen, pytest.raises(PredictionError):
        run("echo", {}, progress=True)
    assert [line.rpartition(" failed")[1:] for line in screen.lines] == [(" failed", ", 50%")]
    screen.assert_clean()


def test_a_timeout_leaves_the_terminal_clean(run, emulator, screen):
    emulator.next_run("echo", duration=100, eta=None)
    with screen, pytest.raises(PredictionTimeoutError) as caught:
        run("echo", {}, progress=True, wait_timeout=50)
    assert len(screen.lines) == 1
    assert screen.lines[0].endswith(describe(caught.value.prediction.progress))
    screen.assert_clean()


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt])
def test_an_error_of_the_callback_leaves_the_terminal_clean(client, screen, error):
    def listen(_progress):
        raise error

    with screen, pytest.raises(error):
        client.run("echo", {}, progress=True, on_progress=listen)
    assert screen.lines[0].endswith("waiting")
    screen.assert_clean()


def test_before_anything_is_known_nothing_is_shown(make_client, emulator, screen, tmp_path):
    history = tmp_path / "history.sqlite"
    make_client(history=history).predictions.create("echo", {})
    prediction = make_client(history=history).predictions.list()[0]
    emulator.faults.add("progress", "invalid_app_key")
    with screen, pytest.raises(AuthenticationError):
        prediction.wait(progress=True)
    assert screen.lines == [""]
    screen.assert_clean()


def test_several_runs_at_once_leave_a_line_each(client, emulator, screen):
    emulator.next_run("echo", times=3, duration=20)

    async def main():
        runs = [client.async_run("echo", {}, progress=True, label=name) for name in "abc"]
        await asyncio.gather(*runs)

    with screen:
        asyncio.run(main())
    said = {" ".join(line.split()[-2:]) for line in screen.lines}
    assert said == {"a: succeeded", "b: succeeded", "c: succeeded"}
    screen.assert_clean()


def test_a_line_that_is_too_long_is_cut(run, emulator, screen):
    emulator.next_run("echo", duration=40, nodes=[Node("采样器" * 40)])
    with screen:
        run("echo", {}, progress=True, polling_interval=10)
    assert "采样器采样器" in screen.text
    assert len(screen.lines) == 1
    screen.assert_clean()


@pytest.mark.parametrize("look", ["rich"], indirect=True)
def test_what_is_printed_meanwhile_stands_above(client, screen, monkeypatch):
    def listen(progress):
        sys.stdout.write(f"now {progress.status}\n")

    with screen, screen.open() as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        client.run("echo", {}, progress=True, on_progress=listen)
        assert sys.stdout is stdout
    assert screen.lines[:2] == ["now waiting", "now succeeded"]
    assert screen.lines[2].endswith(" succeeded")
    assert len(screen.lines) == 3
    screen.assert_clean()


# A real Ctrl-C -------------------------------------------------------------------------------

SYNC = """client.run("slow", {}, progress=True)"""
ASYNC = """asyncio.run(client.async_run("slow", {}, progress=True))"""
PROGRAM = """
import asyncio, sys
if {plain}:
    sys.modules["rich"] = None
from speedpix import Client
client = Client()
try:
    {call}
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.fixture(scope="module")
def endless():
    """An emulator whose workflow takes an hour."""
    with Emulator() as running:
        running.workflow("slow", duration=3600)(lambda inputs: {})
        yield running


@pytest.mark.parametrize("call", [SYNC, ASYNC], ids=["sync", "async"])
@pytest.mark.parametrize("plain", [False, True], ids=["rich", "plain"])
def test_ctrl_c_leaves_the_terminal_clean(endless, tmp_path, call, plain):
    environment = {
        "SPEEDPIX_APP_KEY": endless.app_key,
        "SPEEDPIX_APP_SECRET": endless.app_secret,
        "SPEEDPIX_ENDPOINT": endless.url,
        "TERM": "xterm-256color",
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-c", PROGRAM.format(call=call, plain=plain)]
    with Terminal(command, environment, tmp_path) as terminal:
        terminal.until("waiting")
        terminal.press(b"\x03")
        assert terminal.end() == 0
        assert len(terminal.lines) == 2
        assert "waiting" in terminal.lines[0]
        assert terminal.lines[1] == "stopped"
        assert terminal.shows_cursor


@pytest.mark.parametrize("moment", range(2))
def test_ctrl_c_while_something_is_written_leaves_the_terminal_clean(client, screen, moment):
    moments = iter(range(moment + 1))

    def interrupted_flush(flush):
        flush()
        if threading.current_thread() is threading.main_thread() and next(moments, None) == moment:
            raise KeyboardInterrupt

    with screen:
        sys.stderr.flush = partial(interrupted_flush, sys.stderr.flush)
        with pytest.raises(KeyboardInterrupt) as caught:
            client.run("echo", {}, progress=True)
        assert isinstance(sys.stderr, io.TextIOWrapper)
    assert caught.value.prediction.id
    screen.assert_clean()


# No terminal ---------------------------------------------------------------------------------


def test_without_a_terminal_there_is_a_line_for_each_state(run, emulator, capsys, look):
    emulator.next_run("echo", queue=[(10, 4)], duration=40)
    run("echo", {}, progress=True, polling_interval=1)
    out, log = capsys.readouterr()
    assert out == ""
    lines = log.splitlines()
    assert lines[0] == "speedpix: waiting"
    assert lines[1].startswith("speedpix: running, ")
    assert lines[2:] == ["speedpix: succeeded"]
    assert "\x1b" not in log


class Gone(io.StringIO):
    """A stream that nobody reads any more."""

    def write(self, _text):
        raise BrokenPipeError


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


class Bare:
    """A stream of a program's own, which can do little."""

    def write(self, text):
        """Take a text."""

    def flush(self):
        """Do nothing."""


@pytest.mark.parametrize("stderr", [lambda: None, closed, Gone, Bare])
def test_nobody_who_looks_does_not_stop_a_run(client, monkeypatch, stderr):
    monkeypatch.setattr(sys, "stderr", stderr())
    assert client.run("echo", {"a": 1}, progress=True) == {"given": {"a": 1}}


def test_without_progress_nothing_is_written(run, emulator, capfd):
    emulator.next_run("echo", **SCRIPT)
    run("echo", {})
    run("echo", {}, progress=False)
    assert capfd.readouterr() == ("", "")
