"""Tasks cancelled at every point at which they wait: nothing stays open, and no place is lost."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import types
import warnings
from itertools import count

import pytest

from speedpix.constants import MAX_CALLS

CONTENT = bytes(range(256)) * 9_000  # more than two blocks


@types.coroutine
def cancelled(operation, turn, again):
    """Run an operation, and cancel it when it waits for this time, or then each time it does."""
    step, value = operation.send, None
    for waits in count():
        try:
            waited = step(value)
        except StopIteration as end:
            return end.value
        if waits == turn or (again and waits > turn):
            asyncio.current_task().cancel()
        try:
            step, value = operation.send, (yield waited)
        except BaseException as error:  # noqa: BLE001 - handed on to the operation
            step, value = operation.throw, error


async def reload(client, run, _):
    await client.predictions.async_get(run.id)


async def upload(client, _, folder):
    await client.files.async_create(folder / "input.bin")


async def start(client, _, folder):
    await client.async_run("echo", {"file": folder / "input.bin"}, wait=False)


async def save(client, run, folder):
    found = await client.predictions.async_get(run.id)
    await found.output["copy"].async_save(folder / "out" / "copy.bin")


async def read(client, run, _):
    found = await client.predictions.async_get(run.id)
    await found.output["copy"].async_read()


@pytest.mark.parametrize("again", [False, True], ids=["once", "again and again"])
@pytest.mark.parametrize("operation", [reload, upload, start, save, read])
def test_nothing_stays_open(make_client, tmp_path, operation, again):
    (tmp_path / "input.bin").write_bytes(CONTENT)
    run = finished(make_client())

    def begin(client):
        return operation(client, run, tmp_path)

    assert left_open(lambda: make_client(timeout=10), begin, again) == []
    assert list(tmp_path.rglob("*.part")) == []


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors can't be listed")
def test_a_pipe_is_closed_that_is_opened_after_all(make_client, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    run = finished(make_client())

    async def main():
        async with make_client() as client:
            found = await client.predictions.async_get(run.id)
            task = asyncio.ensure_future(found.output["copy"].async_save(pipe))
            while not is_opening_a_pipe():
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(main())
    reader = os.open(pipe, os.O_RDONLY)  # lets the thread go on
    try:
        for worker in workers():
            worker.join(20)
        assert [each for each in os.listdir("/proc/self/fd") if leads_to(each, pipe)] == [
            str(reader)
        ]
    finally:
        os.close(reader)


def is_opening_a_pipe():
    frames = sys._current_frames()
    found = [frames[each.ident] for each in workers() if each.ident in frames]
    return any(frame.f_code.co_name == "_appending" for frame in found)


def workers():
    return [each for each in threading.enumerate() if each.name == "speedpix" and each.ident]


def leads_to(descriptor, path):
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}") == str(path)
    except OSError:
        return False  # the one by which they were listed


def test_a_handshake_is_given_up(make_client, secure_url):
    run = finished(make_client())

    def begin(client):
        return reload(client, run, None)

    assert left_open(lambda: make_client(endpoint=secure_url, timeout=10), begin) == []


@pytest.mark.parametrize("again", [False, True], ids=["once", "again and again"])
@pytest.mark.parametrize("operation", [reload, upload, save])
def test_no_place_is_lost(make_client, tmp_path, operation, again):
    """Each call takes one of the places among the client's others, and gives it back."""
    (tmp_path / "input.bin").write_bytes(CONTENT)
    run = finished(make_client())

    async def main():
        async with make_client(timeout=10) as client:
            for turn in range(2 * MAX_CALLS):
                with pytest.raises(asyncio.CancelledError):
                    await asyncio.ensure_future(
                        cancelled(operation(client, run, tmp_path), turn % 6, again)
                    )
            await asyncio.gather(*(operation(client, run, tmp_path) for _ in range(MAX_CALLS)))

    asyncio.run(main())


def left_open(make_client, begin, again=False):
    """Cancel an operation at its first wait, its second and so on; return what is warned of."""

    async def main():
        for turn in count():
            async with make_client() as client:
                try:
                    await asyncio.ensure_future(cancelled(begin(client), turn, again))
                except asyncio.CancelledError:
                    continue
                assert turn > 1  # it is done, as it did not wait that often
                return

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    return [str(warning.message) for warning in told]


def finished(client):
    """A run whose output is there."""
    run = client.run("echo", {"file": CONTENT}, wait=False)
    run.wait()
    return run
