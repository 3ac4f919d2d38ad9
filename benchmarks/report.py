"""Write what was measured to RESULTS.md, with what it was measured on."""

from __future__ import annotations

import os
import platform
import re
from datetime import datetime, timezone
from pathlib import Path

import curl
import growth
import overshoot
from clients import Client
from rows import Row, table
from setting import Setting

RESULTS = Path(__file__).with_name("RESULTS.md")
GIBIBYTE = 1 << 30


def write_results(
    setting: Setting, rows: list[Row], costs: growth.Costs, load: float, minutes: float
) -> None:
    """Write the whole report; comments mark what the documentation takes from it."""
    measured = [row for row in rows if row.met is not None]
    missed = [row for row in measured if not row.met]
    verdict = f"{len(measured) - len(missed)} of {len(measured)} requirements are met."
    text = f"""\
# Results

Written by `make bench`; [README.md](README.md) says what each row means.

<!-- --8<-- [start:conditions] -->
{_conditions(setting, load, minutes)}
<!-- --8<-- [end:conditions] -->

## Side by side

<!-- --8<-- [start:side-by-side] -->
{table(rows)}

{verdict}{_told(missed)}
<!-- --8<-- [end:side-by-side] -->

## How cost grows

<!-- --8<-- [start:growth] -->
{growth.tables(costs)}
<!-- --8<-- [end:growth] -->

![CPU and memory of a run, against runs at once and size of input]({growth.PICTURE.name})

## Waiting after the end

![Overshoot and requests against duration, by schedule]({overshoot.PICTURE.name})
"""
    RESULTS.write_text(text, encoding="utf-8")


def _told(missed: list[Row]) -> str:
    if not missed:
        return ""
    lines = (
        f"- {row.work}: {row.unit.show(row.ours)}, and {row.unit.show(row.most)} is required"
        for row in missed
    )
    return " Not met:\n\n" + "\n".join(lines)


def _conditions(setting: Setting, load: float, minutes: float) -> str:
    machine = (
        f"{_processor()}, {os.cpu_count()} cores, {_memory():.0f} GiB, "
        f"{platform.system()} {platform.release()}"
    )
    lines = [
        f"Measured on {datetime.now(timezone.utc):%Y-%m-%d}, in {minutes:.0f} minutes.",
        f"Machine: {machine}; load {load:.1f} at the start.",
        *(_versions(client) for client in (setting.published, setting.ours)),
        f"Yardstick: curl {curl.version()}. The emulator runs in a process of its own.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _versions(client: Client) -> str:
    versions = ", ".join(f"{name} {value}" for name, value in client.versions().items())
    return f"Client “{client.name}”: {versions}."


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBIBYTE
