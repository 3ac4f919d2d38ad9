"""Submit one run with several files in its input, blocking or with `await`."""

import asyncio
import os
import time
from pathlib import Path

from common import arguments, new_client, report


def files(given):
    paths = [Path(given.folder, f"input-{number}.png") for number in range(given.files)]
    for path in paths:
        path.write_bytes(os.urandom(64 * 1024))
    return paths


def blocking(given):
    with new_client(given) as client:
        client.run("honest", {"label": "warm-up"}, wait=False)
        images = files(given)
        start = time.perf_counter()
        client.run("honest", {"images": images}, wait=False)
        return time.perf_counter() - start


async def awaiting(given):
    async with new_client(given) as client:
        await client.async_run("honest", {"label": "warm-up"}, wait=False)
        images = files(given)
        start = time.perf_counter()
        await client.async_run("honest", {"images": images}, wait=False)
        return time.perf_counter() - start


given = arguments()
report(seconds=asyncio.run(awaiting(given)) if given.awaiting else blocking(given))
