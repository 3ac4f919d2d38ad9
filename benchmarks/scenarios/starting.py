"""What a program pays before and for its first run, and for each further one."""

from __future__ import annotations

from typing import Iterator

from rows import Row, Unit, within, within_share
from service import RUN_CALLS, Service
from setting import Setting


def imports(setting: Setting) -> Iterator[Row]:
    reports = setting.alternate("import_time", setting.sizes.starts)
    row = Row("`import speedpix`", Unit.MILLISECONDS, **reports.medians("seconds"))
    yield within_share(row, 0.15)


def first_use(setting: Setting) -> Iterator[Row]:
    with Service() as service:
        reports = setting.alternate("first_use", setting.sizes.starts, **service.address)
    for name, what in (("made", "made"), ("submitted", "made, and one run submitted")):
        work = f"first use of Client, its import included: {what}"
        yield within_share(Row(work, Unit.MILLISECONDS, **reports.medians(name)), 0.7)


def finished_run(setting: Setting) -> Iterator[Row]:
    runs = setting.sizes.runs
    with Service() as service:
        reports = setting.alternate(
            "finished_runs", setting.sizes.repeats, **service.address, runs=runs
        )
        requests = {}
        for client in (setting.published, setting.ours):
            before = service.counts()
            client.drive("finished_runs", **service.address, runs=runs)
            spent = service.counts() - before
            requests[client.name] = sum(spent[call] for call in RUN_CALLS) / spent["submit"]
    work = "one finished run"
    yield within_share(Row(f"{work}: CPU", Unit.MILLISECONDS, **reports.medians("cpu")), 0.6)
    row = Row(f"{work}: requests", Unit.COUNT, **requests, limit=len(RUN_CALLS))
    yield within(row, requests["published"])
