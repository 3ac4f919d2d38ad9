"""Submit many runs with the same file in their input, one after another or all at once."""

import asyncio
import os
from pathlib import Path

from common import arguments, new_client, report


def one_by_one(given, path):
    with new_client(given) as client:
        for _ in range(given.runs):
            client.run("honest", {"image": path}, wait=False)


async def at_once(given, path):
    async with new_client(given) as client:
        runs = (client.async_run("honest", {"image": path}, wait=False) for _ in range(given.runs))
        await asyncio.gather(*runs)


given = arguments()
path = Path(given.folder, "same.png")
path.write_bytes(os.urandom(64 * 1024))
if given.awaiting:
    asyncio.run(at_once(given, path))
else:
    one_by_one(given, path)
report(runs=given.runs)
