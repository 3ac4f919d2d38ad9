"""Make many short runs by a bare loop, or as a batch with a manifest, with or without files."""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from common import Memory, arguments, new_client, report

FILE_BYTES = 20_000


def inputs(given, folder):
    for number in range(given.runs):
        if given.files:
            yield {"file": folder / "in" / f"{number}.bin"}
        else:
            yield {"label": f"run {number}", "seconds": 0.1}


async def bare(given, client, folder):
    places = asyncio.Semaphore(given.at_once)
    workflow = "small-file" if given.files else "honest"

    async def run(number, fields):
        async with places:
            output = await client.async_run(workflow, fields)
            if given.files:
                await output["file"].async_save(folder / "out" / f"{number}.bin")

    await asyncio.gather(*(run(*each) for each in enumerate(inputs(given, folder))))


async def batch(given, client, folder):
    found = client.map(
        "small-file" if given.files else "honest",
        inputs(given, folder),
        concurrency=given.at_once,
        manifest=folder / "manifest.sqlite",
        save_to=folder / "out" / "{index}.{ext}" if given.files else None,
    )
    async for result in found:
        result.get()


async def main(given, folder):
    (folder / "in").mkdir()
    for number in range(given.runs if given.files else 0):
        (folder / "in" / f"{number}.bin").write_bytes(os.urandom(FILE_BYTES))
    async with new_client(given) as client:
        await client.async_run("honest", {"label": "warm-up"})
        memory = Memory()
        cpu, start = time.process_time(), time.perf_counter()
        await (bare if given.how == "bare" else batch)(given, client, folder)
        return {
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - cpu,
            "memory": memory.extra(),
        }


def run():
    given = arguments()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        report(**asyncio.run(main(given, Path(folder))))


run()
