"""Single runs by an assistant, over real stdio."""

from __future__ import annotations

import asyncio
import base64
import io

import pytest
from PIL import Image

from .conftest import User


def submits(emulator, workflow):
    return [each for each in emulator.runs if each.workflow_id == workflow]


async def call(client, tool, **arguments):
    return await client.call_tool(tool, arguments)


def text(result):
    return result.content[0].text


def test_a_picture_is_made_on_request(assistant, folder):
    async def talk():
        async with assistant() as client:
            ran = await call(
                client,
                "run_workflow",
                workflow_id="copy",
                input={"image": "@photo.jpg"},
                confirm_paid=True,
            )
            assert not ran.is_error, text(ran)
            run = ran.structured_content
            assert run["status"] == "succeeded"
            return run, await call(client, "save_outputs", id=run["id"])

    run, saved = asyncio.run(talk())
    [path] = saved.structured_content["saved"]
    assert path == str(folder.resolve() / run["id"] / "images.jpg")
    assert Image.open(path).size == (1600, 800)
    [shown] = [each for each in saved.content if each.type == "image"]
    assert Image.open(io.BytesIO(base64.b64decode(shown.data))).size == (768, 384)
