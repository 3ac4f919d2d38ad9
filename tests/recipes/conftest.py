"""An emulator on whose clock nothing passes, and a catalogue of three products."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from speedpix_emulator import Emulator, SteppedClock

EXAMPLES = Path(__file__).parents[2] / "examples"
RECIPES = EXAMPLES / "recipes"
COUNT = 3
SECONDS = 120  # nothing here takes longer, unless it hangs


@pytest.fixture
def emulator():
    with Emulator(clock=SteppedClock(time.time())) as running:

        @running.workflow(
            "white-background",
            inputs={"image": "image", "text": "text"},
            outputs={"images": "image"},
        )
        def white_background(image, text):
            return {"images": Image.new("RGB", image.size, "white")}

        yield running


@pytest.fixture
def catalogue(tmp_path, picture):
    """A folder with `rows.csv` and its photos."""
    folder = tmp_path / "spring"
    picture(folder / "cup.jpg")
    rows = [f"C-{number},cup.jpg,咖啡 {number}" for number in range(COUNT)]
    (folder / "rows.csv").write_text("\n".join(["sku,image,text", *rows]), encoding="utf-8")
    return folder


@pytest.fixture
def start(environment, tmp_path):
    """A function that starts a program, whose output goes to `output.txt`."""
    started = []

    def begin(*command: object, **variables: object) -> subprocess.Popen[bytes]:
        with (tmp_path / "output.txt").open("a") as output:
            process = subprocess.Popen(
                [*map(str, command)],
                cwd=tmp_path,
                env={**os.environ, **{name: str(value) for name, value in variables.items()}},
                stdout=output,
                stderr=output,
                start_new_session=True,  # so that what it started is killed with it
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(done, process):
    """Wait until something is so, while a process runs."""
    for _ in range(20 * SECONDS):
        if done():
            return
        assert process.poll() is None
        time.sleep(0.05)
    pytest.fail(f"it did not become so within {SECONDS} s")


def assert_each_is_paid_once(emulator, catalogue):
    assert sorted(job.inputs["text"] for job in emulator.jobs) == [
        f"咖啡 {number}" for number in range(COUNT)
    ]
    assert len(list((catalogue / "pictures").glob("*-images.png"))) == COUNT
