"""Do by hand what `run` does, with the generated client: `python low_level.py`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from speedpix_api.models import (
    ComfyPromptData,
    ComfyPromptRequest,
    JsonObject,
    ProgressData,
    ResultData,
    TaskRequest,
)

from speedpix import Client, comfy_get_progress, comfy_get_result, comfy_prompt

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")
PHOTO = Path(__file__).with_name("coffee.jpg")

client = Client()
photo = client.files.create(PHOTO)  # low-level calls take URLs, not files

request = ComfyPromptRequest(
    workflow_id=WORKFLOW_ID,
    alias_id="main",
    inputs=JsonObject.from_dict({"image": photo.access_url, "text": "一杯好咖啡"}),
)
submitted = comfy_prompt.sync(client=client.api, body=request)
assert submitted is not None
if not isinstance(submitted.data, ComfyPromptData):  # a refusal is an answer here, not an error
    sys.exit(f"refused: {submitted.sub_err_message or submitted.err_message}")
print("submitted", submitted.data.task_id)

task = TaskRequest(task_id=submitted.data.task_id)
status = "waiting"
while status not in ("succeeded", "failed"):
    time.sleep(0.5)
    answer = comfy_get_progress.sync(client=client.api, body=task)
    assert answer is not None
    assert isinstance(answer.data, ProgressData)
    status = str(answer.data.status)
    print(f"{status:9} {answer.data.progress or 0:4.0%}")

result = comfy_get_result.sync(client=client.api, body=task)
assert result is not None
if status == "failed" or not isinstance(result.data, ResultData):
    sys.exit(f"failed: {result.sub_err_message or result.err_message}")
assert isinstance(result.data.result, JsonObject)
print("result", result.data.result["images"]["url"])

# Back to comfort: however a run was started, its id leads to it.
output = client.predictions.get(task.task_id).result()
print("saved", output["images"].save("low_level.png"))
