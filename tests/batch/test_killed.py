"""Processes that end in the middle of a batch: no run is paid twice, and few are in doubt."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from .child import inputs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix'")

CHILD = Path(__file__).with_name("child.py")
COUNT = 100
MAX_SUBMITS = 8
PATIENCE = 60


@pytest.fixture
def settings(clean, tmp_path, request):
    """What a child is to do: a batch of its own name, without files."""
    return {
        "key": clean.app_key,
        "secret": clean.app_secret,
        "url": clean.url,
        "name": f"{request.node.name}-{random.random()}",
        "count": COUNT,
        "seconds": 0.1,
        "photos": None,
        "manifest": str(tmp_path / "m.sqlite"),
        "save_to": None,
        "concurrency": 16,
        "how": "for",
        "forks": False,
    }


@pytest.fixture
def ended_by(settings):
    """A function that starts the batch, ends it by a signal after so many results."""

    def end(number, results):
        process = subprocess.Popen(
            [sys.executable, CHILD, json.dumps(settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        seen = -1  # the first line is no result
        while seen < results and process.stdout.readline():
            seen += 1
        process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE)
        return process.returncode, said

    return end


@pytest.fixture
def paid(emulator, settings):
    """A function that counts the jobs of this batch, by label."""
    return lambda: Counter(
        job.inputs["label"]
        for job in emulator.jobs
        if job.inputs["label"].startswith(settings["name"])
    )


def finished(client, settings, **options):
    """Go on with the batch, here; return its results by status."""
    found = client.map(
        "copy" if settings["photos"] else "echo",
        inputs(settings),
        manifest=settings["manifest"],
        save_to=settings["save_to"],
        **options,
    )
    return Counter(result.status for result in found)


@pytest.mark.parametrize("how", ["for", "async for"])
def test_sigkill_thrice(client, settings, ended_by, paid, how):
    settings["how"] = how
    for results in (5, 20, 40):
        code, _ = ended_by(signal.SIGKILL, results)
        assert code == -signal.SIGKILL
    statuses = finished(client, settings)
    jobs = paid()
    assert max(jobs.values()) == 1
    assert statuses["unknown"] <= 3 * MAX_SUBMITS
    assert statuses["skipped"] >= 5
    assert set(statuses) <= {"skipped", "succeeded", "unknown"}
    assert sum(statuses.values()) == COUNT
    # Whether one that is unknown was started is not known: a retry that is asked for may pay it.
    assert COUNT - statuses["unknown"] <= len(jobs) <= COUNT
    assert finished(client, settings) == {
        "skipped": COUNT - statuses["unknown"],
        **({"unknown": statuses["unknown"]} if statuses["unknown"] else {}),
    }
    assert finished(client, settings, retry="unknown")["unknown"] == 0


def test_a_forked_process_that_ends_takes_nothing_from_the_record(client, settings, ended_by, paid):
    settings["forks"] = True
    ended_by(signal.SIGKILL, 20)
    statuses = finished(client, settings)
    assert max(paid().values()) == 1
    assert statuses["skipped"] >= 20
    assert statuses["unknown"] <= MAX_SUBMITS


def test_sigkill_while_all_are_running_leaves_no_doubt(client, settings, emulator, paid):
    settings.update(count=5, seconds=4)
    process = subprocess.Popen([sys.executable, CHILD, json.dumps(settings)])
    while len(paid()) < 5:
        assert process.poll() is None
        time.sleep(0.02)
    polls = emulator.count("progress")
    while emulator.count("progress") < polls + 6:  # one was asked for twice: all ids are known
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait(PATIENCE)
    assert finished(client, settings) == {"succeeded": 5}
    assert set(paid().values()) == {1}
    assert len(paid()) == 5


def test_sigkill_with_files_leaves_whole_files_and_no_parts(
    client, settings, ended_by, paid, tmp_path
):
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(COUNT):
        (photos / f"{number}.bin").write_bytes(f"{number}-".encode() * 4000)
    settings.update(photos=str(photos), save_to=str(tmp_path / "out" / "{stem}.{ext}"))
    for results in (5, 30):
        ended_by(signal.SIGKILL, results)
    statuses = finished(client, settings)
    assert max(paid().values()) == 1
    assert statuses["unknown"] <= 2 * MAX_SUBMITS
    saved = list((tmp_path / "out").iterdir())
    assert len(saved) == COUNT - statuses["unknown"]
    for path in saved:
        assert path.read_bytes() == (photos / path.name).read_bytes()


@pytest.mark.parametrize("how", ["for", "async for"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_and_ctrl_c_leave_no_doubt(client, settings, ended_by, paid, number, how):
    settings["how"] = how
    code, said = ended_by(number, 10)
    if number == signal.SIGTERM:
        assert code == 128 + signal.SIGTERM
    else:
        assert code != 0
        assert "KeyboardInterrupt" in said
    before = len(paid())
    assert before < COUNT
    statuses = finished(client, settings)
    assert statuses["unknown"] == 0
    assert sum(statuses.values()) == COUNT
    assert set(paid().values()) == {1}
    assert len(paid()) == COUNT


def test_a_break_leaves_no_doubt(client, settings, paid):
    batch = client.map("echo", inputs(settings), manifest=settings["manifest"], concurrency=8)
    for count, _ in enumerate(batch):
        if count == 10:
            break
    before = len(paid())
    time.sleep(0.2)  # nothing is submitted any more
    assert len(paid()) == before < COUNT
    statuses = finished(client, settings)
    assert statuses["unknown"] == 0
    assert set(paid().values()) == {1}
    assert len(paid()) == COUNT


def test_an_async_break_leaves_no_doubt(client, settings, paid):
    async def main():
        batch = client.map("echo", inputs(settings), manifest=settings["manifest"], concurrency=8)
        async for _ in batch:
            break

    asyncio.run(main())
    assert 0 < len(paid()) < COUNT
    statuses = finished(client, settings)
    assert statuses["unknown"] == 0
    assert set(paid().values()) == {1}


def test_a_cancelled_task_leaves_no_doubt(client, settings, paid):
    async def main():
        batch = client.map("echo", inputs(settings), manifest=settings["manifest"], concurrency=8)

        async def iterate():
            async for _ in batch:
                pass

        task = asyncio.ensure_future(iterate())
        while not paid():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert 0 < len(paid()) < COUNT
    statuses = finished(client, settings)
    assert statuses["unknown"] == 0
    assert set(paid().values()) == {1}


class SourceError(Exception):
    pass


def test_inputs_that_raise_leave_no_doubt(client, settings, collect, paid):
    def broken():
        for number, given in enumerate(inputs(settings)):
            if number == 90:
                raise SourceError
            yield given

    with pytest.raises(SourceError):
        collect(client.map("echo", broken(), manifest=settings["manifest"], concurrency=8))
    statuses = finished(client, settings)
    assert statuses["unknown"] == 0
    assert set(paid().values()) == {1}


def test_a_full_disk_leaves_runs_open_and_stops(settings, paid, photo, tmp_path):
    count, out = 8, tmp_path / "out"
    for number in range(count):
        photo(f"{number}.bin", bytes([number]) * 1_000_000)
    settings.update(count=count, photos=str(tmp_path / "photos"), save_to=str(out), concurrency=2)
    child = [sys.executable, CHILD, json.dumps(settings)]
    smaller_files = ["sh", "-c", 'ulimit -f 400; exec "$@"', "sh"]  # than the photos
    process = subprocess.run(
        [*smaller_files, *child], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert "can't be written: [Errno 27] File too large" in process.stderr
    assert set(process.stdout.split()) == {"begun", "open"}
    before = paid()
    assert 0 < len(before) < count
    assert list(out.iterdir()) == []
    again = subprocess.run(child, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert again.stdout.split() == ["begun", *["succeeded"] * count]
    assert len(list(out.iterdir())) == count
    assert set(paid().values()) == {1}
