"""A catalogue's pictures as a Celery task: `celery --app celery_task worker`.

`make_pictures.delay("/mnt/shop/spring")` reads the folder's `rows.csv`, of the columns `sku`,
`image` and `text`, and writes the pictures beside it. Celery runs a task again when its worker
dies; the manifest in that folder lets it go on then, and nothing is paid twice. So the folder is
on a disk that outlives the worker, and has file locks. CELERY_BROKER_URL names the broker.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from typing import Any

from celery import Celery

from speedpix import APIConnectionError, BatchInUseError, Client, RateLimitError, ServerError

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")

app = Celery("pictures")
app.conf.update(
    task_acks_late=True,  # a task is done when it has ended, not when it begins
    task_reject_on_worker_lost=True,  # and runs again when its process is killed
    worker_prefetch_multiplier=1,  # none waits behind one that takes hours
    # Redis gives a task out a second time after this many seconds; longer than any takes.
    broker_transport_options={"visibility_timeout": 24 * 60 * 60},
)


@app.task(
    bind=True,
    # What passes by itself; BatchInUseError is a first one that still runs. Wrong credentials, a
    # quota that is used up, or many failures in a row need somebody to look.
    autoretry_for=(APIConnectionError, BatchInUseError, RateLimitError, ServerError),
    default_retry_delay=60,  # seconds
    max_retries=10,
)
def make_pictures(self: Any, folder: str) -> dict[str, int]:
    catalogue = Path(folder)
    with Client() as client, (catalogue / "rows.csv").open(
        encoding="utf-8-sig", newline=""
    ) as rows:
        batch = client.map(
            WORKFLOW_ID,
            ({**row, "image": catalogue / row["image"]} for row in csv.DictReader(rows)),
            key="sku",
            save_to=catalogue / "pictures/{key}-{field}.{ext}",
            manifest=catalogue / "batch.sqlite",
        )
        counts = Counter(result.status for result in batch)
        batch.report(catalogue / "report.csv")
    if counts["open"]:  # these runs are paid; the next try brings them home
        raise self.retry()
    return counts
