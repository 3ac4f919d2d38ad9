"""`speedpix.testing.emulator`: what it sets, what it scripts, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import unittest

import pytest
from speedpix_emulator import Failure

import speedpix
from speedpix import Client, PredictionError
from speedpix.flow.clock import DEFAULT_CLOCK, SystemClock
from speedpix.testing import emulator

VARIABLES = ("SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET", "SPEEDPIX_ENDPOINT", "SPEEDPIX_HISTORY")
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing answers


def publish(running, **script):
    @running.workflow("echo", outputs={"given": "json"}, **script)
    def echo(inputs):
        return {"given": dict(inputs)}


# The environment -----------------------------------------------------------------------------


def test_the_environment_names_it(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with emulator() as running:
        publish(running)
        assert os.environ["SPEEDPIX_ENDPOINT"] == running.url
        with Client() as client:
            assert client.run("echo", {"a": 1}) == {"given": {"a": 1}}
        assert [job.workflow_id for job in running.jobs] == ["echo"]
    assert not set(VARIABLES) & set(os.environ)


def test_the_environment_is_restored_even_after_an_error(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.setenv(name, f"the user's {name}")
    monkeypatch.setenv("no_proxy", "example.test")
    monkeypatch.delenv("NO_PROXY", raising=False)
    before = dict(os.environ)
    with emulator():
        assert "SPEEDPIX_HISTORY" not in os.environ
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "example.test,127.0.0.1"
    assert dict(os.environ) == before
    with pytest.raises(KeyError), emulator():
        raise KeyError
    assert dict(os.environ) == before


def test_a_proxy_is_not_asked_for_it(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    async def main():
        async with Client() as client:
            return await client.async_run("echo", {"a": 2})

    with emulator() as running:
        publish(running)
        with Client() as client:
            assert client.run("echo", {"a": 1}) == {"given": {"a": 1}}
        assert asyncio.run(main()) == {"given": {"a": 2}}


def test_two_at_once():
    with emulator() as outer:
        publish(outer)
        with emulator() as inner:
            publish(inner)
            speedpix.run("echo", {})
            assert (len(outer.jobs), len(inner.jobs)) == (0, 1)
        speedpix.run("echo", {})
        assert len(outer.jobs) == 1


# The script ----------------------------------------------------------------------------------


def test_a_duration_and_a_queue_are_for_all_workflows():
    with emulator(duration=60, queue=[(10, 2)]) as running, Client() as client:
        publish(running, duration=5)
        prediction = client.run("echo", {}, wait=False).reload()
        assert (prediction.status, prediction.progress.queue_length) == ("waiting", 2)
        running.clock.advance(10 + 15)
        assert prediction.reload().progress.fraction == 0.25
        running.clock.advance(45)
        assert prediction.reload().duration == 60


def test_a_workflow_keeps_what_is_not_scripted():
    with emulator(queue=[]) as running, Client() as client:
        publish(running, duration=5, queue=[(100, 1)])
        assert client.run("echo", {}, wait=False).wait().duration == 5


def test_a_duration_may_depend_on_the_inputs():
    with emulator(duration=lambda inputs: inputs["seconds"]) as running, Client() as client:
        publish(running)
        assert client.run("echo", {"seconds": 7}, wait=False).wait().duration == 7


def test_the_next_run_can_be_another():
    with emulator(duration=60, failure="out of memory") as running, Client() as client:
        publish(running)
        running.next_run("echo", duration=3, failure=None)
        assert client.run("echo", {}, wait=False).wait().duration == 3
        with pytest.raises(PredictionError):
            client.run("echo", {})


@pytest.mark.parametrize(
    ("failure", "code"),
    [("out of memory", "NODE_FAILED"), (Failure("out of memory", code="GPU", at=0.5), "GPU")],
)
def test_every_run_fails(failure, code):
    with emulator(failure=failure) as running, Client() as client:
        publish(running)
        for _ in range(2):
            with pytest.raises(PredictionError, match="out of memory") as caught:
                client.run("echo", {})
            assert caught.value.code == code


def test_every_run_is_told_of_as_asked():
    with emulator(duration=10, eta="countdown*3", progress="nodes") as running:
        publish(running)
        with Client() as client:
            prediction = client.run("echo", {}, wait=False)
            running.clock.advance(5)
            progress = prediction.reload().progress
    assert prediction.estimated_duration == 30
    assert (progress.seconds_left, progress.fraction) == (25, 0.4)


def test_faults_come_in_order_and_as_often_as_asked():
    faults = [("submit", "throttled", 2), ("progress", "bad_gateway", 1, 1)]
    with emulator(duration=60, faults=faults) as running, Client() as client:
        publish(running)
        client.run("echo", {})
        assert running.faults.pending == 0
        submits = [each.fault for each in running.requests if each.operation == "submit"]
        assert submits == ["throttled", "throttled", None]
        polls = [each.fault for each in running.requests if each.operation == "progress"]
        assert polls[:3] == [None, "bad_gateway", None]


def test_waiting_can_be_left_as_it_is():
    with emulator(no_wait=False) as running:
        assert isinstance(DEFAULT_CLOCK.current, SystemClock)
        publish(running)
        assert speedpix.run("echo", {}) == {"given": {}}


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"durations": 1}, TypeError, "durations"),
        ({"duration": "60"}, TypeError, "duration: .*'60'"),
        ({"duration": True}, TypeError, "duration: .*True"),
        ({"duration": -1}, ValueError, "duration: -1"),
        ({"queue": [10]}, TypeError, "queue: .*10"),
        ({"queue": [(10, "two")]}, TypeError, "queue: .*two"),
        ({"queue": [(-1, 2)]}, ValueError, "queue: -1"),
        ({"failure": 500}, TypeError, "failure: .*500"),
        ({"eta": "soon"}, ValueError, "eta: 'soon' is none of scaled, countdown"),
        ({"eta": [1]}, TypeError, r"eta: .*\[1\]"),
        ({"progress": "slow"}, ValueError, "progress: 'slow' is none of linear"),
        ({"progress": False}, TypeError, "progress: .*False"),
        ({"faults": ("progress", "unavailable")}, TypeError, "faults: .*'progress'"),
        ({"faults": [("progress",)]}, TypeError, "faults: "),
        ({"faults": [("progress", "unavailable", "often")]}, TypeError, "faults: .*'often'"),
        ({"faults": [("polls", "unavailable")]}, ValueError, "'polls' is not an operation"),
        ({"faults": [("progress", "gone")]}, ValueError, "'gone' is not a fault"),
    ],
)
def test_an_argument_that_makes_no_sense(arguments, kind, message):
    before = dict(os.environ)
    with pytest.raises(kind, match=message), emulator(**arguments):
        pass
    assert dict(os.environ) == before
    assert isinstance(DEFAULT_CLOCK.current, SystemClock)


# Without pytest, and without the extra -------------------------------------------------------


def test_it_serves_unittest():
    class Test(unittest.TestCase):
        def setUp(self):
            context = emulator(duration=60)
            self.running = context.__enter__()
            self.addCleanup(context.__exit__, None, None, None)
            publish(self.running)

        def test_first(self):
            speedpix.run("echo", {})
            self.assertEqual(len(self.running.jobs), 1)  # noqa: PT009 - it is unittest's

        test_second = test_first

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Test).run(result)
    assert result.testsRun == 2
    assert result.wasSuccessful(), result.failures + result.errors


def test_without_the_extra_it_says_what_to_install():
    program = (
        "import sys; sys.modules['starlette'] = None\n"
        "from speedpix.testing import emulator, no_waiting\n"
        "with no_waiting(): pass\n"
        "with emulator(): pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: the emulator is not installed")
    assert last.endswith("; in the clone: pip install '.[testing]'")


def test_importing_it_imports_neither_the_emulator_nor_pytest():
    program = (
        "import sys, speedpix.testing\n"
        "print([name for name in ('pytest', 'speedpix_emulator', 'httpx') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
