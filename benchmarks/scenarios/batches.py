"""Many runs by `client.map`, beside a bare loop of the same client.

The published client has nothing like it: its column is the bare `asyncio.gather` of `async_run`.
"""

from __future__ import annotations

from statistics import median
from typing import Any, Iterator

from rows import MEBIBYTE, Row, Unit, within, within_share
from service import Service
from setting import Setting

AT_ONCE = 128
BATCH_MEBIBYTES = 100
# A rate of 0.8 of the bare loop's is 1.25 times its time.
TIME_SHARE, CPU_SHARE = 1.25, 1.35
MANIFEST_BYTES_AN_ITEM = 200
WRITTEN_SECONDS_AN_ITEM = 0.0001
SKIPPED_SECONDS_AN_ITEM = 0.00006
SKIPPED_MEBIBYTES = 30


def short_runs(setting: Setting) -> Iterator[Row]:
    runs = setting.sizes.batch_runs
    bare, batch = _both(setting, runs=runs, files=False)
    work = f"{runs} short runs, {AT_ONCE} at once, beside a bare gather"
    times = Row(f"{work}: time", Unit.SECONDS, bare["seconds"], batch["seconds"])
    yield within_share(times, TIME_SHARE)
    cpu = Row(f"{work}: CPU", Unit.SECONDS, bare["cpu"], batch["cpu"])
    yield within_share(cpu, CPU_SHARE)
    yield within(
        Row(f"{work}: memory", Unit.MEBIBYTES, bare["memory"], batch["memory"]),
        BATCH_MEBIBYTES * MEBIBYTE,
    )


def with_files(setting: Setting) -> Iterator[Row]:
    runs = setting.sizes.batch_files
    bare, batch = _both(setting, runs=runs, files=True)
    work = f"{runs} runs with 20 kB up and 2 kB down, beside a bare gather"
    times = Row(f"{work}: time", Unit.SECONDS, bare["seconds"], batch["seconds"])
    yield within_share(times, TIME_SHARE)


def done(setting: Setting) -> Iterator[Row]:
    items = setting.sizes.batch_done
    found = setting.ours.drive("batch_done", folder=str(setting.folder), items=items)
    work = f"a manifest of {items:,} items"
    written = Row(f"{work}: written", Unit.SECONDS, 0.0, found["written"])
    yield within(written, items * WRITTEN_SECONDS_AN_ITEM)
    size = Row(f"{work}: size", Unit.MEBIBYTES, 0.0, found["size"])
    yield within(size, items * MANIFEST_BYTES_AN_ITEM)
    skipped = Row(f"{work}: skipped", Unit.SECONDS, 0.0, found["skipped"])
    yield within(skipped, items * SKIPPED_SECONDS_AN_ITEM)
    memory = Row(f"{work}: memory to skip it", Unit.MEBIBYTES, 0.0, found["memory"])
    yield within(memory, SKIPPED_MEBIBYTES * MEBIBYTE)


def _both(setting: Setting, **arguments: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the figures of the bare loop and of the batch, each the median."""
    found: dict[str, list[dict[str, Any]]] = {"bare": [], "batch": []}
    for _ in range(setting.sizes.repeats):
        for how, reports in found.items():
            with Service() as service:
                reports.append(
                    setting.ours.drive(
                        "batch",
                        how=how,
                        folder=str(setting.folder),
                        at_once=AT_ONCE,
                        **service.address,
                        **arguments,
                    )
                )
    bare, batch = (
        {name: median(report[name] for report in reports) for name in reports[0]}
        for reports in found.values()
    )
    return bare, batch
