"""Upload one large file with `await`; watch the event loop."""

import asyncio
import time

from common import Memory, Stalls, arguments, new_client, report, small_file


async def main(given):
    async with new_client(given) as client:
        await client.files.async_create(small_file(given))
        memory = Memory()
        start = time.perf_counter()
        async with Stalls() as stalls:
            await client.files.async_create(given.file)
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "memory": memory.extra(), "stall": stalls.longest}


report(**asyncio.run(main(arguments())))
