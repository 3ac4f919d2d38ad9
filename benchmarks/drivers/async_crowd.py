"""Run many tasks at once on one event loop with one client."""

import asyncio
import time

from common import Memory, arguments, new_client, report


async def main(given):
    async with new_client(given) as client:
        await client.async_run("honest", {"label": "warm-up"}, wait=False)

        async def run(number):
            return await client.async_run(
                "honest", {"label": f"run {number}", "seconds": given.seconds}
            )

        memory = Memory()
        cpu, start = time.process_time(), time.perf_counter()
        outputs = await asyncio.gather(*map(run, range(given.runs)), return_exceptions=True)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        failures = [output for output in outputs if isinstance(output, BaseException)]
        wrong = sum(
            output.get("label") != f"run {number}"
            for number, output in enumerate(outputs)
            if not isinstance(output, BaseException)
        )
        return {
            "seconds": seconds,
            "cpu": cpu,
            "memory": memory.extra(),
            "failed": len(failures) + wrong,
            "reasons": sorted({f"{type(error).__name__}: {error}"[:200] for error in failures})[:3],
        }


report(**asyncio.run(main(arguments())))
