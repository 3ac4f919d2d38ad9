"""Run a workflow on each row of a CSV file: `python catalogue.py ROWS.csv RESULTS`.

The columns are `sku`, `image` and `text`. Started again, it goes on where it ended; rows that
changed, and those that failed, are run anew. With pandas, the rows are
`pandas.read_csv(path).to_dict("records")`.
"""

import csv
import os
import sys
from pathlib import Path

from speedpix import Client

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")

if len(sys.argv) != 3:
    sys.exit(__doc__)
table, results = map(Path, sys.argv[1:])

with table.open(encoding="utf-8-sig", newline="") as stream:
    batch = Client().map(
        WORKFLOW_ID,
        csv.DictReader(stream),
        key="sku",
        save_to=results / "{key}-{field}.{ext}",
        manifest=results / "catalogue.sqlite",
        retry="failed",
    )
    for result in batch:
        counts = batch.counts
        print(f"{counts.ended} rows, {counts.failed} failed: {result.key} {result.status}")
print("see", batch.report(results / "report.csv"))
