"""The command line in a real terminal."""

from __future__ import annotations

import re
import shlex

import pytest

ESCAPE = "\x1b"
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


def test_the_live_line_and_its_clean_end(terminal, clock):
    with terminal("run", "slow", "-o", "out") as screen:
        screen.until("waiting, 3 ahead in the queue")
        assert not screen.shows_cursor
        clock.advance(15)
        screen.until("running, KSampler 5/20, 25%, 0:15 left")
        clock.advance(10)
        screen.until("running, KSampler 15/20, 75%, 0:05 left")
        clock.advance(5)
        assert screen.end() == 0
        submitted, live, path = screen.lines
        assert submitted.startswith("submitted: run ")
        assert live.endswith(" succeeded")
        assert path == "out/picture.bin"
        assert screen.shows_cursor


def test_ctrl_c_tells_how_to_resume_and_it_can_be_resumed(terminal, clock, home):
    with terminal("run", "slow", "-o", "my pictures") as screen:
        screen.until("3 ahead in the queue")
        screen.press(b"\x03")
        assert screen.end() == 130
        assert screen.shows_cursor
        told, how = screen.lines[-2:]
    prediction_id = re.fullmatch(r"interrupted; the run (\w+) goes on", told).group(1)
    program, *arguments = shlex.split(how.partition("to go on: ")[2])
    assert (program, arguments) == ("speedpix", ["wait", prediction_id, "-o", "my pictures"])
    clock.advance(30)
    with terminal(*arguments) as screen:
        assert screen.end() == 0
        assert screen.lines[-1] == "my pictures/picture.bin"
    assert (home / "my pictures" / "picture.bin").read_bytes() == b"slowly made"


def test_the_history_as_a_table(terminal, speedpix):
    prediction_id = speedpix("run", "echo").err.split()[2]
    with terminal("list") as screen:
        assert screen.end() == 0
        header, row = screen.lines
    assert header.split() == ["ID", "STATUS", "WORKFLOW", "SUBMITTED", "LABEL"]
    assert row.split()[:3] == [prediction_id, "succeeded", "echo"]
    assert header.index("WORKFLOW") == row.index("echo")


def test_colours_only_where_they_are_wanted(terminal, speedpix):
    with terminal("status", "nowhere") as screen:
        assert screen.end() == 1
        assert COLOUR.search(screen.sent)
    for unwanted in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        with terminal("run", "failing", **unwanted) as screen:
            assert screen.end() == 4
            assert not COLOUR.search(screen.sent)


@pytest.mark.parametrize("wanted", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_plain_text_where_no_more_is_wanted(terminal, clock, wanted):
    with terminal("run", "slow", **wanted) as screen:
        screen.until("speedpix: waiting")
        clock.advance(15)
        screen.until("speedpix: running")
        clock.advance(15)
        assert screen.end() == 0
        _, waiting, running, succeeded, *_ = screen.lines
    assert waiting == "speedpix: waiting"
    assert running == "speedpix: running, KSampler 5/20, 25%, 0:15 left"
    assert succeeded == "speedpix: succeeded"
    assert b"\x1b" not in screen.sent
    assert b"\r" not in screen.sent.replace(b"\r\n", b"")
    assert b"\b" not in screen.sent


def test_in_16_colours_a_full_bar_is_green(terminal, clock):
    with terminal("run", "slow", TERM="xterm") as screen:
        screen.until("waiting")
        clock.advance(15)
        screen.until("25%")
        clock.advance(15)
        assert screen.end() == 0
    codes = {code for found in COLOUR.findall(screen.sent) for code in found[2:-1].split(b";")}
    assert codes <= {b"", b"0", b"32", b"33", b"36", b"90"}
    assert "\x1b[36m━━━━━\x1b[0m\x1b[90m" in screen.sent.decode()
    assert f"\x1b[32m{'━' * 20}\x1b[0m" in screen.sent.decode()


@pytest.mark.parametrize("command", [["run", "failing"], ["run", "--oops"], ["list"], ["doctor"]])
def test_no_escape_codes_where_there_is_no_terminal(speedpix, command):
    done = speedpix(*command, FORCE_COLOR="1")
    assert ESCAPE not in done.out + done.err
