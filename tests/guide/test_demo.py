"""The demo: quickstart.py, with an emulator of its own or with the user's credentials."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"
DEMO = EXAMPLES / "run_demo.py"
QUICKSTART = EXAMPLES / "quickstart.py"


@pytest.fixture
def start(tmp_path):
    """A function that starts the demo in a fresh directory."""
    started = []
    inherited = {key: text for key, text in os.environ.items() if not key.startswith("SPEEDPIX_")}

    def run(*arguments, **variables):
        process = subprocess.Popen(
            [sys.executable, str(DEMO), *arguments],
            cwd=tmp_path,
            env={**inherited, "PYTHONUNBUFFERED": "1", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def credentials(emulator):
    return {
        "SPEEDPIX_APP_KEY": emulator.app_key,
        "SPEEDPIX_APP_SECRET": emulator.app_secret,
        "SPEEDPIX_ENDPOINT": emulator.url,
    }


def assert_nothing_listens(url):
    parts = urlsplit(url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), timeout=5).close()


def test_it_brings_an_emulator_of_its_own(start, tmp_path):
    demo = start()

    printed, _ = demo.communicate(timeout=60)

    assert demo.returncode == 0, printed
    (url,) = re.findall(r"this uses an emulator at (\S+)", printed)
    assert re.search(r"^running +\d+% GrabCut$", printed, re.MULTILINE)
    for name in ("result.png", "subject_image.png", "mask_image.png"):
        assert f"saved {(tmp_path / name).resolve()}" in printed
        with Image.open(tmp_path / name) as image:
            image.load()
    assert_nothing_listens(url)


def test_it_uses_the_service_when_credentials_are_set(start, emulator, tmp_path, new_jobs):
    emulator.next_run("white-background", duration=0, queue=())
    demo = start(**credentials(emulator))

    printed, _ = demo.communicate(timeout=60)

    assert demo.returncode == 0, printed
    assert f"uses the service at {emulator.url}" in printed
    assert [job.workflow_id for job in new_jobs()] == ["white-background"]
    assert (tmp_path / "result.png").exists()


@pytest.mark.parametrize("by", ["argument", "variable"])
def test_another_workflow_may_be_named(start, emulator, by):
    variables = credentials(emulator)
    if by == "variable":
        variables["SPEEDPIX_WORKFLOW_ID"] = "nameless"
    demo = start(*[QUICKSTART, "nameless"] * (by == "argument"), **variables)

    printed, _ = demo.communicate(timeout=60)

    assert demo.returncode == 1
    assert "failed: The workflow 'nameless' does not exist" in printed


def test_another_program_may_be_run(start, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import sys, speedpix; print(sys.argv[1:], speedpix.Client()); sys.exit(3)")
    demo = start(program, "a", "b")

    printed, _ = demo.communicate(timeout=60)

    (url,) = re.findall(r"this uses an emulator at (\S+)", printed)
    assert printed.endswith(f"['a', 'b'] Client(app_key='emulator-app-key', endpoint='{url}')\n")
    assert demo.returncode == 3


def test_its_emulator_ends_with_it(start):
    demo = start()
    url = demo.stdout.readline().split()[-1]

    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=30)

    assert demo.returncode == 1
    assert_nothing_listens(url)
