"""How the cost of a run grows: with the runs at once, and with the size of its input."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Sequence

from attrs import field, frozen
from clients import Client
from plotting import COLOURS, figure, save
from rows import Unit, markdown
from service import Service
from setting import Setting, note

PICTURE = Path(__file__).with_name("growth.svg")
TASK_SECONDS = 3.0
CROWDS = (10, 100, 1_000, 10_000)
# The published client takes a connection for nearly each call, and minutes for a thousand runs.
PUBLISHED_CROWD = 1_000
INPUT_BYTES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
INPUT_RUNS = 10
QUICK_STEPS = 2
CROWD_COLUMNS = (
    *("client", "runs at once", "CPU a run", "memory a run"),
    *("all done after", "failed", "connections", "server's CPU"),
)
INPUT_COLUMNS = ("client", "input", "CPU a run", "extra memory", "longest stall of the loop")


@frozen
class Cost:
    """What runs cost one client at one size; `cpu` and `memory` are of one run."""

    client: str
    size: int
    cpu: float
    memory: float
    more: dict[str, Any] = field(factory=dict)


@frozen
class Costs:
    """Hold what was measured: by runs at once, and by bytes of input."""

    crowds: Sequence[Cost]
    inputs: Sequence[Cost]


def measure(setting: Setting, *, quick: bool) -> Costs:
    """Measure both clients at every size."""
    steps = QUICK_STEPS if quick else None
    clients = (setting.published, setting.ours)
    return Costs(
        [cost for client in clients for cost in _crowds(client, CROWDS[:steps])],
        [cost for client in clients for cost in _inputs(client, INPUT_BYTES[:steps])],
    )


def _crowds(client: Client, sizes: Sequence[int]) -> Iterator[Cost]:
    for runs in sizes:
        if client.name == "published" and runs > PUBLISHED_CROWD:
            continue
        note(f"growth: {client.name}, {runs} runs …")
        with Service() as service:
            before = service.counts()
            found = client.drive("async_crowd", **service.address, runs=runs, seconds=TASK_SECONDS)
            spent = service.counts() - before
        for reason in found["reasons"]:
            note(f"  {client.name}: {reason}")
        more = {
            "time": found["seconds"],
            "failed": found["failed"],
            "connections": spent["connections"],
            "server": spent["cpu"],
        }
        yield Cost(client.name, runs, found["cpu"] / runs, found["memory"] / runs, more)


def _inputs(client: Client, sizes: Sequence[int]) -> Iterator[Cost]:
    for size in sizes:
        note(f"growth: {client.name}, input of {size} bytes …")
        with Service() as service:
            found = client.drive("input_sizes", **service.address, size=size, runs=INPUT_RUNS)
        yield Cost(client.name, size, found["cpu"], found["memory"], {"stall": found["stall"]})


def tables(costs: Costs) -> str:
    """Return what was measured as Markdown."""
    crowds = [
        (
            cost.client,
            f"{cost.size:,}",
            Unit.MILLISECONDS.show(cost.cpu),
            Unit.KILOBYTES.show(cost.memory),
            Unit.SECONDS.show(cost.more["time"]),
            str(cost.more["failed"]),
            f"{cost.more['connections']:,}",
            Unit.SECONDS.show(cost.more["server"]),
        )
        for cost in costs.crowds
    ]
    inputs = [
        (
            cost.client,
            Unit.KILOBYTES.show(cost.size),
            Unit.MILLISECONDS.show(cost.cpu),
            Unit.MEBIBYTES.show(cost.memory),
            Unit.MILLISECONDS.show(cost.more["stall"]),
        )
        for cost in costs.inputs
    ]
    return f"{markdown(CROWD_COLUMNS, crowds)}\n\n{markdown(INPUT_COLUMNS, inputs)}"


def plot(costs: Costs) -> None:
    """Draw CPU and memory against size, both logarithmic: a line that is flat is linear growth."""
    chart, axes = figure(1, 3)
    panels = (
        (axes[0], costs.crowds, "cpu", 1000, "runs at once", "CPU of one run, ms"),
        (axes[1], costs.crowds, "memory", 1 / 1000, "runs at once", "memory of one run, kB"),
        (axes[2], costs.inputs, "cpu", 1000, "bytes of input", "CPU of one run, ms"),
    )
    for axis, found, name, scale, below, beside in panels:
        for client, colour in COLOURS.items():
            own = [cost for cost in found if cost.client == client]
            points = [getattr(cost, name) * scale for cost in own]
            axis.loglog([cost.size for cost in own], points, "o-", color=colour, label=client)
        axis.set_xlabel(below)
        axis.set_ylabel(beside)
        axis.legend()
    save(chart, PICTURE)
