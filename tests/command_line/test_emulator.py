"""`speedpix emulator`: a service in the foreground, and the environment that leads to it."""

from __future__ import annotations

import json
import shlex
import signal

import pytest

from .conftest import end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_it_prints_leads_to_it(start, speedpix, number):
    arguments = ("--port", "0", "--duration", "0", "--app-secret", "a secret")
    with start("emulator", *arguments) as process:
        lines = [process.stdout.readline().decode() for _ in range(3)]
        exported = [shlex.split(line) for line in lines]
        assert all(word == "export" for word, _ in exported)
        environment = dict(pair.split("=", 1) for _, pair in exported)
        assert environment["SPEEDPIX_APP_SECRET"] == "a secret"
        assert speedpix("doctor", **environment).code == 0
        process.send_signal(number)
        done = end(process)
    assert (done.code, done.out) == (0, "")
    assert "Traceback" not in done.err
    assert "white-background" in done.err
    assert f"in a browser: {environment['SPEEDPIX_ENDPOINT']}/\n" in done.err


def test_a_host_beyond_this_machine_is_warned_of(start):
    with start("emulator", "--port", "0", "--host", "0.0.0.0") as process:
        for _ in range(3):
            process.stdout.readline()
        warning = process.stderr.readline().decode()
        process.send_signal(signal.SIGINT)
        end(process)
    assert warning.startswith("Warning: 0.0.0.0 may be reached from other machines.")
    assert "not for production" in warning


def test_as_json(start):
    with start("emulator", "--port", "0", "--json") as process:
        lines = [process.stdout.readline() for _ in range(7)]
        process.send_signal(signal.SIGINT)
        end(process)
    document = json.loads(b"".join(lines))
    assert set(document) == {"endpoint", "app_key", "app_secret", "workflow_id", "error"}


def test_a_port_that_is_taken(speedpix, emulator):
    port = emulator.url.rpartition(":")[2]
    done = speedpix("emulator", "--port", port)
    assert (done.code, done.out) == (1, "")
    assert f"can't listen on 127.0.0.1:{port}, where another program does" in done.err
    assert "another emulator; to use a free port: --port 0\n" in done.err
    assert speedpix("emulator", "--port", port, "--json").json["error"]["type"] == "Error"


def test_without_its_extra(speedpix, blocked):
    done = speedpix("emulator", **blocked("starlette"))
    assert done.code == 1
    assert (
        done.err == "Error: the emulator needs starlette; in the clone: pip install '.[emulator]'\n"
    )
