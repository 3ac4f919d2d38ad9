"""The same file in many runs is uploaded once."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from speedpix import Client

RUNS = 50
ONCE = {"sign": 1, "put": 1}


def uploads(emulator):
    return {operation: emulator.count(operation) for operation in ONCE}


def inputs(emulator):
    return {job.inputs["image"] for job in emulator.jobs}


def test_in_runs_one_after_another(emulator, client, sample_image):
    for _ in range(RUNS):
        client.run("echo", {"image": sample_image}, wait=False)
    assert uploads(emulator) == ONCE, "an upload of the same content was not used again"
    assert len(inputs(emulator)) == 1


def test_in_runs_at_once(emulator, clock, sample_image):
    async def main():
        async with Client(
            emulator.app_key, emulator.app_secret, emulator.url, clock=clock
        ) as client:
            await asyncio.gather(
                *(
                    client.async_run("echo", {"image": sample_image}, wait=False)
                    for _ in range(RUNS)
                )
            )

    asyncio.run(main())
    assert uploads(emulator) == ONCE, "runs that asked at the same moment did not share an upload"
    assert len(emulator.jobs) == RUNS


def test_in_threads_at_once(emulator, client, sample_image):
    with ThreadPoolExecutor(RUNS) as threads:
        running = [
            threads.submit(client.run, "echo", {"image": sample_image}, wait=False)
            for _ in range(RUNS)
        ]
    assert [each.exception() for each in running] == [None] * RUNS
    assert uploads(emulator) == ONCE, (
        "threads that asked at the same moment did not share an upload"
    )


def test_whatever_form_the_content_comes_in(emulator, client, sample_image):
    content = sample_image.read_bytes()
    for image in (sample_image, str(sample_image), content, io.BytesIO(content)):
        client.run("echo", {"image": image}, wait=False)
    assert uploads(emulator) == ONCE, "the same content was uploaded again in another form"
