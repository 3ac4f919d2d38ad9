"""Clients with nothing configured for the tools that watch, record or stand in for HTTP."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from speedpix_emulator import Emulator

from speedpix import Client

sys.path.insert(0, str(Path(__file__).parents[1]))  # for the modules that tests share

from speedpix.testing import NoWaitClock

CONTENT = b"a file of a few bytes"
ENDPOINT = "https://speedpix.test"
PUT = "https://store.test/put?Expires=1&Signature=secret"
GET = "https://store.test/get?Expires=1&Signature=secret"
# What a service answers that is only played: by the path's end.
ANSWERS = {
    "/scc/sp_create_temp_file_upload_sign": {"uploadUrl": PUT, "accessUrl": GET},
    "/scc/comfy_prompt": {"taskId": "run-1"},
    "/scc/comfy_get_progress": {"status": "succeeded"},
    "/scc/comfy_get_result": {"status": "succeeded", "result": {"copy": GET}},
}


@pytest.fixture(scope="module")
def clock():
    return NoWaitClock()


@pytest.fixture(scope="module")
def served(clock):
    """An emulator with a workflow that gives back the file it was given."""
    with Emulator(clock=clock) as running:

        @running.workflow("echo", inputs={"file": "file"}, outputs={"copy": "file"})
        def echo(file: bytes) -> dict[str, bytes]:
            return {"copy": file}

        yield running


@pytest.fixture(params=["sync", "async"])
def use(request, clock):
    """A function that uploads a file, runs a workflow with it, and reads the output's file."""

    def blocking(address, **settings) -> bytes:
        with Client(**address, clock=clock, max_retries=0, **settings.get("sync", {})) as client:
            file = client.files.create(CONTENT)
            return client.run("echo", {"file": file})["copy"].read()

    def awaiting(address, **settings) -> bytes:
        async def main() -> bytes:
            settings_now = settings.get("async", dict)()
            client = Client(**address, clock=clock, max_retries=0, **settings_now)
            async with client:
                file = await client.files.async_create(CONTENT)
                output = await client.async_run("echo", {"file": file})
                return await output["copy"].async_read()

        return asyncio.run(main())

    return blocking if request.param == "sync" else awaiting


@pytest.fixture
def emulated(served):
    """What a client of the emulator is made with."""
    return {"app_key": served.app_key, "app_secret": served.app_secret, "endpoint": served.url}


@pytest.fixture
def played():
    """What a client is made with, of a service that is only played."""
    return {"app_key": "key", "app_secret": "secret", "endpoint": ENDPOINT}
