"""Use an installed speedpix as a newcomer would; runs on every Python that is supported."""

import asyncio
import compileall
import importlib.util
import json
import sys
import threading
from pathlib import Path

import speedpix

NAMES = json.loads(sys.argv[1])
FOLDER = Path(sys.argv[2])
IMAGE = FOLDER / "input.png"


def imports():
    assert sorted(speedpix.__all__) == NAMES
    for name in NAMES:
        assert getattr(speedpix, name) is not None
    assert threading.active_count() == 1
    assert str(Path(sys.prefix).resolve()) in str(Path(speedpix.__file__).resolve())


def compiles():
    """The emulator's dependencies are an extra; without them its code can still be compiled."""
    (folder,) = importlib.util.find_spec("speedpix_emulator").submodule_search_locations
    assert compileall.compile_dir(folder, quiet=1, force=True)


def runs():
    with speedpix.Client() as client:
        output = client.run("smoke", {"image": str(IMAGE), "text": "一幅画"})
        assert output["text"] == "一幅画"
        saved = output["images"]["url"].save(FOLDER / "saved")
        assert saved.read_bytes() == IMAGE.read_bytes() == output["images"].read()
        prediction = client.run("smoke", {"image": output["images"], "text": ""}, wait=False)
        assert prediction.wait(polling_interval=0.5).status == "succeeded"
        assert client.predictions.list() != []
        try:
            client.run("nowhere", {})
        except speedpix.NotFoundError as error:
            refusal = str(error)
        assert "nowhere" in refusal


async def async_runs():
    async with speedpix.Client() as client:
        output = await client.async_run("smoke", {"image": IMAGE.read_bytes(), "text": "a"})
        assert await output["images"].async_read() == IMAGE.read_bytes()
        answer = await speedpix.comfy_get_progress.asyncio(
            client=client.api, body=task(client.predictions.list()[0].id)
        )
        assert answer.data.status == "succeeded"


def task(prediction_id):
    from speedpix_api.models import TaskRequest

    return TaskRequest(task_id=prediction_id)


imports()
compiles()
runs()
asyncio.run(async_runs())
