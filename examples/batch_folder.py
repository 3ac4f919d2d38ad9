"""Run a workflow on every picture of a folder: `python batch_folder.py PHOTOS RESULTS`.

A picture that fails does not keep the others from being made. Started again, it makes what is
missing, and takes up the runs that were under way; nothing is paid twice.
"""

import os
import sys
from pathlib import Path

from speedpix import Client

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")

if len(sys.argv) != 3:
    sys.exit(__doc__)
photos, results = map(Path, sys.argv[1:])

found = [each for each in sorted(photos.iterdir()) if each.suffix.lower() in (".jpg", ".png")]
inputs = [{"name": each.name, "image": each, "text": each.stem} for each in found]
for result in Client().map(
    WORKFLOW_ID, inputs, key="name", save_to=results, manifest=results / "made.sqlite"
):
    print(result.status, result.key, result.error or "")
