"""Standard output and error that are closed or full: what was paid for is delivered."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys

import pytest

from .conftest import COMMAND

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")


@pytest.fixture
def shell(surroundings, home):
    """A function that runs `speedpix` by a shell, with redirections."""

    def call(words, redirections):
        line = f"exec {shlex.join([*COMMAND, *words])} {redirections}"
        return subprocess.run(
            ["/bin/sh", "-c", line],
            env=surroundings,
            cwd=home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call


RUN = ["run", "copy", "-i", "file=@input.jpg", "-i", "caption=a text", "-o", "out"]


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "<&- 2>&-"])
def test_without_standard_error_a_run_is_delivered(shell, home, redirection):
    done = shell(RUN, redirection)
    assert (done.returncode, done.stdout) == (0, "out/input-picture.jpg\n")
    assert (home / "out" / "input-picture.jpg").read_bytes() == (home / "input.jpg").read_bytes()


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_standard_error_the_exit_code_tells(shell, redirection):
    assert shell(["run", "failing"], redirection).returncode == 4
    done = shell(["run", "failing", "--json"], redirection)
    assert json.loads(done.stdout)["error"]["message"] == "out of luck"


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_a_result_that_cannot_be_written_is_told_with_the_run(shell, home, emulator, json_flag):
    done = shell([*RUN, *json_flag], ">/dev/full")
    run_id = emulator.jobs[-1].id
    assert done.returncode == 8
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    assert f"to have it again: speedpix wait {run_id} -o out" in done.stderr
    assert (home / "out" / "input-picture.jpg").exists()


def test_a_run_that_is_not_waited_for_is_told_on_the_other_stream(shell, emulator):
    done = shell(["run", "echo", "--no-wait"], ">/dev/full")
    assert done.returncode == 8
    assert emulator.jobs[-1].id in done.stderr


@pytest.mark.parametrize("redirection", [">/dev/full", "| true"])
def test_a_batch_goes_on_when_nobody_reads_its_results(shell, home, redirection):
    (home / "photos").mkdir()
    for number in range(8):
        shutil.copy(home / "input.jpg", home / "photos" / f"{number}.jpg")
    batch = ["batch", "copy", "photos", "-i", "file=@{path}", "-i", "caption={stem}", "-o", "out"]
    done = shell([*batch, "--report", "report.csv"], redirection)
    assert "8/8 done" in done.stderr
    assert f"to have it again: speedpix {shlex.join(batch)}" in done.stderr
    assert (home / "report.csv").exists()
    assert len(list((home / "out").glob("*.jpg"))) == 8


@pytest.mark.parametrize("redirections", [">/dev/full 2>/dev/full", ">&- 2>&-", ">/dev/full 2>&-"])
def test_without_either_the_files_are_there(shell, home, redirections):
    assert shell(RUN, redirections).returncode in (0, 8)
    assert (home / "out" / "input-picture.jpg").exists()
