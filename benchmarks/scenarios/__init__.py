"""What is measured, by the name that `--only` takes."""

from __future__ import annotations

from typing import Callable, Iterator, Mapping

from rows import Row
from setting import Setting

from . import batches, crowds, inputs, starting, transfers, waiting

Scenario = Callable[[Setting], Iterator[Row]]

SCENARIOS: Mapping[str, Scenario] = {
    "import": starting.imports,
    "first-use": starting.first_use,
    "run": starting.finished_run,
    "upload": transfers.upload,
    "async-upload": transfers.async_upload,
    "download": transfers.download,
    "files": inputs.many_files,
    "same-file": inputs.same_file,
    "waits": waiting.waits,
    "async-crowd": crowds.async_crowd,
    "thread-crowd": crowds.thread_crowd,
    "batch": batches.short_runs,
    "batch-files": batches.with_files,
    "batch-done": batches.done,
}
