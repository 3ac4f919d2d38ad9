"""Many runs at once through one client."""

from __future__ import annotations

from typing import Any, Iterator

from clients import Client
from rows import Row, Unit, within, within_share
from service import Service
from setting import Setting, note

ASYNC_SECONDS = 5.5
ASYNC_CONNECTIONS = 100


def async_crowd(setting: Setting) -> Iterator[Row]:
    runs, seconds = setting.sizes.async_crowd, setting.sizes.async_task
    measured = {
        client.name: _measure(client, "async_crowd", runs=runs, seconds=seconds)
        for client in (setting.published, setting.ours)
    }
    work = f"{runs} concurrent `async_run` of {seconds:g} s tasks, one client"
    times = _figures(measured, "seconds")
    yield within(Row(f"{work}: time", Unit.SECONDS, **times, limit=seconds), ASYNC_SECONDS)
    connections = _figures(measured, "connections")
    yield within(Row(f"{work}: connections", Unit.COUNT, **connections), ASYNC_CONNECTIONS)
    yield within(Row(f"{work}: failed", Unit.COUNT, **_figures(measured, "failed")), 0)
    yield Row(f"{work}: the server's CPU", Unit.SECONDS, **_figures(measured, "server_cpu"))


def thread_crowd(setting: Setting) -> Iterator[Row]:
    runs, seconds = setting.sizes.thread_crowd, setting.sizes.thread_task
    turns = [
        {
            client.name: _measure(client, "thread_crowd", runs=runs, seconds=seconds)
            for client in (setting.published, setting.ours)
        }
        for _ in range(setting.sizes.repeats)
    ]
    middle = sorted(turns, key=lambda turn: turn["ours"]["seconds"])[len(turns) // 2]
    work = f"{runs} threads sharing one client, {seconds:g} s tasks"
    times = _figures(middle, "seconds")
    yield within_share(Row(f"{work}: time", Unit.SECONDS, **times, limit=seconds), 0.7)
    yield within(Row(f"{work}: failed", Unit.COUNT, **_figures(middle, "failed")), 0)


def _measure(client: Client, driver: str, **arguments: object) -> dict[str, Any]:
    with Service() as service:
        before = service.counts()
        found = client.drive(driver, **service.address, **arguments)
        spent = service.counts() - before
    for reason in found["reasons"]:
        note(f"  {client.name}: {reason}")
    return {**found, "connections": spent["connections"], "server_cpu": spent["cpu"]}


def _figures(measured: dict[str, dict[str, Any]], name: str) -> dict[str, float]:
    return {client: found[name] for client, found in measured.items()}
