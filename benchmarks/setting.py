"""How much is measured, and with what."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Any

from attrs import frozen
from clients import Client


@frozen
class Sizes:
    """Say how much is measured; seconds, and MiB for transfers."""

    starts: int = 15
    runs: int = 600
    repeats: int = 3
    mebibytes: int = 512
    files: int = 8
    same_file_runs: int = 100
    tasks: int = 60
    longest_task: float = 20.0
    async_crowd: int = 500
    async_task: float = 3.0
    thread_crowd: int = 200
    thread_task: float = 1.0
    batch_runs: int = 2000
    batch_files: int = 400
    batch_done: int = 1_000_000


QUICK = Sizes(
    starts=5,
    runs=40,
    repeats=1,
    mebibytes=64,
    same_file_runs=20,
    tasks=15,
    longest_task=4.0,
    async_crowd=100,
    thread_crowd=50,
    batch_runs=300,
    batch_files=60,
    batch_done=20_000,
)


@frozen
class Setting:
    """Hold the two clients, the sizes, and a folder for files."""

    published: Client
    ours: Client
    sizes: Sizes
    folder: Path

    def alternate(self, driver: str, repeats: int, **arguments: object) -> Reports:
        """Drive both clients in turns, so that both meet the same moods of the machine."""
        found = Reports([], [])
        for _ in range(repeats):
            found.published.append(self.published.drive(driver, **arguments))
            found.ours.append(self.ours.drive(driver, **arguments))
        return found


@frozen
class Reports:
    """Hold what the drivers of both clients reported."""

    published: list[dict[str, Any]]
    ours: list[dict[str, Any]]

    def medians(self, name: str) -> dict[str, float]:
        """Return a figure of both, each the median, as arguments for a row."""
        return {
            "published": median(report[name] for report in self.published),
            "ours": median(report[name] for report in self.ours),
        }


def note(text: str) -> None:
    """Say what goes on, beside the table."""
    print(text, file=sys.stderr, flush=True)
