"""Whatever interrupts a wait carries the prediction, in real processes too."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import signal
import subprocess
import sys
import threading

import pytest
from speedpix_emulator import Emulator

from speedpix import Client, PredictionTimeoutError
from speedpix.testing import no_waiting

CONTENT = bytes(range(256)) * 400

INTERRUPTED = """
import sys
from speedpix import Client
client = Client()
print("started", flush=True)
try:
    client.run("slow", {})
except KeyboardInterrupt as error:
    print(error.prediction.id, flush=True)
    print(*error.__notes__, flush=True)
"""


@pytest.fixture(scope="module")
def slow():
    """An emulator on the real clock, with a workflow that takes longer than any test waits."""
    with Emulator() as running:

        @running.workflow("slow", inputs={}, outputs={"x": "text"}, duration=3600)
        def work() -> dict[str, str]:
            return {"x": ""}

        yield running


def test_ctrl_c_in_a_real_process_names_the_run(slow):
    environment = {
        **os.environ,
        "SPEEDPIX_APP_KEY": slow.app_key,
        "SPEEDPIX_APP_SECRET": slow.app_secret,
        "SPEEDPIX_ENDPOINT": slow.url,
    }
    polls = slow.count("progress")
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "started\n"
        while slow.count("progress") == polls:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)
    identity, note = told.splitlines()
    assert identity == slow.jobs[-1].id
    assert f'client.predictions.get("{identity}").result()' in note


def test_a_cancelled_task_carries_the_prediction(slow):
    async def main() -> BaseException:
        async with Client(slow.app_key, slow.app_secret, endpoint=slow.url) as client:
            polls = slow.count("progress")
            task = asyncio.ensure_future(client.async_run("slow", {}))
            while slow.count("progress") == polls:
                await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as error:
                return error.__context__ if not hasattr(error, "prediction") else error
            finally:
                left = asyncio.all_tasks() - {asyncio.current_task()}
                assert not left

    error = asyncio.run(main())
    assert error.prediction.id == slow.jobs[-1].id


def test_a_picked_up_run_ends_with_its_output(emulator, make_client):
    client = make_client()
    with pytest.raises(PredictionTimeoutError) as caught:
        client.run("echo", {"file": CONTENT}, wait_timeout=1)
    again = make_client().predictions.get(caught.value.prediction.id)
    assert again.wait().output["copy"].read() == CONTENT


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copies_work_with_the_same_client(emulator, make_client, duplicate):
    prediction = duplicate(make_client().run("echo", {"file": CONTENT}, wait=False))
    assert duplicate(prediction.wait().output["copy"]).read() == CONTENT


def test_pickles_work_with_the_environments_credentials(emulator, make_client, monkeypatch):
    client = make_client()
    prediction = client.run("echo", {"file": CONTENT}, wait=False)
    pickled = pickle.dumps(prediction)
    assert emulator.app_secret.encode() not in pickled
    output = pickle.loads(pickle.dumps(prediction.wait().output))
    assert output["copy"].read() == CONTENT
    for name, value in (
        ("SPEEDPIX_APP_KEY", emulator.app_key),
        ("SPEEDPIX_APP_SECRET", emulator.app_secret),
        ("SPEEDPIX_ENDPOINT", emulator.url),
    ):
        monkeypatch.setenv(name, value)
    with no_waiting(emulator.clock):
        assert pickle.loads(pickled).wait().output["copy"].read() == CONTENT


def test_a_pickled_client_works_and_remembers_nothing(emulator, make_client):
    client = make_client()
    client.run("echo", {"file": CONTENT}, wait=False)
    revived = pickle.loads(pickle.dumps(client))
    assert revived.predictions.list() == []
    with revived:
        assert revived.files.create(CONTENT).size == len(CONTENT)


def test_an_error_pickles_with_its_prediction(emulator, make_client):
    with pytest.raises(PredictionTimeoutError) as caught:
        make_client().run("echo", {"file": CONTENT}, wait_timeout=1)
    revived = pickle.loads(pickle.dumps(caught.value))
    assert str(revived) == str(caught.value)
    assert revived.prediction.id == caught.value.prediction.id


def test_one_client_in_many_threads_and_many_loops(emulator, make_client):
    client, outputs = make_client(timeout=30), []

    def blocking() -> None:
        outputs.append(client.run("echo", {"file": CONTENT})["copy"].read())

    def looping() -> None:
        async def main() -> None:
            found = await asyncio.gather(
                *(client.async_run("echo", {"file": CONTENT}) for _ in range(3))
            )
            outputs.extend([await output["copy"].async_read() for output in found])

        asyncio.run(main())

    threads = [threading.Thread(target=work) for work in (blocking, looping) * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs == [CONTENT] * 20
