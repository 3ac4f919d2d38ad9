"""Do about each failure what can be done: `python error_handling.py [PHOTO]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from speedpix import (
    APIConnectionError,
    Client,
    DownloadError,
    InputError,
    PredictionError,
    PredictionTimeoutError,
    RateLimitError,
    ServerError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    UploadError,
)

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")
PHOTO = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).with_name("coffee.jpg")
TRANSIENT = (  # after all that the SDK repeats by itself
    APIConnectionError,
    DownloadError,
    PredictionTimeoutError,
    RateLimitError,
    ServerError,
    UploadError,
)

prediction = None
try:
    client = Client()
    inputs = {"image": PHOTO, "text": "一杯好咖啡"}
    prediction = client.run(WORKFLOW_ID, inputs, wait=False)
    output = prediction.result(timeout=120)
    print("saved", output["images"].save("result.png"))
except InputError as error:
    sys.exit(f"nothing was sent; mend the input: {error}")
except PredictionError as error:
    sys.exit(f"the run failed; another one may fail as well: {error.prediction.error}")
except SubmitOutcomeUnknownError as error:
    sys.exit(f"a run may have been started; look in the console before you try again: {error}")
except TRANSIENT as error:
    if prediction is None:
        sys.exit(f"no run was started; try again later: {error}")
    sys.exit(f"the run {prediction.id} is not lost; take it up by its id later: {error}")
except SpeedPixException as error:  # credentials, quota, a workflow that does not exist…
    sys.exit(f"trying again does not help: {error}")
