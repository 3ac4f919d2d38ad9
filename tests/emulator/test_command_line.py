"""`python -m speedpix_emulator` as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import httpx
import pytest

ARGUMENTS = ["--port", "0", "--app-key", "K", "--app-secret", "S"]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "speedpix_emulator", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_says_where_it_is_and_ends_cleanly(number):
    with start(*ARGUMENTS) as process:
        line = process.stdout.readline()
        match = re.fullmatch(r"SpeedPix emulator ready at (http://127\.0\.0\.1:\d+)\n", line)
        page = process.stdout.readline().removeprefix("See what it does at ").strip()
        assert page == match.group(1) + "/"
        assert "<title>SpeedPix emulator</title>" in httpx.get(page).text
        assert httpx.post(match.group(1) + "/scc/comfy_prompt").status_code == 400
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_host_beyond_this_machine_is_warned_of():
    with start(*ARGUMENTS, "--host", "0.0.0.0") as process:
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert errors.startswith("Warning: 0.0.0.0 may be reached from other machines.")
    assert "not for production" in errors.replace("\n", " ")


def test_port_that_is_taken():
    with start(*ARGUMENTS) as first:
        port = first.stdout.readline().rpartition(":")[2].strip()
        with start("--port", port) as second:
            _, errors = second.communicate(timeout=30)
        first.terminate()
        first.communicate(timeout=30)
    assert second.returncode == 1
    assert errors.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert errors.count("\n") == 1


def test_help():
    with start("--help") as process:
        told, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    for option in ("--host", "--port", "--app-key", "--app-secret", "--duration"):
        assert option in told


def test_without_its_extra_it_says_what_to_install(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['starlette'] = None\n")
    done = subprocess.run(
        [sys.executable, "-m", "speedpix_emulator"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "the emulator needs starlette; in the clone: pip install '.[emulator]'\n"
