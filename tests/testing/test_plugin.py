"""The pytest plugin: its fixtures, its marker, what it leaves alone, and with what it works."""

from __future__ import annotations

import os

import pytest

import speedpix
from speedpix import PredictionError

ECHO = """
import asyncio
import os

import pytest

def publish(emulator):
    @emulator.workflow("echo", outputs={"given": "json"})
    def echo(inputs):
        return {"given": dict(inputs)}

"""


# In this process, where its entry point let pytest find it --------------------------------------


def publish(emulator):
    @emulator.workflow("echo", outputs={"given": "json"})
    def echo(inputs):
        return {"given": dict(inputs)}


def test_the_environment_names_the_emulator(speedpix_emulator):
    publish(speedpix_emulator)
    assert os.environ["SPEEDPIX_ENDPOINT"] == speedpix_emulator.url
    assert speedpix.run("echo", {"a": 1}) == {"given": {"a": 1}}
    assert [job.workflow_id for job in speedpix_emulator.jobs] == ["echo"]


def test_the_client_is_the_emulators(speedpix_client, speedpix_emulator):
    publish(speedpix_emulator)
    assert speedpix_client.run("echo", {"a": 1}) == {"given": {"a": 1}}
    assert len(speedpix_emulator.jobs) == 1


@pytest.mark.speedpix(duration=60, queue=[(10, 2)], faults=[("progress", "unavailable", 2)])
def test_the_marker_scripts_runs(speedpix_emulator, speedpix_client):
    publish(speedpix_emulator)
    prediction = speedpix_client.run("echo", {}, wait=False)
    assert speedpix_emulator.jobs[0].status == "waiting"
    assert prediction.wait().duration == 60
    assert speedpix_emulator.faults.pending == 0


@pytest.mark.speedpix(duration=10, eta="zero", progress="absent")
def test_the_marker_says_what_is_claimed(speedpix_emulator, speedpix_client):
    publish(speedpix_emulator)
    prediction = speedpix_client.run("echo", {}, wait=False)
    speedpix_emulator.clock.advance(5)
    progress = prediction.reload().progress
    assert (progress.seconds_left, progress.fraction) == (0, 0)


@pytest.mark.speedpix(failure="out of memory")
def test_the_marker_lets_runs_fail(speedpix_emulator, speedpix_client):
    publish(speedpix_emulator)
    with pytest.raises(PredictionError, match="out of memory"):
        speedpix_client.run("echo", {})


# In processes of their own -------------------------------------------------------------------


def test_nothing_is_left_from_one_test_to_the_next(suite):
    result = suite(
        ECHO
        + """
def use(emulator, client):
    assert (emulator.jobs, emulator.requests, emulator.objects) == ([], [], [])
    assert emulator.faults.pending == 0
    publish(emulator)
    client.run("echo", {"file": b"content"})
    emulator.faults.add("submit", "unavailable", times=9)
    emulator.next_run("echo", duration=60, times=9)
    assert emulator.count("put") == 1

def test_first(speedpix_emulator, speedpix_client):
    use(speedpix_emulator, speedpix_client)

def test_second(speedpix_emulator, speedpix_client):
    use(speedpix_emulator, speedpix_client)

def test_last():
    assert not [name for name in os.environ if name.startswith("SPEEDPIX_")]
"""
    )
    result.assert_outcomes(passed=3)


def test_a_user_adds_workflows_once_for_all_tests(suite):
    result = suite(
        ECHO
        + """
@pytest.fixture
def speedpix_emulator(speedpix_emulator):
    publish(speedpix_emulator)
    return speedpix_emulator

def test_it(speedpix_client):
    assert speedpix_client.run("echo", {}) == {"given": {}}
"""
    )
    result.assert_outcomes(passed=1)


def test_the_nearest_marker_counts_most(suite):
    result = suite(
        ECHO
        + """
pytestmark = pytest.mark.speedpix(duration=60, queue=[(1, 1)])

def duration(emulator, client):
    publish(emulator)
    prediction = client.run("echo", {}, wait=False).wait()
    return prediction.duration, emulator.jobs[0].timeline.begin

def test_modules(speedpix_emulator, speedpix_client):
    assert duration(speedpix_emulator, speedpix_client) == (60, 1)

@pytest.mark.speedpix(duration=30)
class TestClass:
    def test_class(self, speedpix_emulator, speedpix_client):
        assert duration(speedpix_emulator, speedpix_client) == (30, 1)

    @pytest.mark.speedpix(duration=15)
    def test_function(self, speedpix_emulator, speedpix_client):
        assert duration(speedpix_emulator, speedpix_client) == (15, 1)
"""
    )
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("60", "*@pytest.mark.speedpix: *have names*60*"),
        ("durations=60", "*@pytest.mark.speedpix: *durations*"),
        ("duration='60'", "*@pytest.mark.speedpix: duration: *'60'*"),
        ("faults=[('progress', 'gone')]", "*@pytest.mark.speedpix: 'gone' is not a fault*"),
    ],
)
def test_a_marker_that_makes_no_sense(suite, arguments, message):
    result = suite(
        f"""
import pytest

@pytest.mark.speedpix({arguments})
def test_it(speedpix_emulator):
    pass
"""
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_waiting_can_be_real(suite):
    result = suite(
        """
import pytest
from speedpix.flow.clock import DEFAULT_CLOCK, SystemClock
from speedpix.testing import NoWaitClock

@pytest.mark.speedpix(no_wait=False)
def test_real(speedpix_emulator):
    assert isinstance(DEFAULT_CLOCK.current, SystemClock)

def test_not_real(speedpix_emulator):
    assert isinstance(DEFAULT_CLOCK.current, NoWaitClock)
    assert speedpix_emulator.clock is DEFAULT_CLOCK.current

def test_neither():
    assert isinstance(DEFAULT_CLOCK.current, SystemClock)
"""
    )
    result.assert_outcomes(passed=3)


def test_nothing_is_imported_until_used(suite):
    result = suite(
        """
import sys

def test_it():
    heavy = {"httpx", "starlette", "uvicorn", "PIL", "numpy", "cv2", "speedpix_emulator"}
    assert not heavy & set(sys.modules)
    assert [name for name in sys.modules if name.startswith("speedpix.")] == [
        "speedpix.version", "speedpix.pytest_plugin"
    ]
"""
    )
    result.assert_outcomes(passed=1)


def test_it_can_be_left_out(pytester):
    pytester.makepyfile("def test_it(speedpix_emulator): pass")
    result = pytester.runpytest_subprocess("-p", "no:speedpix")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'speedpix_emulator' not found*"])


def test_it_says_what_it_offers(suite):
    result = suite("", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.speedpix(*"])
    result = suite("", "--fixtures")
    result.stdout.fnmatch_lines(["speedpix_emulator*", "*", "speedpix_client*"])


ASYNC_TEST = """
async def test_async(speedpix_emulator, speedpix_client):
    publish(speedpix_emulator)
    runs = (speedpix_client.async_run("echo", {"n": n}) for n in range(3))
    outputs = await asyncio.gather(*runs)
    assert [output["given"]["n"] for output in outputs] == [0, 1, 2]
"""


def test_with_anyio(suite):
    settings = """
pytestmark = [pytest.mark.anyio, pytest.mark.speedpix(duration=60)]

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
    suite(ECHO + settings + ASYNC_TEST, plugins=["anyio.pytest_plugin"]).assert_outcomes(passed=1)


def test_with_pytest_asyncio_and_xdist(suite, installed):
    folder = installed("pytest-asyncio", "pytest-xdist")
    settings = "\npytestmark = [pytest.mark.asyncio, pytest.mark.speedpix(duration=60)]\n"
    more = """
@pytest.mark.parametrize("number", range(6))
async def test_another(number, speedpix_emulator, speedpix_client):
    publish(speedpix_emulator)
    assert await speedpix_client.async_run("echo", {"n": number}) == {"given": {"n": number}}
    assert len(speedpix_emulator.jobs) == 1
"""
    result = suite(
        ECHO + settings + ASYNC_TEST + more,
        *("-n", "2", "-o", "asyncio_default_fixture_loop_scope=function"),
        plugins=["pytest_asyncio.plugin", "xdist"],
        folder=folder,
    )
    result.assert_outcomes(passed=7)


def test_with_the_oldest_pytest(suite, installed):
    result = suite(
        ECHO
        + """
def test_version():
    assert pytest.__version__ == "7.0.0"

@pytest.mark.speedpix(duration=60, faults=[("progress", "unavailable")])
def test_it(speedpix_emulator, speedpix_client):
    publish(speedpix_emulator)
    assert speedpix_client.run("echo", {}) == {"given": {}}

@pytest.mark.speedpix(durations=60)
def test_wrong(speedpix_emulator):
    pass
""",
        folder=installed("pytest==7.0.0"),
    )
    result.stdout.fnmatch_lines(["*@pytest.mark.speedpix: *durations*", "*2 passed, 1 error*"])
