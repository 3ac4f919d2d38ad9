"""A service whose words are commands to a terminal: every command prints them as text."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from speedpix_emulator import Failure, Fault

CONTROLS = "\x1b]0;owned\x07\x9b2J\r\nforged\t\u202etxt"
FOREVER = 1000


@pytest.fixture
def rude(emulator):
    """A workflow whose files, fields and remarks are commands."""

    @emulator.workflow("rude", outputs={f"picture{CONTROLS}": "file", f"word{CONTROLS}": "text"})
    def speak(inputs):
        return {
            f"picture{CONTROLS}": b"content",
            f"word{CONTROLS}": CONTROLS,
            "info": {f"remark{CONTROLS}": CONTROLS},
        }

    return "rude"


@pytest.fixture
def says(emulator):
    """A function that changes what the service says of a run's progress."""

    def says(**words):
        def rewrite(answer):
            envelope = json.loads(answer.body)
            envelope["data"].update(words)
            return evolve(answer, body=json.dumps(envelope).encode())

        emulator.faults.add("progress", Fault("rude", rewrite=rewrite), times=FOREVER)

    return says


def shown(done):
    """Return what a command has printed, if none of it is a command."""
    text = done.out + done.err
    assert all(line.replace("\t", " ").isprintable() for line in text.split("\n"))
    assert "forged" not in [line.strip()[:6] for line in text.split("\n")]
    return text


def test_a_run_that_succeeds(speedpix, rude):
    text = shown(speedpix("run", rude, "-o", "out"))
    assert "remark\\x1b]0;owned" in text
    assert "word\\x1b]0;owned" in text


def test_a_run_that_fails(speedpix, emulator, rude):
    emulator.next_run(rude, failure=Failure(CONTROLS, code=CONTROLS))
    done = speedpix("run", rude)
    assert done.code == 4
    assert "forged" in shown(done)
    run = emulator.jobs[-1].id
    for command in ("status", "wait", "save"):
        assert "forged" in shown(speedpix(command, run))
    shown(speedpix("list"))


def test_a_run_under_way(speedpix, emulator, says):
    run = speedpix("run", "slow", "--no-wait").out.strip()
    says(status=CONTROLS, message=CONTROLS, state={"nodeLabel": CONTROLS, "step": 1, "maxSteps": 2})
    assert "forged" in shown(speedpix("status", run))
    assert "forged" in shown(speedpix("list"))


def test_in_a_terminal(terminal, speedpix, says):
    run = speedpix("run", "slow", "--no-wait").out.strip()
    says(status=CONTROLS)
    speedpix("status", run)
    with terminal("list") as screen:
        assert screen.end() == 0
        assert b"\x1b]0;" not in screen.sent
        assert b"\x9b2J" not in screen.sent
        assert "owned" in "".join(screen.lines)
