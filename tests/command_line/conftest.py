"""The command line as processes of their own, an emulator, and a clock that only tests move."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from attrs import frozen
from speedpix_emulator import Emulator, Failure, Input, Node, OutputFile, SteppedClock

from .terminal import Terminal

COMMAND = [sys.executable, "-m", "speedpix"]


@pytest.fixture(scope="session")
def clock():
    """The emulator's clock, which begins at the present time: the client's is the machine's."""
    return SteppedClock(time.time())


@pytest.fixture(scope="session")
def served(clock):
    """An emulator with a few workflows; `slow` does not end before the clock is moved."""
    with Emulator(clock=clock) as running:

        @running.workflow("echo", outputs={"given": "json"})
        def echo(inputs):
            return {"given": dict(inputs)}

        @running.workflow(
            "copy",
            inputs={"file": "file", "caption": Input("text", required=False, default="")},
            outputs={"picture": "file", "caption": "text"},
        )
        def copy(file, caption):
            return {"picture": OutputFile(file, "copy.jpg", "image/jpeg"), "caption": caption}

        @running.workflow(
            "slow",
            outputs={"picture": "file"},
            queue=[(10, 3)],
            duration=20,
            nodes=[Node("KSampler", steps=20)],
        )
        def slow(inputs):
            return {"picture": b"slowly made"}

        @running.workflow("failing", outputs={}, failure=Failure("out of luck", code="LUCK"))
        def failing(inputs):
            return {}

        yield running


@pytest.fixture
def emulator(served):
    """The emulator, without a fault planned."""
    served.faults.clear()
    yield served
    served.faults.clear()


@pytest.fixture
def home(tmp_path):
    """The directory that commands work in, which is also their user's home."""
    (tmp_path / "input.jpg").write_bytes(b"\xff\xd8\xff a small picture")
    return tmp_path


@pytest.fixture
def surroundings(emulator, home):
    """The environment of the commands: nothing of this process's own but the path."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONWARNINGS": "error",
        "SPEEDPIX_APP_KEY": emulator.app_key,
        "SPEEDPIX_APP_SECRET": emulator.app_secret,
        "SPEEDPIX_ENDPOINT": emulator.url,
    }


@frozen
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def start(surroundings, home):
    """A function that starts a command; changes of the environment are keywords, None removes."""

    def start(*arguments, **changes):
        environment = {**surroundings, **changes}
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env={name: value for name, value in environment.items() if value is not None},
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.fixture
def speedpix(start):
    """A function that runs a command to its end."""

    def run(*arguments, stdin=b"", **changes):
        with start(*arguments, **changes) as process:
            return end(process, stdin)

    return run


@pytest.fixture
def blocked(tmp_path):
    """A function that gives the environment in which a module is not installed."""

    def without(module):
        folder = tmp_path / "blocked"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules[{module!r}] = None\n")
        return {"PYTHONPATH": str(folder)}

    return without


def end(process, stdin=None):
    """Let a process end, and return what it left behind."""
    out, err = process.communicate(stdin, timeout=30)
    return Done(process.returncode, out.decode(), err.decode())


@pytest.fixture
def terminal(surroundings, home):
    """A function that runs a command in a terminal."""

    def run(*arguments, **changes):
        return Terminal([*COMMAND, *arguments], {**surroundings, **changes}, home)

    return run
