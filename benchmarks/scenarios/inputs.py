"""Local files in the inputs of runs."""

from __future__ import annotations

from typing import Iterator

from rows import Row, Unit, within
from service import Service
from setting import Setting

UPLOAD_DELAY = 0.25  # seconds that the server takes to acknowledge a file
ALL_FILES = 0.45  # seconds that the files of one input may take together

HOW = {False: "blocking", True: "with `await`"}


def many_files(setting: Setting) -> Iterator[Row]:
    count = setting.sizes.files
    for awaiting, how in HOW.items():
        with Service(upload_delay=UPLOAD_DELAY) as service:
            reports = setting.alternate(
                "many_files",
                setting.sizes.repeats,
                **service.address,
                folder=str(setting.folder),
                files=count,
                awaiting=awaiting,
            )
        work = f"{count} files in one input, each {UPLOAD_DELAY} s at the server, {how}"
        row = Row(work, Unit.SECONDS, **reports.medians("seconds"), limit=UPLOAD_DELAY)
        yield within(row, ALL_FILES)


def same_file(setting: Setting) -> Iterator[Row]:
    runs = setting.sizes.same_file_runs
    for awaiting, how in ((False, "one after another"), (True, "at once")):
        uploads = {}
        with Service() as service:
            for client in (setting.published, setting.ours):
                before = service.counts()
                client.drive(
                    "same_file",
                    **service.address,
                    folder=str(setting.folder),
                    runs=runs,
                    awaiting=awaiting,
                )
                uploads[client.name] = (service.counts() - before)["put"]
        work = f"the same file in {runs} runs, {how}: uploads"
        yield within(Row(work, Unit.COUNT, **uploads, limit=1), 1)
