"""A catalogue's pictures as an Airflow DAG: put this file into the folder of DAGs.

`airflow dags trigger catalogue --conf '{"folder": "/mnt/shop/spring"}'` reads the folder's
`rows.csv`, of the columns `sku`, `image` and `text`, and writes the pictures beside it. All of it
is one task: the manifest in that folder lets a retry go on, and nothing is paid twice. So the
folder is on a disk that outlives the worker, and has file locks.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

from speedpix import (
    AuthenticationError,
    BatchStoppedError,
    Client,
    ConfigurationError,
    PermissionDeniedError,
)

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")


@task(retries=5, max_active_tis_per_dag=1)
def make_pictures(folder: str) -> dict[str, int]:
    catalogue = Path(folder)
    try:
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
    except (
        AuthenticationError,
        BatchStoppedError,
        ConfigurationError,
        PermissionDeniedError,
    ) as error:  # a retry does not help: somebody has to look
        raise AirflowFailException(str(error)) from error
    if counts["open"]:
        message = f"{counts['open']} runs are paid and not here yet; a retry brings them home"
        raise RuntimeError(message)
    return dict(counts)


@dag(schedule=None, params={"folder": "/mnt/shop/spring"})
def catalogue() -> None:
    make_pictures("{{ params.folder }}")


catalogue()
