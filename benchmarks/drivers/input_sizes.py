"""Run tasks with an input of a given size, one after another; watch the event loop."""

import asyncio
import time

from common import Memory, Stalls, arguments, new_client, report

TEXT = 200  # bytes


async def main(given):
    async with new_client(given) as client:

        async def run(texts):
            await client.async_run(
                "honest", {"label": "run", "texts": texts}, polling_interval=0.05
            )

        await run(["warm-up"])
        # Many texts rather than one: the published client takes a long one for a path, and fails.
        texts = ["word " * (TEXT // 5)] * (given.size // TEXT)
        memory = Memory()
        cpu = time.process_time()
        for _ in range(given.runs):
            await run(texts)
        cpu = time.process_time() - cpu
        extra = memory.extra()
        async with Stalls() as stalls:  # the watching costs CPU of its own
            await run(texts)
        return {"cpu": cpu / given.runs, "memory": extra, "stall": stalls.longest}


report(**asyncio.run(main(arguments())))
