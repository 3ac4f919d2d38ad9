"""Start a run, end the program, and pick the run up later, in another one.

python background_resume.py start            start a run, and end at once
python background_resume.py resume           pick up all that the history knows to go on
python background_resume.py resume ID…       pick these up; needs no history
python background_resume.py                  the first two, as two programs
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from speedpix import Client, Prediction, SpeedPixException

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")
PHOTO = Path(__file__).with_name("coffee.jpg")
HISTORY = "runs.db"  # remembers the runs of all programs that name it


def start() -> None:
    client = Client(history=HISTORY)
    prediction = client.run(WORKFLOW_ID, {"image": PHOTO, "text": "一杯好咖啡"}, wait=False)
    print("started", prediction.id, flush=True)


def resume(ids: list[str]) -> None:
    client = Client(history=HISTORY)
    if ids:
        predictions = [client.predictions.get(each) for each in ids]
    else:
        predictions = [each for each in client.predictions.list() if goes_on(each)]
    for prediction in predictions:
        print("picked up", prediction.id, flush=True)
        for path in prediction.result().save_all(prediction.id):
            print("saved", path)


def goes_on(prediction: Prediction) -> bool:
    if not prediction.id:  # the program ended while the run was being submitted
        print("look in the console for a run of", prediction.workflow_id)
    return bool(prediction.id) and prediction.status not in ("succeeded", "failed")


try:
    command, *ids = sys.argv[1:] or ["both"]
    if command == "both":
        subprocess.run([sys.executable, __file__, "start"], check=True)  # noqa: S603 - this file
    if command == "start":
        start()
    else:
        resume(ids)
except SpeedPixException as error:
    sys.exit(f"failed: {error}")
