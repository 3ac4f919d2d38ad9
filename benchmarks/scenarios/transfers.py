"""Moving one large file, beside curl with the same server."""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from typing import Any, Callable, Iterator

import curl
from clients import Client
from rows import MEBIBYTE, Row, Unit, within, within_limit
from service import Service
from setting import Reports, Setting

EXTRA_MEMORY = 16 * MEBIBYTE
LONGEST_STALL = 0.02  # seconds
TIMES_CURL = 1.5


def upload(setting: Setting) -> Iterator[Row]:
    file = _large_file(setting)

    def drive(client: Client, service: Service) -> dict[str, Any]:
        return client.drive("upload", **_arguments(setting, service), file=str(file))

    reports, yardstick = _beside_curl(
        setting, drive, lambda service: curl.upload_seconds(service, file)
    )
    work = f"upload of {setting.sizes.mebibytes} MiB, blocking"
    time = Row(f"{work}: time", Unit.SECONDS, **reports.medians("seconds"), limit=yardstick)
    yield within_limit(time, TIMES_CURL, "curl")
    yield _memory_row(work, reports)


def async_upload(setting: Setting) -> Iterator[Row]:
    file = _large_file(setting)

    def drive(client: Client, service: Service) -> dict[str, Any]:
        return client.drive("async_upload", **_arguments(setting, service), file=str(file))

    reports, yardstick = _beside_curl(
        setting, drive, lambda service: curl.upload_seconds(service, file)
    )
    work = f"upload of {setting.sizes.mebibytes} MiB, with `await`"
    yield Row(f"{work}: time", Unit.SECONDS, **reports.medians("seconds"), limit=yardstick)
    what = f"{work}: longest stall of the loop"
    yield within(Row(what, Unit.MILLISECONDS, **reports.medians("stall")), LONGEST_STALL)
    yield _memory_row(work, reports)


def download(setting: Setting) -> Iterator[Row]:
    mebibytes = setting.sizes.mebibytes
    target = setting.folder / "downloaded.bin"

    def fetch(service: Service) -> float:
        target.unlink(missing_ok=True)  # memory that holds an old file can't be had for the new
        return curl.download_seconds(service, mebibytes, target)

    def drive(client: Client, service: Service) -> dict[str, Any]:
        target.unlink(missing_ok=True)
        arguments = _arguments(setting, service)
        report = client.drive("download", **arguments, mebibytes=mebibytes)
        if report["size"] != mebibytes * MEBIBYTE:
            message = f"the {client.name} client saved {report['size']} bytes"
            raise RuntimeError(message)
        return report

    reports, yardstick = _beside_curl(setting, drive, fetch)
    work = f"download of {mebibytes} MiB"
    time = Row(f"{work}: time", Unit.SECONDS, **reports.medians("seconds"), limit=yardstick)
    yield within_limit(time, TIMES_CURL, "curl")
    yield _memory_row(work, reports)


def _beside_curl(
    setting: Setting,
    drive: Callable[[Client, Service], dict[str, Any]],
    curl_seconds: Callable[[Service], float],
) -> tuple[Reports, float]:
    """Measure both clients and curl in turns, each turn with a server of its own, lest the
    files of one still be on their way to the disk during the next.
    """
    reports, yardsticks = Reports([], []), []
    for turn in range(setting.sizes.repeats):
        with Service() as service:
            yardsticks.append(curl_seconds(service))
        with Service() as service:
            reports.ours.append(drive(setting.ours, service))
        if turn == 0:  # it takes many times as long, so once tells enough
            with Service() as service:
                reports.published.append(drive(setting.published, service))
    return reports, median(yardsticks)


def _memory_row(work: str, reports: Reports) -> Row:
    row = Row(f"{work}: extra memory", Unit.MEBIBYTES, **reports.medians("memory"))
    return within(row, EXTRA_MEMORY)


def _arguments(setting: Setting, service: Service) -> dict[str, str]:
    return {**service.address, "folder": str(setting.folder)}


def _large_file(setting: Setting) -> Path:
    path = setting.folder / "large.bin"
    if not path.exists():
        path.write_bytes(os.urandom(MEBIBYTE) * setting.sizes.mebibytes)
    return path
