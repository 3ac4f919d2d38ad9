"""Cut a product out of a photo and set a text beside it: `python quickstart.py [workflow-id]`."""

import os
import sys
from pathlib import Path

from speedpix import Client, SpeedPixException

WORKFLOW_ID = (sys.argv[1:] or [os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")])[0]
PHOTO = Path(__file__).with_name("coffee.jpg")

try:
    client = Client()  # reads SPEEDPIX_APP_KEY, SPEEDPIX_APP_SECRET and SPEEDPIX_ENDPOINT
    prediction = client.run(
        workflow_id=WORKFLOW_ID,
        input={
            "text": "一杯好咖啡",
            "image": PHOTO,  # a local file: uploaded, and replaced by its URL
        },
        alias_id="main",
        wait=False,  # without this, `run` waits and returns the output
    )
    print(f"run {prediction.id}")

    for progress in prediction.stream(polling_interval=0.5):  # raises PredictionError if it fails
        print(f"{progress.status:9} {progress.fraction or 0:4.0%} {progress.node or ''}".rstrip())

    output = prediction.result()
    print(f"it took {prediction.duration} s")
    for field, name in (
        ("images", "result.png"),
        ("subject_image", "subject_image.png"),
        ("mask_image", "mask_image.png"),
    ):
        print("saved", output[field]["url"].save(name).resolve())
except SpeedPixException as error:
    sys.exit(f"failed: {error}")
