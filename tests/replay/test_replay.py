"""The SDK against recorded HTTP. `make record` runs these same tests to record."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image
from speedpix_api.models import TaskRequest

from speedpix import PredictionError, comfy_get_progress

TEXT = "一幅美丽的山水画"


def size_of(content):
    return Image.open(io.BytesIO(content)).size


def test_run(client, photo, source):
    output = client.run(source.workflow_id, {"image": str(photo), "text": TEXT})
    assert {"images", "subject_image", "mask_image"} <= set(output)
    assert output["images"].type == "image"
    assert output["images"]["url"].url.startswith("http")
    prediction = client.predictions.list()[0]
    assert prediction.status == "succeeded"
    assert prediction.duration is not None


def test_async_run(client, photo, source):
    async def main():
        async with client:
            return await client.async_run(source.workflow_id, {"image": photo, "text": TEXT})

    assert {"images", "subject_image", "mask_image"} <= set(asyncio.run(main()))


def test_upload(client, photo):
    file = client.files.create(photo)
    assert (file.name, file.content_type) == ("product.png", "image/png")
    assert file.size == Path(photo).stat().st_size
    assert file.expire_time.tzinfo is not None


def test_download(client, photo, source, tmp_path):
    output = client.run(source.workflow_id, {"image": photo, "text": ""})
    mask = output["mask_image"]
    saved = mask.save(tmp_path / "mask.png")
    assert size_of(saved.read_bytes()) == (mask.width, mask.height)

    async def main():
        async with client:
            return await mask.async_read()

    assert asyncio.run(main()) == saved.read_bytes()


def test_failed_run(client, source):
    with pytest.raises(PredictionError) as caught:
        client.run(source.workflow_id, {"image": b"this is not a picture", "text": TEXT})
    assert caught.value.prediction.status == "failed"
    assert caught.value.prediction.error
    assert caught.value.prediction.id in str(caught.value)


def test_low_level_call(client):
    answer = comfy_get_progress.sync(client=client.api, body=TaskRequest(task_id="unknown-task"))
    assert answer.status == 20
    assert answer.sub_err_message
    assert answer.api_invoke_id
