"""A process killed at any point of a run: the next one picks the run up from the history."""

from __future__ import annotations

import random
import signal
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import wait

import pytest
from speedpix_emulator import Emulator, OutputFile

from speedpix import SubmitOutcomeUnknownError

from .killed_run import POLLING_INTERVAL, Errand, run_and_count, run_and_die

RUNS = 50
AT_ONCE = 4
PATIENCE = 60  # seconds, for a process that should take one

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as running:

        @running.workflow(
            "echo",
            inputs={"file": "file", "marker": "text"},
            outputs={"copy": "file"},
            duration=0.1,
        )
        def echo(file: bytes, marker: str) -> dict[str, OutputFile]:
            return {"copy": OutputFile(file, f"{marker}.bin")}

        yield running


@pytest.fixture(scope="module")
def processes():
    """How processes are made: forked from one that has imported what they need."""
    context = get_context("forkserver")
    context.set_forkserver_preload(
        ["httpx", "sqlite3", "speedpix.client", "speedpix.values.output"]
    )
    return context


@pytest.fixture
def errand(emulator, tmp_path):
    """A function that prepares a run, with an input of its own."""

    def prepare(marker: str) -> Errand:
        prepared = Errand(emulator.url, emulator.app_key, emulator.app_secret, marker, tmp_path)
        prepared.source.write_bytes(marker.encode() * 5000)
        return prepared

    return prepare


def test_50_killed_runs_end_in_50_outputs_and_50_jobs(emulator, processes, errand):
    total = calls_of(processes, errand("undisturbed"))
    errands = [errand(f"run-{number}") for number in range(RUNS)]
    generator = random.Random(3)
    # At random, and yet spread over the whole run.
    moments = [int(total * (number + generator.random()) / RUNS) for number in range(RUNS)]
    generator.shuffle(moments)

    # Starting a process asks how the others are; two must not ask at once.
    asking = threading.Lock()

    def kill(task: Errand, calls: int) -> int | None:
        process = processes.Process(target=run_and_die, args=(task, calls))
        with asking:
            process.start()
        wait([process.sentinel], PATIENCE)
        with asking:
            process.join(0)
            return process.exitcode

    with ThreadPoolExecutor(AT_ONCE) as threads:
        exit_codes = list(threads.map(kill, errands, moments))

    assert exit_codes == [-signal.SIGKILL] * RUNS
    found = Counter(resumed(emulator, task) for task in errands)
    for task in errands:
        assert task.target.read_bytes() == task.source.read_bytes()
        assert len(jobs_of(emulator, task)) == 1
    assert set(found) == {"no record", "submitting, no job", "submitting, a job", "on record"}


def calls_of(processes, errand: Errand) -> int:
    receiver, sender = processes.Pipe(duplex=False)
    process = processes.Process(target=run_and_count, args=(errand, sender))
    process.start()
    sender.close()
    with receiver:
        assert receiver.poll(PATIENCE), "the undisturbed run did not end"
        calls = receiver.recv()
    process.join(PATIENCE)
    assert errand.target.read_bytes() == errand.source.read_bytes()
    return calls


def resumed(emulator, errand: Errand) -> str:
    """Bring a run to its end as its user would, and say in what state it was found."""
    # Killed while saving, a process leaves the whole file or none.
    assert not errand.target.exists() or errand.target.read_bytes() == errand.source.read_bytes()
    with errand.client() as client:
        runs = client.predictions.list()
        if not runs:
            assert jobs_of(emulator, errand) == []
            errand.run(client)
            return "no record"
        assert len(runs) == 1
        if runs[0].id:
            runs[0].wait(POLLING_INTERVAL).output["copy"].save(errand.target)
            return "on record"
        assert runs[0].status == "submitting"
        with pytest.raises(SubmitOutcomeUnknownError, match="look in the console"):
            runs[0].wait()
        jobs = jobs_of(emulator, errand)
        if not jobs:
            errand.run(client)
            return "submitting, no job"
        client.predictions.get(jobs[0].id).wait().output["copy"].save(errand.target)
        return "submitting, a job"


def jobs_of(emulator, errand: Errand):
    """Look in the service's console: the jobs of this run."""
    return [job for job in emulator.jobs if job.inputs["marker"] == errand.marker]
