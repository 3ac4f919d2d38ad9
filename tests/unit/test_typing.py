"""What a type checker accepts of user code, and what it must refuse."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import speedpix

ROOT = Path(__file__).parents[2]
ACCEPTED = ROOT / "tests" / "typing_user_code.py"
# Each of these lines is a mistake; the code is the one that mypy gives to it.
REFUSED = """\
from __future__ import annotations

from pathlib import Path

import httpx

import speedpix
import speedpix.testing
from speedpix import Client, File, FileOutput, Prediction, Progress

client = Client("key", "secret")
client.run("w", {}, wait=False).save  # attr-defined
client.run("w", {}).wait()  # attr-defined
client.run("w", {"input": {}, "wait": False})["images"]  # index
speedpix.run("w", {}, wait=False)["images"]  # index
client.run("w", {}, alias="main")  # call-overload
client.run("w", {}, file_encoding_strategy="hex")  # call-overload
client.run("w", {}, polling_interval="1")  # call-overload
client.run("w", [])  # call-overload
client.run("w", {}, on_progress="bar")  # call-overload
client.run("w", {}, on_progress=len)  # arg-type
client.run("w", {}, progress=print)  # call-overload
client.run("w", {}, label=7)  # call-overload
client.run("w", {}).save_all("out", prefix=7)  # arg-type
client.run("w", {}).save_all("out", overwrite="no")  # arg-type
client.run("w", {}, overwrite=False)  # call-overload
client.run("w", {}, timeout=5)  # call-overload
client.predictions.create("w", {}, timeout=5)  # call-arg
client.predictions.create("w", {}, progress=True)  # call-arg
client.run(7, {})  # call-overload
client.predictions.create("w", {}, wait=False)  # call-arg
client.predictions.list()[0].output["images"]  # index
client.predictions.cancel  # attr-defined
client.files.create(7)  # arg-type
client.files.create("a.jpg", name="b")  # call-arg
Client(local_files="always")  # arg-type
Client("key", "secret", retries=3)  # call-arg
Client(http_client=httpx.AsyncClient())  # arg-type
Client(async_http_client=httpx.Client())  # arg-type
client.with_options(app_secret="another")  # call-arg
client.with_options(timeout="5")  # arg-type
Prediction(id="x").status.upper()  # union-attr
Prediction(id="x").wait(1.0, 60.0, print)  # call-arg
Prediction(id="x").stream(progress=True)  # call-arg
speedpix.Klient  # attr-defined
speedpix.testing.emulator(durations=60)  # call-arg
speedpix.testing.emulator(faults=("progress", "unavailable"))  # arg-type


def outputs(file: FileOutput, uploaded: File) -> None:
    file.save()  # call-overload
    file.width + 1  # operator
    uploaded.size = 3  # misc


async def told(progress: Progress) -> None: ...


def blocking(prediction: Prediction) -> None:
    client.run("w", {}, on_progress=told)  # arg-type
    speedpix.run("w", {}, on_progress=told)  # arg-type
    prediction.wait(on_progress=told)  # arg-type
    prediction.result(on_progress=told)  # arg-type
    prediction.wait().output["images"]  # index


async def async_runs() -> None:
    (await client.async_run("w", {}, wait=False))["images"]  # index
    client.async_run("w", {})["images"]  # index
    output: Prediction = await speedpix.async_run("w", {})  # assignment
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What mypy says, in one run, of the code to be accepted and of that to be refused."""
    refused = tmp_path_factory.mktemp("typing") / "refused.py"
    refused.write_text(REFUSED)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(ACCEPTED), str(refused)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout


def test_user_code_is_accepted(report):
    assert [line for line in report.splitlines() if ACCEPTED.name in line] == []


def test_user_code_uses_every_public_name():
    used = set(re.findall(r"\w+", ACCEPTED.read_text("utf-8")))
    assert set(speedpix.__all__) <= used


def test_mistakes_are_refused(report):
    found = {
        (int(line), code)
        for line, code in re.findall(r"refused\.py:(\d+): error: .*\[([a-z-]+)\]", report)
    }
    expected = {
        (number, line.rpartition("# ")[2])
        for number, line in enumerate(REFUSED.splitlines(), 1)
        if "  # " in line
    }
    assert found == expected
