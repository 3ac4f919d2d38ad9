"""Run tasks of given durations side by side, with default settings; report when each returned."""

import asyncio
import time

from common import arguments, new_client, report


async def main(given):
    ends = {}
    async with new_client(given) as client:

        async def run(task):
            await asyncio.sleep(task["start"])
            fields = {"label": task["label"], "seconds": task["seconds"]}
            await client.async_run(task["workflow"], fields)
            ends[task["label"]] = time.time()

        await asyncio.gather(*(run(task) for task in given.tasks))
    return ends


report(ends=asyncio.run(main(arguments())))
